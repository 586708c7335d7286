//! The fetch driver: does what [`Connection`] says, attempt after attempt, with what the host has.
//!
//! The host is JavaScript (js/driver.ts): it sends a request, waits, and has the read loop, so that a stream costs one wasm
//! call a chunk. What follows from all that is decided here.

use alloc::rc::Rc;
use alloc::string::String;
use core::cell::{Cell, RefCell};

use js_sys::{Date, Math};
use wasm_bindgen::prelude::{JsCast, JsValue, wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::Response;

use crate::{
    Attempt, Cause, Connection, ConnectionOptions, Failure, Moment, ParseError, ResponseHead, Resume, RetryPolicy,
    Step, is_idempotent,
};

#[wasm_bindgen]
extern "C" {
    /// What JavaScript does for a connection (js/driver.ts).
    pub type Host;

    /// Makes the caller's request for an attempt and fetches it, with the `Last-Event-ID` header where one is to be sent.
    #[wasm_bindgen(method, catch)]
    async fn send(this: &Host, attempt: u32, last_event_id: Option<String>) -> Result<JsValue, JsValue>;

    /// Whether the last `send` got as far as the fetch.
    #[wasm_bindgen(method, getter)]
    fn sent(this: &Host) -> bool;

    /// Resolves when the time is over, or `stop` is called.
    #[wasm_bindgen(method, catch)]
    async fn wait(this: &Host, milliseconds: f64) -> Result<JsValue, JsValue>;

    /// Ends what is under way: the fetch and its body, or the wait.
    #[wasm_bindgen(method)]
    fn stop(this: &Host);

    /// The connection is open.
    #[wasm_bindgen(method)]
    fn opened(this: &Host, response: &Response);

    /// Reads the body of an open stream to its end and hands over what it has; before it settles it calls
    /// `Source::settle`. Of a refused response it gives the beginning of the body, as text.
    #[wasm_bindgen(method, catch)]
    async fn read(this: &Host, response: &Response, open: bool) -> Result<JsValue, JsValue>;

    /// An attempt has failed. `delay` is negative where no other follows; `quiet` where the server has ended it in peace.
    #[wasm_bindgen(method)]
    fn failed(
        this: &Host,
        code: &str,
        message: &str,
        attempt: u32,
        delay: f64,
        quiet: bool,
        response: &JsValue,
        body: &JsValue,
        cause: &JsValue,
    );

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// What JavaScript knows of a failure beyond its [`Cause`].
#[derive(Default)]
struct Details {
    response: JsValue,
    body: JsValue,
    cause: JsValue,
}

struct Driver {
    connection: RefCell<Connection>,
    host: Host,
    byte_strings: bool,
    /// The caller has closed or aborted: nothing is told any more, not even of what failed before.
    silent: Cell<bool>,
    /// Set when the reader met a limit: the fetch is broken off, but it was not the network.
    refused: Cell<Option<ParseError>>,
}

/// One reconnecting source.
#[wasm_bindgen]
pub struct Source {
    driver: Rc<Driver>,
}

#[wasm_bindgen]
impl Source {
    /// A source that has not begun. `resume` is 0 for auto, 1 for always, 2 for never. The policy is that of `EventSource` or
    /// of `connect`, with what is given in place of its own; NaN is not given. `statuses` has a character for each status.
    /// `byte_strings` is whether a header is sent as one byte a character, as the Fetch standard says; otherwise the runtime
    /// sends UTF-8.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::too_many_arguments, reason = "one call, and an object would have to be read by name")]
    pub fn new(
        host: Host,
        method: &str,
        replayable: bool,
        resume: u32,
        last_event_id: String,
        of_connect: bool,
        delay: f64,
        max_delay: f64,
        factor: f64,
        jitter: f64,
        max_attempts: f64,
        max_elapsed: f64,
        statuses: Option<String>,
        byte_strings: bool,
    ) -> Source {
        let preset = if of_connect { RetryPolicy::connect() } else { RetryPolicy::standard() };
        let given = |value: f64| (!value.is_nan()).then_some(value);
        // Casts from f64 saturate: an infinite number of attempts is one that is never reached.
        let policy = RetryPolicy {
            delay: given(delay).map_or(preset.delay, |delay| delay as u64),
            max_delay: given(max_delay).map_or(preset.max_delay, |delay| delay as u64),
            factor: given(factor).unwrap_or(preset.factor),
            jitter: given(jitter).unwrap_or(preset.jitter),
            max_attempts: given(max_attempts).map(|attempts| attempts as u32).or(preset.max_attempts),
            max_elapsed: given(max_elapsed).map(|elapsed| elapsed as u64).or(preset.max_elapsed),
            statuses: statuses.map_or(preset.statuses, |statuses| statuses.encode_utf16().collect()),
        };
        let options = ConnectionOptions {
            policy,
            resume: match resume {
                1 => Resume::Always,
                2 => Resume::Never,
                _ => Resume::Auto,
            },
            idempotent: is_idempotent(method),
            replayable,
            last_event_id: last_event_id.into_bytes(),
        };
        let driver = Driver {
            connection: RefCell::new(Connection::new(options)),
            host,
            byte_strings,
            silent: Cell::new(false),
            refused: Cell::new(None),
        };
        Source { driver: Rc::new(driver) }
    }

    /// Begins.
    pub fn start(&self) {
        spawn_local(run(self.driver.clone()));
    }

    /// Closes for good; nothing is told after it.
    pub fn close(&self) {
        self.driver.connection.borrow_mut().close();
        self.driver.silent.set(true);
        self.driver.host.stop();
    }

    /// The caller's signal has aborted, for this reason.
    pub fn abort(&self, reason: JsValue) {
        let step = self.driver.connection.borrow_mut().failed(Cause::Aborted, moment());
        self.driver.host.stop();
        self.driver.tell(&step, Details { cause: reason, ..Details::default() });
        self.driver.silent.set(true);
    }

    /// Gives up before the first attempt, as the URL has a scheme that no fetch knows.
    #[wasm_bindgen(js_name = refuseUrl)]
    pub fn refuse_url(&self, url: String) {
        let (step, details) = self.driver.give_up(Cause::InvalidUrl(url), JsValue::UNDEFINED);
        self.driver.tell(&step, details);
    }

    /// What the read loop has seen of a stream that is over: the last event ID, the reconnection time (negative for none),
    /// whether an event was delivered, and the size that one was over (negative for none).
    pub fn settle(&self, last_event_id: &str, reconnection_time: f64, delivered: bool, limit: f64) {
        let mut connection = self.driver.connection.borrow_mut();
        connection.set_last_event_id(last_event_id.as_bytes());
        if reconnection_time >= 0.0 {
            connection.set_reconnection_time(reconnection_time as u64);
        }
        if delivered {
            connection.delivered();
        }
        if limit >= 0.0 {
            self.driver.refused.set(Some(ParseError::EventTooLarge { limit: limit as usize }));
        }
    }

    /// The state, with the numbers of the standard.
    #[wasm_bindgen(getter, js_name = readyState)]
    pub fn ready_state(&self) -> u32 {
        self.driver.connection.borrow().ready_state() as u32
    }
}

/// Attempt after attempt, until there is none.
async fn run(driver: Rc<Driver>) {
    loop {
        let Some(attempt) = ({ driver.connection.borrow_mut().start(moment().now) }) else { return };
        let (step, details) = driver.attempt(attempt).await;
        // [spec] Reestablish the connection: 1.2 set readyState to CONNECTING, 1.3 fire an event named error, 2 wait.
        driver.tell(&step, details);
        match step {
            // The host never rejects.
            Step::Wait { delay, .. } if !driver.is_silent() => drop(driver.host.wait(delay as f64).await),
            _ => return,
        }
    }
}

impl Driver {
    /// One fetch, to the end of its body.
    async fn attempt(&self, attempt: Attempt) -> (Step, Details) {
        let last_event_id = match self.byte_strings {
            true => attempt.last_event_id,
            false => attempt.last_event_id.map(|_| self.last_event_id()),
        };
        let response: Response = match self.host.send(attempt.number, last_event_id).await {
            Ok(response) => response.unchecked_into(),
            Err(cause) => {
                return self.give_up(if self.host.sent() { Cause::Network } else { Cause::Request }, cause);
            }
        };
        let step = self.respond(&response);
        let open = step == Step::Open;
        if open {
            // [spec] Announce the connection.
            self.host.opened(&response);
        }
        let read = if self.is_silent() { Ok(JsValue::UNDEFINED) } else { self.host.read(&response, open).await };
        if !open {
            self.host.stop();
            let body = read.unwrap_or_default();
            return (step, Details { response: response.into(), body, cause: JsValue::UNDEFINED });
        }
        let (cause, value) = match (self.refused.take(), read) {
            (Some(error), _) => {
                self.host.stop();
                (Cause::Parse(error), JsValue::UNDEFINED)
            }
            // [spec] processEventSourceEndOfBody: if response is not a network error, reestablish the connection.
            (None, Ok(_)) => (Cause::StreamEnded, JsValue::UNDEFINED),
            (None, Err(cause)) => (Cause::Network, cause),
        };
        self.give_up(cause, value)
    }

    fn respond(&self, response: &Response) -> Step {
        let headers = response.headers();
        let header = |name| headers.get(name).ok().flatten();
        let (content_type, retry_after) = (header("content-type"), header("retry-after").map(in_seconds));
        let head = ResponseHead {
            status: response.status(),
            content_type: content_type.as_deref(),
            retry_after: retry_after.as_deref(),
        };
        self.connection.borrow_mut().responded(&head, moment())
    }

    fn give_up(&self, cause: Cause, value: JsValue) -> (Step, Details) {
        let step = self.connection.borrow_mut().failed(cause, moment());
        (step, Details { cause: value, ..Details::default() })
    }

    fn last_event_id(&self) -> String {
        String::from_utf8_lossy(self.connection.borrow().last_event_id()).into_owned()
    }

    fn is_silent(&self) -> bool {
        self.silent.get()
    }

    fn tell(&self, step: &Step, details: Details) {
        let (failure, quiet): (&Failure, bool) = match step {
            Step::Wait { failure, .. } | Step::Stop(failure) => (failure, false),
            Step::End(failure) => (failure, true),
            Step::Open | Step::Ignored => return,
        };
        if self.is_silent() {
            return;
        }
        let delay = failure.delay().map_or(-1.0, |delay| delay as f64);
        let Details { response, body, cause } = details;
        let (code, message) = (failure.code(), failure.message());
        self.host.failed(code, &message, failure.attempt(), delay, quiet, &response, &body, &cause);
    }
}

fn moment() -> Moment {
    Moment { now: performance_now() as u64, wall: Date::now() as u64, random: Math::random() }
}

/// A `Retry-After` that is a date, in whole seconds from now.
fn in_seconds(value: String) -> String {
    // NaN for what is no date; seconds would be taken for a year.
    let wait = (Date::parse(&value) - Date::now()) / 1_000.0;
    if value.bytes().all(|byte| byte.is_ascii_digit()) || wait.is_nan() {
        return value;
    }
    let mut seconds = String::new();
    // A `String` never fails, and a cast from f64 saturates.
    let _ = crate::error::write_decimal(&mut seconds, (wait + 1.0) as u64);
    seconds
}

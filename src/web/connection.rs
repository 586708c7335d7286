//! The connection as JavaScript has it: the state machine decides, and js/driver.ts does what it says with the host's `fetch`
//! and timers.
//!
//! Only numbers pass, and texts through memory: with futures, promises and strings of wasm-bindgen the client entry was
//! 7 KB gzip larger. What a failure says is put together in JavaScript (js/failure.ts), which knows the cause.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use wasm_bindgen::prelude::wasm_bindgen;

use super::Single;
use crate::failure::Refusal;
use crate::{Cause, Connection, ConnectionOptions, MAX_DELAY, Moment, ParseError, Resume, RetryPolicy, Step};

/// All connections of this instance, and the text that passes for one of them.
struct Connections {
    /// By the numbers that JavaScript has given them.
    connections: Vec<Connection>,
    /// What JavaScript has written for the next call.
    text: Vec<u8>,
    /// What there is to say about the last failure: why it is not tried again (0 for no reason of its own, 1 for limits of the
    /// policy, 2 for a body that is a stream), the attempts in a row, the milliseconds since they began, and the delay to the next,
    /// negative for none.
    told: [f64; 4],
}

static CONNECTIONS: Single<Connections> =
    Single::new(Connections { connections: Vec::new(), text: Vec::new(), told: [0.0; 4] });

// What a step is told as; a number that is not negative is a delay in milliseconds. js/connection.ts has the same numbers.
const OPEN: f64 = -1.0;
const IGNORED: f64 = -2.0;
const END: f64 = -3.0;
const STOP: f64 = -4.0;
const ASK: f64 = -5.0;

/// Makes room for a text of `length` bytes, and tells where JavaScript is to write it. Its characters are bytes, as those of
/// a header.
#[wasm_bindgen]
pub fn text(length: u32) -> u32 {
    CONNECTIONS.with(|Connections { text, .. }| {
        *text = vec![0; length as usize];
        text.as_ptr() as u32
    })
}

/// Makes a connection that has not begun, in place of the one that had the number. `resume` is 0 for auto, 1 for always, 2 for never.
///
/// The policy is that of `EventSource` or of `connect`, with what is given in place of its own; NaN is not given. With
/// `has_statuses`, the text has two bytes for each status.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "one call, and an object would have to be read by name")]
pub fn connection(
    number: u32,
    idempotent: bool,
    replayable: bool,
    resume: u32,
    of_connect: bool,
    asks: bool,
    has_statuses: bool,
    delay: f64,
    max_delay: f64,
    factor: f64,
    jitter: f64,
    max_attempts: f64,
    max_elapsed: f64,
) {
    CONNECTIONS.with(|Connections { connections, text, .. }| {
        let preset = if of_connect { RetryPolicy::connect() } else { RetryPolicy::standard() };
        let given = |value: f64| (!value.is_nan()).then_some(value);
        let statuses = || text.as_chunks().0.iter().map(|status| u16::from_le_bytes(*status)).collect();
        // Casts from f64 saturate: an infinite number of attempts is one that is never reached.
        let policy = RetryPolicy {
            delay: given(delay).map_or(preset.delay, |delay| delay as u64),
            max_delay: given(max_delay).map_or(preset.max_delay, |delay| delay as u64),
            factor: given(factor).unwrap_or(preset.factor),
            jitter: given(jitter).unwrap_or(preset.jitter),
            max_attempts: given(max_attempts).map(|attempts| attempts as u32).or(preset.max_attempts),
            max_elapsed: given(max_elapsed).map(|elapsed| elapsed as u64).or(preset.max_elapsed),
            statuses: if has_statuses { statuses() } else { preset.statuses },
        };
        let resume = match resume {
            1 => Resume::Always,
            2 => Resume::Never,
            _ => Resume::Auto,
        };
        let options = ConnectionOptions { policy, resume, idempotent, replayable, asks, last_event_id: Vec::new() };
        // More than one where JavaScript has taken a number and then not used it.
        while number as usize >= connections.len() {
            connections.push(Connection::new(ConnectionOptions::default()));
        }
        if let Some(connection) = connections.get_mut(number as usize) {
            *connection = Connection::new(options);
        }
    });
}

/// Begins an attempt, `anew` in place of what was dropped, and tells its number; 0 where none is due. `now` is in milliseconds
/// of a clock that only goes forward.
#[wasm_bindgen]
pub fn start(number: u32, anew: bool, now: f64) -> u32 {
    with(number, |connection, _| {
        if anew {
            connection.renew();
        }
        connection.begin(now as u64)
    })
    .flatten()
    .unwrap_or(0)
}

/// The response is there. The text is its content type, unless it has none. `retry_after` is in milliseconds, NaN for none.
#[wasm_bindgen]
pub fn responded(number: u32, status: u32, has_type: bool, retry_after: f64, now: f64, random: f64) -> f64 {
    step(number, |connection, text| {
        let content_type = has_type.then(|| characters(text));
        let retry_after = || (!retry_after.is_nan()).then_some(retry_after as u64);
        connection.answered(status as u16, content_type.as_deref(), retry_after, moment(now, random))
    })
}

/// The attempt has failed. `cause` is a number of js/failure.ts.
#[wasm_bindgen]
pub fn failed(number: u32, cause: u32, now: f64, random: f64) -> f64 {
    step(number, |connection, _| {
        // JavaScript knows of what is not told here.
        let cause = match cause {
            0 => Cause::Network,
            1 => Cause::StreamEnded,
            2 => Cause::Request,
            3 => Cause::Aborted,
            4 => Cause::InvalidUrl(String::new()),
            5 => Cause::ConnectTimeout(0),
            6 => Cause::IdleTimeout(0),
            7 => Cause::Decision,
            _ => Cause::Parse(ParseError::EventTooLarge { limit: 0 }),
        };
        connection.failed(cause, moment(now, random))
    })
}

/// What the caller's function has decided on: a delay in milliseconds, or no further attempt where it is negative. Tells the step.
#[wasm_bindgen]
pub fn decide(number: u32, delay: f64) -> f64 {
    let goes_on = delay >= 0.0;
    match with(number, |connection, _| connection.decided(goes_on)) {
        Some(true) if goes_on => (delay as u64).min(MAX_DELAY) as f64,
        Some(true) => STOP,
        _ => IGNORED,
    }
}

/// Whether a wake-up may cut the wait short.
#[wasm_bindgen]
pub fn wakes(number: u32) -> bool {
    with(number, |connection, _| connection.can_wake()).unwrap_or(false)
}

/// Whether what is under way may be dropped, to be gone on with later.
#[wasm_bindgen]
pub fn pauses(number: u32) -> bool {
    with(number, |connection, _| connection.can_pause()).unwrap_or(false)
}

/// What was seen of a stream, which may go on: its reconnection time in milliseconds, negative for none; whether an event was
/// delivered; whether there is another last event ID than at its beginning, and one that is not empty.
#[wasm_bindgen]
pub fn settle(number: u32, reconnection_time: f64, delivered: bool, id_changed: bool, has_id: bool) {
    with(number, |connection, _| {
        if id_changed {
            connection.set_resumable(has_id);
        }
        if reconnection_time >= 0.0 {
            connection.set_reconnection_time(reconnection_time as u64);
        }
        if delivered {
            connection.delivered();
        }
    });
}

/// A number that no connection has is answered as if it were closed.
fn with<T>(number: u32, work: impl FnOnce(&mut Connection, &mut Vec<u8>) -> T) -> Option<T> {
    CONNECTIONS.with(|Connections { connections, text, .. }| {
        connections.get_mut(number as usize).map(|connection| work(connection, text))
    })
}

/// Tells a step as a number, and keeps what there is to say about a failure.
fn step(number: u32, work: impl FnOnce(&mut Connection, &[u8]) -> Step) -> f64 {
    CONNECTIONS.with(|Connections { connections, text, told }| match connections.get_mut(number as usize) {
        Some(connection) => tell(work(connection, text), told),
        None => IGNORED,
    })
}

// Not inlined: one copy is enough.
#[inline(never)]
fn tell(step: Step, told: &mut [f64; 4]) -> f64 {
    let (number, failure) = match step {
        Step::Open => return OPEN,
        Step::Ignored => return IGNORED,
        Step::Wait { delay, failure } => (delay as f64, failure),
        Step::End(failure) => (END, failure),
        Step::Stop(failure) => (STOP, failure),
        Step::Ask(failure) => (ASK, failure),
    };
    let refusal = match failure.refusal {
        None => 0.0,
        Some(Refusal::Exhausted) => 1.0,
        Some(Refusal::NoReplay) => 2.0,
    };
    let delay = failure.delay().map_or(-1.0, |delay| delay as f64);
    *told = [refusal, failure.attempts_in_row().into(), failure.elapsed() as f64, delay];
    number
}

/// Where that is, of the last failure.
#[wasm_bindgen]
pub fn told() -> u32 {
    CONNECTIONS.with(|Connections { told, .. }| told.as_ptr() as u32)
}

fn characters(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

fn moment(now: f64, random: f64) -> Moment {
    Moment { now: now as u64, wall: 0, random }
}

//! The client for Rust: a stream of events over `fetch`.
//!
//! It does what [`Connection`] says, attempt after attempt, and only while it is polled. js/driver.ts is the same for
//! JavaScript.

mod error;
mod event;
mod init;
mod platform;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::stream::{FusedStream, Stream};
use wasm_bindgen::JsValue;
use web_sys::Response;

#[cfg(feature = "serde")]
pub use error::DataError;
pub use error::Error;
pub use event::OwnedEvent;
pub use init::EventSourceInit;

use self::error::Details;
use self::platform::{Abort, Body, Sleep, moment, read_refused, resolve_url};
use crate::{Cause, Connection, Item, Parser, ReadyState, ResponseHead, Step};

type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// A connection to an event stream that reconnects: a [`Stream`] of its events, over `fetch`.
///
/// It exists on wasm32 with the feature `client`, in windows and workers alike. It works only while it is polled: nothing is
/// sent before the first event is asked for, and no more is read than the consumer takes. Dropping it aborts the request and
/// clears the timers.
///
/// It gives events, across as many attempts as the [`RetryPolicy`](crate::RetryPolicy) allows. It ends when the server has
/// ended the stream for good (204, or an end that is not to be resumed); when the connection is given up, the error
/// is the last item. Failures in between are told to [`EventSourceInit::on_retry`].
///
/// ```no_run
/// use eventsource_wasm::{EventSource, EventSourceInit, RetryPolicy};
///
/// # async fn ask() -> Result<(), Box<dyn std::error::Error>> {
/// let init = EventSourceInit::new()
///     .header("content-type", "application/json")
///     .body(r#"{"prompt":"Why is the sky blue?"}"#)
///     .retry(RetryPolicy::connect());
/// let mut source = EventSource::with_init("/chat", init)?;
/// while let Some(event) = source.next().await {
///     let piece: String = event?.data_as()?; // feature `serde`
///     print!("{piece}");
/// }
/// # Ok(())
/// # }
/// ```
pub struct EventSource {
    url: String,
    init: EventSourceInit,
    connection: Connection,
    phase: Phase,
    /// What the chunk that was read last still has; no more is read before all of it is taken.
    events: VecDeque<OwnedEvent>,
    /// The last event ID as of what has been taken.
    last_event_id: String,
    /// The last item.
    failure: Option<Error>,
    response: Option<Response>,
}

#[expect(dead_code, reason = "what a phase has of `Abort` is only that it is dropped with it")]
enum Phase {
    /// The next attempt is due.
    Due,
    /// The field order is that of the drops: an aborted fetch has someone to tell it to.
    Requesting(Abort, Work<Result<Response, (Cause, JsValue)>>),
    Open(Abort, Body, Box<Parser>),
    /// The beginning of a refused response's body is read.
    Refused(Abort, Work<(Step, Details)>),
    Waiting(Sleep),
    Closed,
}

impl EventSource {
    /// A source as the standard says. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// With the code `invalid-url` when the URL does not parse, or has a scheme that can't be fetched.
    pub fn new(url: &str) -> Result<Self, Error> {
        EventSource::with_init(url, EventSourceInit::new())
    }

    /// A source with a request and a policy of one's own. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// With the code `invalid-url` when the URL does not parse, or has a scheme that can't be fetched.
    pub fn with_init(url: &str, init: EventSourceInit) -> Result<Self, Error> {
        let url = resolve_url(url).ok_or_else(|| Error::invalid_url(url.into()))?;
        let options = init.connection_options();
        let last_event_id = String::from_utf8_lossy(&options.last_event_id).into_owned();
        Ok(EventSource {
            url,
            init,
            connection: Connection::new(options),
            phase: Phase::Due,
            events: VecDeque::new(),
            last_event_id,
            failure: None,
            response: None,
        })
    }

    /// The next event; the same as `StreamExt::next` of the crate `futures`.
    pub async fn next(&mut self) -> Option<Result<OwnedEvent, Error>> {
        core::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Closes the connection for good; the stream ends, without the events that have not been taken. The same as dropping
    /// it, for whoever still wants to ask it something.
    pub fn close(&mut self) {
        self.connection.close();
        self.phase = Phase::Closed;
        self.events.clear();
        self.failure = None;
    }

    /// The URL, resolved.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The state. It is `Connecting` also before the first poll and while waiting for the next attempt.
    pub fn ready_state(&self) -> ReadyState {
        self.connection.ready_state()
    }

    /// The last event ID, as of the last event that was taken: another source can go on from there.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The response of the latest attempt that opened.
    pub fn response(&self) -> Option<&Response> {
        self.response.as_ref()
    }

    fn take(&mut self) -> Option<OwnedEvent> {
        let event = self.events.pop_front()?;
        if self.last_event_id != event.last_event_id {
            self.last_event_id.clone_from(&event.last_event_id);
        }
        Some(event)
    }

    fn start(&mut self) {
        let Some(attempt) = self.connection.start(moment().now) else { return self.phase = Phase::Closed };
        match Abort::new() {
            Ok(abort) => {
                let send = self.init.send(self.url.clone(), attempt, self.last_event_id.clone(), abort.signal());
                self.phase = Phase::Requesting(abort, Box::pin(send));
            }
            Err(cause) => self.failed(Cause::Request, Some(cause)),
        }
    }

    fn responded(&mut self, response: Response) {
        let Phase::Requesting(abort, _) = core::mem::replace(&mut self.phase, Phase::Closed) else { return };
        let headers = response.headers();
        let header = |name| headers.get(name).ok().flatten();
        let (content_type, retry_after) = (header("content-type"), header("retry-after"));
        let head = ResponseHead {
            status: response.status(),
            content_type: content_type.as_deref(),
            retry_after: retry_after.as_deref(),
        };
        match self.connection.responded(&head, moment()) {
            Step::Open => {
                let parser = Box::new(self.init.parser(self.connection.last_event_id()));
                self.phase = Phase::Open(abort, Body::new(&response), parser);
                // [spec] Announce the connection.
                self.init.opened(&response);
                self.response = Some(response);
            }
            step => {
                let read = async move {
                    let body = read_refused(&response).await;
                    (step, Details { cause: None, response: Some(response), body })
                };
                self.phase = Phase::Refused(abort, Box::pin(read));
            }
        }
    }

    fn feed(&mut self, chunk: &[u8]) {
        let Phase::Open(_, _, parser) = &mut self.phase else { return };
        let (connection, events) = (&mut self.connection, &mut self.events);
        let mut broken = None;
        parser.feed(chunk, |item| match item {
            _ if broken.is_some() => {}
            Item::Event(event) => events.push_back(event.into()),
            Item::Retry(time) => connection.set_reconnection_time(time),
            Item::Error(error) => broken = Some(error),
            _ => {}
        });
        if !events.is_empty() {
            connection.delivered();
        }
        let Some(error) = broken else {
            return connection.set_last_event_id(parser.last_event_id().as_bytes());
        };
        // The parser has read on, behind what is told.
        if let Some(last) = events.back() {
            connection.set_last_event_id(last.last_event_id.as_bytes());
        }
        self.failed(Cause::Parse(error), None);
    }

    fn failed(&mut self, why: Cause, cause: Option<JsValue>) {
        let step = self.connection.failed(why, moment());
        self.follow(step, Details { cause, ..Details::default() });
    }

    /// The attempt is over. Whatever is left of it is dropped.
    fn follow(&mut self, step: Step, details: Details) {
        self.phase = Phase::Closed;
        match step {
            // [spec] Reestablish the connection: 1.2 set readyState to CONNECTING, 1.3 fire an event named error, 2 wait.
            Step::Wait { delay, failure } => {
                self.phase = Phase::Waiting(Sleep::new(delay));
                self.init.retrying(&Error::new(failure, details));
            }
            // Nothing is asked, as there is no function to ask.
            Step::Stop(failure) | Step::Ask(failure) => self.failure = Some(Error::new(failure, details)),
            Step::End(_) | Step::Open | Step::Ignored => {}
        }
    }

    fn read(&mut self, result: Result<Option<Vec<u8>>, JsValue>) {
        match result {
            Ok(Some(chunk)) => self.feed(&chunk),
            // [spec] processEventSourceEndOfBody: if response is not a network error, reestablish the connection.
            Ok(None) => self.failed(Cause::StreamEnded, None),
            Err(cause) => self.failed(Cause::Network, Some(cause)),
        }
    }
}

impl Stream for EventSource {
    type Item = Result<OwnedEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(event) = this.take() {
                return Poll::Ready(Some(Ok(event)));
            }
            match &mut this.phase {
                Phase::Due => this.start(),
                Phase::Requesting(_, response) => match core::task::ready!(response.as_mut().poll(cx)) {
                    Ok(response) => this.responded(response),
                    Err((why, cause)) => this.failed(why, Some(cause)),
                },
                Phase::Open(_, body, _) => {
                    // An id without data moves it on too.
                    if this.last_event_id.as_bytes() != this.connection.last_event_id() {
                        this.last_event_id = String::from_utf8_lossy(this.connection.last_event_id()).into_owned();
                    }
                    let result = core::task::ready!(body.poll(cx));
                    this.read(result);
                }
                Phase::Refused(_, read) => {
                    let (step, details) = core::task::ready!(read.as_mut().poll(cx));
                    this.follow(step, details);
                }
                Phase::Waiting(sleep) => {
                    core::task::ready!(Pin::new(sleep).poll(cx));
                    this.phase = Phase::Due;
                }
                Phase::Closed => return Poll::Ready(this.failure.take().map(Err)),
            }
        }
    }
}

impl FusedStream for EventSource {
    fn is_terminated(&self) -> bool {
        matches!(self.phase, Phase::Closed) && self.events.is_empty() && self.failure.is_none()
    }
}

impl fmt::Debug for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource")
            .field("url", &self.url)
            .field("ready_state", &self.ready_state())
            .finish_non_exhaustive()
    }
}

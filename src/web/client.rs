//! The client for Rust: a stream of events over `fetch`.
//!
//! It does what [`Connection`] says, attempt after attempt, and only while it is polled. js/driver.ts is the same for
//! JavaScript.

mod advance;
mod error;
mod event;
mod init;
mod listen;
mod platform;
mod request;
mod timer;

use alloc::collections::VecDeque;
use alloc::string::String;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use futures_core::stream::{FusedStream, Stream};
use web_sys::Response;

pub use error::{DataError, Error};
pub use event::OwnedEvent;
pub use init::EventSourceInit;

use self::advance::Phase;
use self::listen::Signal;
use self::platform::resolve_url;
use crate::{Connection, ReadyState};

/// A connection to an event stream that reconnects: a [`Stream`] of its events, over `fetch`.
///
/// It exists on wasm32 with the feature `client`, in windows, workers and Node. It works only while it is polled: nothing is
/// sent before the first event is asked for, and no more is read than the consumer takes: one chunk, whose events are given before
/// the next is asked for. Dropping it aborts the request and clears the timers.
///
/// It gives events, across as many attempts as the [`RetryPolicy`](crate::RetryPolicy) allows. It ends when the server has
/// ended the stream for good (204, or an end that is not to be resumed), or at the [sentinel](EventSourceInit::sentinel); when
/// the connection is given up, the error is the last item. Failures in between are told to [`EventSourceInit::on_retry`]. The
/// waits after them are cut short when the browser is online again, or a page is seen again or comes back from sleep, unless the
/// server has asked for the wait by `Retry-After`.
///
/// ```no_run
/// use eventsource_wasm::{EventSource, EventSourceInit, RetryPolicy};
///
/// # async fn ask() -> Result<(), Box<dyn std::error::Error>> {
/// let init = EventSourceInit::new()
///     .header("content-type", "application/json")
///     .body(r#"{"prompt":"Why is the sky blue?"}"#)
///     .retry(RetryPolicy::connect())
///     .idle_timeout(60_000)
///     .sentinel("[DONE]");
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
    signal: Option<Signal>,
    connection: Connection,
    phase: Phase,
    /// Of the task that waits for the next item.
    waker: Option<Waker>,
    /// What the chunk that was read last still has; no more is read before all of it is taken.
    events: VecDeque<OwnedEvent>,
    /// The last event ID as of what has been taken.
    last_event_id: String,
    /// The last item.
    failure: Option<Error>,
    response: Option<Response>,
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
    pub fn with_init(url: &str, mut init: EventSourceInit) -> Result<Self, Error> {
        let url = resolve_url(url).ok_or_else(|| Error::invalid_url(url.into()))?;
        let options = init.connection_options();
        let last_event_id = String::from_utf8_lossy(&options.last_event_id).into_owned();
        Ok(EventSource {
            url,
            signal: init.signal.take().map(Signal::new),
            init,
            connection: Connection::new(options),
            phase: Phase::Due,
            waker: None,
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

    /// Drops the connection, or cuts the wait for the next one short, and connects again at once from the last event ID, with a
    /// new row of attempts; what has been read already is given first. Of no effect once it is closed, or where the body was a
    /// stream. As everything, it is done when the source is polled, for which it wakes the task that waits for an event.
    pub fn reconnect(&mut self) {
        self.connection.renew();
        if self.connection.is_waiting() {
            self.phase = Phase::Due;
            self.wake();
        }
    }

    /// Closes the connection for good; the stream ends, without the events that have not been taken. The same as dropping
    /// it, for whoever still wants to ask it something.
    pub fn close(&mut self) {
        self.connection.close();
        self.phase = Phase::Closed;
        self.events.clear();
        self.failure = None;
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
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
}

impl Stream for EventSource {
    type Item = Result<OwnedEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let item = this.advance(cx);
        if item.is_pending() && !this.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            this.waker = Some(cx.waker().clone());
        }
        item
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

//! The server for Rust: a response that is an event stream, for handlers that are given a `Request` and give a `Response`.
//!
//! What is sent goes through an [`Outgoing`](crate::Outgoing) and leaves as the reader asks for it.

mod error;
mod init;
mod produce;
mod respond;
mod sending;
mod turn;
mod upkeep;
mod writer;

use alloc::rc::Rc;
use core::fmt;

use wasm_bindgen::prelude::JsValue;
use web_sys::{AbortSignal, Request, Response};

pub use error::{CloseReason, StreamError};
pub use init::EventStreamInit;
pub use produce::event_stream;
pub use respond::last_event_id;
pub use sending::{Closed, Sending};

use self::respond::{response, signal_of};
use self::writer::Writer;
use crate::{CloseCode, Frame, Outgoing};

/// A response that is an event stream, while it is written: a handle, which can be cloned and sent from anywhere.
///
/// It exists on wasm32 with the feature `server`, in Workers, windows, workers and Node. The first bytes leave at once. Frames that
/// are sent in one turn leave as one chunk, and no more than [`max_buffer`](EventStreamInit::max_buffer) bytes and one frame wait for
/// the reader. When nothing has left for a while, a comment is sent, between two frames. The stream ends once, for one
/// [reason](CloseReason); when the last handle is dropped, as `completed`.
///
/// [`event_stream`] is this with a future that writes. To write from elsewhere:
///
/// ```no_run
/// use eventsource_wasm::{EventStream, EventStreamInit, Frame, StreamError};
///
/// # fn handler(request: &web_sys::Request, readers: &mut Vec<EventStream>) -> Result<web_sys::Response, StreamError> {
/// let (stream, response) = EventStream::respond(request, EventStreamInit::new())?;
/// readers.push(stream);
/// # Ok(response)
/// # }
/// # fn tell(readers: &mut Vec<EventStream>) {
/// // Later:
/// readers.retain(|stream| stream.send(Frame { event: Some("tick"), ..Frame::from("1") }).taken().is_ok());
/// # }
/// ```
#[derive(Clone)]
pub struct EventStream(Rc<Handle>);

/// Ends the stream when it is dropped.
struct Handle(Rc<Writer>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.end(CloseReason::new(CloseCode::Completed));
    }
}

impl EventStream {
    /// A stream and its response, for a request: that says where to [go on](EventStream::last_event_id), and where it is aborted
    /// the stream ends.
    ///
    /// # Errors
    ///
    /// [`StreamError::Response`] where a header is not one, or the status is none that has a body.
    pub fn respond(request: &Request, mut init: EventStreamInit) -> Result<(Self, Response), StreamError> {
        if init.last_event_id.is_empty() {
            init.last_event_id = last_event_id(request);
        }
        init.signal = init.signal.or_else(|| signal_of(request));
        EventStream::new(init)
    }

    /// A stream and its response, without a request: see [`EventStreamInit::last_event_id`] and
    /// [`EventStreamInit::abort_signal`] for what that would say.
    ///
    /// # Errors
    ///
    /// [`StreamError::Response`] where a header is not one, or the status is none that has a body.
    pub fn new(mut init: EventStreamInit) -> Result<(Self, Response), StreamError> {
        let (writer, body) = Writer::open(&init).map_err(StreamError::Response)?;
        let response = response(&body, &init).map_err(StreamError::Response)?;
        writer.start(&init);
        let stream = EventStream(Rc::new(Handle(writer)));
        if let Some(wait) = init.wait_until.take() {
            let closed = stream.closed();
            wait(alloc::boxed::Box::pin(async move {
                closed.await;
            }));
        }
        Ok((stream, response))
    }

    fn writer(&self) -> &Rc<Writer> {
        &self.0.0
    }

    /// Sends an event: a [`Frame`], or text as its data. It is sent by the call; awaiting what that gives waits until there is room for
    /// another, so that a loop that does never runs ahead of its reader. With a policy other than
    /// [`Overflow::Wait`](crate::Overflow::Wait) there always is.
    ///
    /// It fails with [`StreamError::Frame`] where a part would break the frame, and then nothing was sent; with
    /// [`StreamError::Closed`] when the stream has ended.
    pub fn send<'a>(&self, frame: impl Into<Frame<'a>>) -> Sending {
        self.writer().send(&frame.into(), None)
    }

    /// Sends an event that is the newest state of `key`, for [`Overflow::LatestPerKey`](crate::Overflow::LatestPerKey): where the
    /// buffer is full, the one that waits under the same key is dropped for it. The key is not sent; of [`EventStream::send`] it
    /// is the event type.
    pub fn send_keyed<'a>(&self, key: &str, frame: impl Into<Frame<'a>>) -> Sending {
        self.writer().send(&frame.into(), Some(key))
    }

    /// Sends an event whose data is a value as JSON (feature `serde`), in place of the frame's own.
    ///
    /// It is written by `serde_json`, and not by the platform's `JSON.stringify`: numbers of 64 bits stay exact, and no value has to
    /// become one of JavaScript's. It fails also with [`StreamError::Data`], where the value is not to be had as JSON.
    ///
    /// ```no_run
    /// # use eventsource_wasm::{EventStream, Frame, StreamError};
    /// #[derive(serde::Serialize)]
    /// struct Price {
    ///     cents: u64,
    /// }
    ///
    /// # async fn tell(stream: EventStream) -> Result<(), StreamError> {
    /// stream.send_json(Frame { event: Some("price"), ..Frame::default() }, &Price { cents: 1_250 }).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "serde")]
    pub fn send_json<T: serde::Serialize + ?Sized>(&self, frame: Frame<'_>, data: &T) -> Sending {
        match serde_json::to_string(data) {
            Ok(data) => self.send(Frame { data: Some(&data), ..frame }),
            Err(error) => Sending::refused(StreamError::Data(alloc::string::ToString::to_string(&error))),
        }
    }

    /// Sends a comment, which no reader sees.
    pub fn comment(&self, text: &str) -> Sending {
        self.send(Frame { comment: Some(text), ..Frame::default() })
    }

    /// Hands on bytes of another event stream, such as an upstream's chunk, as they are: whole frames leave, so that events of one's
    /// own can be sent in between. What is no whole frame at the end is what a reader discards.
    ///
    /// It fails with [`StreamError::Relay`] for an event over 16 MiB.
    pub fn relay(&self, bytes: &[u8]) -> Sending {
        self.writer().write(|outgoing| outgoing.relay(bytes).map_err(StreamError::Relay))
    }

    /// Lets what was sent in this turn leave now instead of at its end.
    pub fn flush(&self) {
        self.writer().hand();
    }

    /// Ends the stream once the reader has what was sent.
    pub fn close(&self) {
        self.writer().end(CloseReason::new(CloseCode::Closed));
    }

    /// Ends the stream as one that failed: once the reader has what was sent, the body breaks off. It is not told the cause.
    pub fn fail(&self, cause: impl Into<JsValue>) {
        self.writer().end(CloseReason::because(CloseCode::Failed, cause.into()));
    }

    /// Is ready when the stream has ended, with the reason. It is no handle: it does not keep the stream open.
    pub fn closed(&self) -> Closed {
        Closed(self.writer().clone())
    }

    /// Whether the stream has ended.
    pub fn is_closed(&self) -> bool {
        self.writer().reason().is_some()
    }

    /// A signal that aborts when the stream has ended, whatever the reason, for a `fetch` to go with it.
    pub fn signal(&self) -> AbortSignal {
        self.writer().signal()
    }

    /// Where the reader wants to go on: the `Last-Event-ID` header, or the `lastEventId` query parameter; else empty.
    pub fn last_event_id(&self) -> &str {
        &self.writer().last_event_id
    }

    /// How many bytes the reader has not taken.
    pub fn buffered_bytes(&self) -> usize {
        self.writer().with(Outgoing::buffered_bytes)
    }

    /// How many events have left. An event is what has data: a comment, or an id alone, is not counted.
    pub fn sent(&self) -> u64 {
        self.writer().with(Outgoing::sent)
    }

    /// How many events were dropped by the overflow policy, or waited for a reader that left.
    pub fn dropped(&self) -> u64 {
        self.writer().with(Outgoing::dropped)
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("buffered_bytes", &self.buffered_bytes())
            .field("closed", &self.writer().reason().map(|reason| reason.code))
            .finish_non_exhaustive()
    }
}

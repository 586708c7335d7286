//! What can be waited for of a stream: room, and its end.

use alloc::rc::Rc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::error::{CloseReason, StreamError};
use super::writer::Writer;

/// What [`EventStream::send`](crate::EventStream::send) gives: is ready when there is room for another event, or with why there is
/// none. What was sent was sent by the call: dropping this takes nothing back.
#[must_use = "await it to keep the reader's pace; `taken` tells whether it was sent without waiting"]
pub struct Sending {
    error: Option<StreamError>,
    /// The chunk that has to leave first.
    waits: Option<(Rc<Writer>, u64)>,
}

impl Sending {
    pub(super) fn refused(error: StreamError) -> Self {
        Sending { error: Some(error), waits: None }
    }

    pub(super) fn new(waits: Option<(Rc<Writer>, u64)>) -> Self {
        Sending { error: None, waits }
    }

    /// Whether it was sent, without waiting for room. For events that come at a pace of their own; the overflow policy says what
    /// becomes of those that do not fit.
    ///
    /// # Errors
    ///
    /// Why it was not.
    pub fn taken(self) -> Result<(), StreamError> {
        self.error.map_or(Ok(()), Err)
    }
}

impl Future for Sending {
    type Output = Result<(), StreamError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(error) = self.error.take() {
            return Poll::Ready(Err(error));
        }
        match &self.waits {
            Some((writer, chunk)) => writer.poll_room(*chunk, cx).map(Ok),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("error", &self.error).field("waits", &self.waits.is_some()).finish()
    }
}

/// What [`EventStream::closed`](crate::EventStream::closed) gives: is ready when the stream has ended. It does not keep it open.
#[must_use = "futures do nothing unless they are awaited"]
#[derive(Clone)]
pub struct Closed(pub(super) Rc<Writer>);

impl Future for Closed {
    type Output = CloseReason;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CloseReason> {
        self.0.poll_closed(cx)
    }
}

impl fmt::Debug for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Closed").field(&self.0.reason()).finish()
    }
}

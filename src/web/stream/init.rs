//! What a stream is made with.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

use wasm_bindgen::prelude::JsValue;
use web_sys::AbortSignal;

use crate::Overflow;

/// What runs until a stream has ended.
pub(super) type Run = Pin<Box<dyn Future<Output = ()>>>;

const DEFAULT_HEARTBEAT: u64 = 15_000;
const DEFAULT_MAX_BUFFER: usize = 64 * 1024;

/// What an [`EventStream`](crate::EventStream) is made with.
pub struct EventStreamInit {
    pub(super) headers: Vec<(String, String)>,
    pub(super) status: u16,
    pub(super) heartbeat: u64,
    pub(super) retry: Option<u64>,
    pub(super) max_buffer: usize,
    pub(super) overflow: Overflow,
    pub(super) max_duration: Option<u64>,
    pub(super) deadline: Option<u64>,
    pub(super) last_event_id: String,
    pub(super) signal: Option<AbortSignal>,
    pub(super) wait_until: Option<Box<dyn FnOnce(Run)>>,
    pub(super) on_error: Option<Box<dyn FnOnce(JsValue)>>,
}

impl Default for EventStreamInit {
    fn default() -> Self {
        EventStreamInit {
            headers: Vec::new(),
            status: 200,
            heartbeat: DEFAULT_HEARTBEAT,
            retry: None,
            max_buffer: DEFAULT_MAX_BUFFER,
            overflow: Overflow::default(),
            max_duration: None,
            deadline: None,
            last_event_id: String::new(),
            signal: None,
            wait_until: None,
            on_error: None,
        }
    }
}

impl EventStreamInit {
    /// Status 200, a heartbeat every 15 seconds, a buffer of 64 KiB, [`Overflow::Wait`], and no end.
    pub fn new() -> Self {
        EventStreamInit::default()
    }

    /// Adds a header of the response. Those that make it an event stream are set, and those of a connection left out.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the status; the default, 200, is the only one that an `EventSource` reads.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Sets after how many milliseconds without a byte a comment is sent, so that proxies keep the connection and a reader that
    /// has left is noticed; 0 for never. The default is 15,000.
    #[must_use]
    pub fn heartbeat(mut self, milliseconds: u64) -> Self {
        self.heartbeat = milliseconds;
        self
    }

    /// Sets the reconnection time to tell the reader, in milliseconds.
    #[must_use]
    pub fn retry(mut self, milliseconds: u64) -> Self {
        self.retry = Some(milliseconds);
        self
    }

    /// Sets from how many bytes on that wait for the reader [`overflow`](EventStreamInit::overflow) says what happens. The
    /// default is 65,536.
    #[must_use]
    pub fn max_buffer(mut self, bytes: usize) -> Self {
        self.max_buffer = bytes;
        self
    }

    /// Sets what happens to an event while the buffer is full; the default is [`Overflow::Wait`].
    #[must_use]
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Sets after how many milliseconds the stream ends at the latest. The reader is told a reconnection time of its own then,
    /// around [`retry`](EventStreamInit::retry), so that not all readers come back at once.
    #[must_use]
    pub fn max_duration(mut self, milliseconds: u64) -> Self {
        self.max_duration = Some(milliseconds);
        self
    }

    /// Sets when the stream ends at the latest, in milliseconds since 1970: when a token expires, say. As with
    /// [`max_duration`](EventStreamInit::max_duration); whichever comes first counts.
    #[must_use]
    pub fn deadline(mut self, at: u64) -> Self {
        self.deadline = Some(at);
        self
    }

    /// Sets where the reader wants to go on. [`EventStream::respond`](crate::EventStream::respond) takes it from the request.
    #[must_use]
    pub fn last_event_id(mut self, id: impl Into<String>) -> Self {
        self.last_event_id = id.into();
        self
    }

    /// Sets what ends the stream when it aborts. [`EventStream::respond`](crate::EventStream::respond) takes the request's.
    #[must_use]
    pub fn abort_signal(mut self, signal: AbortSignal) -> Self {
        self.signal = Some(signal);
        self
    }

    /// Sets what keeps the runtime going, as `move |run| context.wait_until(run)`, also when the reader leaves: it is handed the
    /// future that is through when the stream has ended, and of [`event_stream`](crate::event_stream) the one that runs the
    /// producer. What is handed over has to be run.
    #[must_use]
    pub fn wait_until(mut self, wait: impl FnOnce(Run) + 'static) -> Self {
        self.wait_until = Some(Box::new(wait));
        self
    }

    /// Is called with what the producer of [`event_stream`](crate::event_stream) failed with; without it that goes to
    /// `console.error`. It never reaches the reader.
    #[must_use]
    pub fn on_error(mut self, failed: impl FnOnce(JsValue) + 'static) -> Self {
        self.on_error = Some(Box::new(failed));
        self
    }
}

impl fmt::Debug for EventStreamInit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No headers: they may have tokens.
        f.debug_struct("EventStreamInit")
            .field("status", &self.status)
            .field("heartbeat", &self.heartbeat)
            .field("max_buffer", &self.max_buffer)
            .field("overflow", &self.overflow)
            .finish_non_exhaustive()
    }
}

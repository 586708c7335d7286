//! What a source is made with.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;

use wasm_bindgen::prelude::JsValue;
use web_sys::{AbortSignal, RequestInit, Response};

use super::error::Error;
use super::request::{Content, Made, Template};
use crate::{ConnectionOptions, Parser, Resume, RetryPolicy, is_idempotent};

type Hook<T> = Box<dyn FnMut(&T)>;
type Decide = Box<dyn FnMut(Error) -> Made<Option<u64>>>;

/// What an [`EventSource`](crate::EventSource) is made with, beside its URL. Without any of it, it does what the standard
/// says.
#[derive(Default)]
pub struct EventSourceInit {
    pub(super) request: Template,
    policy: Option<RetryPolicy>,
    pub(super) decide: Option<Decide>,
    resume: Resume,
    last_event_id: String,
    max_event_size: Option<usize>,
    pub(super) connect_timeout: Option<u64>,
    pub(super) idle_timeout: Option<u64>,
    pub(super) signal: Option<AbortSignal>,
    pub(super) sentinel: Option<String>,
    on_open: Option<Hook<Response>>,
    on_retry: Option<Hook<Error>>,
}

impl EventSourceInit {
    /// What the standard says: a GET, [`RetryPolicy::standard`], [`Resume::Auto`].
    pub fn new() -> Self {
        EventSourceInit::default()
    }

    /// Sets the method; the default is GET, or POST where there is a body.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.request.method = Some(method.into());
        self
    }

    /// Adds a request header. `Accept: text/event-stream` is added where there is none, `Last-Event-ID` when resuming.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.headers.push((name.into(), value.into()));
        self
    }

    /// Adds headers that are made for each attempt (numbered from 1), so that a token can be fresh. Where they fail, so does
    /// the connection, for good and with the code `invalid-request`.
    #[must_use]
    pub fn headers_with<F, H>(mut self, mut headers: F) -> Self
    where
        F: FnMut(u32) -> H + 'static,
        H: Future<Output = Result<Vec<(String, String)>, JsValue>> + 'static,
    {
        self.request.made_headers = Some(Box::new(move |attempt| Box::pin(headers(attempt))));
        self
    }

    /// Sets the body: a string, bytes (`Vec<u8>`), or anything else that `fetch` takes. A `ReadableStream` can be sent once,
    /// so it is never replayed.
    #[must_use]
    pub fn body(mut self, body: impl Into<JsValue>) -> Self {
        self.request.content = Content::Value(body.into());
        self
    }

    /// Sets a body that is made for each attempt, as with [`headers_with`](EventSourceInit::headers_with).
    #[must_use]
    pub fn body_with<F, B>(mut self, mut body: F) -> Self
    where
        F: FnMut(u32) -> B + 'static,
        B: Future<Output = Result<JsValue, JsValue>> + 'static,
    {
        self.request.content = Content::Made(Box::new(move |attempt| Box::pin(body(attempt))));
        self
    }

    /// Sets what else `fetch` takes: mode, cache, credentials, redirect, referrer, and so on. The defaults are `cors`,
    /// `no-store` and `same-origin`. Method, headers, body and signal of it are replaced.
    #[must_use]
    pub fn request(mut self, request: RequestInit) -> Self {
        self.request.fetch_init = Some(request);
        self
    }

    /// Sets when to try again; the default is [`RetryPolicy::standard`].
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Has a function decide what follows a failure: after how many milliseconds to try again, or `None` to give up. It may
    /// take its time, to get another token, say.
    ///
    /// It is asked about every failure that another attempt can mend: not after a 204, an abort, or where the body was a stream.
    /// Of the error, [`delay`](crate::Failure::delay) is what the [`retry`](EventSourceInit::retry) policy would wait, if it
    /// would. A request that may have been carried out is not sent again where [`resume`](EventSourceInit::resume) forbids it,
    /// so the function is not asked; one that was refused, by a status or a type, is. Where the function fails, so does
    /// the connection, for good and with the code `invalid-request`.
    ///
    /// ```no_run
    /// # async fn refresh() -> Result<(), wasm_bindgen::JsValue> { Ok(()) }
    /// use eventsource_wasm::{EventSourceInit, RetryPolicy};
    ///
    /// let init = EventSourceInit::new().retry(RetryPolicy::connect()).retry_with(|error| async move {
    ///     // After a stream that was cut, the first 401 is the second attempt in a row.
    ///     if error.status() != Some(401) || error.failure().attempts_in_row() > 2 {
    ///         return Ok(error.failure().delay());
    ///     }
    ///     refresh().await?;
    ///     Ok(Some(0))
    /// });
    /// ```
    #[must_use]
    pub fn retry_with<F, D>(mut self, mut decide: F) -> Self
    where
        F: FnMut(Error) -> D + 'static,
        D: Future<Output = Result<Option<u64>, JsValue>> + 'static,
    {
        self.decide = Some(Box::new(move |error| Box::pin(decide(error))));
        self
    }

    /// Sets whether to go on with a stream that has broken off.
    #[must_use]
    pub fn resume(mut self, resume: Resume) -> Self {
        self.resume = resume;
        self
    }

    /// Sets the last event ID to begin with.
    #[must_use]
    pub fn last_event_id(mut self, id: impl Into<String>) -> Self {
        self.last_event_id = id.into();
        self
    }

    /// Sets the limit of [`Parser::with_max_event_size`]. A larger event ends the connection.
    #[must_use]
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.max_event_size = Some(bytes);
        self
    }

    /// Sets how many milliseconds a response may take to begin, from when it is asked for; 0 counts as 1, and the default is no
    /// limit. Over it the attempt fails, with the code `connect-timeout`, and another one may follow.
    #[must_use]
    pub fn connect_timeout(mut self, milliseconds: u64) -> Self {
        self.connect_timeout = Some(milliseconds.max(1));
        self
    }

    /// Sets how many milliseconds the server may be silent while the stream is read; 0 counts as 1, and the default is no limit.
    /// Over it the attempt fails, with the code `idle-timeout`, and another one may follow. Any byte counts, a comment too; the
    /// time in which events that were read wait to be taken does not.
    #[must_use]
    pub fn idle_timeout(mut self, milliseconds: u64) -> Self {
        self.idle_timeout = Some(milliseconds.max(1));
        self
    }

    /// Closes the connection when the signal aborts: at once, also while nobody polls. What has been read can still be taken,
    /// then comes the error `aborted`, whose cause is the signal's reason. After an abort nothing is sent.
    #[must_use]
    pub fn abort_signal(mut self, signal: AbortSignal) -> Self {
        self.signal = Some(signal);
        self
    }

    /// Sets data that ends the stream and closes the connection, such as `[DONE]`. The event that has it is not given, nor is
    /// its id.
    #[must_use]
    pub fn sentinel(mut self, data: impl Into<String>) -> Self {
        self.sentinel = Some(data.into());
        self
    }

    /// Is called with each response that opens the stream, before its first event.
    #[must_use]
    pub fn on_open(mut self, opened: impl FnMut(&Response) + 'static) -> Self {
        self.on_open = Some(Box::new(opened));
        self
    }

    /// Is called with each failure that another attempt follows; [`Failure::delay`](crate::Failure::delay) tells when. The
    /// stream itself gives only the last one, which none follows.
    #[must_use]
    pub fn on_retry(mut self, failed: impl FnMut(&Error) + 'static) -> Self {
        self.on_retry = Some(Box::new(failed));
        self
    }

    pub(super) fn connection_options(&self) -> ConnectionOptions {
        ConnectionOptions {
            policy: self.policy.clone().unwrap_or(RetryPolicy::standard()),
            resume: self.resume,
            idempotent: is_idempotent(self.request.method()),
            replayable: self.request.is_replayable(),
            asks: self.decide.is_some(),
            last_event_id: self.last_event_id.clone().into_bytes(),
        }
    }

    pub(super) fn parser(&self, last_event_id: &[u8]) -> Parser {
        let limit = self.max_event_size.unwrap_or(Parser::DEFAULT_MAX_EVENT_SIZE);
        Parser::new().with_max_event_size(limit).with_last_event_id(last_event_id)
    }

    pub(super) fn opened(&mut self, response: &Response) {
        if let Some(opened) = &mut self.on_open {
            opened(response);
        }
    }

    pub(super) fn retrying(&mut self, error: &Error) {
        if let Some(failed) = &mut self.on_retry {
            failed(error);
        }
    }
}

impl fmt::Debug for EventSourceInit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No headers: they have tokens.
        f.debug_struct("EventSourceInit")
            .field("method", &self.request.method())
            .field("policy", &self.policy)
            .field("resume", &self.resume)
            .finish_non_exhaustive()
    }
}

//! What a source is made with, and the request of each attempt that follows from it.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, ReadableStream, Request, RequestInit, Response};

use super::error::Error;
use super::platform::fetch;
use crate::{Attempt, Cause, ConnectionOptions, Parser, Resume, RetryPolicy, is_idempotent};

type Made<T> = Pin<Box<dyn Future<Output = Result<T, JsValue>>>>;
type Hook<T> = Box<dyn FnMut(&T)>;
type Pairs = Vec<(String, String)>;

#[derive(Default)]
enum Content {
    #[default]
    None,
    Value(JsValue),
    Made(Box<dyn FnMut(u32) -> Made<JsValue>>),
}

/// What an [`EventSource`](crate::EventSource) is made with, beside its URL. Without any of it, it does what the standard
/// says.
#[derive(Default)]
pub struct EventSourceInit {
    method: Option<String>,
    headers: Pairs,
    made_headers: Option<Box<dyn FnMut(u32) -> Made<Pairs>>>,
    content: Content,
    request: Option<RequestInit>,
    policy: Option<RetryPolicy>,
    resume: Resume,
    last_event_id: String,
    max_event_size: Option<usize>,
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
        self.method = Some(method.into());
        self
    }

    /// Adds a request header. `Accept: text/event-stream` is added where there is none, `Last-Event-ID` when resuming.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
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
        self.made_headers = Some(Box::new(move |attempt| Box::pin(headers(attempt))));
        self
    }

    /// Sets the body: a string, bytes (`Vec<u8>`), or anything else that `fetch` takes. A `ReadableStream` can be sent once,
    /// so it is never replayed.
    #[must_use]
    pub fn body(mut self, body: impl Into<JsValue>) -> Self {
        self.content = Content::Value(body.into());
        self
    }

    /// Sets a body that is made for each attempt, as with [`headers_with`](EventSourceInit::headers_with).
    #[must_use]
    pub fn body_with<F, B>(mut self, mut body: F) -> Self
    where
        F: FnMut(u32) -> B + 'static,
        B: Future<Output = Result<JsValue, JsValue>> + 'static,
    {
        self.content = Content::Made(Box::new(move |attempt| Box::pin(body(attempt))));
        self
    }

    /// Sets what else `fetch` takes: mode, cache, credentials, redirect, referrer, and so on. The defaults are `cors`,
    /// `no-store` and `same-origin`. Method, headers, body and signal of it are replaced.
    #[must_use]
    pub fn request(mut self, request: RequestInit) -> Self {
        self.request = Some(request);
        self
    }

    /// Sets when to try again; the default is [`RetryPolicy::standard`].
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = Some(policy);
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
            idempotent: is_idempotent(self.method_or_default()),
            replayable: !matches!(&self.content, Content::Value(body) if is_stream(body)),
            asks: false,
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

    fn method_or_default(&self) -> &str {
        let default = if matches!(self.content, Content::None) { "GET" } else { "POST" };
        self.method.as_deref().unwrap_or(default)
    }

    /// The fetch of an attempt. It fails with `Request` for what no fetch would send, otherwise with `Network`.
    pub(super) fn send(
        &mut self,
        url: String,
        attempt: Attempt,
        last_event_id: String,
        signal: AbortSignal,
    ) -> impl Future<Output = Result<Response, (Cause, JsValue)>> + use<> {
        let method = String::from(self.method_or_default());
        let mut pairs = self.headers.clone();
        let request = self.request.clone();
        let made_headers = self.made_headers.as_mut().map(|make| make(attempt.number));
        let (body, made_body) = match &mut self.content {
            Content::None => (None, None),
            Content::Value(body) => (Some(body.clone()), None),
            Content::Made(make) => (None, Some(make(attempt.number))),
        };
        let prepare = async move {
            if let Some(made) = made_headers {
                pairs.extend(made.await?);
            }
            let headers = headers(&pairs)?;
            if let Some(value) = attempt.last_event_id {
                headers.set("last-event-id", if has_byte_strings()? { &value } else { &last_event_id })?;
            }
            let body = match made_body {
                Some(made) => Some(made.await?),
                None => body,
            };
            let init = request_init(request.as_ref())?;
            init.set_method(&method);
            init.set_headers_headers(&headers);
            init.set_signal(Some(&signal));
            let streams = body.as_ref().is_some_and(is_stream);
            init.set_body(&body.unwrap_or(JsValue::UNDEFINED));
            if streams {
                set(&init, "duplex", &"half".into())?;
            } else {
                // What no fetch would send (GET with a body, say) is the caller's, not the network's. A stream can be taken
                // but once.
                Request::new_with_str_and_init(&url, &init)?;
            }
            Ok::<_, JsValue>((url, init))
        };
        async move {
            let (url, init) = prepare.await.map_err(|cause| (Cause::Request, cause))?;
            let network = |cause| (Cause::Network, cause);
            let response = JsFuture::from(fetch(&url, &init).map_err(network)?).await.map_err(network)?;
            Ok(response.unchecked_into())
        }
    }
}

impl fmt::Debug for EventSourceInit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No headers: they have tokens.
        f.debug_struct("EventSourceInit")
            .field("method", &self.method_or_default())
            .field("policy", &self.policy)
            .field("resume", &self.resume)
            .finish_non_exhaustive()
    }
}

fn headers(pairs: &[(String, String)]) -> Result<Headers, JsValue> {
    let headers = Headers::new()?;
    pairs.iter().try_for_each(|(name, value)| headers.append(name, value))?;
    // [spec] Set request's header list: (`Accept`, `text/event-stream`), and (`Last-Event-ID`, lastEventIDValue).
    if !headers.has("accept")? {
        headers.set("accept", "text/event-stream")?;
    }
    Ok(headers)
}

/// Whether a header is sent as one byte a character, as the Fetch standard says. Otherwise (workerd) it is sent as UTF-8.
fn has_byte_strings() -> Result<bool, JsValue> {
    Ok(Headers::new()?.append("a", "\u{100}").is_err())
}

/// [spec] Create a potential-CORS request (mode cors, credentials same-origin or include); set its cache mode to "no-store". A
/// runtime whose `Request` does not have one of these refuses to be told.
fn request_init(given: Option<&RequestInit>) -> Result<RequestInit, JsValue> {
    let init = RequestInit::new();
    let prototype = Reflect::get(&js_sys::global(), &"Request".into())
        .and_then(|request| Reflect::get(&request, &"prototype".into()))?;
    for (name, value) in [("mode", "cors"), ("cache", "no-store"), ("credentials", "same-origin")] {
        if Reflect::has(&prototype, &name.into())? {
            set(&init, name, &value.into())?;
        }
    }
    if let Some(given) = given {
        let (to, from): (&Object, &Object) = (init.unchecked_ref(), given.unchecked_ref());
        Object::assign(to, from);
    }
    Ok(init)
}

fn set(object: &JsValue, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(object, &name.into(), value).map(drop)
}

fn is_stream(body: &JsValue) -> bool {
    body.is_instance_of::<ReadableStream>()
}

//! The request of a source, made anew for each attempt.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, ReadableStream, Request, RequestInit, Response};

use super::platform::fetch;
use super::timer::within;
use crate::{Attempt, Cause};

/// What a caller's function makes.
pub(super) type Made<T> = Pin<Box<dyn Future<Output = Result<T, JsValue>>>>;
pub(super) type Pairs = Vec<(String, String)>;
/// Why an attempt failed, and what the platform threw.
pub(super) type Failed = (Cause, Option<JsValue>);

#[derive(Default)]
pub(super) enum Content {
    #[default]
    None,
    Value(JsValue),
    Made(Box<dyn FnMut(u32) -> Made<JsValue>>),
}

/// What is sent, without the last event ID.
#[derive(Default)]
pub(super) struct Template {
    pub(super) method: Option<String>,
    pub(super) headers: Pairs,
    pub(super) made_headers: Option<Box<dyn FnMut(u32) -> Made<Pairs>>>,
    pub(super) content: Content,
    pub(super) fetch_init: Option<RequestInit>,
}

impl Template {
    pub(super) fn method(&self) -> &str {
        let default = if matches!(self.content, Content::None) { "GET" } else { "POST" };
        self.method.as_deref().unwrap_or(default)
    }

    /// Whether it can be sent again: a body that is a stream can't.
    pub(super) fn is_replayable(&self) -> bool {
        !matches!(&self.content, Content::Value(body) if is_stream(body))
    }

    /// The fetch of an attempt. It fails with `Request` for what no fetch would send, otherwise with `ConnectTimeout`, by the
    /// limit in milliseconds, or `Network`.
    pub(super) fn send(
        &mut self,
        url: String,
        attempt: Attempt,
        last_event_id: String,
        signal: AbortSignal,
        limit: Option<u64>,
    ) -> impl Future<Output = Result<Response, Failed>> + use<> {
        let method = String::from(self.method());
        let mut pairs = self.headers.clone();
        let request = self.fetch_init.clone();
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
            let (url, init) = prepare.await.map_err(|cause| (Cause::Request, Some(cause)))?;
            let network = |cause| (Cause::Network, Some(cause));
            let response = JsFuture::from(fetch(&url, &init).map_err(network)?);
            match within(limit, response).await {
                Some(response) => Ok(response.map_err(network)?.unchecked_into()),
                None => Err((Cause::ConnectTimeout(limit.unwrap_or_default()), None)),
            }
        }
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

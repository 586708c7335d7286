//! What every window and worker has: a clock, `fetch`, `atob`. By their global names, as web-sys has them on `Window` only.

use alloc::string::String;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use js_sys::{Date, Math, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::{JsCast, JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, ReadableStreamDefaultReader, RequestInit, Response, Url};

use super::timer::Sleep;
use crate::Moment;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    pub(super) fn fetch(url: &str, init: &RequestInit) -> Result<Promise, JsValue>;

    /// Gives a character up to U+00FF for each byte.
    #[wasm_bindgen(catch)]
    pub(super) fn atob(base64: &str) -> Result<String, JsValue>;

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(super) fn performance_now() -> f64;
}

pub(super) fn moment() -> Moment {
    Moment { now: performance_now() as u64, wall: Date::now() as u64, random: Math::random() }
}

/// Resolves a URL against that of the document or worker; `None` for what does not parse, or has a scheme that no `fetch`
/// can be expected to know.
///
/// [spec] EventSource constructor, step 3: let urlRecord be the result of encoding-parsing a URL given url, relative to
/// settings.
pub(super) fn resolve_url(url: &str) -> Option<String> {
    let global = js_sys::global();
    let get = |object: &JsValue, name| Reflect::get(object, &JsValue::from_str(name)).ok();
    let base = get(&global, "document")
        .and_then(|document| get(&document, "baseURI"))
        .or_else(|| get(&global, "location").and_then(|location| get(&location, "href")))
        .and_then(|base| base.as_string());
    let url = match base {
        Some(base) => Url::new_with_base(url, &base),
        None => Url::new(url),
    }
    .ok()?;
    let protocol = url.protocol();
    let fetchable = matches!(protocol.as_str(), "http:" | "https:" | "blob:" | "data:" | "file:");
    (fetchable || protocol.ends_with("-extension:")).then(|| url.href())
}

/// Aborts its fetch when it is dropped.
pub(super) struct Abort(AbortController);

impl Abort {
    pub(super) fn new() -> Result<Self, JsValue> {
        AbortController::new().map(Abort)
    }

    pub(super) fn signal(&self) -> AbortSignal {
        self.0.signal()
    }

    pub(super) fn controller(&self) -> AbortController {
        self.0.clone()
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The body of a response, read only when it is polled.
pub(super) struct Body {
    reader: Option<ReadableStreamDefaultReader>,
    read: Option<JsFuture>,
}

impl Body {
    pub(super) fn new(response: &Response) -> Self {
        let reader = response.body().map(|body| body.get_reader().unchecked_into());
        Body { reader, read: None }
    }

    pub(super) fn is_reading(&self) -> bool {
        self.read.is_some()
    }

    /// The next chunk; `None` at the end.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Vec<u8>>, JsValue>> {
        let Some(reader) = &self.reader else { return Poll::Ready(Ok(None)) };
        let read = self.read.get_or_insert_with(|| JsFuture::from(reader.read()));
        let Poll::Ready(result) = Pin::new(read).poll(cx) else { return Poll::Pending };
        self.read = None;
        Poll::Ready(result.and_then(|result| {
            if Reflect::get(&result, &JsValue::from_str("done"))?.is_truthy() {
                return Ok(None);
            }
            let value = Reflect::get(&result, &JsValue::from_str("value"))?;
            Ok(Some(value.unchecked_into::<Uint8Array>().to_vec()))
        }))
    }
}

/// How much of a refused response's body an error carries, in bytes, and how long in milliseconds to wait for it.
const MAX_BODY: usize = 64 * 1024;
const MAX_WAIT: u64 = 1_000;

/// The beginning of the body of a response that opens no stream, as text. What came before the body broke off is still worth
/// having.
pub(super) async fn read_refused(response: &Response) -> String {
    let mut body = Body::new(response);
    let mut limit = Sleep::new(MAX_WAIT);
    let mut bytes = Vec::new();
    while bytes.len() < MAX_BODY {
        let chunk = core::future::poll_fn(|cx| match Pin::new(&mut limit).poll(cx) {
            Poll::Ready(()) => Poll::Ready(Ok(None)),
            Poll::Pending => body.poll(cx),
        });
        let Ok(Some(chunk)) = chunk.await else { break };
        bytes.extend_from_slice(&chunk);
    }
    bytes.truncate(MAX_BODY);
    String::from_utf8_lossy(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes)).into_owned()
}

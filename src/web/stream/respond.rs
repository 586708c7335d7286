//! A request's answer: what is read of the one, and the head of the other.

use alloc::string::String;

use wasm_bindgen::prelude::{JsCast, JsValue};
use web_sys::{AbortSignal, Headers, ReadableStream, Request, Response, ResponseInit, Url};

use super::init::EventStreamInit;
use crate::id_of_header;
use crate::web::listener::get;

/// Where the reader of a response wants to go on: the `Last-Event-ID` header, or the `lastEventId` query parameter; else empty.
pub fn last_event_id(request: &Request) -> String {
    match request.headers().get("last-event-id") {
        Ok(Some(header)) => id_of_header(&header),
        _ => Url::new(&request.url()).ok().and_then(|url| url.search_params().get("lastEventId")).unwrap_or_default(),
    }
}

/// The signal of a request; not every runtime has one.
pub(super) fn signal_of(request: &Request) -> Option<AbortSignal> {
    get(request, "signal").dyn_into().ok()
}

pub(super) fn response(body: &ReadableStream, init: &EventStreamInit) -> Result<Response, JsValue> {
    let head = ResponseInit::new();
    head.set_status(init.status);
    head.set_headers_headers(&headers(&init.headers)?);
    Response::new_with_opt_readable_stream_and_init(Some(body), &head)
}

fn headers(pairs: &[(String, String)]) -> Result<Headers, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in pairs {
        headers.append(name, value)?;
    }
    headers.set("content-type", "text/event-stream")?;
    // no-transform keeps proxies from compressing, and so from holding events back; X-Accel-Buffering is nginx's word for it.
    headers.set("cache-control", "no-cache, no-transform")?;
    headers.set("x-accel-buffering", "no")?;
    for name in ["connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"] {
        headers.delete(name)?;
    }
    Ok(headers)
}

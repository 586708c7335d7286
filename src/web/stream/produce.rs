//! A stream with its producer, a future. js/event-stream.ts is the same for JavaScript.

use alloc::boxed::Box;
use alloc::rc::Rc;
use core::future::Future;

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Request, Response};

use super::error::{CloseReason, StreamError};
use super::writer::Writer;
use super::{EventStream, EventStreamInit};
use crate::CloseCode;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(what: &str, error: &JsValue);
}

/// Answers a request with an event stream that a future writes.
///
/// The stream ends with the future: as `completed`, or where that fails as `failed`, which breaks the body off and tells the reader
/// nothing of the error. Where the reader leaves first, the future is not dropped: [`EventStream::send`] tells it, and so do
/// [`EventStream::closed`] and [`EventStream::signal`]; that it then ends with [`StreamError::Closed`] is no failure.
///
/// ```no_run
/// use eventsource_wasm::{EventStreamInit, Frame, StreamError, event_stream};
///
/// # fn handler(request: &web_sys::Request) -> Result<web_sys::Response, StreamError> {
/// event_stream(request, EventStreamInit::new(), |stream| async move {
///     let last = stream.last_event_id().parse().unwrap_or(0);
///     for n in (1..=10).filter(|&n| n > last) {
///         let id = n.to_string();
///         stream.send(Frame { id: Some(&id), data: Some(&id), ..Frame::default() }).await?;
///     }
///     Ok::<(), StreamError>(())
/// })
/// # }
/// ```
///
/// # Errors
///
/// [`StreamError::Response`] where there can be no such response; then the producer is not called.
pub fn event_stream<P, F, E>(request: &Request, mut init: EventStreamInit, producer: P) -> Result<Response, StreamError>
where
    P: FnOnce(EventStream) -> F,
    F: Future<Output = Result<(), E>> + 'static,
    E: Into<JsValue>,
{
    let (wait_until, on_error) = (init.wait_until.take(), init.on_error.take());
    let (stream, response) = EventStream::respond(request, init)?;
    let (writer, closed) = (stream.writer().clone(), stream.closed());
    let producing = producer(stream);
    let run = async move {
        let result = producing.await.map_err(Into::into);
        if let Some(error) = end(&writer, result) {
            report(error, on_error);
        }
    };
    match wait_until {
        Some(wait) => wait(Box::pin(async move {
            run.await;
            closed.await;
        })),
        None => spawn_local(run),
    }
    Ok(response)
}

/// Ends the stream by what has become of its producer; the error, where that is to be told.
fn end(writer: &Rc<Writer>, result: Result<(), JsValue>) -> Option<JsValue> {
    let Err(error) = result else {
        writer.end(CloseReason::new(CloseCode::Completed));
        return None;
    };
    // A producer that has only learnt of the end has not failed.
    if writer.is_of_end(&error) {
        return None;
    }
    writer.end(CloseReason::because(CloseCode::Failed, error.clone()));
    Some(error)
}

fn report(error: JsValue, on_error: Option<Box<dyn FnOnce(JsValue)>>) {
    match on_error {
        Some(failed) => failed(error),
        None => console_error("eventsource-wasm: the producer of an event stream failed:", &error),
    }
}

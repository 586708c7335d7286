//! A Rust Worker that answers with event streams.
//!
//! * `GET /count`: counts to ten, as JSON, and goes on behind the reader's last event ID.
//! * `GET /room`: all that is posted from now on. `POST /room` posts, and tells how many readers there are.
//!
//! Deploy one like it as any Rust Worker, with `worker-build`. Here the project's own build makes it, and worker.mjs starts it.

use std::cell::RefCell;
use std::error::Error;
use std::time::Duration;

use eventsource_wasm::{EventStream, EventStreamInit, Frame, StreamError, event_stream};
use serde::Serialize;
use worker::wasm_bindgen_futures::JsFuture;
use worker::web_sys::{Request, Response};
use worker::{Context, Delay, Env, event};

#[derive(Serialize)]
struct Count {
    n: u32,
    left: u32,
}

thread_local! {
    /// Who reads `/room`, in this instance of the Worker.
    static READERS: RefCell<Vec<EventStream>> = const { RefCell::new(Vec::new()) };
}

#[event(fetch)]
async fn fetch(request: Request, _env: Env, context: Context) -> Result<Response, Box<dyn Error>> {
    let url = worker::Url::parse(&request.url())?;
    // Keeps the Worker running for a stream, also when its reader leaves: only so does it learn of that.
    let init = EventStreamInit::new().heartbeat(5_000).wait_until(move |run| context.wait_until(run));
    match (url.path(), request.method().as_str()) {
        ("/count", _) => Ok(event_stream(&request, init, count)?),
        ("/room", "POST") => post(&request).await,
        ("/room", _) => join(&request, init),
        _ => Ok(worker::Response::error("expected /count or /room", 404)?.into()),
    }
}

async fn count(stream: EventStream) -> Result<(), StreamError> {
    let from = stream.last_event_id().parse().unwrap_or(0);
    for n in from + 1..=10 {
        let id = n.to_string();
        let frame = Frame { event: Some("count"), id: Some(&id), ..Frame::default() };
        // Waits until the reader has room for more.
        stream.send_json(frame, &Count { n, left: 10 - n }).await?;
        Delay::from(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn join(request: &Request, init: EventStreamInit) -> Result<Response, Box<dyn Error>> {
    let (stream, response) = EventStream::respond(request, init)?;
    READERS.with_borrow_mut(|readers| readers.push(stream));
    Ok(response)
}

async fn post(request: &Request) -> Result<Response, Box<dyn Error>> {
    let text = JsFuture::from(request.text().map_err(worker::Error::from)?).await.map_err(worker::Error::from)?;
    let text = text.as_string().unwrap_or_default();
    let readers = READERS.with_borrow_mut(|readers| {
        // Whoever has left is left out.
        readers.retain(|stream| stream.send(&text).taken().is_ok());
        readers.len()
    });
    Ok(worker::Response::ok(readers.to_string())?.into())
}

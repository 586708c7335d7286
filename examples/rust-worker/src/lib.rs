//! A Rust Worker that answers with event streams: `GET /count`, `GET /room`, and `POST /room` with a text for those who read it.
//!
//! Deploy one like it as any Rust Worker, with `worker-build`. Here the project's own build makes it, and worker.mjs starts it.

mod count;
mod room;

use std::error::Error;

use worker::wasm_bindgen_futures::JsFuture;
use worker::web_sys::{Request, Response};
use worker::{Context, Env, event};

#[event(fetch)]
async fn fetch(request: Request, _env: Env, context: Context) -> Result<Response, Box<dyn Error>> {
    let url = worker::Url::parse(&request.url())?;
    match (url.path(), request.method().as_str()) {
        ("/count", "GET") => Ok(count::count(&request, context)?),
        ("/room", "GET") => Ok(room::join(&request, context)?),
        ("/room", "POST") => {
            let text =
                JsFuture::from(request.text().map_err(worker::Error::from)?).await.map_err(worker::Error::from)?;
            let readers = room::post(&text.as_string().unwrap_or_default());
            Ok(worker::Response::ok(readers.to_string())?.into())
        }
        _ => Ok(worker::Response::error("expected GET /count, GET /room or POST /room", 404)?.into()),
    }
}

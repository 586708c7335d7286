use std::time::Duration;

use eventsource_wasm::{EventStreamInit, Frame, StreamError, event_stream};
use serde::Serialize;
use worker::web_sys::{Request, Response};
use worker::{Context, Delay};

#[derive(Serialize)]
struct Count {
    n: u32,
    left: u32,
}

/// Counts to ten, and goes on behind the reader's last event ID.
pub fn count(request: &Request, context: Context) -> Result<Response, StreamError> {
    // Keeps the Worker running until the stream has ended: only so does it learn that a reader has left.
    let init = EventStreamInit::new().wait_until(move |run| context.wait_until(run));
    event_stream(request, init, |stream| async move {
        let last = stream.last_event_id().parse().unwrap_or(0);
        for n in (1..=10).filter(|&n| n > last) {
            let id = n.to_string();
            let frame = Frame { event: Some("count"), id: Some(&id), ..Frame::default() };
            // Waits until the reader has room for more; an error is that it has left.
            stream.send_json(frame, &Count { n, left: 10 - n }).await?;
            Delay::from(Duration::from_millis(20)).await;
        }
        Ok::<(), StreamError>(())
    })
}

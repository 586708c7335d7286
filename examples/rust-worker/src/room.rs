use std::cell::RefCell;

use eventsource_wasm::{EventStream, EventStreamInit, StreamError};
use worker::Context;
use worker::web_sys::{Request, Response};

thread_local! {
    /// Who reads, in this instance of the Worker.
    static READERS: RefCell<Vec<EventStream>> = const { RefCell::new(Vec::new()) };
}

/// All that is posted from now on.
pub fn join(request: &Request, context: Context) -> Result<Response, StreamError> {
    let init = EventStreamInit::new().wait_until(move |run| context.wait_until(run));
    let (stream, response) = EventStream::respond(request, init)?;
    READERS.with_borrow_mut(|readers| readers.push(stream));
    Ok(response)
}

/// Tells all readers, and how many they are.
pub fn post(text: &str) -> usize {
    READERS.with_borrow_mut(|readers| {
        // Whoever has left is left out.
        readers.retain(|stream| stream.send(text).taken().is_ok());
        readers.len()
    })
}

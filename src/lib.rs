//! Server-Sent Events, both ends: one core for the host and for WebAssembly, exact to the
//! [HTML standard, section 9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html).
//!
//! # What is here
//!
//! ```text
//! reading:  chunk ─ Parser ──▶ Item (event, comment, retry, …)     lines → field → scanner → parser
//! writing:  Frame ─ encode ──▶ bytes                               encoder
//!           Frame ─ Outgoing ──▶ chunk, Wait, End or Break         encoder → queue → outgoing
//! staying connected:  Connection, told what happened, answers what to do next, by a RetryPolicy
//! ```
//!
//! Everything outside `web` is pure: it has no clock, no randomness and no I/O of its own, so that it runs and is tested
//! anywhere. `web` is the boundary to JavaScript; it exists on wasm32 only.
//!
//! # What this does not do
//!
//! It has no HTTP client or server of its own. On the host, bring one: feed the [`Parser`] a body, or make one of what
//! [`Outgoing`] gives. In browsers and their workers, `EventSource` (feature `client`) drives `fetch`:
//!
//! ```
//! # #[cfg(all(target_arch = "wasm32", feature = "client"))]
//! # async fn follow() -> Result<(), eventsource_wasm::Error> {
//! let mut source = eventsource_wasm::EventSource::new("/prices")?;
//! while let Some(event) = source.next().await {
//!     println!("{}", event?.data);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! In Rust Workers, and wherever else a handler is given a `Request` and gives a `Response`, `EventStream` and `event_stream` (feature
//! `server`) write one:
//!
//! ```
//! # #[cfg(all(target_arch = "wasm32", feature = "server"))]
//! # fn handler(request: web_sys::Request) -> Result<web_sys::Response, eventsource_wasm::StreamError> {
//! use eventsource_wasm::{EventStreamInit, StreamError, event_stream};
//!
//! event_stream(&request, EventStreamInit::new(), |stream| async move {
//!     for word in ["one", "two", "three"] {
//!         stream.send(word).await?;
//!     }
//!     Ok::<(), StreamError>(())
//! })
//! # }
//! ```
//!
//! ```text
//! send() ─ Outgoing ──▶ all of a turn as one chunk ──▶ the reader that has asked
//!             └ full: send() waits, or the overflow policy decides; idle: a heartbeat; ended: one reason, told to all that wait
//! ```
//!
//! # Features
//!
//! * `client`: on wasm32, `EventSource`, a `futures_core::Stream` of events that reconnects. On other targets it has no effect.
//! * `server`: on wasm32, `EventStream`, a `web_sys::Response` that is an event stream, with a bounded buffer, heartbeats and one reason
//!   for its end. On other targets it has no effect.
//! * `serde`: `OwnedEvent::data_as` and `EventStream::send_json`, the data of an event as a value of any type.
//! * `npm`: what the artifacts of the npm package add (exports, an allocator, a panic handler that only traps). A crate that
//!   depends on this one does not want it.
//!   `client`, `server` with it: the connection, and the response writer, instead of the parser alone.
#![no_std]
#![deny(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(clippy::undocumented_unsafe_blocks)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod buffer;
mod connection;
mod encoder;
mod error;
mod event;
mod failure;
mod field;
mod found;
mod history;
mod http;
mod http_date;
mod lines;
mod options;
mod outgoing;
mod parser;
mod parts;
mod queue;
mod relay;
mod retry;
mod scanner;
mod simd;
mod step;
#[cfg(all(target_arch = "wasm32", feature = "npm"))]
pub mod web;
// Rust has futures, so that its client and its server need nothing of what the npm artifacts are made of.
#[cfg(all(target_arch = "wasm32", any(feature = "client", feature = "server"), not(feature = "npm")))]
mod web {
    #[cfg(feature = "client")]
    pub mod client;
    mod listener;
    #[cfg(feature = "server")]
    pub mod stream;
    mod thrown;
    mod timer;
}

pub use connection::Connection;
pub use encoder::{Frame, encode};
pub use error::{EncodeError, ParseError};
pub use event::{Event, Item, Text};
pub use failure::{Cause, Failure};
pub use history::{History, HistoryLimits, Kept, Position, Resumed};
pub use http::{ResponseHead, header_value, id_of_header, is_idempotent};
pub use options::{ConnectionOptions, Resume};
pub use outgoing::{Answer, CloseCode, Outgoing, Written};
pub use parser::Parser;
pub use queue::{FrameInfo, Overflow, SendQueue};
pub use relay::Relay;
pub use retry::{MAX_DELAY, RetryPolicy};
pub use step::{Attempt, Moment, ReadyState, Step};
#[cfg(all(target_arch = "wasm32", feature = "client", not(feature = "npm")))]
pub use web::client::{DataError, Error, EventSource, EventSourceInit, OwnedEvent};
#[cfg(all(target_arch = "wasm32", feature = "server", not(feature = "npm")))]
pub use web::stream::{
    CloseReason, Closed, EventStream, EventStreamInit, Sending, StreamError, event_stream, last_event_id,
};

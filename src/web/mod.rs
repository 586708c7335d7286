//! The boundary to JavaScript, and the only place that knows it: one file a job, small batches handed over, no callback
//! into JavaScript while Rust is borrowed.

#[cfg(not(feature = "server"))]
mod batch;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "server")]
mod encoder;
#[cfg(not(feature = "server"))]
mod parser;
mod runtime;
#[cfg(feature = "server")]
mod server;
#[cfg(not(feature = "server"))]
mod utf16;

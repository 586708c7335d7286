//! The boundary to JavaScript, and the only place that knows it: one file a job, small batches handed over, no callback
//! into JavaScript while Rust is borrowed.

#[cfg(feature = "npm")]
mod batch;
#[cfg(feature = "npm")]
mod parser;
#[cfg(feature = "npm")]
mod runtime;
#[cfg(feature = "npm")]
mod utf16;

//! The boundary to JavaScript, and the only place that knows it: one file a job, small batches handed over, no callback
//! into JavaScript while Rust is borrowed.

#[cfg(not(feature = "server"))]
mod batch;
#[cfg(feature = "server")]
mod channel;
#[cfg(feature = "client")]
mod connection;
#[cfg(not(feature = "server"))]
mod parser;
mod runtime;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod utf16;

/// What an instance has one of.
struct Local<T>(core::cell::RefCell<T>);

// SAFETY: the artifacts are built without the `atomics` target feature, so that each instance has one thread.
unsafe impl<T> Sync for Local<T> {}

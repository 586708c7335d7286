//! The server for Rust, read as a runtime reads it, in a real browser, a worker and Node: `npm test -- rust-web`.
#![cfg(target_arch = "wasm32")]

mod closing;
mod heads;
mod overflow;
mod producers;
mod sending;
mod tools;

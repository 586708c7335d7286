//! What a connection is made with.

use alloc::vec::Vec;

use crate::retry::RetryPolicy;

/// Whether to go on with a stream that has broken off or ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// Reconnects an idempotent method always, any other only where the server has sent an id, so that it can tell the
    /// resumption from a second request.
    #[default]
    Auto,
    /// Reconnects whatever the method.
    Always,
    /// Never reconnects.
    Never,
}

/// What a connection is made with.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionOptions {
    /// When to try again.
    pub policy: RetryPolicy,
    /// Whether to go on after a break.
    pub resume: Resume,
    /// Whether the request method is idempotent. See [`is_idempotent`](crate::is_idempotent).
    pub idempotent: bool,
    /// Whether the request body can be sent again: `false` for a one-shot stream.
    pub replayable: bool,
    /// Whether a function of the caller's decides what follows a failure: see [`Step::Ask`](crate::Step::Ask).
    pub asks: bool,
    /// The last event ID to begin with, as UTF-8.
    pub last_event_id: Vec<u8>,
}

impl Default for ConnectionOptions {
    /// A GET with [`RetryPolicy::standard`] and [`Resume::Auto`], from the beginning of the stream.
    fn default() -> Self {
        ConnectionOptions {
            policy: RetryPolicy::standard(),
            resume: Resume::Auto,
            idempotent: true,
            replayable: true,
            asks: false,
            last_event_id: Vec::new(),
        }
    }
}

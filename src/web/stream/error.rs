//! Why a stream has ended, and why something could not be sent.

use alloc::string::{String, ToString};
use core::fmt;

use wasm_bindgen::prelude::JsValue;

use crate::web::thrown::thrown;
use crate::{CloseCode, EncodeError, ParseError};

/// Why a stream has ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CloseReason {
    /// What it was.
    pub code: CloseCode,
    /// What the producer failed with, the reason of the request's signal, or what the runtime says of a reader that left.
    pub cause: Option<JsValue>,
}

impl CloseReason {
    pub(super) fn new(code: CloseCode) -> Self {
        CloseReason { code, cause: None }
    }

    /// With a cause, where it is one.
    pub(super) fn because(code: CloseCode, cause: JsValue) -> Self {
        CloseReason { code, cause: Some(cause).filter(|cause| !cause.is_undefined()) }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)
    }
}

/// Why something could not be sent, or a response not be made.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StreamError {
    /// A part of the frame would break it. Nothing of it was sent.
    Frame(EncodeError),
    /// The data is not to be had as JSON. Says what its type said.
    Data(String),
    /// The stream that is handed on has a larger event than this crate reads.
    Relay(ParseError),
    /// The stream has ended.
    Closed(CloseReason),
    /// The response could not be made: a header is not one, or the status is none that has a body. Has what the platform threw.
    Response(JsValue),
}

impl StreamError {
    /// The stable code; all but `invalid-response` are the same in JavaScript, where that is what the platform throws.
    pub fn code(&self) -> &'static str {
        match self {
            StreamError::Frame(error) => error.code(),
            StreamError::Data(_) => "invalid-data",
            StreamError::Relay(error) => error.code(),
            StreamError::Closed(_) => "closed",
            StreamError::Response(_) => "invalid-response",
        }
    }

    /// Whether the stream has ended, which is no failure of who sends.
    pub fn is_closed(&self) -> bool {
        matches!(self, StreamError::Closed(_))
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StreamError::Frame(error) => error.fmt(f),
            StreamError::Data(found) => write!(f, "expected data that can be JSON, found other data: {found}"),
            StreamError::Relay(error) => error.fmt(f),
            StreamError::Closed(reason) => write!(f, "expected an open stream, found it ended ({reason})"),
            StreamError::Response(_) => f.write_str("expected headers and a status of a response, found others"),
        }
    }
}

impl core::error::Error for StreamError {}

impl From<EncodeError> for StreamError {
    fn from(error: EncodeError) -> Self {
        StreamError::Frame(error)
    }
}

impl From<StreamError> for JsValue {
    /// A JavaScript `Error` with message, `code` and, where there is one, `cause`, for functions that give a `Result<_, JsValue>`.
    fn from(error: StreamError) -> Self {
        let value = thrown(error.code(), &error.to_string());
        if let StreamError::Closed(CloseReason { cause: Some(cause), .. }) | StreamError::Response(cause) = error {
            // A plain new object takes it.
            let _ = js_sys::Reflect::set(&value, &"cause".into(), &cause);
        }
        value
    }
}

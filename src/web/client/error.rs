//! The error of a connection, and that of data that is not what was asked for.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use wasm_bindgen::JsValue;
use web_sys::Response;

use crate::web::thrown::thrown;
use crate::{Cause, Connection, ConnectionOptions, Failure, Moment, Step};

/// What the platform knows of a failure beyond its [`Failure`].
#[derive(Clone, Debug, Default)]
pub(super) struct Details {
    pub(super) cause: Option<JsValue>,
    pub(super) response: Option<Response>,
    pub(super) body: String,
    pub(super) last_event_id: String,
}

/// Why an [`EventSource`](crate::EventSource) failed: a [`Failure`], and what the platform knows of it.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    failure: Failure,
    details: Details,
}

impl Error {
    pub(super) fn new(failure: Failure, details: Details) -> Self {
        Error(Box::new(Inner { failure, details }))
    }

    pub(super) fn invalid_url(url: String) -> Self {
        let cause = Cause::InvalidUrl(url);
        let failure = match Connection::new(ConnectionOptions::default()).failed(cause.clone(), Moment::default()) {
            Step::Stop(failure) => failure,
            _ => Failure { cause, refusal: None, attempt: 0, attempts_in_row: 0, elapsed: 0, delay: None },
        };
        Error::new(failure, Details::default())
    }

    /// The stable code, the same as in JavaScript. See [`Failure::code`].
    pub fn code(&self) -> &'static str {
        self.0.failure.code()
    }

    /// The failure: what went wrong, in which attempt, whether another one follows and when.
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// The status of the response, where that is what failed.
    pub fn status(&self) -> Option<u16> {
        self.0.failure.status()
    }

    /// The response that was refused. Its body has been read; see [`body`](Error::body).
    pub fn response(&self) -> Option<&Response> {
        self.0.details.response.as_ref()
    }

    /// The beginning of the body of a refused response, at most 64 KB of it, as text.
    pub fn body(&self) -> &str {
        &self.0.details.body
    }

    /// The last event ID that the stream had got to: where another attempt, or another source, goes on from.
    pub fn last_event_id(&self) -> &str {
        &self.0.details.last_event_id
    }

    /// What the platform or one of the caller's functions threw or rejected with, such as the `TypeError` of a `fetch` that failed;
    /// for `aborted` the reason of the signal.
    pub fn cause(&self) -> Option<&JsValue> {
        self.0.details.cause.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.failure, f)
    }
}

impl core::error::Error for Error {}

impl From<Error> for JsValue {
    /// A JavaScript `Error` with message and `code`, for functions that give a `Result<_, JsValue>`.
    fn from(error: Error) -> Self {
        thrown(error.code(), &error.0.failure.message())
    }
}

/// Why the data of an event could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataError {
    /// The data is not JSON. Says what `JSON.parse` said.
    NotJson(String),
    /// The data is JSON, but not a value of the type. Says what the type expected.
    Mismatch(String),
    /// The data is not base64. Has the beginning of it.
    NotBase64(String),
}

impl DataError {
    /// The stable code, the same as in JavaScript.
    pub const fn code(&self) -> &'static str {
        "invalid-data"
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataError::NotJson(found) => write!(f, "expected data that is JSON, found other text: {found}"),
            DataError::Mismatch(found) => write!(f, "expected data of the type asked for, found another: {found}"),
            DataError::NotBase64(found) => write!(f, "expected base64, found {found:?}"),
        }
    }
}

impl core::error::Error for DataError {}

impl From<DataError> for JsValue {
    /// A JavaScript `Error` with message and `code`, for functions that give a `Result<_, JsValue>`.
    fn from(error: DataError) -> Self {
        thrown(error.code(), &alloc::string::ToString::to_string(&error))
    }
}

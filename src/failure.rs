//! Why a connection failed. Each reason has a stable code and a message of the form "expected X, found Y".

use alloc::string::String;
use core::fmt;

use crate::ParseError;
use crate::error::write_decimal;

/// What went wrong with one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// There was no response, or the body broke off. Transient.
    Network,
    /// The response came with another status than 200.
    Status(u16),
    /// The response had status 200 and another type than `text/event-stream`: this one, or none.
    ContentType(Option<String>),
    /// No response came within so many milliseconds. Transient.
    ConnectTimeout(u64),
    /// The stream was silent for so many milliseconds. Transient.
    IdleTimeout(u64),
    /// The body ended cleanly. Transient, as the standard reconnects.
    StreamEnded,
    /// The stream broke a limit of the parser.
    Parse(ParseError),
    /// The URL cannot be fetched.
    InvalidUrl(String),
    /// The request could not be made: one of the caller's functions failed, or a header is not one.
    Request,
    /// The signal was aborted.
    Aborted,
}

impl Cause {
    /// The stable code, the same in Rust and in JavaScript.
    pub const fn code(&self) -> &'static str {
        match self {
            Cause::Network => "network",
            Cause::Status(_) => "http-status",
            Cause::ContentType(_) => "content-type",
            Cause::ConnectTimeout(_) => "connect-timeout",
            Cause::IdleTimeout(_) => "idle-timeout",
            Cause::StreamEnded => "stream-ended",
            Cause::Parse(error) => error.code(),
            Cause::InvalidUrl(_) => "invalid-url",
            Cause::Request => "invalid-request",
            Cause::Aborted => "aborted",
        }
    }

    /// Whether another attempt may mend it; the status of a response is the policy's affair.
    pub(crate) const fn is_transient(&self) -> bool {
        matches!(self, Cause::Network | Cause::ConnectTimeout(_) | Cause::IdleTimeout(_) | Cause::StreamEnded)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (expected, found) = match self {
            Cause::Network => ("an event stream", "a network error"),
            Cause::ContentType(found) => ("content type text/event-stream", found.as_deref().unwrap_or("none")),
            Cause::StreamEnded => ("a stream that stays open", "its end"),
            Cause::InvalidUrl(url) => ("a URL that can be fetched", url.as_str()),
            Cause::Request => ("headers and a body to send", "an error in making them"),
            Cause::Aborted => ("a signal that is not aborted", "an aborted one"),
            Cause::Parse(error) => return fmt::Display::fmt(error, f),
            Cause::Status(found) => {
                f.write_str("expected status 200, found ")?;
                return write_decimal(f, u64::from(*found));
            }
            Cause::ConnectTimeout(limit) => return write_timeout(f, "a response", *limit),
            Cause::IdleTimeout(limit) => return write_timeout(f, "bytes", *limit),
        };
        f.write_str("expected ")?;
        f.write_str(expected)?;
        f.write_str(", found ")?;
        f.write_str(found)
    }
}

fn write_timeout(f: &mut fmt::Formatter<'_>, expected: &str, limit: u64) -> fmt::Result {
    f.write_str("expected ")?;
    f.write_str(expected)?;
    f.write_str(" within ")?;
    write_decimal(f, limit)?;
    f.write_str(" ms, found none")
}

/// Why there is no further attempt although the cause would have allowed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Exhausted,
    NoReplay,
}

/// The failure of an attempt, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub(crate) cause: Cause,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) attempt: u32,
    pub(crate) attempts_in_row: u32,
    pub(crate) delay: Option<u64>,
}

impl Failure {
    /// The stable code: `retries-exhausted` where the policy's limits allow no further attempt, `no-replay` where the body
    /// cannot be sent again, otherwise that of the [`cause`](Failure::cause).
    pub const fn code(&self) -> &'static str {
        match self.refusal {
            Some(Refusal::Exhausted) => "retries-exhausted",
            Some(Refusal::NoReplay) => "no-replay",
            None => self.cause.code(),
        }
    }

    /// What went wrong with the attempt.
    pub const fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The status of the response, where that is what failed.
    pub const fn status(&self) -> Option<u16> {
        match self.cause {
            Cause::Status(status) => Some(status),
            Cause::ContentType(_) => Some(200),
            _ => None,
        }
    }

    /// The number of the attempt that failed, as in [`Attempt`](crate::Attempt); 0 where none was begun.
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How many attempts there were in a row, this one included. See [`RetryPolicy`](crate::RetryPolicy).
    pub const fn attempts_in_row(&self) -> u32 {
        self.attempts_in_row
    }

    /// How many milliseconds the connection waits before it tries again; `None` where it does not.
    pub const fn delay(&self) -> Option<u64> {
        self.delay
    }

    /// Whether there will be another attempt.
    pub const fn will_retry(&self) -> bool {
        self.delay.is_some()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.refusal {
            Some(Refusal::Exhausted) => {
                f.write_str(
                    "expected an event stream within the limits of the retry policy, found none after attempt ",
                )?;
                write_decimal(f, u64::from(self.attempts_in_row))?;
                f.write_str(": ")?;
            }
            Some(Refusal::NoReplay) => {
                f.write_str("expected a body that can be sent again, found a one-shot one: ")?;
            }
            None => {}
        }
        fmt::Display::fmt(&self.cause, f)
    }
}

impl core::error::Error for Failure {}

//! Why a connection failed. Each reason has a stable code and a message of the form "expected X, found Y".

use alloc::string::String;
use core::fmt;

use crate::ParseError;

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
    /// The caller's retry function failed, or gave neither a delay nor `false`.
    Decision,
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
            Cause::Request | Cause::Decision => "invalid-request",
            Cause::Aborted => "aborted",
        }
    }

    /// Whether another attempt may mend it by itself; the status of a response is the policy's affair.
    pub(crate) const fn is_transient(&self) -> bool {
        matches!(self, Cause::Network | Cause::ConnectTimeout(_) | Cause::IdleTimeout(_) | Cause::StreamEnded)
    }

    /// Whether nothing went wrong where it is not gone on with.
    pub(crate) const fn is_quiet(&self) -> bool {
        matches!(self, Cause::StreamEnded)
    }

    /// Whether it is the end for good, whatever a caller's function says.
    pub(crate) const fn is_final(&self) -> bool {
        matches!(self, Cause::InvalidUrl(_) | Cause::Decision | Cause::Aborted)
    }

    /// Whether nothing was streamed and the server, if it was asked at all, has said so: no doubt is left whether a second
    /// request does what the first has done already.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Cause::Status(_) | Cause::ContentType(_) | Cause::Request)
    }

    /// Appends the message. Plain pushes: a formatter would be a part of the artifacts that is felt.
    fn write(&self, out: &mut String) {
        let (before, number, after) = match self {
            Cause::Network => ("an event stream, found a network error", None, ""),
            Cause::Status(found) => ("status 200, found ", Some(u64::from(*found)), ""),
            Cause::ContentType(found) => (
                "content type text/event-stream, found ",
                None,
                found.as_deref().filter(|found| !found.is_empty()).unwrap_or("none"),
            ),
            Cause::ConnectTimeout(limit) => ("a response within ", Some(*limit), " ms, found none"),
            Cause::IdleTimeout(limit) => ("bytes within ", Some(*limit), " ms, found none"),
            Cause::StreamEnded => ("a stream that stays open, found its end", None, ""),
            Cause::InvalidUrl(url) => ("a URL that can be fetched, found ", None, url.as_str()),
            Cause::Request => ("headers and a body to send, found an error in making them", None, ""),
            Cause::Decision => ("a retry function to give milliseconds or false, found neither", None, ""),
            Cause::Aborted => ("a signal that is not aborted, found an aborted one", None, ""),
            Cause::Parse(error) => {
                // A string takes all that is written to it.
                let _ = error.describe(out);
                return;
            }
        };
        push(out, "expected ");
        push(out, before);
        if let Some(number) = number {
            push_decimal(out, number);
        }
        push(out, after);
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut message = String::new();
        self.write(&mut message);
        f.write_str(&message)
    }
}

// Not inlined, both: one copy is enough.
#[inline(never)]
pub(crate) fn push(out: &mut String, text: &str) {
    out.push_str(text);
}

#[inline(never)]
pub(crate) fn push_decimal(out: &mut String, number: u64) {
    if number > 9 {
        push_decimal(out, number / 10);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
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
    pub(crate) elapsed: u64,
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

    /// How many milliseconds ago the row of attempts began; 0 where it was a stream that has delivered.
    pub const fn elapsed(&self) -> u64 {
        self.elapsed
    }

    /// How many milliseconds the connection waits before it tries again; `None` where it does not.
    pub const fn delay(&self) -> Option<u64> {
        self.delay
    }

    /// Whether there will be another attempt.
    pub const fn will_retry(&self) -> bool {
        self.delay.is_some()
    }

    /// The message, "expected X, found Y"; the same as by `Display`, without the weight of a formatter.
    pub fn message(&self) -> String {
        let mut message = String::new();
        match self.refusal {
            Some(Refusal::Exhausted) => {
                push(&mut message, "expected an attempt to succeed, found ");
                push_decimal(&mut message, u64::from(self.attempts_in_row));
                push(&mut message, " in a row to fail: ");
            }
            Some(Refusal::NoReplay) => {
                push(&mut message, "expected a body that can be sent again, found a stream: ");
            }
            None => {}
        }
        self.cause.write(&mut message);
        message
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for Failure {}

//! The errors of reading and of writing. Each has a stable code and a message of the form "expected X, found Y".

use core::fmt::{self, Write};

/// Why a parser gave up an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// The event is larger than [`Parser::with_max_event_size`](crate::Parser::with_max_event_size) allows. It is left
    /// out up to its blank line.
    EventTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

impl ParseError {
    /// The stable code, the same in Rust and in JavaScript.
    pub const fn code(self) -> &'static str {
        match self {
            ParseError::EventTooLarge { .. } => "event-too-large",
        }
    }
}

impl ParseError {
    /// The message, written without `core`'s formatting machinery, which the artifacts do without.
    pub(crate) fn describe(self, out: &mut impl Write) -> fmt::Result {
        match self {
            ParseError::EventTooLarge { limit } => {
                out.write_str("expected an event of at most ")?;
                write_decimal(out, limit as u64)?;
                out.write_str(" bytes, found a larger one")
            }
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f)
    }
}

impl core::error::Error for ParseError {}

/// Why an encoder refused a frame. Nothing of the frame was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// `event` has a CR or LF, which would end the field and forge another.
    EventHasLineEnd {
        /// Where it stands, in bytes.
        at: usize,
    },
    /// `id` has a CR or LF, which would end the field and forge another.
    IdHasLineEnd {
        /// Where it stands, in bytes.
        at: usize,
    },
    /// `id` has a NUL, for which a reader ignores the whole field.
    IdHasNul {
        /// Where it stands, in bytes.
        at: usize,
    },
}

impl EncodeError {
    /// The stable code, the same in Rust and in JavaScript.
    pub const fn code(self) -> &'static str {
        match self {
            EncodeError::EventHasLineEnd { .. } => "invalid-event",
            EncodeError::IdHasLineEnd { .. } | EncodeError::IdHasNul { .. } => "invalid-id",
        }
    }
}

impl EncodeError {
    /// The message, written without `core`'s formatting machinery, which the artifacts do without.
    pub(crate) fn describe(self, out: &mut impl Write) -> fmt::Result {
        let (expected, found, at) = match self {
            EncodeError::EventHasLineEnd { at } => ("event without CR or LF", "one", at),
            EncodeError::IdHasLineEnd { at } => ("id without CR, LF or NUL", "a line end", at),
            EncodeError::IdHasNul { at } => ("id without CR, LF or NUL", "NUL", at),
        };
        out.write_str("expected an ")?;
        out.write_str(expected)?;
        out.write_str(", found ")?;
        out.write_str(found)?;
        out.write_str(" at byte ")?;
        write_decimal(out, at as u64)
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f)
    }
}

impl core::error::Error for EncodeError {}

/// Writes a number without `core`'s integer formatting, which would add its tables to every artifact.
pub(crate) fn write_decimal(out: &mut impl Write, mut number: u64) -> fmt::Result {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    digits[at..].iter().try_for_each(|&digit| out.write_char(digit as char))
}

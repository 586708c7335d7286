//! What a stream holds: events, and the items a [`Parser`](crate::Parser) finds on the way.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use crate::ParseError;

/// The bytes of one field, as they came.
///
/// Fields are cut out of the bytes of the stream, before any decoding. The standard decodes first and cuts then; as every
/// delimiter is ASCII, the two give the same text.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Text(bytes)
    }

    /// The bytes, which need not be valid UTF-8.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The text, with U+FFFD for what is not UTF-8, exactly as a browser's `TextDecoder` puts it. Allocates only then.
    pub fn to_str(self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.0)
    }

    /// Whether the field is the empty string.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_str(), f)
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

/// One dispatched event, borrowed from the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event<'a> {
    /// The event type: the last `event` field, or `message` where there was none or an empty one.
    pub event_type: Text<'a>,
    /// The `data` fields, joined by LF.
    pub data: Text<'a>,
    /// The last event ID of the stream after this event. It stays until another `id` field replaces it.
    pub last_event_id: Text<'a>,
    /// Whether this event brought `last_event_id`; otherwise it is the one of an earlier event.
    pub id_changed: bool,
}

/// One thing found in a stream, in the order in which the stream has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item<'a> {
    /// An event to dispatch.
    Event(Event<'a>),
    /// A comment line, without its colon and one leading space.
    Comment(Text<'a>),
    /// A new reconnection time in milliseconds; a number too large for a `u64` gives `u64::MAX`.
    Retry(u64),
    /// A new last event ID, brought by a block without data, for which no event is dispatched.
    LastEventId(Text<'a>),
    /// A field the standard does not know (and would have ignored).
    Field {
        /// The name: what stands before the colon, or the whole line.
        name: Text<'a>,
        /// The value: what stands after the colon and one leading space.
        value: Text<'a>,
    },
    /// The stream broke a limit; parsing goes on behind the event that did.
    Error(ParseError),
}

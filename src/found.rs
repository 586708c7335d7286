//! What a scanner finds, and who takes it.

use core::ops::Range;

use crate::buffer::Span;

/// Takes what is found, with the bytes of the buffer.
pub(crate) trait Sink {
    /// An event that has nothing but data, as nearly every event.
    fn plain(&mut self, bytes: &[u8], data: Span);
    /// Any event to dispatch; type and id only where a field has set them.
    fn event(&mut self, bytes: &[u8], data: Data<'_>, event_type: Span, id: Span);
    /// Another value, unset where it is none.
    fn found(&mut self, bytes: &[u8], found: Found, value: Span);
    /// A reconnection time in milliseconds.
    fn retry(&mut self, milliseconds: u64);
}

/// The data of an event.
pub(crate) enum Data<'a> {
    /// In the buffer.
    Whole(Span),
    /// Put together from parts, behind what is of earlier events of the chunk.
    Parts(&'a [u8], Range<usize>),
}

/// What a value is. The boundary to JavaScript has the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Comment = 1,
    /// An id that no event brings.
    LastEventId = 2,
    /// None: an event was too large.
    TooLarge = 4,
    /// A line whose name the standard does not know.
    Unknown = 5,
}

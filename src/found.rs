//! What a scanner finds, and who takes it.

use core::ops::Range;

use crate::buffer::Span;

/// Takes what is found, with the bytes of the buffer.
pub(crate) trait Sink {
    /// An event that has nothing but data, as nearly every event.
    fn plain(&mut self, bytes: &[u8], data: Span);
    /// Any event to dispatch; type and id only where a field has set them.
    fn event(&mut self, bytes: &[u8], data: Data<'_>, event_type: Span, id: Span);
    /// Anything else.
    fn found(&mut self, bytes: &[u8], found: Found);
}

/// The data of an event.
pub(crate) enum Data<'a> {
    /// In the buffer.
    Whole(Span),
    /// Put together from parts, behind what is of earlier events of the chunk.
    Parts(&'a [u8], Range<usize>),
}

/// One thing found, in places of the buffer.
pub(crate) enum Found {
    /// An id that no event brings.
    LastEventId(Span),
    Comment(Span),
    Retry(u64),
    /// A line whose name the standard does not know.
    Unknown(Span),
    TooLarge,
}

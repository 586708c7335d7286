//! What the boundary to JavaScript sees of a scanner: it reads out of the buffer itself.

use super::Scanner;
use crate::buffer::Buffer;

#[allow(dead_code, reason = "the crate's own parser and the writing side do without")]
impl Scanner {
    /// Whether nothing is unfinished: any other stream that is past its beginning would go on the same way.
    pub(crate) fn is_between_events(&self) -> bool {
        !self.at_start && !self.after_cr && self.skip.is_none() && self.is_empty()
    }

    pub(crate) fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// The parts that data was put together of.
    pub(crate) fn parts(&self) -> &[u8] {
        self.parts.bytes()
    }

    /// Whether bytes of the buffer are no longer those of the stream.
    pub(crate) fn is_changed(&self) -> bool {
        self.changed
    }

    /// Whether a part of the buffer may have more than the lines of plain events.
    pub(crate) fn is_odd(&self) -> bool {
        self.odd
    }

    /// Whether a part of the buffer may have other bytes than ASCII.
    pub(crate) fn may_be_not_ascii(&self) -> bool {
        self.not_ascii
    }

    /// Where the first byte lies that is still needed.
    pub(crate) fn origin(&self) -> usize {
        self.line_start.min(self.data.start).min(self.event_type.start).min(self.id.start)
    }
}

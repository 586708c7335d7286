//! Data that other lines of its event have cut, and that is therefore put together beside the buffer.

use alloc::vec::Vec;
use core::ops::Range;

use crate::buffer::KEEP;

/// That of the events of a chunk, one behind the other, until it has been read; and behind it that of the unfinished event.
#[derive(Debug)]
pub(crate) struct Parts {
    bytes: Vec<u8>,
    /// Where that of the unfinished event begins.
    start: usize,
}

impl Parts {
    pub(crate) const fn new() -> Self {
        Parts { bytes: Vec::new(), start: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How much there is of the unfinished event; nothing where its data has not been cut.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Where that lies.
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.bytes.len()
    }

    /// Adds a part to the unfinished event, which may have `most` bytes.
    pub(crate) fn push(&mut self, part: &[u8], most: usize) {
        let (len, more) = (self.bytes.len(), part.len() + 1);
        if self.bytes.capacity() - len < more {
            // Doubled, but not beyond what an event may have.
            self.bytes.reserve_exact(more.max(len.min(most.saturating_sub(len))));
        }
        self.bytes.extend_from_slice(part);
    }

    /// Ends the line of the part that was added last.
    pub(crate) fn end_line(&mut self) {
        self.bytes.push(b'\n');
    }

    /// The event is over.
    pub(crate) fn end(&mut self) {
        self.start = self.bytes.len();
    }

    /// Forgets what is of earlier events, which has been read, and gives back what a rare large one has grown.
    pub(crate) fn forget_read(&mut self) {
        if self.start > 0 {
            let left = self.len();
            self.bytes.copy_within(self.start.., 0);
            self.bytes.truncate(left);
            self.start = 0;
            if left == 0 && self.bytes.capacity() > KEEP {
                self.bytes = Vec::new();
            }
        }
    }
}

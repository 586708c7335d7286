//! Data that other lines of its event have cut, and that is therefore put together beside the buffer.

use core::ops::Range;

use crate::buffer::Buffer;

/// That of the events of a chunk, one behind the other, until it has been read; and behind it that of the unfinished event.
#[derive(Debug)]
pub(crate) struct Parts {
    buffer: Buffer,
    /// Where that of the unfinished event begins.
    start: usize,
}

impl Parts {
    pub(crate) const fn new() -> Self {
        Parts { buffer: Buffer::new(), start: 0 }
    }

    /// All of it, and what it has room for.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.padded()
    }

    /// How much there is of the unfinished event; nothing where its data has not been cut.
    pub(crate) fn len(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Where that lies.
    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.buffer.len()
    }

    /// Adds a part to the unfinished event, which may have `most` bytes, and makes room for the end of its line.
    pub(crate) fn push(&mut self, part: &[u8], most: usize) {
        let more = part.len() + 1;
        if self.buffer.room() < more {
            self.buffer.resize(more, most);
        }
        self.buffer.push(part);
    }

    /// Ends the line of the part that was added last.
    pub(crate) fn end_line(&mut self) {
        self.buffer.push(b"\n");
    }

    /// The event is over.
    pub(crate) fn end(&mut self) {
        self.start = self.buffer.len();
    }

    /// Forgets what is of earlier events, which has been read, and gives back what a rare large one has grown.
    pub(crate) fn forget_read(&mut self) {
        if self.start > 0 {
            self.buffer.keep_from(self.start);
            self.start = 0;
        }
    }
}

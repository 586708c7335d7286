//! The data of an unfinished event and the line that is being read, in one buffer.

use alloc::vec::Vec;
use core::ops::Range;

use crate::slot::{At, Slot, give_back, grow};

/// The data of the event, as far as it lies in earlier chunks, and behind it the line that has not ended yet: a further line
/// of data moves up within the buffer, and takes no second one.
#[derive(Debug)]
pub(crate) struct Held {
    bytes: Vec<u8>,
    /// Where in `bytes` the line that has not ended begins.
    line_start: usize,
    /// [spec] The data buffer, without the LF at its end; unset while the event has no data field.
    data: At,
}

impl Held {
    pub(crate) const fn new() -> Self {
        Held { bytes: Vec::new(), line_start: 0, data: At::Unset }
    }

    #[inline(always)]
    pub(crate) fn has_data(&self) -> bool {
        self.data.is_set()
    }

    pub(crate) fn data_len(&self) -> usize {
        self.data.len()
    }

    pub(crate) fn data<'a>(&'a self, chunk: &'a [u8]) -> Option<&'a [u8]> {
        self.data.get(chunk, &self.bytes)
    }

    /// The data is this part of the chunk, so far.
    #[inline(always)]
    pub(crate) fn set_data_in_chunk(&mut self, value: Range<usize>) {
        self.data = At::Chunk(value);
    }

    /// How many bytes of data are still only in the chunk.
    pub(crate) fn unsettled(&self) -> usize {
        match &self.data {
            At::Chunk(range) => range.len(),
            _ => 0,
        }
    }

    /// Copies the data out of a chunk that is about to go, before a line is held behind it.
    pub(crate) fn settle(&mut self, chunk: &[u8]) {
        if let At::Chunk(range) = &self.data {
            self.bytes.clear();
            self.bytes.extend_from_slice(&chunk[range.clone()]);
            self.data = At::Buffer(0..self.bytes.len());
            self.line_start = self.bytes.len();
        }
    }

    /// Appends a further line to data that has been settled.
    pub(crate) fn push_data(&mut self, value: &[u8]) {
        self.bytes.push(b'\n');
        self.bytes.extend_from_slice(value);
        self.extend_data();
    }

    /// The line that has not ended yet.
    pub(crate) fn line(&self) -> &[u8] {
        &self.bytes[self.line_start..]
    }

    #[inline(always)]
    pub(crate) fn has_line(&self) -> bool {
        self.bytes.len() > self.line_start
    }

    pub(crate) fn push_line(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The line has ended and is one of data: its value, which starts at `value`, becomes the data, or its next line.
    pub(crate) fn line_is_data(&mut self, value: usize) {
        let value = self.line_start + value..self.bytes.len();
        if !self.has_data() {
            self.line_start = value.end;
            self.data = At::Buffer(value);
            return;
        }
        // The line's name has at least the one byte that the LF needs.
        let (start, length) = (self.line_start + 1, value.len());
        self.bytes[self.line_start] = b'\n';
        self.bytes.copy_within(value, start);
        self.bytes.truncate(start + length);
        self.extend_data();
    }

    /// The line has ended and is a type or an id: its value, which starts at `value`, moves to a place of its own.
    pub(crate) fn line_is(&mut self, slot: &mut Slot, value: usize) {
        match self.line_start {
            0 => slot.take_line(&mut self.bytes, value),
            start => slot.set(&self.bytes[start + value..]),
        }
        self.drop_line();
    }

    pub(crate) fn drop_line(&mut self) {
        self.bytes.truncate(self.line_start);
        if self.line_start == 0 {
            give_back(&mut self.bytes);
        }
    }

    /// Forgets data and line, and gives back what a rare large event has grown.
    pub(crate) fn clear(&mut self) {
        self.data = At::Unset;
        self.line_start = 0;
        self.bytes.clear();
        give_back(&mut self.bytes);
    }

    /// Whether so many more bytes need a larger buffer.
    pub(crate) fn is_short_of(&self, extra: usize) -> bool {
        self.bytes.len() + extra > self.bytes.capacity()
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Makes room for `extra` bytes in a buffer of at most `room`.
    pub(crate) fn grow(&mut self, extra: usize, room: usize) {
        grow(&mut self.bytes, extra, room);
    }

    /// Data in the buffer now reaches to its end.
    fn extend_data(&mut self) {
        if let At::Buffer(data) = &mut self.data {
            data.end = self.bytes.len();
            self.line_start = data.end;
        }
    }
}

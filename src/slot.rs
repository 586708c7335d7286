//! A field value that is waiting for its event.

use alloc::vec::Vec;
use core::mem::{swap, take};
use core::ops::Range;

/// A buffer that a rare large event has grown beyond this is given back to the allocator once the event is over.
pub(crate) const KEEP: usize = 4 * 1024;

#[derive(Debug, Default)]
enum At {
    #[default]
    Unset,
    /// In the chunk that is being fed: nothing has been copied.
    Chunk(Range<usize>),
    /// In the buffer, from this offset on (a line that was taken over keeps its field name in front of the value).
    Buffer(usize),
}

/// The value of a field, which stays in the chunk as long as the chunk is there and is copied only when it must outlive it.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    at: At,
    buffer: Vec<u8>,
}

impl Slot {
    pub(crate) const fn new() -> Self {
        Slot { at: At::Unset, buffer: Vec::new() }
    }

    pub(crate) fn set(&mut self, value: &[u8]) {
        self.buffer = value.to_vec();
        self.at = At::Buffer(0);
    }

    pub(crate) fn is_set(&self) -> bool {
        !matches!(self.at, At::Unset)
    }

    pub(crate) fn get<'a>(&'a self, chunk: &'a [u8]) -> Option<&'a [u8]> {
        match &self.at {
            At::Unset => None,
            At::Chunk(range) => Some(&chunk[range.clone()]),
            At::Buffer(from) => Some(&self.buffer[*from..]),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.at {
            At::Unset => 0,
            At::Chunk(range) => range.len(),
            At::Buffer(from) => self.buffer.len() - from,
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    pub(crate) fn set_in_chunk(&mut self, value: Range<usize>) {
        self.at = At::Chunk(value);
    }

    /// Takes a whole line over, whose value starts at `from`, and leaves an empty one: a large value is not copied again.
    pub(crate) fn take_line(&mut self, line: &mut Vec<u8>, from: usize) {
        swap(&mut self.buffer, line);
        line.clear();
        self.at = At::Buffer(from);
    }

    /// Appends an LF and `value` to the value that is there. `room` is how large the buffer may get.
    pub(crate) fn push_line(&mut self, chunk: &[u8], value: &[u8], room: usize) {
        self.settle(chunk);
        grow(&mut self.buffer, value.len() + 1, room);
        self.buffer.push(b'\n');
        self.buffer.extend_from_slice(value);
    }

    /// Copies the value out of a chunk that is about to go.
    pub(crate) fn settle(&mut self, chunk: &[u8]) {
        if let At::Chunk(range) = &self.at {
            self.buffer.clear();
            self.buffer.reserve_exact(range.len());
            self.buffer.extend_from_slice(&chunk[range.clone()]);
            self.at = At::Buffer(0);
        }
    }

    pub(crate) fn unset(&mut self) {
        self.at = At::Unset;
        if self.buffer.capacity() > KEEP {
            self.buffer = Vec::new();
        }
    }

    /// Gives back what the buffer has beyond its value.
    pub(crate) fn shrink(&mut self) {
        if let At::Buffer(from) = self.at {
            self.buffer.drain(..from);
            self.at = At::Buffer(0);
            self.buffer.shrink_to_fit();
        } else {
            take(&mut self.buffer);
        }
    }
}

/// Makes room for `extra` bytes: doubles, as `Vec` does, but not past `room`.
pub(crate) fn grow(buffer: &mut Vec<u8>, extra: usize, room: usize) {
    let needed = buffer.len() + extra;
    if needed > buffer.capacity() {
        let doubled = (buffer.capacity() * 2).clamp(64, room.max(64));
        buffer.reserve_exact(doubled.max(needed) - buffer.len());
    }
}

//! A field value that is waiting for its event.

use alloc::vec::Vec;
use core::ops::Range;

/// A buffer that a rare large event has grown beyond this is given back to the allocator once the event is over.
const KEEP: usize = 4 * 1024;

/// Where a value lies.
#[derive(Clone, Debug, Default)]
pub(crate) enum At {
    #[default]
    Unset,
    /// In the chunk that is being fed: nothing has been copied.
    Chunk(Range<usize>),
    /// In a buffer.
    Buffer(Range<usize>),
}

impl At {
    #[inline(always)]
    pub(crate) fn is_set(&self) -> bool {
        !matches!(self, At::Unset)
    }

    #[inline(always)]
    pub(crate) fn get<'a>(&self, chunk: &'a [u8], buffer: &'a [u8]) -> Option<&'a [u8]> {
        match self {
            At::Unset => None,
            At::Chunk(range) => Some(&chunk[range.clone()]),
            At::Buffer(range) => Some(&buffer[range.clone()]),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            At::Unset => 0,
            At::Chunk(range) | At::Buffer(range) => range.len(),
        }
    }
}

/// The value of an `event` or `id` field, which stays in the chunk as long as the chunk is there and is copied only when it
/// must outlive it.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    at: At,
    buffer: Vec<u8>,
}

impl Slot {
    pub(crate) const fn new() -> Self {
        Slot { at: At::Unset, buffer: Vec::new() }
    }

    #[inline(always)]
    pub(crate) fn is_set(&self) -> bool {
        self.at.is_set()
    }

    #[inline(always)]
    pub(crate) fn get<'a>(&'a self, chunk: &'a [u8]) -> Option<&'a [u8]> {
        self.at.get(chunk, &self.buffer)
    }

    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    #[inline(always)]
    pub(crate) fn set_in_chunk(&mut self, value: Range<usize>) {
        self.at = At::Chunk(value);
    }

    /// Takes a whole line over, whose value starts at `from`, and leaves a buffer for another: a large value is not copied.
    pub(crate) fn take_line(&mut self, line: &mut Vec<u8>, from: usize) {
        core::mem::swap(&mut self.buffer, line);
        self.buffer.shrink_to_fit();
        self.at = At::Buffer(from..self.buffer.len());
        line.clear();
        give_back(line);
    }

    /// Sets the value to a copy.
    #[inline(never)]
    pub(crate) fn set(&mut self, value: &[u8]) {
        if self.buffer.capacity() < value.len() {
            self.buffer = Vec::new();
        }
        self.buffer.clear();
        self.buffer.reserve_exact(value.len());
        self.buffer.extend_from_slice(value);
        self.at = At::Buffer(0..value.len());
    }

    /// Copies the value out of a chunk that is about to go.
    pub(crate) fn settle(&mut self, chunk: &[u8]) {
        if let At::Chunk(range) = &self.at {
            self.set(&chunk[range.clone()]);
        }
    }

    #[inline(always)]
    pub(crate) fn unset(&mut self) {
        self.at = At::Unset;
        give_back(&mut self.buffer);
    }

    /// Becomes the value of another slot, and leaves that without one.
    #[inline(always)]
    pub(crate) fn take(&mut self, from: &mut Slot) {
        if let At::Chunk(range) = &from.at {
            self.at = At::Chunk(range.clone());
        } else {
            core::mem::swap(self, from);
        }
        from.unset();
    }

    /// Gives back the buffer that no value lies in.
    pub(crate) fn shrink(&mut self) {
        if !matches!(self.at, At::Buffer(_)) {
            self.buffer = Vec::new();
        }
    }
}

/// Frees a buffer that is not needed and that a rare large value has grown.
#[inline(always)]
pub(crate) fn give_back(buffer: &mut Vec<u8>) {
    if buffer.capacity() > KEEP {
        free(buffer);
    }
}

#[cold]
fn free(buffer: &mut Vec<u8>) {
    *buffer = Vec::new();
}

/// Makes room for `extra` bytes: doubles, as `Vec` does, but not past `room`.
pub(crate) fn grow(buffer: &mut Vec<u8>, extra: usize, room: usize) {
    let needed = buffer.len() + extra;
    if needed > buffer.capacity() {
        let doubled = (buffer.capacity() * 2).clamp(64, room.max(64));
        buffer.reserve_exact(doubled.max(needed) - buffer.len());
    }
}

//! The bytes of one stream that are still needed, and where values lie in them.
#![allow(dead_code, reason = "the boundary to JavaScript needs more of it than the crate's own parser")]

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use crate::lines::BLOCK;

/// A buffer that a rare large event has grown beyond this is given back once the event is over.
pub(crate) const KEEP: usize = 128 * 1024;
/// The least that a buffer grows to.
const LEAST: usize = 256;
/// Room behind the bytes, so that the last of them can be read as a whole block.
const SLACK: usize = BLOCK;

/// Where a value lies in the buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    /// It starts behind all that there is.
    pub(crate) const UNSET: Span = Span { start: usize::MAX, end: 0 };

    #[inline(always)]
    pub(crate) fn is_set(self) -> bool {
        self.start != Span::UNSET.start
    }

    pub(crate) fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    #[inline(always)]
    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
}

/// Bytes as they came: those of the unfinished event, in which garbage may lie, and behind them the line that has not ended.
#[derive(Debug)]
pub(crate) struct Buffer {
    /// All of it initialised, so that whoever writes a chunk needs no `unsafe`.
    bytes: Vec<u8>,
    /// How many of the bytes have been written.
    len: usize,
}

impl Buffer {
    pub(crate) const fn new() -> Self {
        Buffer { bytes: Vec::new(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The bytes, and behind them what makes the last block whole.
    #[inline(always)]
    pub(crate) fn padded(&self) -> &[u8] {
        &self.bytes
    }

    #[inline(always)]
    pub(crate) fn padded_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// How many bytes can be written without making room.
    pub(crate) fn room(&self) -> usize {
        self.bytes.len().saturating_sub(self.len + SLACK)
    }

    /// Whether a rare large event has grown it.
    pub(crate) fn is_large(&self) -> bool {
        self.bytes.len() > KEEP
    }

    /// Where the next chunk is to be written.
    #[inline(always)]
    pub(crate) fn free(&mut self) -> &mut [u8] {
        &mut self.bytes[self.len..]
    }

    /// So many more bytes have been written.
    pub(crate) fn advance(&mut self, written: usize) {
        self.len += written.min(self.room());
    }

    /// Writes a value, for which there has to be room.
    pub(crate) fn push(&mut self, value: &[u8]) {
        self.free()[..value.len()].copy_from_slice(value);
        self.advance(value.len());
    }

    /// Forgets all bytes, and gives back what a rare large event has grown.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        if self.is_large() {
            self.bytes = Vec::new();
        }
    }

    /// Forgets the bytes before `start`.
    pub(crate) fn keep_from(&mut self, start: usize) {
        self.len = self.shift(start..self.len, 0);
        if self.len == 0 {
            self.clear();
        }
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = len;
    }

    /// Drops everything but the values and what is from `line` on, and tells where that begins now.
    pub(crate) fn compact(&mut self, mut values: [&mut Span; 3], line: usize) -> usize {
        let (mut at, mut behind) = (0, 0);
        // In the order in which they lie, so that none is written over.
        while let Some(span) = next_from(behind, &mut values) {
            behind = span.end + 1;
            span.end = self.shift(span.start..span.end, at);
            span.start = at;
            // A byte stays between two values: what is cut short at the end of one must not be a character with the next.
            self.bytes[span.end] = b'\n';
            at = span.end + 1;
        }
        self.len = self.shift(line..self.len, at);
        at
    }

    /// Moves a part down to `at`, and tells where it ends there.
    fn shift(&mut self, part: Range<usize>, at: usize) -> usize {
        let end = at + part.len();
        if part.start != at {
            self.bytes.copy_within(part, at);
        }
        end
    }

    /// Makes room for `extra` bytes, or gives back what is not needed; may hold `most` bytes in all.
    pub(crate) fn resize(&mut self, extra: usize, most: usize) {
        let needed = self.len + extra + SLACK;
        let size = self.bytes.len();
        if needed > size {
            let doubled = (size * 2).max(LEAST).min(most.saturating_add(extra + SLACK));
            self.move_to(doubled.max(needed));
        } else if self.is_large() && needed < size / 4 {
            self.move_to(needed);
        }
    }

    fn move_to(&mut self, size: usize) {
        if cfg!(feature = "npm") {
            // As the allocator of the artifacts would: what `Vec` has for growing and shrinking in place is 0.1 KB gzip.
            let mut bytes = vec![0; size];
            bytes[..self.len].copy_from_slice(&self.bytes[..self.len]);
            self.bytes = bytes;
            return;
        }
        self.bytes.truncate(size);
        self.bytes.reserve_exact(size - self.bytes.len());
        self.bytes.resize(size, 0);
        self.bytes.shrink_to_fit();
    }
}

/// The first of the set spans that start from there on.
fn next_from<'a>(start: usize, spans: &'a mut [&mut Span; 3]) -> Option<&'a mut Span> {
    let mut first: Option<&mut Span> = None;
    for span in spans.iter_mut().filter(|span| span.is_set() && span.start >= start) {
        if first.as_ref().is_none_or(|first| span.start < first.start) {
            first = Some(span);
        }
    }
    first
}

//! Bytes → line ends: the one place that looks at every byte.

use crate::simd::{marks, short_marks};

pub(crate) use crate::simd::BLOCK;

/// The positions of every CR and LF, in order.
///
/// It looks at 64 bytes at a time and keeps the hits of a block as a bit mask, so that a short line costs a shift and not
/// another search.
pub(crate) struct LineEnds {
    /// Where the block of `mask` ends.
    end: usize,
    /// Line ends of the block that have not been handed out, lowest bit first.
    mask: u64,
    not_ascii: bool,
}

impl LineEnds {
    pub(crate) fn from(start: usize) -> Self {
        LineEnds { end: start, mask: 0, not_ascii: false }
    }

    /// Whether what has been looked at has bytes other than ASCII.
    pub(crate) fn saw_not_ascii(&self) -> bool {
        self.not_ascii
    }

    /// The next one before `len`. What comes behind that in `bytes` only makes the last block whole; they may change between
    /// two calls up to the line end that the first one has told.
    #[inline(always)]
    pub(crate) fn next(&mut self, bytes: &[u8], len: usize) -> Option<usize> {
        while self.mask == 0 {
            if self.end >= len {
                return None;
            }
            self.look(bytes, len);
        }
        let at = self.end - BLOCK + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(at)
    }

    /// Looks at the next block.
    #[inline(always)]
    fn look(&mut self, bytes: &[u8], len: usize) {
        let rest = &bytes[self.end..];
        let marks = match rest.first_chunk() {
            Some(block) => marks(block),
            None => short_marks(rest),
        };
        let valid = match len - self.end {
            rest @ 0..BLOCK => (1 << rest) - 1,
            _ => u64::MAX,
        };
        self.mask = marks.line_ends & valid;
        self.not_ascii |= marks.not_ascii & valid != 0;
        self.end += BLOCK;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn finds_every_line_end_at_every_length() {
        for length in 0..200 {
            for step in [1, 2, 3, 7, 16, 63, 64, 65] {
                for (start, slack) in [(0, 0), (0, 64), (5, 0), (70, 64)] {
                    let bytes: Vec<u8> = (0..length + slack)
                        .map(|at| match at % step {
                            0 if at % 2 == 0 => b'\n',
                            0 => b'\r',
                            _ => b'\x0b',
                        })
                        .collect();
                    let expected: Vec<usize> =
                        (start..length).filter(|&at| bytes[at] == b'\n' || bytes[at] == b'\r').collect();
                    let mut ends = LineEnds::from(start);
                    let found: Vec<usize> = core::iter::from_fn(|| ends.next(&bytes, length)).collect();
                    assert_eq!(found, expected, "length {length}, step {step}, from {start}, slack {slack}");
                }
            }
        }
    }
}

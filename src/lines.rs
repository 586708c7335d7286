//! Chunk → line ends: the one place that looks at every byte.

use crate::simd::{BLOCK, line_ends, short_line_ends};

/// The positions of every CR and LF of a chunk, in order.
///
/// It looks at 64 bytes at a time and keeps the hits of a block as a bit mask, so that a short line costs a shift and not
/// another search.
pub(crate) struct LineEnds<'c> {
    chunk: &'c [u8],
    /// Where the block of `mask` ends.
    end: usize,
    /// Line ends of the block that have not been handed out, lowest bit first.
    mask: u64,
}

impl<'c> LineEnds<'c> {
    pub(crate) fn new(chunk: &'c [u8]) -> Self {
        LineEnds { chunk, end: 0, mask: 0 }
    }
}

impl Iterator for LineEnds<'_> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        while self.mask == 0 {
            if self.end >= self.chunk.len() {
                return None;
            }
            self.mask = mask_at(self.chunk, self.end);
            self.end += BLOCK;
        }
        let at = self.end - BLOCK + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(at)
    }
}

/// The mask of the block at `base`. One that is not whole is read together with what is before it: copying it would cost a
/// call out of wasm.
#[inline(never)]
fn mask_at(chunk: &[u8], base: usize) -> u64 {
    let start = base.min(chunk.len().saturating_sub(BLOCK));
    match chunk[start..].first_chunk() {
        Some(block) => line_ends(block) >> (base - start),
        None => short_line_ends(chunk),
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
                let chunk: Vec<u8> = (0..length)
                    .map(|at| match at % step {
                        0 if at % 2 == 0 => b'\n',
                        0 => b'\r',
                        _ => b'\x0b',
                    })
                    .collect();
                let expected: Vec<usize> = (0..length).filter(|&at| chunk[at] == b'\n' || chunk[at] == b'\r').collect();
                assert_eq!(LineEnds::new(&chunk).collect::<Vec<_>>(), expected, "length {length}, step {step}");
            }
        }
    }
}

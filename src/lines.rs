//! Chunk → line ends: the one place that looks at every byte.

const BLOCK: usize = 64;

/// The positions of every CR and LF of a chunk, in order.
///
/// It looks at 64 bytes at a time and keeps the hits of a block as a bit mask, so that a short line costs a shift and not
/// another search.
pub(crate) struct LineEnds<'c> {
    chunk: &'c [u8],
    /// Where the block of `mask` starts.
    base: usize,
    /// Line ends of the block that have not been handed out, lowest bit first.
    mask: u64,
}

impl<'c> LineEnds<'c> {
    pub(crate) fn new(chunk: &'c [u8]) -> Self {
        LineEnds { chunk, base: 0, mask: mask_at(chunk, 0) }
    }
}

impl Iterator for LineEnds<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.mask == 0 {
            self.base += BLOCK;
            if self.base >= self.chunk.len() {
                return None;
            }
            self.mask = mask_at(self.chunk, self.base);
        }
        let at = self.base + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(at)
    }
}

/// The mask of the block at `base`; what lies behind the end of the chunk counts as no line end.
#[inline]
fn mask_at(chunk: &[u8], base: usize) -> u64 {
    match chunk.get(base..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        Some(block) => mask(block),
        None => {
            let rest = chunk.get(base..).unwrap_or_default();
            let mut block = [0; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            mask(&block)
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
fn mask(block: &[u8; BLOCK]) -> u64 {
    block.iter().enumerate().fold(0, |mask, (at, &byte)| mask | u64::from(byte == b'\n' || byte == b'\r') << at)
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline]
fn mask(block: &[u8; BLOCK]) -> u64 {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, v128, v128_any_true, v128_load, v128_or};
    let hits = |quarter: usize| {
        // SAFETY: `quarter` is 0 to 3, so the 16 bytes lie within the 64 of the block; v128_load needs no alignment.
        let bytes = unsafe { v128_load(block.as_ptr().add(quarter * 16).cast::<v128>()) };
        v128_or(u8x16_eq(bytes, u8x16_splat(b'\n')), u8x16_eq(bytes, u8x16_splat(b'\r')))
    };
    let (a, b, c, d) = (hits(0), hits(1), hits(2), hits(3));
    if !v128_any_true(v128_or(v128_or(a, b), v128_or(c, d))) {
        return 0;
    }
    u64::from(u8x16_bitmask(a))
        | u64::from(u8x16_bitmask(b)) << 16
        | u64::from(u8x16_bitmask(c)) << 32
        | u64::from(u8x16_bitmask(d)) << 48
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

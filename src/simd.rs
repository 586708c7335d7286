//! The loops that look at every byte. Each stands here twice, for SIMD and without, and nowhere else.
#![allow(dead_code, reason = "a parser for JavaScript needs all of it, other builds less")]

use core::ops::Range;

pub(crate) const BLOCK: usize = 64;
const QUARTER: usize = 16;
/// So few bytes are counted one by one.
const SHORT: usize = 8;

/// The line ends (CR and LF) of a block, a bit a byte, lowest first.
#[inline]
pub(crate) fn line_ends(block: &[u8; BLOCK]) -> u64 {
    kernel::line_ends(block)
}

/// The line ends of less than a block.
pub(crate) fn short_line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |mask, &byte| mask << 1 | u64::from(byte == b'\n' || byte == b'\r'))
}

/// Whether all bytes are ASCII. (Left to the compiler, this was 42 % of the time of parsing; it is 2 to 7 %.)
pub(crate) fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let rest = match bytes.last_chunk::<BLOCK>() {
        Some(block) => kernel::is_ascii(block),
        None => rest.iter().fold(0, |all, &byte| all | byte) < 0x80,
    };
    rest && blocks.iter().all(kernel::is_ascii)
}

/// How many UTF-16 units a part of valid UTF-8 has: one a code point, two from U+10000 on. It begins and ends between two
/// code points.
pub(crate) fn utf16_units(bytes: &[u8], part: Range<usize>) -> usize {
    let (blocks, rest) = bytes[part.clone()].as_chunks::<BLOCK>();
    let units = |block| if kernel::is_ascii(block) { BLOCK } else { kernel::utf16_units(block, BLOCK) };
    let whole: usize = blocks.iter().map(units).sum();
    // What is not a whole block is read with what is before it, unless it is no more than the end of a line and a name.
    whole + match bytes[..part.end].last_chunk() {
        Some(block) if rest.len() > SHORT => kernel::utf16_units(block, rest.len()),
        _ => rest.iter().map(|&byte| usize::from(byte & 0xC0 != 0x80) + usize::from(byte >= 0xF0)).sum(),
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod kernel {
    use super::BLOCK;

    pub(super) fn line_ends(block: &[u8; BLOCK]) -> u64 {
        block.iter().enumerate().fold(0, |mask, (at, &byte)| mask | u64::from(byte == b'\n' || byte == b'\r') << at)
    }

    pub(super) fn is_ascii(block: &[u8; BLOCK]) -> bool {
        block.iter().fold(0, |all, &byte| all | byte) < 0x80
    }

    /// Of the last `count` bytes.
    pub(super) fn utf16_units(block: &[u8; BLOCK], count: usize) -> usize {
        let counted = block.iter().skip(BLOCK - count);
        counted.map(|&byte| usize::from(byte & 0xC0 != 0x80) + usize::from(byte >= 0xF0)).sum()
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod kernel {
    use super::{BLOCK, QUARTER};
    use core::arch::wasm32::{
        i8x16_ge, i8x16_splat, u8x16_bitmask, u8x16_eq, u8x16_ge, u8x16_splat, v128, v128_any_true,
        v128_load, v128_or,
    };

    /// One of the four quarters of a block.
    #[inline(always)]
    fn quarter<const N: usize>(block: &[u8; BLOCK]) -> v128 {
        const { assert!((N + 1) * QUARTER <= BLOCK) };
        // SAFETY: the 16 bytes are within the 64 of the block, and v128_load needs no alignment.
        unsafe { v128_load(block.as_ptr().cast::<v128>().add(N)) }
    }

    #[inline(always)]
    fn hits(bytes: v128) -> v128 {
        v128_or(u8x16_eq(bytes, u8x16_splat(b'\n')), u8x16_eq(bytes, u8x16_splat(b'\r')))
    }

    /// A bit for each byte, lowest first.
    #[inline(always)]
    fn mask(a: v128, b: v128, c: v128, d: v128) -> u64 {
        let low = u32::from(u8x16_bitmask(a)) | u32::from(u8x16_bitmask(b)) << 16;
        let high = u32::from(u8x16_bitmask(c)) | u32::from(u8x16_bitmask(d)) << 16;
        u64::from(low) | u64::from(high) << 32
    }

    // Without arrays, as the build unrolls no loops: with them a block took twice as long.
    #[inline(always)]
    pub(super) fn line_ends(block: &[u8; BLOCK]) -> u64 {
        let (a, b) = (hits(quarter::<0>(block)), hits(quarter::<1>(block)));
        let (c, d) = (hits(quarter::<2>(block)), hits(quarter::<3>(block)));
        if v128_any_true(v128_or(v128_or(a, b), v128_or(c, d))) { mask(a, b, c, d) } else { 0 }
    }

    #[inline(always)]
    pub(super) fn is_ascii(block: &[u8; BLOCK]) -> bool {
        let low = v128_or(quarter::<0>(block), quarter::<1>(block));
        let high = v128_or(quarter::<2>(block), quarter::<3>(block));
        u8x16_bitmask(v128_or(low, high)) == 0
    }

    /// Of the last `count` bytes.
    #[inline(never)]
    pub(super) fn utf16_units(block: &[u8; BLOCK], count: usize) -> usize {
        let (a, b) = (quarter::<0>(block), quarter::<1>(block));
        let (c, d) = (quarter::<2>(block), quarter::<3>(block));
        // As signed numbers, the bytes that continue a code point are those below -64.
        let first = |bytes| i8x16_ge(bytes, i8x16_splat(-64));
        let long = |bytes| u8x16_ge(bytes, u8x16_splat(0xF0));
        let counted = |mask: u64| (mask.checked_shr((BLOCK - count) as u32).unwrap_or(0)).count_ones() as usize;
        counted(mask(first(a), first(b), first(c), first(d))) + counted(mask(long(a), long(b), long(c), long(d)))
    }
}

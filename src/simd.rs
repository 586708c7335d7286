//! The loops that look at every byte. Each stands here twice, for SIMD and without, and nowhere else.
#![allow(dead_code, reason = "a parser for JavaScript needs all of it, other builds less")]

pub(crate) const BLOCK: usize = 64;
const QUARTER: usize = 16;

/// The bytes of a block that make a difference, a bit a byte, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// CR and LF.
    pub(crate) line_ends: u64,
    pub(crate) not_ascii: u64,
}

impl Marks {
    const NONE: Marks = Marks { line_ends: 0, not_ascii: 0 };
}

#[inline(always)]
pub(crate) fn marks(block: &[u8; BLOCK]) -> Marks {
    kernel::marks(block)
}

/// The same for less than a block.
pub(crate) fn short_marks(bytes: &[u8]) -> Marks {
    bytes.iter().rev().fold(Marks::NONE, |Marks { line_ends, not_ascii }, &byte| Marks {
        line_ends: line_ends << 1 | u64::from(byte == b'\n' || byte == b'\r'),
        not_ascii: not_ascii << 1 | u64::from(byte >= 0x80),
    })
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

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod kernel {
    use super::{BLOCK, Marks, short_marks};

    pub(super) fn marks(block: &[u8; BLOCK]) -> Marks {
        short_marks(block)
    }

    pub(super) fn is_ascii(block: &[u8; BLOCK]) -> bool {
        block.iter().fold(0, |all, &byte| all | byte) < 0x80
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod kernel {
    use super::{BLOCK, Marks, QUARTER};
    use core::arch::wasm32::{
        i8x16_le, i8x16_splat, u8x16_bitmask, u8x16_eq, u8x16_splat, v128, v128_any_true, v128_load, v128_or,
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
    pub(super) fn marks(block: &[u8; BLOCK]) -> Marks {
        let (a, b) = (quarter::<0>(block), quarter::<1>(block));
        let (c, d) = (quarter::<2>(block), quarter::<3>(block));
        // As signed numbers, whatever makes a difference is up to CR: one comparison instead of three for most of a text.
        let odd = |bytes| i8x16_le(bytes, i8x16_splat(b'\r' as i8));
        if !v128_any_true(v128_or(v128_or(odd(a), odd(b)), v128_or(odd(c), odd(d)))) {
            return Marks::NONE;
        }
        Marks { line_ends: mask(hits(a), hits(b), hits(c), hits(d)), not_ascii: mask(a, b, c, d) }
    }

    #[inline(always)]
    pub(super) fn is_ascii(block: &[u8; BLOCK]) -> bool {
        let low = v128_or(quarter::<0>(block), quarter::<1>(block));
        let high = v128_or(quarter::<2>(block), quarter::<3>(block));
        u8x16_bitmask(v128_or(low, high)) == 0
    }
}

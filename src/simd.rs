//! The two loops that look at every byte, 64 bytes at a time. Each stands here twice, for SIMD and without, and nowhere
//! else.

pub(crate) const BLOCK: usize = 64;
const QUARTER: usize = 16;

/// The line ends (CR and LF) of a block, a bit a byte, lowest first.
#[inline]
pub(crate) fn line_ends(block: &[u8; BLOCK]) -> u64 {
    kernel::line_ends(block)
}

/// The line ends of less than a block.
pub(crate) fn short_line_ends(bytes: &[u8]) -> u64 {
    let (quarters, rest) = bytes.as_chunks::<QUARTER>();
    let whole = quarters.iter().rev().fold(0, |mask, quarter| mask << QUARTER | kernel::short_line_ends(quarter));
    let is_end = |&byte: &u8| u64::from(byte == b'\n' || byte == b'\r');
    let last = rest.iter().rev().fold(0, |mask, byte| mask << 1 | is_end(byte));
    whole | last << (quarters.len() * QUARTER)
}

/// Whether all bytes are ASCII. (`[u8]::is_ascii` looks at 4 bytes at a time on wasm32: 1.3 GB/s against 22.)
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
    use super::{BLOCK, QUARTER};

    pub(super) fn line_ends(block: &[u8; BLOCK]) -> u64 {
        mask(block)
    }

    pub(super) fn short_line_ends(quarter: &[u8; QUARTER]) -> u64 {
        mask(quarter)
    }

    fn mask(bytes: &[u8]) -> u64 {
        bytes.iter().enumerate().fold(0, |mask, (at, &byte)| mask | u64::from(byte == b'\n' || byte == b'\r') << at)
    }

    pub(super) fn is_ascii(block: &[u8; BLOCK]) -> bool {
        block.iter().fold(0, |all, &byte| all | byte) < 0x80
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod kernel {
    use super::{BLOCK, QUARTER};
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, v128, v128_any_true, v128_load, v128_or};

    #[inline]
    fn quarters(block: &[u8; BLOCK]) -> [v128; 4] {
        let start = block.as_ptr().cast::<v128>();
        // SAFETY: four times 16 bytes are the 64 of the block, and v128_load needs no alignment.
        unsafe { [v128_load(start), v128_load(start.add(1)), v128_load(start.add(2)), v128_load(start.add(3))] }
    }

    #[inline]
    fn hits(bytes: v128) -> v128 {
        v128_or(u8x16_eq(bytes, u8x16_splat(b'\n')), u8x16_eq(bytes, u8x16_splat(b'\r')))
    }

    #[inline]
    pub(super) fn short_line_ends(quarter: &[u8; QUARTER]) -> u64 {
        // SAFETY: the 16 bytes are those of the quarter, and v128_load needs no alignment.
        u64::from(u8x16_bitmask(hits(unsafe { v128_load(quarter.as_ptr().cast()) })))
    }

    #[inline]
    fn any([a, b, c, d]: [v128; 4]) -> v128 {
        v128_or(v128_or(a, b), v128_or(c, d))
    }

    #[inline]
    pub(super) fn line_ends(block: &[u8; BLOCK]) -> u64 {
        let hits = quarters(block).map(hits);
        if !v128_any_true(any(hits)) {
            return 0;
        }
        let [a, b, c, d] = hits.map(|quarter| u64::from(u8x16_bitmask(quarter)));
        a | b << 16 | c << 32 | d << 48
    }

    #[inline]
    pub(super) fn is_ascii(block: &[u8; BLOCK]) -> bool {
        u8x16_bitmask(any(quarters(block))) == 0
    }
}

//! Lengths in UTF-16 units, in which JavaScript counts, and in bytes.
#![allow(dead_code, reason = "one half is for reading, the other for writing")]

use core::ops::Range;

use crate::encoder::Value;
use crate::simd::utf16_units;

/// A text, and the place up to which its UTF-16 units have been counted.
pub(super) struct Counter<'t> {
    text: &'t [u8],
    at: usize,
    units: usize,
}

impl<'t> Counter<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Counter { text, at: 0, units: 0 }
    }

    /// Turns the range of bytes that `words` begin with into one of UTF-16 units, unless it is one of another text.
    pub(super) fn measure(&mut self, words: Option<&mut [u32]>, elsewhere: bool) {
        if let Some([start, end, ..]) = words
            && !elsewhere
        {
            *start = self.units_to(*start as usize);
            *end = self.units_to(*end as usize);
        }
    }

    /// Counts on, or back, from the last place asked for: values come in order, but for those of one event.
    #[inline(never)]
    fn units_to(&mut self, to: usize) -> u32 {
        let Range { start, end } = self.at.min(to)..self.at.max(to);
        let units = utf16_units(self.text, start..end);
        if to < self.at {
            self.units -= units;
        } else {
            self.units += units;
        }
        self.at = to;
        self.units as u32
    }
}

/// UTF-8 that is taken by lengths in UTF-16 units; behind it may be what makes its last block whole.
pub(super) struct Units<'a> {
    bytes: &'a [u8],
    /// A unit is a byte.
    ascii: bool,
}

impl<'a> Units<'a> {
    pub(super) fn new(bytes: &'a [u8], ascii: bool) -> Self {
        Units { bytes, ascii }
    }

    pub(super) fn take(&mut self, units: usize) -> Value<'a> {
        let len = if self.ascii { units } else { bytes_of(self.bytes, units) }.min(self.bytes.len());
        let value = Value { bytes: self.bytes, len };
        self.bytes = &self.bytes[len..];
        value
    }
}

/// How many bytes the first `units` UTF-16 units are.
fn bytes_of(bytes: &[u8], mut units: usize) -> usize {
    let mut at = 0;
    while units > 0 {
        match bytes.get(at) {
            None => break,
            Some(0..0x80) => at += 1,
            Some(0x80..0xE0) => at += 2,
            Some(0xE0..0xF0) => at += 3,
            Some(_) => {
                at += 4;
                units = units.saturating_sub(1);
            }
        }
        units = units.saturating_sub(1);
    }
    at
}

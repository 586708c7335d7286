//! Byte offsets → UTF-16 offsets, in which JavaScript slices.

use core::ops::Range;

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

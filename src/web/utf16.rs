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

    /// Counts on, or back, from the last place asked for: values come in order, but for those of one event.
    pub(super) fn units_to(&mut self, to: usize) -> usize {
        let Range { start, end } = self.at.min(to)..self.at.max(to);
        let units = utf16_units(self.text, start..end);
        if to < self.at {
            self.units -= units;
        } else {
            self.units += units;
        }
        self.at = to;
        self.units
    }
}

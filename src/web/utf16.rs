//! Lengths in UTF-16 units, in which JavaScript counts.

use crate::encoder::Value;

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

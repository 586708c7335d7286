//! Byte offsets → UTF-16 offsets, in which JavaScript slices.

use alloc::string::String;
use alloc::vec::Vec;
use core::str::from_utf8;

use crate::simd::is_ascii;

/// How many UTF-16 units a piece of valid UTF-8 has: one a code point, two from U+10000 on.
pub(super) fn units(bytes: &[u8]) -> usize {
    bytes.iter().map(|&byte| usize::from(byte & 0xC0 != 0x80) + usize::from(byte >= 0xF0)).sum()
}

/// What JavaScript gets when it decodes a chunk in one go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ascii,
    /// Valid, but for a code point that the chunk's ends have cut: this many bytes of it lead the chunk.
    Utf8 {
        led_by: usize,
    },
    /// Decoding will put U+FFFD where counting can't tell.
    Invalid,
}

/// A chunk, and the place up to which its UTF-16 units have been counted.
pub(super) struct Chunk<'c> {
    bytes: &'c [u8],
    /// Found out when the first value lies in the chunk: most chunks of a large event need no answer.
    kind: Option<Kind>,
    at: usize,
    units: usize,
}

impl<'c> Chunk<'c> {
    pub(super) fn new(bytes: &'c [u8]) -> Self {
        Chunk { bytes, kind: None, at: 0, units: 0 }
    }

    /// Whether JavaScript has to decode the chunk.
    pub(super) fn is_used(&self) -> bool {
        self.kind.is_some_and(|kind| kind != Kind::Invalid)
    }

    /// Where a value lies in the decoded chunk, in UTF-16 units, or `None` where it lies elsewhere or can't be told.
    #[inline(always)]
    pub(super) fn place(&mut self, value: &[u8]) -> Option<(u32, u32)> {
        let start = (value.as_ptr() as usize).wrapping_sub(self.bytes.as_ptr() as usize);
        if start >= self.bytes.len() {
            return None;
        }
        let end = start + value.len();
        match self.kind {
            Some(Kind::Ascii) => Some((start as u32, end as u32)),
            _ => self.place_slowly(start, end),
        }
    }

    #[inline(never)]
    fn place_slowly(&mut self, start: usize, end: usize) -> Option<(u32, u32)> {
        match *self.kind.get_or_insert_with(|| kind(self.bytes)) {
            Kind::Ascii => Some((start as u32, end as u32)),
            Kind::Utf8 { led_by } if start >= led_by => {
                // Each byte of the cut code point becomes a U+FFFD of its own.
                self.at = self.at.max(led_by);
                self.units = self.units.max(led_by);
                Some((self.units_to(start), self.units_to(end)))
            }
            _ => None,
        }
    }

    /// Counts on, or back, from the last place asked for: values come in order, but for those of one event.
    fn units_to(&mut self, to: usize) -> u32 {
        if to >= self.at {
            self.units += units(&self.bytes[self.at..to]);
        } else {
            self.units -= units(&self.bytes[to..self.at]);
        }
        self.at = to;
        self.units as u32
    }
}

fn kind(bytes: &[u8]) -> Kind {
    if is_ascii(bytes) {
        return Kind::Ascii;
    }
    let led_by = bytes.iter().take(3).take_while(|&&byte| byte & 0xC0 == 0x80).count();
    match from_utf8(&bytes[led_by..]) {
        Err(error) if error.error_len().is_some() => Kind::Invalid,
        _ => Kind::Utf8 { led_by },
    }
}

/// The text of values that do not lie in the chunk, always valid UTF-8, which JavaScript decodes in one go too.
#[derive(Default)]
pub(super) struct Carried {
    bytes: Vec<u8>,
    units: usize,
}

impl Carried {
    /// A buffer grown beyond this by a rare large event is given back.
    const KEEP: usize = 128 * 1024;

    pub(super) fn clear(&mut self) {
        if self.bytes.capacity() > Carried::KEEP {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
        self.units = 0;
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Appends a value and tells where it lies, in UTF-16 units.
    #[inline(never)]
    pub(super) fn push(&mut self, value: &[u8]) -> (u32, u32) {
        let start = self.units;
        if is_ascii(value) {
            self.bytes.extend_from_slice(value);
            self.units += value.len();
        } else {
            let text = String::from_utf8_lossy(value);
            self.bytes.extend_from_slice(text.as_bytes());
            self.units += units(text.as_bytes());
        }
        (start as u32, self.units as u32)
    }
}

impl core::fmt::Write for Carried {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

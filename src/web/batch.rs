//! The batch table: what one chunk completed, as numbers that JavaScript reads out of wasm memory.
//!
//! A string made for each field by wasm-bindgen loses to plain JavaScript. Here JavaScript decodes the text once and
//! slices it by the table.
//!
//! The table is in bytes, which in ASCII are UTF-16 units. For other text JavaScript converts it: a value ends at the next line
//! end of the text, which its engine finds faster than anything here could count, and 0.6 KB gzip of counting are not shipped.

use alloc::vec::Vec;

use crate::buffer::Span;
use crate::found::{Data, Found, Sink};
use crate::scanner::Scanner;
use crate::simd::is_ascii;

/// Words before the entries: how many words of entries; the flags; where the text is, and how many bytes; where the next
/// chunk is to be written, and how many bytes it may have; where the parts are; how many of the entries are items.
const HEADER: usize = 8;
/// Words of the longest entry.
const ENTRY: usize = 7;
/// Words that the table begins with.
const LEAST: usize = 256;

// The flags of the header; js/table.ts has the same numbers.
/// The stream is between two events.
const BETWEEN: u32 = 1;
/// The text is not what was written last, from its beginning on.
const ELSEWHERE: u32 = 1 << 1;
const NOT_ASCII: u32 = 1 << 2;
/// Between the values lies more than names and line ends, or a value is of several lines.
const ODD: u32 = 1 << 3;

// The kind of an entry, the low bits of its first word. Two words follow, the range of a value; an event's is its data.
// What it is otherwise is the number of a `Found`, or a reconnection time.
const EVENT: u32 = 0;
/// The two words are a number of milliseconds, low and high.
const RETRY: u32 = 3;

// What a stream is asked for beside events.
const COMMENTS: u32 = 1;
const FIELDS: u32 = 1 << 1;
// Flags of the first word: the range of an id follows, that of a type; the data lies in the parts.
const ID: u32 = 1 << 3;
const TYPE: u32 = 1 << 4;
const PARTS: u32 = 1 << 5;

/// The table, re-used for every chunk of every stream.
pub(super) struct Table {
    /// Header and entries, and room for more.
    words: Vec<u32>,
    /// How many words have been written.
    used: usize,
    /// Entries that are handed over; the others only set the last event ID.
    items: usize,
    /// Where in the buffer the text begins that ranges count from, and where the last of them ends.
    origin: usize,
    end: usize,
}

/// The table, and what of a stream goes into it.
pub(super) struct Batch<'t> {
    pub(super) table: &'t mut Table,
    /// Comments, unknown fields.
    pub(super) wants: u32,
}

impl Table {
    pub(super) const fn new() -> Self {
        Table { words: Vec::new(), used: 0, items: 0, origin: 0, end: 0 }
    }

    #[inline(always)]
    pub(super) fn begin(&mut self, origin: usize) {
        self.used = HEADER;
        self.items = 0;
        self.origin = origin;
        self.end = origin;
    }

    /// Writes the header, and tells where the table is. The chunk was written at `from`.
    #[inline(always)]
    pub(super) fn finish(&mut self, scanner: &Scanner, from: usize, written: usize) -> u32 {
        let entries = self.used - HEADER;
        let buffer = scanner.buffer();
        let written = from + written;
        let between = scanner.is_between_events();
        // The text goes on to the end where that is the end of a character for sure.
        let end = if between { written } else { self.end };
        // Looked at again only where there is something to decode and other bytes may be those of earlier events: or a long
        // event would be looked at with every chunk.
        let text = Span { start: self.origin, end };
        let ascii = entries == 0 || !scanner.may_be_not_ascii() || (from > 0 && is_ascii(text.of(buffer.padded())));
        let elsewhere = from > 0 || scanner.is_changed();
        let base = buffer.padded().as_ptr() as usize;
        if self.words.is_empty() {
            self.grow();
        }
        // Word by word: the build unrolls no loops.
        if let Some(header) = self.words.first_chunk_mut::<HEADER>() {
            header[0] = entries as u32;
            header[1] = if between { BETWEEN } else { 0 }
                | if elsewhere { ELSEWHERE } else { 0 }
                | if ascii { 0 } else { NOT_ASCII }
                | if scanner.is_odd() { ODD } else { 0 };
            header[2] = (base + self.origin) as u32;
            header[3] = (end - self.origin) as u32;
            header[4] = (base + buffer.len()) as u32;
            header[5] = if buffer.is_large() { 0 } else { buffer.room() as u32 };
            header[6] = scanner.parts().as_ptr() as u32;
            header[7] = self.items as u32;
        }
        self.words.as_ptr() as u32
    }

    /// Writes an entry of three words, and makes room for the longest one.
    #[inline(always)]
    fn push(&mut self, words: [u32; 3]) {
        if self.words.len() < self.used + ENTRY {
            self.grow();
        }
        self.write(words);
        self.items += 1;
    }

    #[inline(always)]
    fn write<const N: usize>(&mut self, words: [u32; N]) {
        let end = self.used + N;
        self.words[self.used..end].copy_from_slice(&words);
        self.used = end;
    }

    #[cold]
    fn grow(&mut self) {
        self.words.resize(self.words.len() * 2 + LEAST, 0);
    }

    /// Adds the range of a value to the entry, if there is one.
    #[inline(always)]
    fn push_value(&mut self, value: Span) {
        if value.is_set() {
            let [_, from, to] = self.entry(0, value);
            self.write([from, to]);
        }
    }

    #[inline(always)]
    fn entry(&mut self, kind: u32, span: Span) -> [u32; 3] {
        self.end = self.end.max(span.end);
        // An unset one is a range that nobody reads.
        let from_origin = |at: usize| at.wrapping_sub(self.origin) as u32;
        [kind, from_origin(span.start), from_origin(span.end)]
    }
}

impl Sink for Batch<'_> {
    #[inline(always)]
    fn plain(&mut self, _: &[u8], data: Span) {
        let entry = self.table.entry(EVENT, data);
        self.table.push(entry);
    }

    #[inline(always)]
    fn event(&mut self, _: &[u8], data: Data<'_>, event_type: Span, id: Span) {
        let kind = EVENT | if id.is_set() { ID } else { 0 } | if event_type.is_set() { TYPE } else { 0 };
        let entry = match data {
            Data::Whole(span) => self.table.entry(kind, span),
            Data::Parts(_, range) => [kind | PARTS, range.start as u32, range.end as u32],
        };
        self.table.push(entry);
        self.table.push_value(id);
        self.table.push_value(event_type);
    }

    #[inline(never)]
    fn found(&mut self, _: &[u8], found: Found, value: Span) {
        let Batch { table, wants } = self;
        let wanted = match found {
            Found::Comment => *wants & COMMENTS != 0,
            Found::Unknown => *wants & FIELDS != 0,
            Found::LastEventId | Found::TooLarge => true,
        };
        if wanted {
            let entry = table.entry(found as u32, value);
            table.push(entry);
            // It only sets the last event ID.
            table.items -= usize::from(found == Found::LastEventId);
        }
    }

    #[inline(never)]
    fn retry(&mut self, milliseconds: u64) {
        self.table.push([RETRY, milliseconds as u32, (milliseconds >> 32) as u32]);
    }
}

//! The batch table: what one chunk completed, as numbers that JavaScript reads out of wasm memory.
//!
//! A string made for each field by wasm-bindgen loses to plain JavaScript. Here JavaScript decodes the chunk once and
//! slices it by the table; values that do not lie in the chunk are decoded at once too, from a second text.
//!
//! The table is in bytes, which in ASCII are UTF-16 units. For other text JavaScript has it converted by `measure`, unless
//! the text is not UTF-8: then it decodes value by value.

use alloc::vec::Vec;

use super::utf16::Counter;
use crate::encoder::Bytes;
use crate::event::MESSAGE;
use crate::simd::is_ascii;
use crate::{Event, Item, Text};

/// Words before the entries: how many entries; whether the texts are other than ASCII; the range of the chunk that values lie
/// in; where the carried text is, and how many bytes; whether the parser is between two events.
const HEADER: usize = 7;
/// Words of an entry: its kind and flags, and the ranges of its values; an event has data, id and type.
const ENTRY: usize = 7;

// The kind of an entry, the low bits of its first word; js/batch.ts has the same numbers.
const KIND: u32 = 7;
const EVENT: u32 = 0;
const COMMENT: u32 = 1;
const RETRY: u32 = 2;
const LAST_EVENT_ID: u32 = 3;
const ERROR: u32 = 4;
// Flags of the first word: an event has an id; a value is carried, the first flag for the first value and so on.
const HAS_ID: u32 = 1 << 3;
const CARRIED: u32 = 1 << 4;

/// The chunk that is being read.
pub(super) struct Chunk<'c> {
    bytes: &'c [u8],
    /// What of it values lie in: from the first one's start to the last one's end, which is 0 while there is none.
    start: usize,
    end: usize,
}

impl<'c> Chunk<'c> {
    pub(super) fn new(bytes: &'c [u8]) -> Self {
        Chunk { bytes, start: usize::MAX, end: 0 }
    }

    pub(super) fn bytes(&self) -> &'c [u8] {
        self.bytes
    }

    /// Where a value lies in the chunk, or `None` where it lies elsewhere. A value is never copied within the chunk, so that
    /// its address tells.
    #[inline(always)]
    fn place(&mut self, value: &[u8]) -> Option<[u32; 2]> {
        let start = (value.as_ptr() as usize).wrapping_sub(self.bytes.as_ptr() as usize);
        if start >= self.bytes.len() {
            return None;
        }
        let end = start + value.len();
        self.start = self.start.min(start);
        self.end = self.end.max(end);
        Some([start as u32, end as u32])
    }
}

/// The table and the carried text, re-used for every chunk of every parser.
pub(super) struct Table {
    words: Vec<u32>,
    /// Values that do not lie in the chunk, one behind the other.
    carried: Vec<u8>,
}

impl Table {
    /// A carried text grown beyond this by a rare large event is given back.
    const KEEP: usize = 128 * 1024;

    pub(super) const fn new() -> Self {
        Table { words: Vec::new(), carried: Vec::new() }
    }

    pub(super) fn begin(&mut self) {
        self.words.clear();
        self.words.resize(HEADER, 0);
        if self.carried.capacity() > Table::KEEP {
            self.carried = Vec::new();
        }
        self.carried.clear();
    }

    /// Writes the header, and tells where the table is.
    pub(super) fn finish(&mut self, chunk: &Chunk<'_>, between_events: bool) -> u32 {
        // From its beginning on, as JavaScript decodes an ASCII chunk whole.
        let ascii = is_ascii(&chunk.bytes[..chunk.end]) && is_ascii(&self.carried);
        let header = [
            ((self.words.len() - HEADER) / ENTRY) as u32,
            u32::from(!ascii),
            chunk.start.min(chunk.end) as u32,
            chunk.end as u32,
            self.carried.as_ptr() as u32,
            self.carried.len() as u32,
            u32::from(between_events),
        ];
        self.words[..HEADER].copy_from_slice(&header);
        self.words.as_ptr() as u32
    }

    /// Turns the table into UTF-16 units; those of the chunk count from the range that the header names.
    pub(super) fn measure(&mut self, input: &[u8]) {
        let start = self.words[2] as usize;
        let (mut chunk, mut carried) = (Counter::new(input, start), Counter::new(&self.carried, 0));
        for [kind, ranges @ ..] in self.words[HEADER..].as_chunks_mut::<ENTRY>().0 {
            if *kind & KIND == RETRY {
                continue;
            }
            for (at, [from, to]) in ranges.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                if from < to {
                    let counter = if *kind & (CARRIED << at) == 0 { &mut chunk } else { &mut carried };
                    *from = counter.units_to(*from as usize) as u32;
                    *to = counter.units_to(*to as usize) as u32;
                }
            }
        }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, chunk: &mut Chunk<'_>, item: Item<'_>, wants_comments: bool) {
        match item {
            Item::Event(event) => self.push_event(chunk, event),
            item => self.push_other(chunk, item, wants_comments),
        }
    }

    #[inline(never)]
    fn push_other(&mut self, chunk: &mut Chunk<'_>, item: Item<'_>, wants_comments: bool) {
        match item {
            Item::Comment(text) if wants_comments => self.push_text(chunk, COMMENT, text),
            Item::Retry(milliseconds) => {
                self.entry([RETRY, milliseconds as u32, (milliseconds >> 32) as u32, 0, 0, 0, 0]);
            }
            Item::LastEventId(id) => self.push_text(chunk, LAST_EVENT_ID, id),
            Item::Error(error) => {
                let start = self.carried.len() as u32;
                // A `Vec` of bytes never fails.
                let _ = error.describe(&mut Bytes(&mut self.carried));
                self.entry([ERROR | CARRIED, start, self.carried.len() as u32, 0, 0, 0, 0]);
            }
            _ => {}
        }
    }

    fn push_text(&mut self, chunk: &mut Chunk<'_>, mut kind: u32, text: Text<'_>) {
        let [a, b] = self.place(chunk, text, &mut kind, CARRIED);
        self.entry([kind, a, b, 0, 0, 0, 0]);
    }

    #[inline(always)]
    fn push_event(&mut self, chunk: &mut Chunk<'_>, event: Event<'_>) {
        let mut kind = EVENT;
        let [a, b] = self.place(chunk, event.data, &mut kind, CARRIED);
        let [mut c, mut d, mut e, mut f] = [0; 4];
        if event.id_changed {
            kind |= HAS_ID;
            [c, d] = self.place(chunk, event.last_event_id, &mut kind, CARRIED << 1);
        }
        // The type that is no field of the stream is known by its address.
        if event.event_type.as_bytes().as_ptr() != MESSAGE.as_ptr() {
            [e, f] = self.place(chunk, event.event_type, &mut kind, CARRIED << 2);
        }
        self.entry([kind, a, b, c, d, e, f]);
    }

    /// Where a value lies; sets `flag` in `kind` where it had to be carried there.
    #[inline(always)]
    fn place(&mut self, chunk: &mut Chunk<'_>, value: Text<'_>, kind: &mut u32, flag: u32) -> [u32; 2] {
        chunk.place(value.as_bytes()).unwrap_or_else(|| {
            *kind |= flag;
            carry(&mut self.carried, value.as_bytes())
        })
    }

    #[inline(always)]
    fn entry(&mut self, words: [u32; ENTRY]) {
        self.words.extend_from_slice(&words);
    }
}

#[inline(never)]
fn carry(carried: &mut Vec<u8>, value: &[u8]) -> [u32; 2] {
    let start = carried.len();
    carried.extend_from_slice(value);
    [start as u32, carried.len() as u32]
}

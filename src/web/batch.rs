//! The batch table: what one chunk completed, as numbers that JavaScript reads out of wasm memory.
//!
//! A string made for each field by wasm-bindgen loses to plain JavaScript. Here JavaScript decodes the chunk once and
//! slices it by the table; values that do not lie in the chunk are decoded at once too, from a second text.
//!
//! The table is in bytes, which in ASCII are UTF-16 units. For other text JavaScript has it converted by `measure`, unless
//! the text is not UTF-8: then it decodes value by value.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::utf16::Counter;
use crate::encoder::Bytes;
use crate::event::MESSAGE;
use crate::simd::is_ascii;
use crate::{Event, Item, Text};

/// Words before the entries: how many entries; whether the texts are other than ASCII; the range of the chunk that values lie
/// in; where the carried text is, and how many bytes; where the input is; whether the parser is between two events.
const HEADER: usize = 8;
/// Words of an entry: its kind and flags, and two ranges.
const ENTRY: usize = 5;

// The kind of an entry, the low bits of its first word; js/batch.ts has the same numbers.
const KIND: u32 = 15;
const EVENT: u32 = 0;
const COMMENT: u32 = 1;
const RETRY: u32 = 2;
const LAST_EVENT_ID: u32 = 3;
const FIELD: u32 = 4;
const ERROR: u32 = 5;
/// A type that is met for the first time: it gets the next number of the list of types.
const NEW_TYPE: u32 = 6;
/// The type of the next event, where the list of types is full.
const RARE_TYPE: u32 = 7;

// Flags of the first word: which text a value lies in, and what an event has.
const FIRST_CARRIED: u32 = 1 << 4;
const SECOND_CARRIED: u32 = 1 << 5;
const HAS_ID: u32 = 1 << 6;
const HAS_RARE_TYPE: u32 = 1 << 7;
const TYPE_SHIFT: u32 = 8;

/// What a reader wants entries for, beside events.
pub(super) const WANTS_COMMENTS: u32 = 1;
pub(super) const WANTS_FIELDS: u32 = 2;

/// Types that streams repeat, known to JavaScript by their number, so that it makes the string once.
struct Types {
    known: Vec<Box<[u8]>>,
    /// The last one found, looked at first.
    last: usize,
}

impl Types {
    /// More than any protocol has, few enough to search one by one; a stream with more pays a slice an event.
    const MOST: usize = 32;
    /// A longer one, in bytes, is not kept.
    const LONGEST: usize = 64;

    #[inline(always)]
    fn find(&mut self, event_type: &[u8]) -> Option<usize> {
        // The first one, known by its address.
        if event_type.as_ptr() == MESSAGE.as_ptr() {
            return Some(0);
        }
        if &*self.known[self.last] != event_type {
            self.last = self.known.iter().position(|known| **known == *event_type)?;
        }
        Some(self.last)
    }
}

/// The chunk that is being read.
#[derive(Clone)]
pub(super) struct Chunk<'c> {
    bytes: &'c [u8],
    /// What of it values lie in; empty while none does.
    used: Range<usize>,
}

impl<'c> Chunk<'c> {
    pub(super) fn new(bytes: &'c [u8]) -> Self {
        Chunk { bytes, used: usize::MAX..0 }
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
        self.used = self.used.start.min(start)..self.used.end.max(end);
        Some([start as u32, end as u32])
    }
}

/// The table and the carried text, re-used for every chunk of every parser.
pub(super) struct Table {
    words: Vec<u32>,
    /// Values that do not lie in the chunk, one behind the other.
    carried: Vec<u8>,
    types: Types,
}

impl Table {
    /// A carried text grown beyond this by a rare large event is given back.
    const KEEP: usize = 128 * 1024;

    pub(super) fn new() -> Self {
        let types = Types { known: vec![Box::from(MESSAGE)], last: 0 };
        Table { words: vec![0; HEADER], carried: Vec::new(), types }
    }

    pub(super) fn begin(&mut self) {
        self.words.truncate(HEADER);
        if self.carried.capacity() > Table::KEEP {
            self.carried = Vec::new();
        }
        self.carried.clear();
    }

    /// Writes the header, and tells where the table is.
    pub(super) fn finish(&mut self, chunk: &Chunk<'_>, between_events: bool) -> u32 {
        let used = if chunk.used.is_empty() { 0..0 } else { chunk.used.clone() };
        // From its beginning on, as JavaScript decodes an ASCII chunk whole.
        let ascii = is_ascii(&chunk.bytes[..used.end]) && is_ascii(&self.carried);
        let header = [
            ((self.words.len() - HEADER) / ENTRY) as u32,
            u32::from(!ascii),
            used.start as u32,
            used.end as u32,
            self.carried.as_ptr() as u32,
            self.carried.len() as u32,
            chunk.bytes.as_ptr() as u32,
            u32::from(between_events),
        ];
        self.words[..HEADER].copy_from_slice(&header);
        self.words.as_ptr() as u32
    }

    /// Turns the table into UTF-16 units; those of the chunk count from the range that the header names.
    pub(super) fn measure(&mut self, input: &[u8]) {
        let start = self.words[2] as usize;
        let (mut chunk, mut carried) = (Counter::new(input, start), Counter::new(&self.carried, 0));
        for [kind, first_start, first_end, second_start, second_end] in self.words[HEADER..].as_chunks_mut::<ENTRY>().0
        {
            for (flag, from, to) in
                [(FIRST_CARRIED, first_start, first_end), (SECOND_CARRIED, second_start, second_end)]
            {
                let is_text = *from < *to && *kind & KIND != RETRY;
                if is_text {
                    let counter = if *kind & flag == 0 { &mut chunk } else { &mut carried };
                    *from = counter.units_to(*from as usize) as u32;
                    *to = counter.units_to(*to as usize) as u32;
                }
            }
        }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, chunk: &mut Chunk<'_>, item: Item<'_>, wants: u32) {
        match item {
            Item::Event(event) => self.push_event(chunk, event),
            item => self.push_other(chunk, item, wants),
        }
    }

    #[inline(never)]
    fn push_other(&mut self, chunk: &mut Chunk<'_>, item: Item<'_>, wants: u32) {
        match item {
            Item::Comment(text) if wants & WANTS_COMMENTS != 0 => self.push_rare(chunk, COMMENT, text, Text::default()),
            Item::Retry(milliseconds) => {
                self.entry([RETRY, milliseconds as u32, (milliseconds >> 32) as u32, 0, 0]);
            }
            Item::LastEventId(id) => self.push_rare(chunk, LAST_EVENT_ID, id, Text::default()),
            Item::Field { name, value } if wants & WANTS_FIELDS != 0 => self.push_rare(chunk, FIELD, name, value),
            Item::Error(error) => {
                let start = self.carried.len() as u32;
                // A `Vec` of bytes never fails.
                let _ = error.describe(&mut Bytes(&mut self.carried));
                self.entry([ERROR | FIRST_CARRIED, start, self.carried.len() as u32, 0, 0]);
            }
            _ => {}
        }
    }

    #[inline(always)]
    fn push_event(&mut self, chunk: &mut Chunk<'_>, event: Event<'_>) {
        let mut kind = EVENT;
        match self.types.find(event.event_type.as_bytes()) {
            Some(number) => kind |= (number as u32) << TYPE_SHIFT,
            None => kind |= self.new_type(chunk, event.event_type),
        }
        let mut id = Text::default();
        if event.id_changed {
            kind |= HAS_ID;
            id = event.last_event_id;
        }
        self.push_texts(chunk, kind, event.data, id);
    }

    #[cold]
    fn new_type(&mut self, chunk: &mut Chunk<'_>, event_type: Text<'_>) -> u32 {
        let number = self.types.known.len();
        if number == Types::MOST || event_type.as_bytes().len() > Types::LONGEST {
            self.push_rare(chunk, RARE_TYPE, event_type, Text::default());
            return HAS_RARE_TYPE;
        }
        self.push_rare(chunk, NEW_TYPE, event_type, Text::default());
        self.types.known.push(Box::from(event_type.as_bytes()));
        (number as u32) << TYPE_SHIFT
    }

    #[inline(never)]
    fn push_rare(&mut self, chunk: &mut Chunk<'_>, kind: u32, first: Text<'_>, second: Text<'_>) {
        self.push_texts(chunk, kind, first, second);
    }

    #[inline(always)]
    fn push_texts(&mut self, chunk: &mut Chunk<'_>, mut kind: u32, first: Text<'_>, second: Text<'_>) {
        let mut place = |value: Text<'_>, flag| {
            if value.is_empty() {
                return [0, 0];
            }
            chunk.place(value.as_bytes()).unwrap_or_else(|| {
                kind |= flag;
                carry(&mut self.carried, value.as_bytes())
            })
        };
        let ([a, b], [c, d]) = (place(first, FIRST_CARRIED), place(second, SECOND_CARRIED));
        self.entry([kind, a, b, c, d]);
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

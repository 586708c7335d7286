//! The batch table: what one chunk completed, as numbers that JavaScript reads out of wasm memory.
//!
//! A string made for each field by wasm-bindgen loses to plain JavaScript. Here JavaScript decodes the chunk once and
//! slices it by the table; values that do not lie in the chunk are decoded at once too, from a second text.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::utf16::{Carried, Chunk};
use crate::{Event, Item};

/// Words before the entries: how many entries, whether the chunk must be decoded, where the carried text is and its bytes.
const HEADER: usize = 4;

// The kind of an entry, the low bits of its first word; js/batch.ts has the same numbers.
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

    fn find(&mut self, event_type: &[u8]) -> Option<usize> {
        if &*self.known[self.last] != event_type {
            self.last = self.known.iter().position(|known| **known == *event_type)?;
        }
        Some(self.last)
    }
}

/// The table and the carried text, re-used for every chunk of every parser.
pub(super) struct Table {
    words: Vec<u32>,
    carried: Carried,
    types: Types,
}

impl Table {
    pub(super) fn new() -> Self {
        let message: Box<[u8]> = Box::from(*b"message");
        Table {
            words: Vec::from([0; HEADER]),
            carried: Carried::default(),
            types: Types { known: Vec::from([message]), last: 0 },
        }
    }

    pub(super) fn begin(&mut self) {
        self.words.truncate(HEADER);
        self.carried.clear();
    }

    /// Writes the header, and tells where the table is.
    pub(super) fn finish(&mut self, chunk: &Chunk<'_>) -> u32 {
        let carried = self.carried.as_bytes();
        let header = [
            ((self.words.len() - HEADER) / 5) as u32,
            u32::from(chunk.is_used()),
            carried.as_ptr() as u32,
            carried.len() as u32,
        ];
        self.words[..HEADER].copy_from_slice(&header);
        self.words.as_ptr() as u32
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
            Item::Comment(text) if wants & WANTS_COMMENTS != 0 => {
                self.push_texts(chunk, COMMENT, text.as_bytes(), &[]);
            }
            Item::Retry(milliseconds) => {
                self.entry([RETRY, milliseconds as u32, (milliseconds >> 32) as u32, 0, 0]);
            }
            Item::LastEventId(id) => self.push_texts(chunk, LAST_EVENT_ID, id.as_bytes(), &[]),
            Item::Field { name, value } if wants & WANTS_FIELDS != 0 => {
                self.push_texts(chunk, FIELD, name.as_bytes(), value.as_bytes());
            }
            Item::Error(error) => {
                let (start, _) = self.carried.push(&[]);
                // A `Carried` never fails.
                let _ = error.describe(&mut self.carried);
                let (end, _) = self.carried.push(&[]);
                self.entry([ERROR | FIRST_CARRIED, start, end, 0, 0]);
            }
            _ => {}
        }
    }

    #[inline(always)]
    fn push_event(&mut self, chunk: &mut Chunk<'_>, event: Event<'_>) {
        let mut kind = EVENT;
        match self.type_number(event.event_type.as_bytes()) {
            Some(number) => kind |= (number as u32) << TYPE_SHIFT,
            None => {
                kind |= HAS_RARE_TYPE;
                self.push_texts(chunk, RARE_TYPE, event.event_type.as_bytes(), &[]);
            }
        }
        let id = match event.id_changed {
            true => {
                kind |= HAS_ID;
                event.last_event_id.as_bytes()
            }
            false => &[],
        };
        self.push_texts(chunk, kind, event.data.as_bytes(), id);
    }

    #[inline(always)]
    fn type_number(&mut self, event_type: &[u8]) -> Option<usize> {
        if let Some(number) = self.types.find(event_type) {
            return Some(number);
        }
        self.new_type(event_type)
    }

    #[cold]
    fn new_type(&mut self, event_type: &[u8]) -> Option<usize> {
        if self.types.known.len() == Types::MOST {
            return None;
        }
        let (start, end) = self.carried.push(event_type);
        self.entry([NEW_TYPE | FIRST_CARRIED, start, end, 0, 0]);
        self.types.known.push(Box::from(event_type));
        Some(self.types.known.len() - 1)
    }

    #[inline(always)]
    fn push_texts(&mut self, chunk: &mut Chunk<'_>, mut kind: u32, first: &[u8], second: &[u8]) {
        let mut place = |value: &[u8], flag| {
            if value.is_empty() {
                return (0, 0);
            }
            chunk.place(value).unwrap_or_else(|| {
                kind |= flag;
                self.carried.push(value)
            })
        };
        let (first, second) = (place(first, FIRST_CARRIED), place(second, SECOND_CARRIED));
        self.entry([kind, first.0, first.1, second.0, second.1]);
    }

    #[inline(always)]
    fn entry(&mut self, words: [u32; 5]) {
        self.words.extend_from_slice(&words);
    }
}

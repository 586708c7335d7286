//! The writing side of the boundary: many events in one text and one table in, frames out.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use wasm_bindgen::prelude::wasm_bindgen;

use super::server::Outbox;
use crate::EncodeError;
use crate::encoder::{Parts, encode_parts};

// The parts an event has, the bits of its first word; js/frames.ts has the same numbers.
const COMMENT: u32 = 1;
const EVENT: u32 = 1 << 1;
const ID: u32 = 1 << 2;
const DATA: u32 = 1 << 3;
const RETRY: u32 = 1 << 4;

/// Words an event has in the table: its parts; the UTF-16 lengths of comment, event, id and data; retry, low and high.
const ENTRY: usize = 7;

/// Buffers grown beyond this by a rare large event are given back.
const KEEP: usize = 256 * 1024;

/// The memory that all encoding shares: one for the page, as a batch is framed in one go.
#[wasm_bindgen]
pub struct Framer {
    /// All strings of a batch, one behind the other, as `encodeInto` wrote them.
    input: Vec<u8>,
    table: Vec<u32>,
    error: Option<EncodeError>,
}

#[wasm_bindgen]
impl Framer {
    /// A framer for batches of up to `events` events.
    #[wasm_bindgen(constructor)]
    pub fn new(events: u32) -> Framer {
        Framer { input: Vec::new(), table: vec![0; events as usize * ENTRY], error: None }
    }

    /// Where JavaScript writes the table. It never moves.
    #[wasm_bindgen(getter)]
    pub fn table(&self) -> u32 {
        self.table.as_ptr() as u32
    }

    /// Makes room for `bytes` of text, and tells where.
    pub fn reserve(&mut self, bytes: u32) -> u32 {
        let bytes = bytes as usize;
        if bytes > self.input.len() || self.input.len() > KEEP {
            self.input = vec![0; bytes];
        }
        self.input.as_ptr() as u32
    }

    /// Appends the frames of `events` events, whose strings are `written` bytes that were `units` UTF-16 units, to the outbox.
    ///
    /// Tells how many it took; fewer than `events` where the next one was refused, for the reason that `code` and `message`
    /// give.
    pub fn encode(&mut self, outbox: &mut Outbox, events: u32, written: u32, units: u32) -> u32 {
        let bytes = self.input.get(..written as usize).unwrap_or_default();
        let mut text = Units { bytes, ascii: written == units };
        for (index, entry) in self.table.as_chunks::<ENTRY>().0.iter().take(events as usize).enumerate() {
            let &[parts, comment, event, id, data, low, high] = entry;
            let mut take = |part, units: u32| (parts & part != 0).then(|| text.take(units as usize));
            let parts = Parts {
                comment: take(COMMENT, comment),
                event: take(EVENT, event),
                id: take(ID, id),
                data: take(DATA, data),
                retry: (parts & RETRY != 0).then_some(u64::from(high) << 32 | u64::from(low)),
            };
            if let Err(error) = encode_parts(&parts, outbox.bytes()) {
                self.error = Some(error);
                return index as u32;
            }
        }
        events
    }

    /// The code of the last refusal.
    pub fn code(&self) -> String {
        self.error.map_or_else(String::new, |error| String::from(error.code()))
    }

    /// The message of the last refusal.
    pub fn message(&self) -> String {
        let mut message = String::new();
        if let Some(error) = self.error {
            // A `String` never fails.
            let _ = error.describe(&mut message);
        }
        message
    }
}

/// UTF-8 that is taken by lengths in UTF-16 units.
struct Units<'a> {
    bytes: &'a [u8],
    /// A unit is a byte.
    ascii: bool,
}

impl<'a> Units<'a> {
    fn take(&mut self, units: usize) -> &'a [u8] {
        let length = if self.ascii { units } else { bytes_of(self.bytes, units) };
        let (taken, rest) = self.bytes.split_at(length.min(self.bytes.len()));
        self.bytes = rest;
        taken
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

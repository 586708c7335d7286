//! The parser as JavaScript has it.

use alloc::vec;
use alloc::vec::Vec;
use wasm_bindgen::prelude::wasm_bindgen;

use super::batch::{Chunk, Table};
use crate::Parser;

/// The state of one stream.
#[wasm_bindgen]
pub struct RawParser {
    parser: Parser,
    /// What entries are wanted for, beside events.
    wants: u32,
}

#[wasm_bindgen]
impl RawParser {
    /// A parser at the start of a stream.
    #[wasm_bindgen(constructor)]
    pub fn new(max_event_size: u32, wants: u32, last_event_id: &str) -> RawParser {
        let parser =
            Parser::new().with_max_event_size(max_event_size as usize).with_last_event_id(last_event_id.as_bytes());
        RawParser { parser, wants }
    }

    /// Ends the stream: what is left of it is dropped.
    pub fn end(&mut self) {
        self.parser.end(false, |_| {});
    }

    /// Forgets the stream.
    pub fn reset(&mut self) {
        self.parser.reset();
    }
}

/// The memory that parsers share while a chunk is read: one for the page, as a chunk is read in one go.
#[wasm_bindgen]
pub struct Batch {
    input: Vec<u8>,
    table: Table,
}

#[wasm_bindgen]
impl Batch {
    /// A batch whose input takes chunks of up to `capacity` bytes; JavaScript cuts larger ones.
    #[wasm_bindgen(constructor)]
    pub fn new(capacity: u32) -> Batch {
        Batch { input: vec![0; capacity as usize], table: Table::new() }
    }

    /// Where JavaScript puts a chunk. It never moves.
    #[wasm_bindgen(getter)]
    pub fn input(&self) -> u32 {
        self.input.as_ptr() as u32
    }

    /// Reads `length` bytes of the input, and tells where the table is that says what they completed.
    pub fn feed(&mut self, parser: &mut RawParser, length: u32) -> u32 {
        let bytes = self.input.get(..length as usize).unwrap_or_default();
        let mut chunk = Chunk::new(bytes);
        self.table.begin();
        parser.parser.feed(bytes, |item| self.table.push(&mut chunk, item, parser.wants));
        self.table.finish(&chunk)
    }

    /// Turns the table into UTF-16 units, where the header says that the texts are not ASCII and they have proved to be
    /// UTF-8.
    pub fn measure(&mut self) {
        self.table.measure(&self.input);
    }
}

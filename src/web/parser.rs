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
    /// A parser that is to be told to `begin`.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript has no Default")]
    pub fn new() -> RawParser {
        RawParser { parser: Parser::new(), wants: 0 }
    }

    /// Forgets what was, and begins a stream, or goes on between two events of one.
    pub fn begin(&mut self, max_event_size: u32, wants: u32, in_stream: bool) {
        let parser = Parser::new().with_max_event_size(max_event_size as usize);
        self.parser = if in_stream { parser.past_bom() } else { parser };
        self.wants = wants;
    }
}

/// The memory that parsers share while a chunk is read: one for the page, as a chunk is read in one go.
#[wasm_bindgen]
pub struct Batch {
    /// Where JavaScript puts a chunk. It never moves.
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

    /// Reads `length` bytes of the input, and tells where the table is that says what they completed.
    pub fn feed(&mut self, parser: &mut RawParser, length: u32) -> u32 {
        let mut chunk = Chunk::new(self.input.get(..length as usize).unwrap_or_default());
        self.table.begin();
        parser.parser.feed(chunk.bytes(), |item| self.table.push(&mut chunk, item, parser.wants));
        self.table.finish(&chunk, parser.parser.is_between_events())
    }

    /// Turns the table into UTF-16 units, where the header says that the texts are not ASCII and they have proved to be
    /// UTF-8.
    pub fn measure(&mut self) {
        self.table.measure(&self.input);
    }
}

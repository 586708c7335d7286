//! The parser as JavaScript has it: functions on numbers. A class of wasm-bindgen would count references and
//! check borrows at every chunk.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

use super::batch::{Chunk, Table};
use crate::Parser;

/// All parsers of this instance, and the memory that they share while a chunk is read.
struct Parsers {
    /// By their number.
    streams: Vec<Stream>,
    /// Numbers that are to be given again.
    free: Vec<u32>,
    /// Where JavaScript puts a chunk. It never moves.
    input: Vec<u8>,
    table: Table,
}

/// The state of one stream.
struct Stream {
    parser: Parser,
    wants_comments: bool,
}

struct Local<T>(RefCell<T>);

// SAFETY: the artifacts are built without the `atomics` target feature, so that each instance has one thread.
unsafe impl<T> Sync for Local<T> {}

static PARSERS: Local<Parsers> =
    Local(RefCell::new(Parsers { streams: Vec::new(), free: Vec::new(), input: Vec::new(), table: Table::new() }));

/// Makes the input, once, for chunks of up to `capacity` bytes; JavaScript cuts larger ones. Tells where it is.
#[wasm_bindgen]
pub fn input(capacity: u32) -> u32 {
    let mut parsers = PARSERS.0.borrow_mut();
    parsers.input = vec![0; capacity as usize];
    parsers.input.as_ptr() as u32
}

/// Makes a parser, and tells its number.
#[wasm_bindgen]
pub fn open() -> u32 {
    let mut parsers = PARSERS.0.borrow_mut();
    parsers.free.pop().unwrap_or_else(|| {
        parsers.streams.push(Stream { parser: Parser::new(), wants_comments: false });
        parsers.streams.len() as u32 - 1
    })
}

/// Has a parser forget what was, and begin a stream, or go on between two events of one.
#[wasm_bindgen]
pub fn begin(number: u32, max_event_size: u32, wants_comments: bool, in_stream: bool) {
    if let Some(stream) = PARSERS.0.borrow_mut().streams.get_mut(number as usize) {
        let parser = Parser::new().with_max_event_size(max_event_size as usize);
        *stream = Stream { parser: if in_stream { parser.past_bom() } else { parser }, wants_comments };
    }
}

/// Gives a parser back; its number is not to be used again.
#[wasm_bindgen]
pub fn close(number: u32) {
    begin(number, 0, false, false);
    PARSERS.0.borrow_mut().free.push(number);
}

/// Reads `length` bytes of the input, and tells where the table is that says what they completed.
#[wasm_bindgen]
pub fn feed(number: u32, length: u32) -> u32 {
    let Parsers { streams, input, table, .. } = &mut *PARSERS.0.borrow_mut();
    let Some(stream) = streams.get_mut(number as usize) else { return 0 };
    let mut chunk = Chunk::new(input.get(..length as usize).unwrap_or_default());
    table.begin();
    stream.parser.feed(chunk.bytes(), |item| table.push(&mut chunk, item, stream.wants_comments));
    table.finish(&chunk, stream.parser.is_between_events())
}

/// Turns the table into UTF-16 units, where the header says that the texts are not ASCII and they have proved to be UTF-8.
#[wasm_bindgen]
pub fn measure() {
    let Parsers { input, table, .. } = &mut *PARSERS.0.borrow_mut();
    table.measure(input);
}

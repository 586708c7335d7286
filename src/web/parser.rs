//! The parser as JavaScript has it: functions on numbers. A class of wasm-bindgen would count references and
//! check borrows at every chunk.

use alloc::vec::Vec;

use wasm_bindgen::prelude::wasm_bindgen;

use super::Single;
use super::batch::{Batch, Table};
use crate::scanner::Scanner;

/// All streams of this instance, and the table that they share while a chunk is read.
struct Streams {
    /// By the numbers that JavaScript has given them.
    streams: Vec<Stream>,
    table: Table,
}

/// One stream.
struct Stream {
    scanner: Scanner,
    wants: u32,
}

static STREAMS: Single<Streams> = Single::new(Streams { streams: Vec::new(), table: Table::new() });

/// Begins a stream, or goes on between two events of one, in place of the one that had the number. A number that is new is
/// the next one, counted from 0. `wants` has 1 for comments, 2 for fields that the standard does not know.
#[wasm_bindgen]
pub fn begin(number: u32, max_event_size: u32, wants: u32, in_stream: bool) {
    STREAMS.with(|Streams { streams, .. }| {
        let number = number as usize;
        if number == streams.len() {
            streams.push(Stream { scanner: Scanner::new(0), wants });
        }
        if let Some(stream) = streams.get_mut(number) {
            stream.scanner.begin(max_event_size as usize, in_stream);
            stream.wants = wants;
        }
    });
}

/// Makes room for a chunk of `length` bytes, and tells where JavaScript is to write it.
#[wasm_bindgen]
pub fn reserve(number: u32, length: u32) -> u32 {
    STREAMS.with(|Streams { streams, .. }| {
        let Some(stream) = streams.get_mut(number as usize) else { return 0 };
        stream.scanner.room(length as usize).as_ptr() as u32
    })
}

/// Reads the `length` bytes that were written, and tells where the table is that says what they completed.
#[wasm_bindgen]
pub fn feed(number: u32, length: u32) -> u32 {
    STREAMS.with(|Streams { streams, table }| {
        let Some(Stream { scanner, wants }) = streams.get_mut(number as usize) else { return 0 };
        let from = scanner.buffer().len();
        table.begin(scanner.origin());
        scanner.scan(length as usize, &mut Batch { table, wants: *wants });
        table.finish(scanner, from, length as usize)
    })
}

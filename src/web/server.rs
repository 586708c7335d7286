//! The writing side of the boundary: many events in one text and one table in, frames out, into the queue of a response.
//!
//! Only numbers pass. JavaScript has the `ReadableStream` and its promises; what they are about is here.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

use super::Local;
use super::utf16::Units;
use crate::EncodeError;
use crate::encoder::{Bytes, Parts, encode_parts};
use crate::lines::BLOCK;
use crate::queue::SendQueue;

// The parts an event has, the bits of its first word; js/frames.ts has the same numbers.
const COMMENT: u32 = 1;
const EVENT: u32 = 1 << 1;
const ID: u32 = 1 << 2;
const DATA: u32 = 1 << 3;
const RETRY: u32 = 1 << 4;

/// Words before the events: where the bytes of the outbox are that was written to, how many, and whether it has room.
const HEADER: usize = 3;
/// Words an event has: its parts; the UTF-16 lengths of comment, event, id and data; retry, low and high.
const ENTRY: usize = 7;

/// An input grown beyond this by a rare large event is given back.
const KEEP: usize = 256 * 1024;
/// Quiet ticks after which a heartbeat is due; JavaScript ticks twice a heartbeat period.
const QUIET_TICKS: u32 = 2;

/// All that is written in this instance; the memory of the input is shared, as a batch is framed in one go.
struct Writer {
    /// By the numbers that JavaScript has given them.
    outboxes: Vec<Outbox>,
    /// All strings of a batch, one behind the other, as `encodeInto` wrote them.
    input: Vec<u8>,
    table: Vec<u32>,
    /// Why the last event was refused.
    refusal: Vec<u8>,
}

/// Frames on their way to one reader.
struct Outbox {
    queue: SendQueue,
    /// Ticks since bytes last left.
    quiet: u32,
}

static WRITER: Local<Writer> =
    Local(RefCell::new(Writer { outboxes: Vec::new(), input: Vec::new(), table: Vec::new(), refusal: Vec::new() }));

/// Makes the table for batches of up to `events` events, once, and tells where it is. It never moves.
#[wasm_bindgen]
pub fn table(events: u32) -> u32 {
    let writer = &mut *WRITER.0.borrow_mut();
    writer.table = vec![0; HEADER + events as usize * ENTRY];
    writer.table.as_ptr() as u32
}

/// Makes an empty outbox that has room while it holds less than `max_buffer` bytes, in place of the one that had the number.
#[wasm_bindgen]
pub fn open(number: u32, max_buffer: u32) {
    let Writer { outboxes, .. } = &mut *WRITER.0.borrow_mut();
    let empty = |max_buffer| Outbox { queue: SendQueue::new(max_buffer), quiet: 0 };
    // More than one where JavaScript has taken a number and then not used it.
    while number as usize >= outboxes.len() {
        outboxes.push(empty(0));
    }
    if let Some(outbox) = outboxes.get_mut(number as usize) {
        *outbox = empty(max_buffer as usize);
    }
}

/// Makes room for `bytes` of text, and tells where.
#[wasm_bindgen]
pub fn reserve(bytes: u32) -> u32 {
    let Writer { input, .. } = &mut *WRITER.0.borrow_mut();
    let needed = bytes as usize + BLOCK;
    if needed > input.len() || input.len() > KEEP {
        *input = vec![0; needed];
    }
    input.as_ptr() as u32
}

/// Appends the frames of `events` events, from the one at `first` of the table on, whose strings are `written` bytes that were
/// `units` UTF-16 units, to an outbox.
///
/// Tells how many it took; fewer than `events` where the next one was refused, for the reason at `refusal`.
#[wasm_bindgen]
pub fn write(number: u32, first: u32, events: u32, written: u32, units: u32) -> u32 {
    let Writer { outboxes, input, table, refusal } = &mut *WRITER.0.borrow_mut();
    let Some(outbox) = outboxes.get_mut(number as usize) else { return 0 };
    let Some((header, entries)) = table.split_at_mut_checked(HEADER) else { return 0 };
    let mut text = Units::new(input, written == units);
    let mut taken = 0;
    for entry in entries.as_chunks().0.iter().skip(first as usize).take(events as usize) {
        if let Err(error) = frame(entry, &mut text, outbox.queue.frames()) {
            *refusal = describe(error);
            break;
        }
        taken += 1;
    }
    if let [start, length, room] = header {
        let bytes = outbox.queue.as_bytes();
        (*start, *length) = (bytes.as_ptr() as u32, bytes.len() as u32);
        *room = u32::from(outbox.queue.has_room());
    }
    taken
}

fn frame(entry: &[u32; ENTRY], text: &mut Units<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let &[parts, comment, event, id, data, low, high] = entry;
    let mut take = |part, units: u32| (parts & part != 0).then(|| text.take(units as usize));
    let parts = Parts {
        comment: take(COMMENT, comment),
        event: take(EVENT, event),
        id: take(ID, id),
        data: take(DATA, data),
        retry: (parts & RETRY != 0).then_some(u64::from(high) << 32 | u64::from(low)),
    };
    encode_parts(&parts, out)
}

/// Code, line end, message, and a NUL.
fn describe(error: EncodeError) -> Vec<u8> {
    let mut text = Vec::from(error.code());
    text.push(b'\n');
    // A `Vec` of bytes never fails.
    let _ = error.describe(&mut Bytes(&mut text));
    text.push(0);
    text
}

/// Where it says why the last event was refused.
#[wasm_bindgen]
pub fn refusal() -> u32 {
    WRITER.0.borrow().refusal.as_ptr() as u32
}

/// The bytes that waited in an outbox have left.
#[wasm_bindgen]
pub fn clear(number: u32) {
    if let Some(outbox) = WRITER.0.borrow_mut().outboxes.get_mut(number as usize) {
        outbox.queue.clear();
        outbox.quiet = 0;
    }
}

/// Half a heartbeat period is over. True when nothing has left for a whole one and nothing waits.
#[wasm_bindgen]
pub fn tick(number: u32) -> bool {
    let Writer { outboxes, .. } = &mut *WRITER.0.borrow_mut();
    let Some(outbox) = outboxes.get_mut(number as usize) else { return false };
    outbox.quiet += 1;
    let due = outbox.quiet >= QUIET_TICKS && outbox.queue.as_bytes().is_empty();
    if due {
        outbox.quiet = 0;
    }
    due
}

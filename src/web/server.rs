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
use crate::outgoing::Quiet;
use crate::queue::{FrameInfo, Overflow, SendQueue};
use crate::relay::Relay;

// The parts an event has, the bits of its first word; js/frames.ts has the same numbers.
const COMMENT: u32 = 1;
const EVENT: u32 = 1 << 1;
const ID: u32 = 1 << 2;
const DATA: u32 = 1 << 3;
const RETRY: u32 = 1 << 4;

/// Words before the events, which tell of the outbox that was written to.
const HEADER: usize = 3;
/// Words an event has: its parts; the UTF-16 lengths of comment, event, id and data; retry, low and high; its key.
const ENTRY: usize = 8;

// The state of an outbox, the last word of the header; js/outbox.ts has the same numbers.
const FULL: u32 = 0;
const ROOM: u32 = 1;
const OVERFLOWED: u32 = 2;

/// An input grown beyond this by a rare large event is given back.
const KEEP: usize = 256 * 1024;

/// All that is written in this instance; the memory of the input is shared, as a batch is framed in one go.
pub(super) struct Writer {
    /// By the numbers that JavaScript has given them.
    outboxes: Vec<Outbox>,
    /// All strings of a batch, one behind the other, as `encodeInto` wrote them; or bytes to relay.
    input: Vec<u8>,
    table: Vec<u32>,
    /// Why the last event was refused.
    refusal: Vec<u8>,
}

/// Frames on their way to one reader.
pub(super) struct Outbox {
    pub(super) queue: SendQueue,
    /// JavaScript ticks twice a heartbeat period.
    quiet: Quiet,
    /// What is handed on to the reader as it comes.
    relay: Relay,
}

impl Outbox {
    fn new(max_buffer: u32, overflow: u32) -> Self {
        let overflow = match overflow {
            1 => Overflow::DropOldest,
            2 => Overflow::DropNewest,
            3 => Overflow::LatestPerKey,
            4 => Overflow::Disconnect,
            _ => Overflow::Wait,
        };
        Outbox {
            queue: SendQueue::new(max_buffer as usize, overflow),
            quiet: Quiet::default(),
            relay: Relay::default(),
        }
    }
}

impl Writer {
    pub(super) fn outbox(&mut self, number: u32) -> Option<&mut Outbox> {
        self.outboxes.get_mut(number as usize)
    }

    /// Where bytes are, for JavaScript, and how many events they are.
    pub(super) fn tell(&mut self, bytes: &[u8], events: u32) {
        if let [start, length, count, ..] = &mut self.table[..] {
            (*start, *length, *count) = (bytes.as_ptr() as u32, bytes.len() as u32, events);
        }
    }

    /// Tells where what waits in an outbox lies if nothing of it is dropped, how much it is, and whether that is too much.
    pub(super) fn tell_state(&mut self, number: u32, fits: bool) {
        let Some(outbox) = self.outboxes.get(number as usize) else { return };
        let room = if outbox.queue.has_room() { ROOM } else { FULL };
        let (pointer, length) = (outbox.queue.pointer() as u32, outbox.queue.len() as u32);
        if let [start, waiting, state, ..] = &mut self.table[..] {
            (*start, *waiting, *state) = (pointer, length, if fits { room } else { OVERFLOWED });
        }
    }
}

pub(super) static WRITER: Local<Writer> =
    Local(RefCell::new(Writer { outboxes: Vec::new(), input: Vec::new(), table: Vec::new(), refusal: Vec::new() }));

/// Makes the table for batches of up to `events` events, once, and tells where it is. It never moves.
#[wasm_bindgen]
pub fn table(events: u32) -> u32 {
    let writer = &mut *WRITER.0.borrow_mut();
    writer.table = vec![0; HEADER + events as usize * ENTRY];
    writer.table.as_ptr() as u32
}

/// Makes an empty outbox that is full from `max_buffer` bytes on, in place of the one that had the number.
#[wasm_bindgen]
pub fn open(number: u32, max_buffer: u32, overflow: u32) {
    let Writer { outboxes, .. } = &mut *WRITER.0.borrow_mut();
    // More than one where JavaScript has taken a number and then not used it.
    while number as usize >= outboxes.len() {
        outboxes.push(Outbox::new(0, 0));
    }
    if let Some(outbox) = outboxes.get_mut(number as usize) {
        *outbox = Outbox::new(max_buffer, overflow);
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
    let writer = &mut *WRITER.0.borrow_mut();
    let Writer { outboxes, input, table, refusal } = writer;
    let Some(Outbox { queue, .. }) = outboxes.get_mut(number as usize) else { return 0 };
    let mut text = Units::new(input, written == units);
    let (mut taken, mut fits) = (0, true);
    let entries = table.get(HEADER..).unwrap_or_default();
    for entry in entries.as_chunks().0.iter().skip(first as usize).take(events as usize) {
        match frame(entry, &mut text, queue) {
            Ok(fitted) => fits &= fitted,
            Err(error) => {
                *refusal = describe(error);
                break;
            }
        }
        taken += 1;
    }
    writer.tell_state(number, fits);
    taken
}

fn frame(entry: &[u32; ENTRY], text: &mut Units<'_>, queue: &mut SendQueue) -> Result<bool, EncodeError> {
    let &[parts, comment, event, id, data, low, high, key] = entry;
    let mut take = |part, units: u32| (parts & part != 0).then(|| text.take(units as usize));
    let values = Parts {
        comment: take(COMMENT, comment),
        event: take(EVENT, event),
        id: take(ID, id),
        data: take(DATA, data),
        retry: (parts & RETRY != 0).then_some(u64::from(high) << 32 | u64::from(low)),
    };
    queue.write(FrameInfo { key, counted: parts & DATA != 0 }, |out| encode_parts(&values, out))
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

/// Hands on the first `length` bytes of the input, which are of an event stream, frame by frame. Tells how many bytes wait for the
/// end of their frame.
#[wasm_bindgen]
pub fn relay(number: u32, length: u32) -> u32 {
    let writer = &mut *WRITER.0.borrow_mut();
    let Some(Outbox { queue, relay, .. }) = writer.outboxes.get_mut(number as usize) else { return 0 };
    let mut fits = true;
    relay.feed(writer.input.get(..length as usize).unwrap_or_default(), |frame, counted| {
        fits &= queue.push(frame, FrameInfo { key: 0, counted });
    });
    let pending = relay.pending() as u32;
    writer.tell_state(number, fits);
    pending
}

/// Tells where all that waits in an outbox is: the next chunk.
#[wasm_bindgen]
pub fn chunk(number: u32) {
    let writer = &mut *WRITER.0.borrow_mut();
    let Some(outbox) = writer.outboxes.get_mut(number as usize) else { return };
    let bytes = outbox.queue.chunk();
    if let [start, length, ..] = &mut writer.table[..] {
        (*start, *length) = (bytes.as_ptr() as u32, bytes.len() as u32);
    }
}

/// The bytes that waited in an outbox have left.
#[wasm_bindgen]
pub fn clear(number: u32) {
    if let Some(outbox) = WRITER.0.borrow_mut().outbox(number) {
        outbox.queue.clear();
        outbox.quiet.end();
    }
}

/// A chunk of so many events has left that was not in the outbox.
#[wasm_bindgen]
pub fn passed(number: u32, events: u32) {
    if let Some(outbox) = WRITER.0.borrow_mut().outbox(number) {
        outbox.queue.passed(u64::from(events));
        outbox.quiet.end();
    }
}

/// The reader has gone.
#[wasm_bindgen]
pub fn abandon(number: u32) {
    if let Some(outbox) = WRITER.0.borrow_mut().outbox(number) {
        outbox.queue.abandon();
    }
}

/// How many events have left.
#[wasm_bindgen]
pub fn sent(number: u32) -> f64 {
    WRITER.0.borrow_mut().outbox(number).map_or(0.0, |outbox| outbox.queue.sent() as f64)
}

/// How many events were dropped.
#[wasm_bindgen]
pub fn dropped(number: u32) -> f64 {
    WRITER.0.borrow_mut().outbox(number).map_or(0.0, |outbox| outbox.queue.dropped() as f64)
}

/// Half a heartbeat period is over. True when nothing has left for a whole one and nothing waits.
#[wasm_bindgen]
pub fn tick(number: u32) -> bool {
    let writer = &mut *WRITER.0.borrow_mut();
    let Some(outbox) = writer.outbox(number) else { return false };
    outbox.quiet.tick(outbox.queue.is_empty())
}

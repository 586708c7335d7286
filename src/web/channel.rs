//! Channels at the boundary: one history each, and the outboxes of those who read it.
//!
//! JavaScript says who reads, and when; what they have missed and what goes to whom is here. Sequences pass as numbers, which are
//! exact up to 2^53.

use alloc::vec::Vec;
use core::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

use super::Local;
use super::server::WRITER;
use crate::history::{History, HistoryLimits, Position, Resumed};
use crate::queue::FrameInfo;

/// By the numbers that JavaScript has given them.
static CHANNELS: Local<Vec<History>> = Local(RefCell::new(Vec::new()));

const NONE: HistoryLimits = HistoryLimits { events: 0, bytes: 0, age: 0.0 };

fn with<T>(number: u32, work: impl FnOnce(&mut History) -> T) -> Option<T> {
    CHANNELS.0.borrow_mut().get_mut(number as usize).map(work)
}

fn position(epoch: f64, number: f64) -> Position {
    Position { epoch: epoch as u64, number: number as u64 }
}

/// Makes an empty channel with these limits, in place of the one that had the number.
#[wasm_bindgen]
pub fn channel(number: u32, events: f64, bytes: f64, age: f64) {
    let channels = &mut *CHANNELS.0.borrow_mut();
    while number as usize >= channels.len() {
        channels.push(History::new(NONE));
    }
    if let Some(channel) = channels.get_mut(number as usize) {
        *channel = History::new(HistoryLimits { events: events as usize, bytes: bytes as usize, age });
    }
}

/// Forgets everything; what comes next stands behind this position.
#[wasm_bindgen]
pub fn begin(channel: u32, epoch: f64, number: f64) {
    with(channel, |history| history.begin(position(epoch, number)));
}

/// Appends what waits in an outbox as the frame of one event, and empties that.
#[wasm_bindgen]
pub fn append(channel: u32, outbox: u32, epoch: f64, number: f64, now: f64, key: u32) {
    let writer = &mut *WRITER.0.borrow_mut();
    let Some(outbox) = writer.outbox(outbox) else { return };
    let info = FrameInfo { key, counted: outbox.queue.waiting() > 0 };
    with(channel, |history| history.append(position(epoch, number), now, info, outbox.queue.chunk()));
    outbox.queue.clear();
}

/// The sequence from which on a reader that has read up to a position gets everything, or -1 where that is not kept any more.
#[wasm_bindgen]
pub fn behind(channel: u32, epoch: f64, number: f64, now: f64) -> f64 {
    let found = with(channel, |history| {
        history.forget(now);
        history.behind(position(epoch, number))
    });
    match found {
        Some(Resumed::From(sequence)) => sequence as f64,
        _ => -1.0,
    }
}

/// Whether everything stands before a position.
#[wasm_bindgen]
pub fn is_before(channel: u32, epoch: f64, number: f64) -> bool {
    with(channel, |history| history.head() < position(epoch, number)).unwrap_or(false)
}

/// The sequence of the oldest event that is kept.
#[wasm_bindgen]
pub fn first(channel: u32) -> f64 {
    with(channel, |history| history.first()).unwrap_or(0) as f64
}

/// The sequence that the next event will have.
#[wasm_bindgen]
pub fn end(channel: u32) -> f64 {
    with(channel, |history| history.end()).unwrap_or(0) as f64
}

/// The epoch of the position of the event before a sequence, or before the oldest.
#[wasm_bindgen]
pub fn epoch_up_to(channel: u32, sequence: f64) -> f64 {
    with(channel, |history| history.up_to(sequence as u64).epoch).unwrap_or(0) as f64
}

/// The number of the position of the event before a sequence, or before the oldest.
#[wasm_bindgen]
pub fn number_up_to(channel: u32, sequence: f64) -> f64 {
    with(channel, |history| history.up_to(sequence as u64).number).unwrap_or(0) as f64
}

/// Everything before this sequence has been handed to those who read.
#[wasm_bindgen]
pub fn deliver(channel: u32, sequence: f64, now: f64) {
    with(channel, |history| history.deliver(sequence as u64, now));
}

/// Tells where the frames from one sequence to another are, as many as there is room for in so many bytes, how many of them are
/// counted, and how many they are.
#[wasm_bindgen]
pub fn run(channel: u32, from: f64, to: f64, max_bytes: u32) -> u32 {
    with(channel, |history| {
        let (bytes, count) = history.run(from as u64..to as u64, max_bytes as usize);
        let counted = history.counted(from as u64..from as u64 + count);
        WRITER.0.borrow_mut().tell(bytes, counted as u32);
        count as u32
    })
    .unwrap_or(0)
}

/// When the event with this sequence was published.
#[wasm_bindgen]
pub fn published(channel: u32, sequence: f64) -> f64 {
    with(channel, |history| history.kept(sequence as u64).next().map_or(0.0, |kept| kept.at)).unwrap_or(0.0)
}

/// Appends the frames of `count` events, from a sequence on, to an outbox.
#[wasm_bindgen]
pub fn share(channel: u32, outbox: u32, from: f64, count: u32) {
    let writer = &mut *WRITER.0.borrow_mut();
    let Some(to) = writer.outbox(outbox) else { return };
    let mut fits = true;
    with(channel, |history| {
        for kept in history.kept(from as u64).take(count as usize) {
            fits &= to.queue.push(kept.frame, kept.info);
        }
    });
    writer.tell_state(outbox, fits);
}

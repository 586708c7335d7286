//! The history of a channel: the frames of its newest events, for readers that come back.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ops::Range;

use crate::queue::FrameInfo;

/// Bytes that are kept however few are needed.
const LEAST: usize = 4096;

/// Where an event stands in a channel: what its id says.
///
/// Positions of one channel only ever grow. A channel that has forgotten everything begins a new epoch, so that an id from
/// before is never taken for one of now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// When the numbers began, in milliseconds since 1970; or whatever else grows.
    pub epoch: u64,
    /// The number within the epoch.
    pub number: u64,
}

/// How much of the past is kept: whatever is passed first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryLimits {
    /// Events.
    pub events: usize,
    /// Bytes of their frames.
    pub bytes: usize,
    /// Milliseconds since they were published.
    pub age: f64,
}

/// What a reader that comes back gets, by [`History::behind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// Everything it has missed, from the event with this [sequence](History::first) on.
    From(u64),
    /// What is kept begins behind what it has missed, or it asks for what never was.
    Gap,
}

/// A ring of frames, bounded by count, bytes and age.
///
/// Frames lie one behind the other, so that any run of them is one slice. What [has not been delivered](History::deliver) is
/// kept whatever the limits are.
///
/// ```
/// use eventsource_wasm::{FrameInfo, History, HistoryLimits, Position, Resumed};
///
/// let mut history = History::new(HistoryLimits { events: 100, bytes: 65_536, age: f64::INFINITY });
/// history.begin(Position { epoch: 1, number: 0 });
/// let info = FrameInfo { key: 0, counted: true };
/// history.append(Position { epoch: 1, number: 1 }, 0.0, info, b"data: a\n\n");
/// history.append(Position { epoch: 1, number: 2 }, 0.0, info, b"data: b\n\n");
/// let Resumed::From(sequence) = history.behind(Position { epoch: 1, number: 1 }) else { panic!() };
/// assert_eq!(history.run(sequence..history.end(), usize::MAX), (&b"data: b\n\n"[..], 1));
/// ```
#[derive(Debug)]
pub struct History {
    limits: HistoryLimits,
    /// The frames, and before them bytes of those that are forgotten.
    bytes: Vec<u8>,
    /// How many bytes were appended before the first of `bytes`.
    origin: u64,
    entries: VecDeque<Entry>,
    /// The sequence of the oldest entry: how many were forgotten before it.
    first: u64,
    /// Up to which sequence everything has been handed to the readers that are here.
    delivered: u64,
    /// The position before the oldest entry: whoever has read up to it has missed nothing that is not kept.
    before: Position,
    /// How many counted frames were ever appended.
    counted: u64,
}

#[derive(Debug)]
struct Entry {
    position: Position,
    at: f64,
    /// How many bytes were appended before its frame, so that a run is found without adding up.
    start: u64,
    info: FrameInfo,
    /// How many counted frames were appended before it.
    counted: u64,
}

/// A frame of a history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept<'a> {
    /// Where it stands.
    pub position: Position,
    /// When it was published, in milliseconds, by the clock of whoever appended it.
    pub at: f64,
    /// As it was given to [`History::append`].
    pub info: FrameInfo,
    /// Its bytes.
    pub frame: &'a [u8],
}

impl History {
    /// An empty history, which begins at position 0 of epoch 0.
    pub const fn new(limits: HistoryLimits) -> Self {
        History {
            limits,
            bytes: Vec::new(),
            origin: 0,
            entries: VecDeque::new(),
            first: 0,
            delivered: 0,
            before: Position { epoch: 0, number: 0 },
            counted: 0,
        }
    }

    /// Forgets everything; what comes next stands behind `before`.
    pub fn begin(&mut self, before: Position) {
        self.first = self.end();
        self.delivered = self.first;
        self.entries.clear();
        self.origin = self.written();
        self.bytes = Vec::new();
        self.before = before;
    }

    /// Appends the frame of an event that was published at `now`. One that does not stand behind the newest is left out: it has
    /// been here.
    pub fn append(&mut self, position: Position, now: f64, info: FrameInfo, frame: &[u8]) {
        if position <= self.head() {
            return;
        }
        self.entries.push_back(Entry { position, at: now, start: self.written(), info, counted: self.counted });
        self.counted += u64::from(info.counted);
        self.bytes.extend_from_slice(frame);
        self.forget(now);
    }

    /// Everything before this sequence has been handed to the readers that are here.
    pub fn deliver(&mut self, sequence: u64, now: f64) {
        self.delivered = sequence;
        self.forget(now);
    }

    /// Forgets what the limits do not allow.
    pub fn forget(&mut self, now: f64) {
        let HistoryLimits { events, bytes, age } = self.limits;
        while self.first < self.delivered {
            let Some(oldest) = self.entries.front() else { break };
            let size = (self.written() - oldest.start) as usize;
            if self.entries.len() <= events && size <= bytes && now - oldest.at <= age {
                break;
            }
            self.before = oldest.position;
            self.first += 1;
            self.entries.pop_front();
        }
        let forgotten = self.index_of(self.start_of(0));
        // Moving what is kept to the front costs no more than what was forgotten has brought.
        if forgotten > self.bytes.len() / 2 {
            self.bytes.drain(..forgotten);
            self.origin += forgotten as u64;
            if self.bytes.capacity() > 4 * self.bytes.len().max(LEAST) {
                self.bytes.shrink_to(2 * self.bytes.len());
            }
        }
    }

    /// How many bytes were ever appended.
    fn written(&self) -> u64 {
        self.origin + self.bytes.len() as u64
    }

    /// Where the frame of an entry begins, or where the next one will.
    fn start_of(&self, entry: usize) -> u64 {
        self.entries.get(entry).map_or(self.written(), |entry| entry.start)
    }

    fn index_of(&self, written: u64) -> usize {
        (written - self.origin) as usize
    }

    /// The position of the newest event.
    pub fn head(&self) -> Position {
        self.entries.back().map_or(self.before, |entry| entry.position)
    }

    /// The position before the oldest event that is kept.
    pub fn before(&self) -> Position {
        self.before
    }

    /// How far a reader has come that goes on with a sequence: the position of the event before it, or before the oldest.
    pub fn up_to(&self, sequence: u64) -> Position {
        let last = self.index(sequence).checked_sub(1);
        last.and_then(|last| self.entries.get(last)).map_or(self.before, |entry| entry.position)
    }

    /// The sequence of the oldest event that is kept. Sequences count the events of this history, whatever their positions are.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The sequence that the next event will have.
    pub fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// What a reader that has read up to `position` gets.
    pub fn behind(&self, position: Position) -> Resumed {
        if position < self.before || position > self.head() {
            return Resumed::Gap;
        }
        Resumed::From(self.first + self.entries.partition_point(|entry| entry.position <= position) as u64)
    }

    /// The frames from one sequence to another, at least one and then as many as `max_bytes` has room for, and how many they are.
    pub fn run(&self, sequences: Range<u64>, max_bytes: usize) -> (&[u8], u64) {
        let from = self.index(sequences.start);
        let end = self.index(sequences.end).max(from);
        let start = self.start_of(from);
        let most = start.saturating_add(max_bytes as u64);
        // The first entry that begins behind what there is room for: the one before it is the first that does not fit.
        let within = self.entries.partition_point(|entry| entry.start <= most).saturating_sub(1);
        let to = if self.written() <= most { end } else { within.max(from + 1).min(end) };
        (self.bytes.get(self.index_of(start)..self.index_of(self.start_of(to))).unwrap_or_default(), (to - from) as u64)
    }

    /// How many frames from one sequence to another are [counted](FrameInfo::counted).
    pub fn counted(&self, sequences: Range<u64>) -> u64 {
        let before = |sequence| self.entries.get(self.index(sequence)).map_or(self.counted, |entry| entry.counted);
        before(sequences.end).saturating_sub(before(sequences.start))
    }

    /// The frames from a sequence on, one by one.
    pub fn kept(&self, sequence: u64) -> impl Iterator<Item = Kept<'_>> {
        (self.index(sequence)..self.entries.len()).filter_map(|at| {
            let &Entry { position, at: published, start, info, .. } = self.entries.get(at)?;
            let frame = self.bytes.get(self.index_of(start)..self.index_of(self.start_of(at + 1)))?;
            Some(Kept { position, at: published, info, frame })
        })
    }

    fn index(&self, sequence: u64) -> usize {
        (sequence.saturating_sub(self.first) as usize).min(self.entries.len())
    }
}

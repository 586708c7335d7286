//! The send queue of one stream: encoded frames that the reader has not taken, and what becomes of those that do not fit.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// What happens to a frame while the queue is full: while it holds `max_buffer` bytes or more.
///
/// No policy holds more than `max_buffer` bytes and one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// It is taken: the writer waits for [`SendQueue::has_room`] before each frame.
    #[default]
    Wait,
    /// It is taken, and the oldest ones that wait are dropped for it.
    DropOldest,
    /// It is dropped.
    DropNewest,
    /// It is taken, and the oldest ones that wait under the same key are dropped for it; where that does not make room, the oldest
    /// of all.
    LatestPerKey,
    /// It is dropped, and the stream is to be ended: the reader is too slow.
    Disconnect,
}

/// A frame to be appended: what [`SendQueue::push`] has to know of it beside its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameInfo {
    /// What it is the newest state of, for [`Overflow::LatestPerKey`]. The number has no other meaning.
    pub key: u32,
    /// Whether it is counted: an event is, which has data; a comment or an id alone is not.
    pub counted: bool,
}

/// Frames that wait to leave as one chunk, bounded in bytes.
///
/// ```
/// use eventsource_wasm::{FrameInfo, Overflow, SendQueue};
///
/// let mut queue = SendQueue::new(10, Overflow::DropOldest);
/// for frame in ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"] {
///     queue.push(frame.as_bytes(), FrameInfo { key: 0, counted: true });
/// }
/// assert_eq!(queue.chunk(), b"data: 3\n\n");
/// queue.clear();
/// assert_eq!((queue.sent(), queue.dropped()), (1, 2));
/// ```
#[derive(Debug)]
pub struct SendQueue {
    frames: Vec<u8>,
    max_buffer: usize,
    overflow: Overflow,
    /// The frames in `frames`, in order, those that are dropped included. Kept only where the policy drops what waits.
    entries: VecDeque<Entry>,
    /// Bytes in front of the first entry: of dropped frames whose entries are gone, so that they are not passed again and again.
    passed_over: usize,
    /// Bytes of dropped frames, which are moved out of the way when there are many of them or a chunk is asked for.
    dead: usize,
    /// Counted frames that wait.
    waiting: u64,
    sent: u64,
    dropped: u64,
}

#[derive(Debug)]
struct Entry {
    len: usize,
    info: FrameInfo,
    dropped: bool,
}

impl SendQueue {
    /// An empty queue that is full from `max_buffer` bytes on.
    pub const fn new(max_buffer: usize, overflow: Overflow) -> Self {
        SendQueue {
            frames: Vec::new(),
            max_buffer,
            overflow,
            entries: VecDeque::new(),
            passed_over: 0,
            dead: 0,
            waiting: 0,
            sent: 0,
            dropped: 0,
        }
    }

    /// Appends a frame, or does with it what the policy says.
    ///
    /// False when the stream is to be ended for it, which only [`Overflow::Disconnect`] asks for.
    pub fn push(&mut self, frame: &[u8], info: FrameInfo) -> bool {
        let written = self.write(info, |out| {
            out.extend_from_slice(frame);
            Ok::<(), core::convert::Infallible>(())
        });
        written.unwrap_or(true)
    }

    /// As [`push`](SendQueue::push), for a frame that `write` appends to what it is given. A frame without bytes is none.
    ///
    /// # Errors
    ///
    /// That of `write`, which then has appended nothing.
    pub fn write<E>(&mut self, info: FrameInfo, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<bool, E> {
        let full = !self.has_room();
        let start = self.frames.len();
        write(&mut self.frames)?;
        let len = self.frames.len() - start;
        if len == 0 {
            return Ok(true);
        }
        if full && matches!(self.overflow, Overflow::DropNewest | Overflow::Disconnect) {
            self.frames.truncate(start);
            self.dropped += u64::from(info.counted);
            return Ok(self.overflow != Overflow::Disconnect);
        }
        self.waiting += u64::from(info.counted);
        if matches!(self.overflow, Overflow::DropOldest | Overflow::LatestPerKey) {
            if self.overflow == Overflow::LatestPerKey {
                self.drop_key(info.key);
            }
            self.entries.push_back(Entry { len, info, dropped: false });
            self.drop_oldest();
        }
        Ok(true)
    }

    /// Drops what waits under a key, from the front, until the queue is within its bound.
    fn drop_key(&mut self, key: u32) {
        let mut from = 0;
        while self.len() > self.max_buffer {
            let mut rest = self.entries.range(from..);
            let Some(next) = rest.position(|entry| entry.info.key == key && !entry.dropped) else { return };
            self.drop_at(from + next);
            from += next + 1;
        }
    }

    /// Drops from the front until the queue is within its bound, or has its newest frame only.
    fn drop_oldest(&mut self) {
        while self.len() > self.max_buffer && self.entries.len() > 1 {
            self.drop_at(0);
            self.passed_over += self.entries.pop_front().map_or(0, |entry| entry.len);
        }
        // Moving what waits to the front costs as much as what is dropped has brought.
        if self.dead > self.max_buffer {
            self.compact();
        }
    }

    fn drop_at(&mut self, at: usize) {
        if let Some(entry) = self.entries.get_mut(at).filter(|entry| !entry.dropped) {
            entry.dropped = true;
            self.dead += entry.len;
            self.dropped += u64::from(entry.info.counted);
            self.waiting -= u64::from(entry.info.counted);
        }
    }

    /// Moves what waits together.
    fn compact(&mut self) {
        let (mut from, mut to) = (core::mem::take(&mut self.passed_over), 0);
        let frames = &mut self.frames;
        self.entries.retain(|entry| {
            if !entry.dropped {
                frames.copy_within(from..from + entry.len, to);
                to += entry.len;
            }
            from += entry.len;
            !entry.dropped
        });
        frames.truncate(to);
        self.dead = 0;
    }

    /// All that waits, the next chunk.
    pub fn chunk(&mut self) -> &[u8] {
        if self.dead > 0 {
            self.compact();
        }
        &self.frames
    }

    /// How many counted frames wait.
    #[cfg(all(target_arch = "wasm32", feature = "npm", feature = "server"))]
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Where the bytes lie that were pushed, those of dropped frames included.
    #[cfg(all(target_arch = "wasm32", feature = "npm", feature = "server"))]
    pub(crate) fn pointer(&self) -> *const u8 {
        self.frames.as_ptr()
    }

    /// How many bytes wait.
    pub fn len(&self) -> usize {
        self.frames.len() - self.dead
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether another frame may be appended without the policy being asked.
    pub fn has_room(&self) -> bool {
        self.len() < self.max_buffer
    }

    /// How many counted frames have left.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// How many counted frames were dropped, or [will not be read any more](SendQueue::abandon).
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The chunk has left: forgets it, and gives memory back that a burst has grown.
    pub fn clear(&mut self) {
        self.sent += self.waiting;
        self.empty();
    }

    /// So many frames have left that were not in the queue: a chunk that many readers share.
    pub fn passed(&mut self, frames: u64) {
        self.sent += frames;
    }

    /// The reader has gone: what waits counts as dropped.
    pub fn abandon(&mut self) {
        self.dropped += self.waiting;
        self.empty();
    }

    fn empty(&mut self) {
        self.waiting = 0;
        self.dead = 0;
        self.passed_over = 0;
        self.entries.clear();
        if self.frames.capacity() > self.max_buffer.saturating_mul(2) {
            self.frames = Vec::new();
        }
        self.frames.clear();
    }
}

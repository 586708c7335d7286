//! The send queue of one stream: encoded frames that the reader has not taken.

use alloc::vec::Vec;

/// Frames that wait to leave as one chunk, bounded in bytes.
///
/// The bound is what [`has_room`](SendQueue::has_room) tells: a writer that waits for room before each frame never holds more
/// than the bound and one frame.
#[derive(Debug)]
pub struct SendQueue {
    frames: Vec<u8>,
    max_buffer: usize,
}

impl SendQueue {
    /// An empty queue that has room while it holds less than `max_buffer` bytes.
    pub const fn new(max_buffer: usize) -> Self {
        SendQueue { frames: Vec::new(), max_buffer }
    }

    /// Where the next frame is to be appended.
    pub fn frames(&mut self) -> &mut Vec<u8> {
        &mut self.frames
    }

    /// All that waits: the next chunk.
    pub fn as_bytes(&self) -> &[u8] {
        &self.frames
    }

    /// Whether the reader has kept up so far that another frame may be appended.
    pub fn has_room(&self) -> bool {
        self.frames.len() < self.max_buffer
    }

    /// Forgets the chunk, which has left, and gives memory back that a burst has grown.
    pub fn clear(&mut self) {
        if self.frames.capacity() > 2 * self.max_buffer {
            self.frames = Vec::new();
        }
        self.frames.clear();
    }
}

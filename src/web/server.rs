//! The queue behind one response. JavaScript has the `ReadableStream` and its promises, this has what they are about.

use alloc::vec::Vec;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::queue::SendQueue;

/// Quiet ticks after which a heartbeat is due; JavaScript ticks twice a heartbeat period.
const QUIET_TICKS: u32 = 2;

/// Frames on their way to one reader.
#[wasm_bindgen]
pub struct Outbox {
    queue: SendQueue,
    /// Ticks since bytes last left.
    quiet: u32,
}

impl Outbox {
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        self.queue.frames()
    }
}

#[wasm_bindgen]
impl Outbox {
    /// An empty outbox that has room while it holds less than `max_buffer` bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(max_buffer: u32) -> Outbox {
        Outbox { queue: SendQueue::new(max_buffer as usize), quiet: 0 }
    }

    /// Where the bytes that wait are.
    #[wasm_bindgen(getter)]
    pub fn pointer(&self) -> u32 {
        self.queue.as_bytes().as_ptr() as u32
    }

    /// How many bytes wait.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> u32 {
        self.queue.as_bytes().len() as u32
    }

    /// Whether another frame may be sent without waiting.
    #[wasm_bindgen(getter, js_name = hasRoom)]
    pub fn has_room(&self) -> bool {
        self.queue.has_room()
    }

    /// The bytes that waited have left.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.quiet = 0;
    }

    /// Half a heartbeat period is over. True when nothing has left for a whole one and nothing waits.
    pub fn tick(&mut self) -> bool {
        self.quiet += 1;
        let due = self.quiet >= QUIET_TICKS && self.queue.as_bytes().is_empty();
        if due {
            self.quiet = 0;
        }
        due
    }
}

//! One stream that is being written, without I/O: what has been sent and not taken, what the reader gets next, and the end.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

use crate::queue::{FrameInfo, Overflow, SendQueue};
use crate::relay::Relay;
use crate::{EncodeError, Frame, ParseError, Parser, encode};

/// Why a stream has ended. The codes are the same in JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseCode {
    /// The handler has closed it.
    Closed,
    /// The producer is through.
    Completed,
    /// The producer failed: what was sent leaves, then the body breaks off.
    Failed,
    /// The reader left.
    Cancelled,
    /// The request was aborted.
    Aborted,
    /// It has lasted as long as it may.
    Deadline,
    /// The reader did not keep up, and the policy is [`Overflow::Disconnect`].
    SlowConsumer,
}

impl CloseCode {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            CloseCode::Closed => "closed",
            CloseCode::Completed => "completed",
            CloseCode::Failed => "failed",
            CloseCode::Cancelled => "cancelled",
            CloseCode::Aborted => "aborted",
            CloseCode::Deadline => "deadline",
            CloseCode::SlowConsumer => "slow-consumer",
        }
    }

    /// Whether what waits for the reader is of no use any more.
    const fn breaks(self) -> bool {
        matches!(self, CloseCode::Cancelled | CloseCode::Aborted | CloseCode::SlowConsumer)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What has become of what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Written {
    /// There is room for more.
    Room,
    /// The writer had better wait until a chunk has been taken.
    Full,
    /// It did not fit, and the stream is to be ended for it: with [`CloseCode::SlowConsumer`].
    Overflowed,
}

/// What the reader of a stream gets next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    Wait,
    /// What waits for it: see [`Outgoing::take`].
    Chunk,
    /// The end of the body.
    End,
    /// A body that breaks off.
    Break(CloseCode),
}

/// One stream that is being written: told what is sent, it answers what the reader gets.
///
/// ```
/// use eventsource_wasm::{Answer, CloseCode, Outgoing, Overflow, Written};
///
/// let mut stream = Outgoing::new(65_536, Overflow::Wait);
/// assert_eq!(stream.answer(), Answer::Wait);
/// assert_eq!(stream.write(&"hello".into(), None)?, Written::Room);
/// stream.end(CloseCode::Completed);
/// assert_eq!(stream.answer(), Answer::Chunk);
/// assert_eq!(stream.take(<[u8]>::to_vec), b"data: hello\n\n");
/// assert_eq!(stream.answer(), Answer::End);
/// # Ok::<(), eventsource_wasm::EncodeError>(())
/// ```
#[derive(Debug)]
pub struct Outgoing {
    queue: SendQueue,
    /// Where the policy goes by keys.
    keys: Option<Keys>,
    waits: bool,
    /// What is handed on to the reader as it comes.
    relay: Relay,
    quiet: Quiet,
    ended: Option<CloseCode>,
}

impl Outgoing {
    /// A stream whose queue is full from `max_buffer` bytes on.
    pub fn new(max_buffer: usize, overflow: Overflow) -> Self {
        Outgoing {
            queue: SendQueue::new(max_buffer, overflow),
            keys: (overflow == Overflow::LatestPerKey).then(Keys::default),
            waits: overflow == Overflow::Wait,
            relay: Relay::default(),
            quiet: Quiet::default(),
            ended: None,
        }
    }

    /// Appends a frame, or does with it what the policy says. For [`Overflow::LatestPerKey`], `key` is what the frame is the
    /// newest state of; without one it is the event type.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] where a part would break the frame; then nothing has been appended.
    pub fn write(&mut self, frame: &Frame<'_>, key: Option<&str>) -> Result<Written, EncodeError> {
        let key = self.keys.as_mut().map_or(0, |keys| keys.number(key.or(frame.event).unwrap_or("")));
        let info = FrameInfo { key, counted: frame.data.is_some() };
        let fits = self.queue.write(info, |out| encode(frame, out))?;
        Ok(self.written(fits))
    }

    /// Appends the frames that end in these bytes of another stream, as they are. What is no whole frame at the end is what a
    /// reader discards.
    ///
    /// # Errors
    ///
    /// [`ParseError`] once an event is larger than [`Parser::DEFAULT_MAX_EVENT_SIZE`]; from then on no more is taken.
    pub fn relay(&mut self, bytes: &[u8]) -> Result<Written, ParseError> {
        let limit = Parser::DEFAULT_MAX_EVENT_SIZE;
        let (queue, mut fits) = (&mut self.queue, true);
        if self.relay.pending() <= limit {
            self.relay.feed(bytes, |frame, counted| fits &= queue.push(frame, FrameInfo { key: 0, counted }));
        }
        if self.relay.pending() > limit {
            return Err(ParseError::EventTooLarge { limit });
        }
        Ok(self.written(fits))
    }

    fn written(&self, fits: bool) -> Written {
        match fits {
            false => Written::Overflowed,
            true if self.has_room() => Written::Room,
            true => Written::Full,
        }
    }

    /// Whether a writer need not wait. With a policy other than [`Overflow::Wait`] it never has to.
    pub fn has_room(&self) -> bool {
        !self.waits || self.queue.has_room()
    }

    /// What the reader gets next.
    pub fn answer(&self) -> Answer {
        match self.ended {
            _ if !self.queue.is_empty() => Answer::Chunk,
            None => Answer::Wait,
            Some(code) if code.breaks() || code == CloseCode::Failed => Answer::Break(code),
            Some(_) => Answer::End,
        }
    }

    /// All that waits leaves, as `copy` takes it.
    pub fn take<T>(&mut self, copy: impl FnOnce(&[u8]) -> T) -> T {
        let chunk = copy(self.queue.chunk());
        self.queue.clear();
        self.quiet.end();
        chunk
    }

    /// Half a heartbeat period is over, and the reader waits. True when nothing has left for a whole one: a heartbeat is due.
    pub fn tick(&mut self) -> bool {
        self.quiet.tick(self.queue.is_empty())
    }

    /// Ends the stream, for the first reason that it is given: false where there was one before. Nothing is to be written then.
    pub fn end(&mut self, code: CloseCode) -> bool {
        let first = self.ended.is_none();
        if first {
            self.ended = Some(code);
            self.relay = Relay::default();
            if code.breaks() {
                self.queue.abandon();
            }
        }
        first
    }

    /// The reader has left, be it before the end or while what was sent before the end was waiting for it.
    pub fn abandon(&mut self) {
        self.end(CloseCode::Cancelled);
        self.queue.abandon();
    }

    /// Why it has ended, if it has.
    pub fn ended(&self) -> Option<CloseCode> {
        self.ended
    }

    /// How many bytes wait.
    pub fn buffered_bytes(&self) -> usize {
        self.queue.len()
    }

    /// How many events have left. An event is what has data: a comment, or an id alone, is not counted.
    pub fn sent(&self) -> u64 {
        self.queue.sent()
    }

    /// How many events were dropped by the policy, or waited for a reader that left.
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }
}

/// How long nothing has left: in ticks, of which a heartbeat period has two.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quiet(u32);

impl Quiet {
    const PERIOD: u32 = 2;

    /// Bytes have left.
    pub(crate) fn end(&mut self) {
        self.0 = 0;
    }

    /// True when nothing has left for a whole period and nothing waits.
    pub(crate) fn tick(&mut self, empty: bool) -> bool {
        self.0 += 1;
        let due = self.0 >= Quiet::PERIOD && empty;
        if due {
            self.0 = 0;
        }
        due
    }
}

/// Numbers that stand for keys.
#[derive(Debug, Default)]
struct Keys {
    numbers: BTreeMap<String, u32>,
    /// Given on: no number is used again for another key.
    next: u32,
}

impl Keys {
    /// Keys beyond this are forgotten: one that comes again has another number then, and is not taken for the newer one.
    const MOST: usize = 10_000;

    fn number(&mut self, key: &str) -> u32 {
        if let Some(&number) = self.numbers.get(key) {
            return number;
        }
        if self.numbers.len() == Keys::MOST {
            self.numbers.clear();
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.numbers.insert(key.into(), number);
        number
    }
}

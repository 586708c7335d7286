//! A stream that is handed on as it came: cut between frames, so that something else can be written there.

use alloc::vec::Vec;

use crate::lines::LineEnds;

/// Cuts the bytes of an event stream into frames and hands those on unchanged.
///
/// The byte order mark that a stream may begin with is left out, as it is one only there.
///
/// ```
/// use eventsource_wasm::Relay;
///
/// let mut relay = Relay::default();
/// let mut frames = Vec::new();
/// relay.feed(b"data: a\r\n\r\ndata: ", |frame, _| frames.push(frame.to_vec()));
/// relay.feed(b"b\n\n", |frame, _| frames.push(frame.to_vec()));
/// assert_eq!(frames, [&b"data: a\r\n\r\n"[..], b"data: b\n\n"]);
/// ```
#[derive(Debug, Default)]
pub struct Relay {
    /// The bytes of a frame that has not ended.
    rest: Vec<u8>,
    /// Up to where `rest` has been looked at: all its line ends before are those of lines that are not empty.
    looked: usize,
    /// Where the line begins that has not ended, in `rest`.
    line: usize,
    /// Whether the frame has a data field.
    counted: bool,
    /// The stream has begun: a byte order mark is none any more.
    begun: bool,
}

/// Bytes that are kept however few are needed: as much as most chunks have.
const KEEP: usize = 64 * 1024;

const BOM: &[u8] = "\u{feff}".as_bytes();

impl Relay {
    /// Takes bytes of the stream, and hands on each frame that ends in them: its bytes, blank line included, and whether it has
    /// data, without which no reader dispatches it.
    pub fn feed(&mut self, bytes: &[u8], mut hand: impl FnMut(&[u8], bool)) {
        self.rest.extend_from_slice(bytes);
        if !self.begin() {
            return;
        }
        let mut frame = 0;
        let mut ends = LineEnds::from(self.looked);
        while let Some(end) = ends.next(&self.rest, self.rest.len()) {
            // [spec] CRLF is one line end: the LF belongs to what its CR has ended, in this frame or in the one before.
            let of_crlf = end > frame && end == self.line && self.rest[end - 1..].starts_with(b"\r\n");
            if end < self.line || of_crlf {
                self.line = self.line.max(end + 1);
            } else if end > self.line {
                self.counted |= is_data(&self.rest[self.line..end]);
                self.line = end + 1;
            } else {
                // An empty line. An LF that comes with the next bytes is another one, which has no effect.
                let next = end + 1 + usize::from(self.rest[end..].starts_with(b"\r\n"));
                hand(&self.rest[frame..next], self.counted);
                (frame, self.line, self.counted) = (next, next, false);
            }
        }
        self.rest.drain(..frame);
        self.line -= frame;
        self.looked = self.rest.len();
        // What a rare large chunk or frame has grown is given back.
        if self.rest.capacity() > KEEP && self.rest.len() < KEEP / 2 {
            self.rest.shrink_to(KEEP);
        }
    }

    /// How many bytes wait for the end of their frame. At the end of the stream they are what a reader discards.
    pub fn pending(&self) -> usize {
        self.rest.len()
    }

    /// [spec] One leading byte order mark is not part of the stream. False while it cannot be told whether there is one.
    fn begin(&mut self) -> bool {
        if self.begun {
            return true;
        }
        if self.rest.len() < BOM.len() && BOM.starts_with(&self.rest) {
            return false;
        }
        if self.rest.starts_with(BOM) {
            self.rest.drain(..BOM.len());
        }
        self.begun = true;
        true
    }
}

/// [spec] The field's name is what comes before the first colon, or the whole line.
fn is_data(line: &[u8]) -> bool {
    line.strip_prefix(b"data").is_some_and(|rest| matches!(rest, [] | [b':', ..]))
}

//! Events → bytes: the encoder, the inverse of the [`Parser`](crate::Parser).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::EncodeError;
use crate::error::write_decimal;
use crate::lines::LineEnds;

/// What one frame is made of. Every part may be left out.
///
/// ```
/// use eventsource_wasm::{Frame, encode};
///
/// let mut out = Vec::new();
/// let frame = Frame { event: Some("greeting"), id: Some("7"), data: Some("Hello,\nworld"), ..Frame::default() };
/// encode(&frame, &mut out)?;
/// assert_eq!(out, b"event: greeting\nid: 7\ndata: Hello,\ndata: world\n\n");
/// # Ok::<(), eventsource_wasm::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The event type, without CR and LF. The empty string is the same as none.
    pub event: Option<&'a str>,
    /// The event's id, without CR, LF and NUL. The empty string resets the reader's last event ID.
    pub id: Option<&'a str>,
    /// A new reconnection time for the reader, in milliseconds.
    pub retry: Option<u64>,
    /// The data. CRLF, CR and LF in it each start a new `data` line, and reach the reader as LF.
    pub data: Option<&'a str>,
    /// A comment, which no reader sees. CRLF, CR and LF in it each start a new comment line.
    pub comment: Option<&'a str>,
}

impl<'a> From<&'a str> for Frame<'a> {
    /// A frame of data alone.
    fn from(data: &'a str) -> Self {
        Frame { data: Some(data), ..Frame::default() }
    }
}

impl<'a> From<&'a String> for Frame<'a> {
    /// A frame of data alone.
    fn from(data: &'a String) -> Self {
        data.as_str().into()
    }
}

impl<'a> From<&Frame<'a>> for Frame<'a> {
    fn from(frame: &Frame<'a>) -> Self {
        *frame
    }
}

/// Appends a frame to `out`, with the blank line that ends it. A frame without any part appends nothing.
///
/// # Errors
///
/// [`EncodeError`] where a part would break the frame or be ignored by a reader; then nothing has been appended.
pub fn encode(frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let parts = Parts {
        event: frame.event.map(Value::whole),
        id: frame.id.map(Value::whole),
        retry: frame.retry,
        data: frame.data.map(Value::whole),
        comment: frame.comment.map(Value::whole),
    };
    encode_parts(&parts, out)
}

/// A value, known to be UTF-8, and perhaps what lies behind it: then it can be read in whole blocks.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) len: usize,
}

impl<'a> Value<'a> {
    const fn whole(text: &'a str) -> Self {
        Value { bytes: text.as_bytes(), len: text.len() }
    }

    fn get(self) -> &'a [u8] {
        self.bytes.get(..self.len).unwrap_or(self.bytes)
    }

    /// The part from `start` to `end`, with the same behind it.
    fn part(self, start: usize, end: usize) -> Self {
        Value { bytes: self.bytes.get(start..).unwrap_or_default(), len: end - start }
    }

    fn first_line_end(self) -> Option<usize> {
        LineEnds::from(0).next(self.bytes, self.len)
    }
}

/// A frame of values.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    pub(crate) event: Option<Value<'a>>,
    pub(crate) id: Option<Value<'a>>,
    pub(crate) retry: Option<u64>,
    pub(crate) data: Option<Value<'a>>,
    pub(crate) comment: Option<Value<'a>>,
}

/// What a line begins with: a name, its colon and the space that readers remove, so that a value's own leading space survives.
struct Name([u8; 8], usize);

const COMMENT: Name = Name(*b": \0\0\0\0\0\0", 2);
const EVENT: Name = Name(*b"event: \0", 7);
const ID: Name = Name(*b"id: \0\0\0\0", 4);
const RETRY: Name = Name(*b"retry: \0", 7);
const DATA: Name = Name(*b"data: \0\0", 6);

pub(crate) fn encode_parts(parts: &Parts<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let event = parts.event.filter(|event| event.len > 0);
    if let Some(at) = event.and_then(Value::first_line_end) {
        return Err(EncodeError::EventHasLineEnd { at });
    }
    if let Some(id) = parts.id {
        check_id(id)?;
    }
    let start = out.len();
    if let Some(comment) = parts.comment {
        push_lines(out, &COMMENT, comment);
    }
    if let Some(event) = event {
        push_line(out, &EVENT, event);
    }
    if let Some(id) = parts.id {
        push_line(out, &ID, id);
    }
    if let Some(retry) = parts.retry {
        push_name(out, &RETRY);
        // A `Bytes` never fails.
        let _ = write_decimal(&mut Bytes(out), retry);
        out.push(b'\n');
    }
    if let Some(data) = parts.data {
        push_lines(out, &DATA, data);
    }
    if out.len() > start {
        out.push(b'\n');
    }
    Ok(())
}

fn check_id(id: Value<'_>) -> Result<(), EncodeError> {
    if let Some(at) = id.first_line_end() {
        return Err(EncodeError::IdHasLineEnd { at });
    }
    // [spec] A reader ignores an id field whose value contains U+0000 NULL.
    match id.get().iter().position(|&byte| byte == 0) {
        Some(at) => Err(EncodeError::IdHasNul { at }),
        None => Ok(()),
    }
}

/// One line for each line of `value`.
fn push_lines(out: &mut Vec<u8>, name: &Name, value: Value<'_>) {
    let mut start = 0;
    let mut ends = LineEnds::from(0);
    while let Some(end) = ends.next(value.bytes, value.len) {
        let of_crlf = end == start && end > 0 && value.bytes[end] == b'\n' && value.bytes[end - 1] == b'\r';
        if !of_crlf {
            push_line(out, name, value.part(start, end));
        }
        start = end + 1;
    }
    push_line(out, name, value.part(start, value.len));
}

fn push_line(out: &mut Vec<u8>, name: &Name, value: Value<'_>) {
    out.reserve(value.len + SHORT + name.0.len());
    push_name(out, name);
    push_value(out, value);
    out.push(b'\n');
}

fn push_name(out: &mut Vec<u8>, &Name(ref bytes, len): &Name) {
    let end = out.len() + len;
    out.extend_from_slice(bytes);
    out.truncate(end);
}

/// A short value is copied with what is behind it: a copy of a length that is not known is a call out of wasm, 10 ns.
fn push_value(out: &mut Vec<u8>, value: Value<'_>) {
    match value.bytes.first_chunk::<SHORT>() {
        Some(block) if value.len <= SHORT => {
            let end = out.len() + value.len;
            out.extend_from_slice(block);
            out.truncate(end);
        }
        _ => out.extend_from_slice(value.get()),
    }
}

const SHORT: usize = 32;

/// Text written to bytes.
pub(crate) struct Bytes<'a>(pub(crate) &'a mut Vec<u8>);

impl fmt::Write for Bytes<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

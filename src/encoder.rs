//! Events → bytes: the encoder, the inverse of the [`Parser`](crate::Parser).

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

/// Appends a frame to `out`, with the blank line that ends it. A frame without any part appends nothing.
///
/// # Errors
///
/// [`EncodeError`] where a part would break the frame or be ignored by a reader; then nothing has been appended.
pub fn encode(frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let parts = Parts {
        event: frame.event.map(str::as_bytes),
        id: frame.id.map(str::as_bytes),
        retry: frame.retry,
        data: frame.data.map(str::as_bytes),
        comment: frame.comment.map(str::as_bytes),
    };
    encode_parts(&parts, out)
}

/// A frame whose parts are known to be UTF-8, as those that JavaScript hands over are: they are not validated again.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    pub(crate) event: Option<&'a [u8]>,
    pub(crate) id: Option<&'a [u8]>,
    pub(crate) retry: Option<u64>,
    pub(crate) data: Option<&'a [u8]>,
    pub(crate) comment: Option<&'a [u8]>,
}

pub(crate) fn encode_parts(parts: &Parts<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let event = parts.event.filter(|event| !event.is_empty());
    if let Some(at) = event.and_then(first_line_end) {
        return Err(EncodeError::EventHasLineEnd { at });
    }
    if let Some(id) = parts.id {
        check_id(id)?;
    }
    let start = out.len();
    if let Some(comment) = parts.comment {
        push_lines(out, b": ", comment);
    }
    if let Some(event) = event {
        push_line(out, b"event: ", event);
    }
    if let Some(id) = parts.id {
        push_line(out, b"id: ", id);
    }
    if let Some(retry) = parts.retry {
        out.extend_from_slice(b"retry: ");
        // A `Bytes` never fails.
        let _ = write_decimal(&mut Bytes(out), retry);
        out.push(b'\n');
    }
    if let Some(data) = parts.data {
        push_lines(out, b"data: ", data);
    }
    if out.len() > start {
        out.push(b'\n');
    }
    Ok(())
}

fn check_id(id: &[u8]) -> Result<(), EncodeError> {
    if let Some(at) = first_line_end(id) {
        return Err(EncodeError::IdHasLineEnd { at });
    }
    // [spec] A reader ignores an id field whose value contains U+0000 NULL.
    match id.iter().position(|&byte| byte == 0) {
        Some(at) => Err(EncodeError::IdHasNul { at }),
        None => Ok(()),
    }
}

fn first_line_end(value: &[u8]) -> Option<usize> {
    LineEnds::from(0).next(value, value.len())
}

/// One line for each line of `value`. The space behind the colon is the one that readers remove, so that a value's own
/// leading space survives.
fn push_lines(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    let mut start = 0;
    let mut ends = LineEnds::from(0);
    while let Some(end) = ends.next(value, value.len()) {
        let of_crlf = end == start && end > 0 && value[end] == b'\n' && value[end - 1] == b'\r';
        if !of_crlf {
            push_line(out, name, &value[start..end]);
        }
        start = end + 1;
    }
    push_line(out, name, &value[start..]);
}

#[inline]
fn push_line(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.reserve(name.len() + value.len() + 1);
    out.extend_from_slice(name);
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// Text written to bytes.
pub(crate) struct Bytes<'a>(pub(crate) &'a mut Vec<u8>);

impl fmt::Write for Bytes<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

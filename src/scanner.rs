//! Lines → fields → events: the state machine of the HTML standard, section 9.2.6, over one buffer.

mod view;

use crate::buffer::{Buffer, Span};
use crate::field::{Name, data, digits, split};
use crate::found::{Data, Found, Sink};
use crate::lines::LineEnds;
use crate::parts::Parts;

/// [spec] stream = [ bom ] *event; bom = U+FEFF.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The state of one stream. A chunk is written to [`Scanner::room`] and then scanned; where it was cut makes no difference.
///
/// What was found stays in the buffer until the next call of `room`.
#[derive(Debug)]
pub(crate) struct Scanner {
    max_event_size: usize,
    buffer: Buffer,
    /// Where the line begins that has not ended.
    line_start: usize,
    /// The stream is at its first bytes, where a byte order mark may stand.
    at_start: bool,
    /// The last byte was a CR that ended a line: an LF that comes now belongs to it.
    after_cr: bool,
    /// Bytes of the buffer have been written over since it was last empty.
    changed: bool,
    /// Something other than the lines of plain events has come since then: a value is of several lines, or is nobody's.
    odd: bool,
    /// Bytes other than ASCII have come since then.
    not_ascii: bool,
    /// [spec] The data buffer, without the LF at its end; unset while the event has no data field.
    data: Span,
    /// [spec] The event type buffer.
    event_type: Span,
    /// [spec] The last event ID buffer, as far as a field has set it since the last blank line.
    id: Span,
    /// Another line has come behind the data: a further data line can't be moved up to it.
    cut: bool,
    /// Data that other lines have cut.
    parts: Parts,
    /// Set while the rest of an event that was too large goes by.
    skip: Option<Skip>,
}

/// What is known of the line that is being skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Skip {
    LineStart,
    InLine,
}

impl Scanner {
    pub(crate) const fn new(max_event_size: usize) -> Self {
        Scanner {
            max_event_size,
            buffer: Buffer::new(),
            line_start: 0,
            at_start: true,
            after_cr: false,
            changed: false,
            odd: false,
            not_ascii: false,
            data: Span::UNSET,
            event_type: Span::UNSET,
            id: Span::UNSET,
            cut: false,
            parts: Parts::new(),
            skip: None,
        }
    }

    pub(crate) const fn max_event_size(&self) -> usize {
        self.max_event_size
    }

    /// Forgets the stream, and keeps a buffer of usual size. With `in_stream`, what comes next is not the beginning of one.
    pub(crate) fn begin(&mut self, max_event_size: usize, in_stream: bool) {
        self.max_event_size = max_event_size;
        self.at_start = !in_stream;
        self.after_cr = false;
        self.skip = None;
        self.line_start = 0;
        self.forget_event();
        self.parts.forget_read();
        self.buffer.clear();
    }

    /// How many bytes of unfinished lines and events are held.
    pub(crate) fn held(&self) -> usize {
        self.event_size() + self.line_len()
    }

    /// Makes room for a chunk of `extra` bytes, or gives back what a rare large event has grown. Tells where it goes.
    pub(crate) fn room(&mut self, extra: usize) -> &mut [u8] {
        if self.buffer.room() < extra || self.buffer.is_large() {
            self.make_room(extra);
        }
        self.buffer.free()
    }

    #[inline(never)]
    fn make_room(&mut self, extra: usize) {
        self.line_start = self.buffer.compact([&mut self.data, &mut self.event_type, &mut self.id], self.line_start);
        self.buffer.resize(extra, self.max_event_size);
    }

    /// Reads `written` bytes, and hands over what they complete.
    pub(crate) fn scan(&mut self, written: usize, sink: &mut impl Sink) {
        let from = self.buffer.len();
        self.changed &= from > 0;
        self.odd &= from > 0;
        self.not_ascii &= from > 0;
        self.buffer.advance(written);
        self.parts.forget_read();
        if self.at_start && !self.skip_bom() {
            return;
        }
        let len = self.buffer.len();
        // One look instead of one a line: all that is held breaks no limit.
        let careful = self.skip.is_some() || self.event_size() + self.line_len() > self.max_event_size;
        let mut start = self.line_start;
        let mut ends = LineEnds::from(from);
        let mut plain = !careful && !self.after_cr && !self.data.is_set();
        let mut named = self.has_values();
        while let Some(end) = ends.next(self.buffer.padded(), len) {
            if end < start {
                // The blank line of an event that was dispatched with its data line.
                continue;
            }
            if plain && let Some(data) = plain_event(self.buffer.padded(), start, end, len) {
                if named {
                    self.data = data;
                    self.blank_line(sink);
                    named = false;
                } else {
                    sink.plain(self.buffer.padded(), data);
                }
                start = end + 2;
                continue;
            }
            start = self.end_line(start, end, careful, sink);
            plain = !careful && !self.after_cr && !self.data.is_set();
            named = self.has_values();
        }
        self.line_start = start;
        self.not_ascii |= ends.saw_not_ascii();
        if start < len {
            self.after_cr = false;
            if careful && self.skips(start, len, sink) {
                self.skip = Some(Skip::InLine);
                self.buffer.truncate(start);
            }
        }
        if self.is_empty() {
            self.buffer.truncate(0);
            self.line_start = 0;
        }
    }

    /// Takes the line from `start` to `end`, and tells where the next one begins.
    #[inline(always)]
    fn end_line(&mut self, start: usize, end: usize, careful: bool, sink: &mut impl Sink) -> usize {
        let bytes = self.buffer.padded();
        let next = end + 1;
        let cr = bytes[end] == b'\r';
        // [spec] end-of-line = ( cr lf / cr / lf ). A CR ends its line at once; an LF right behind it is part of it.
        let of_crlf = self.after_cr && end == start && !cr;
        self.after_cr = cr;
        if of_crlf || (careful && self.skip_line(start, end, sink)) {
            return next;
        }
        if start == end {
            self.blank_line(sink);
        } else {
            self.take_line(start, end, sink);
        }
        next
    }

    /// [spec] If the line is empty, dispatch the event.
    #[inline(never)]
    fn blank_line(&mut self, sink: &mut impl Sink) {
        // [spec] 2. If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and
        // return.
        let &mut Scanner { data, event_type, id, .. } = self;
        if data.is_set() {
            let mut found = Data::Whole(data);
            if self.parts.len() > 0 {
                self.push_part();
                found = Data::Parts(self.parts.bytes(), self.parts.range());
            }
            sink.event(self.buffer.padded(), found, event_type, id);
        } else {
            self.odd |= self.has_values();
            if id.is_set() {
                sink.found(self.buffer.padded(), Found::LastEventId, id);
            }
        }
        // [spec] 7. Set the data buffer and the event type buffer to the empty string.
        self.forget_event();
    }

    #[inline(always)]
    fn forget_event(&mut self) {
        self.data = Span::UNSET;
        self.event_type = Span::UNSET;
        self.id = Span::UNSET;
        self.cut = false;
        self.parts.end();
    }

    #[inline(always)]
    fn take_line(&mut self, start: usize, end: usize, sink: &mut impl Sink) {
        let bytes = self.buffer.padded();
        let (mut name, value) = split(bytes, start, end);
        if name == Name::Id && !may_be_id(value.of(bytes)) {
            name = Name::Ignored;
        }
        let data = self.data.is_set();
        match name {
            Name::Data if !data => self.data = value,
            Name::Event if !data && !self.event_type.is_set() => self.event_type = value,
            Name::Id if !data && !self.id.is_set() => self.id = value,
            _ => self.take_odd_line(name, value, sink),
        }
    }

    /// Takes a line that few events have.
    #[inline(never)]
    fn take_odd_line(&mut self, name: Name, value: Span, sink: &mut impl Sink) {
        self.odd = true;
        if name == Name::Data {
            return self.push_data(value);
        }
        self.cut = self.data.is_set();
        let bytes = self.buffer.padded();
        let found = match name {
            Name::Event => {
                self.event_type = value;
                return;
            }
            Name::Id => {
                self.id = value;
                return;
            }
            Name::Ignored => return,
            Name::Retry => {
                if let Some(milliseconds) = digits(value.of(bytes)) {
                    sink.retry(milliseconds);
                }
                return;
            }
            Name::Comment => Found::Comment,
            Name::Unknown | Name::Data => Found::Unknown,
        };
        sink.found(bytes, found, value);
    }

    /// A further data line moves up to the one before it, or what is before it becomes a part.
    fn push_data(&mut self, value: Span) {
        if self.cut {
            self.cut = false;
            self.push_part();
            self.parts.end_line();
            self.data = value;
            return;
        }
        let end = self.data.end;
        let bytes = self.buffer.padded_mut();
        bytes[end] = b'\n';
        bytes.copy_within(value.start..value.end, end + 1);
        self.data.end = end + 1 + value.len();
        self.changed = true;
    }

    #[inline(never)]
    fn push_part(&mut self) {
        self.parts.push(self.data.of(self.buffer.padded()), self.max_event_size);
    }

    /// Whether the line, which ends here, belongs to an event that is or now becomes too large.
    #[inline(never)]
    fn skip_line(&mut self, start: usize, end: usize, sink: &mut impl Sink) -> bool {
        let blank = self.skip == Some(Skip::LineStart) && start == end;
        let skips = self.skips(start, end, sink);
        if skips {
            self.odd = true;
            self.skip = if blank { None } else { Some(Skip::LineStart) };
        }
        skips
    }

    /// Whether the line belongs to an event that is too large; reports and forgets it where it becomes so.
    fn skips(&mut self, start: usize, end: usize, sink: &mut impl Sink) -> bool {
        if self.skip.is_none() {
            if self.event_size() + (end - start) <= self.max_event_size {
                return false;
            }
            sink.found(self.buffer.padded(), Found::TooLarge, Span::UNSET);
            self.forget_event();
        }
        true
    }

    /// [spec] The UTF-8 decode algorithm strips one leading UTF-8 byte order mark, if any. It may be cut over chunks: false
    /// while only the rest of it can tell.
    #[inline(never)]
    fn skip_bom(&mut self) -> bool {
        let bytes = Span { start: 0, end: self.buffer.len() }.of(self.buffer.padded());
        if bytes.iter().zip(BOM).all(|(byte, expected)| byte == expected) {
            if bytes.len() < BOM.len() {
                // Should they be none, they are not looked at again.
                self.not_ascii = true;
                return false;
            }
            self.line_start = BOM.len();
            self.odd = true;
        }
        self.at_start = false;
        true
    }

    // Not inlined: one copy is enough.
    #[inline(never)]
    fn event_size(&self) -> usize {
        self.data.len() + self.event_type.len() + self.id.len() + self.parts.len()
    }

    fn line_len(&self) -> usize {
        if self.at_start { 0 } else { self.buffer.len() - self.line_start }
    }

    #[inline(always)]
    fn has_values(&self) -> bool {
        self.data.is_set() || self.event_type.is_set() || self.id.is_set()
    }

    fn is_empty(&self) -> bool {
        !self.at_start && !self.has_values() && self.line_start == self.buffer.len()
    }
}

/// The value of a data line that is a whole event, as nearly every event is.
#[inline(always)]
fn plain_event(bytes: &[u8], start: usize, end: usize, len: usize) -> Option<Span> {
    let blank = bytes.get(end..len).is_some_and(|rest| rest.starts_with(b"\n\n"));
    if blank { data(bytes, start, end) } else { None }
}

/// [spec] If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value.
fn may_be_id(value: &[u8]) -> bool {
    // `contains` would bring a search of 0.3 KB with it, for values of a few bytes.
    value.iter().all(|&byte| byte != 0)
}

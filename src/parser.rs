//! Bytes → events: the parser of the HTML standard, section 9.2.6, "Interpreting an event stream".

use alloc::vec::Vec;
use core::ops::Range;

use crate::field::{Name, digits, split};
use crate::lines::LineEnds;
use crate::slot::{KEEP, Slot, grow};
use crate::{Event, Item, ParseError, Text};

/// [spec] stream = [ bom ] *event; bom = U+FEFF.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A push parser for one stream.
///
/// It takes the bytes in chunks of any size, cut anywhere, and hands over what it finds as [`Item`]s that borrow from the
/// chunk where they can. The result never depends on where the chunks were cut. The work is linear in the bytes.
///
/// Between two chunks it holds what an unfinished event needs: at most [`with_max_event_size`](Parser::with_max_event_size)
/// bytes, and the last event ID beside them.
///
/// ```
/// use eventsource_wasm::{Item, Parser};
///
/// let mut parser = Parser::new();
/// let mut texts = Vec::new();
/// for chunk in ["data: one\n\nda", "ta: two\n", "\n"] {
///     parser.feed(chunk.as_bytes(), |item| {
///         if let Item::Event(event) = item {
///             texts.push(event.data.to_str().into_owned());
///         }
///     });
/// }
/// assert_eq!(texts, ["one", "two"]);
/// ```
#[derive(Debug)]
pub struct Parser {
    max_event_size: usize,
    /// Bytes of the BOM that the stream has begun with; 3 once it is past the place where one may stand.
    bom: usize,
    /// The last byte was a CR that ended a line: an LF that comes now belongs to it.
    after_cr: bool,
    /// The bytes of a line that has not ended yet.
    line: Vec<u8>,
    /// [spec] The data buffer, without the LF at its end; unset while the event has no data field.
    data: Slot,
    /// [spec] The event type buffer.
    event_type: Slot,
    /// [spec] The last event ID buffer, as far as a field has set it since the last blank line.
    id: Slot,
    /// [spec] The last event ID string.
    last_event_id: Slot,
    /// Set while the rest of an event that was too large goes by.
    skip: Option<Skip>,
}

/// What is known of the line that is being skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Skip {
    LineStart,
    InLine,
}

impl Default for Parser {
    fn default() -> Self {
        Parser::new()
    }
}

impl Parser {
    /// The largest event a parser takes unless it is told otherwise: 16 MiB.
    pub const DEFAULT_MAX_EVENT_SIZE: usize = 16 * 1024 * 1024;

    /// A parser at the start of a stream.
    pub const fn new() -> Self {
        Parser {
            max_event_size: Parser::DEFAULT_MAX_EVENT_SIZE,
            bom: 0,
            after_cr: false,
            line: Vec::new(),
            data: Slot::new(),
            event_type: Slot::new(),
            id: Slot::new(),
            last_event_id: Slot::new(),
            skip: None,
        }
    }

    /// Sets the limit in bytes for the data, type and id of one event together with the line that is being read. An event
    /// over it gives [`ParseError::EventTooLarge`] and is left out; the next one is read again.
    #[must_use]
    pub const fn with_max_event_size(mut self, bytes: usize) -> Self {
        self.max_event_size = bytes;
        self
    }

    /// The limit of [`with_max_event_size`](Parser::with_max_event_size).
    pub const fn max_event_size(&self) -> usize {
        self.max_event_size
    }

    /// Starts with the last event ID of an earlier stream, as browsers do after a reconnection: events without an `id` of
    /// their own keep it.
    #[must_use]
    pub fn with_last_event_id(mut self, id: &[u8]) -> Self {
        self.last_event_id.set(id);
        self
    }

    /// The last event ID string, as of the last blank line. It is what a reconnection sends.
    pub fn last_event_id(&self) -> Text<'_> {
        Text::new(self.last_event_id.get(&[]).unwrap_or_default())
    }

    /// How many bytes of unfinished lines and events are held.
    pub fn buffered_bytes(&self) -> usize {
        self.line.len() + self.event_size()
    }

    /// Forgets the stream, the last event ID too, and keeps the limit.
    pub fn reset(&mut self) {
        *self = Parser::new().with_max_event_size(self.max_event_size);
    }

    /// Reads the next bytes and hands over what they complete.
    pub fn feed(&mut self, chunk: &[u8], mut sink: impl FnMut(Item<'_>)) {
        let chunk = self.skip_bom(chunk);
        let mut start = 0;
        for end in LineEnds::new(chunk) {
            // [spec] end-of-line = ( cr lf / cr / lf ). A CR ends its line at once; an LF right behind it is part of it.
            let of_crlf = self.after_cr && end == start && chunk[end] == b'\n';
            self.after_cr = chunk[end] == b'\r';
            if !of_crlf {
                self.end_line(chunk, start..end, &mut sink);
            }
            start = end + 1;
        }
        if start < chunk.len() {
            self.after_cr = false;
            self.hold(&chunk[start..], &mut sink);
        }
        self.settle(chunk);
    }

    /// Ends the stream. What was left of it is lost, or, with `flush`, read as if a blank line had ended it.
    ///
    /// The parser is then at the start of a new stream, with the last event ID it had.
    pub fn end(&mut self, flush: bool, mut sink: impl FnMut(Item<'_>)) {
        // [spec] Once the end of the file is reached, any pending data must be discarded.
        if flush {
            self.end_line(&[], 0..0, &mut sink);
            if self.skip.is_none() {
                self.dispatch(&[], &mut sink);
            }
        }
        self.settle(&[]);
        let last_event_id = core::mem::take(&mut self.last_event_id);
        self.reset();
        self.last_event_id = last_event_id;
    }

    /// [spec] The UTF-8 decode algorithm strips one leading UTF-8 byte order mark, if any. It may be cut over chunks.
    fn skip_bom<'c>(&mut self, mut chunk: &'c [u8]) -> &'c [u8] {
        while self.bom < BOM.len() {
            match chunk.split_first() {
                None => break,
                Some((&byte, rest)) if byte == BOM[self.bom] => {
                    self.bom += 1;
                    chunk = rest;
                }
                Some(_) => {
                    self.line.extend_from_slice(&BOM[..self.bom]);
                    self.bom = BOM.len();
                }
            }
        }
        chunk
    }

    /// Takes a line that ends in this chunk, where `range` of it lies.
    #[inline]
    fn end_line(&mut self, chunk: &[u8], range: Range<usize>, sink: &mut impl FnMut(Item<'_>)) {
        if let Some(skip) = self.skip {
            let blank = skip == Skip::LineStart && range.is_empty();
            self.skip = if blank { None } else { Some(Skip::LineStart) };
        } else if !self.line.is_empty() {
            if self.hold(&chunk[range], sink) {
                self.carried_line(chunk, sink);
            } else {
                self.skip = Some(Skip::LineStart);
            }
        } else if range.is_empty() {
            self.dispatch(chunk, sink);
        } else if self.fits(range.len(), sink) {
            self.line_in_chunk(chunk, range, sink);
        } else {
            self.skip = Some(Skip::LineStart);
        }
    }

    /// A line that lies in the chunk whole: its value stays there.
    #[inline]
    fn line_in_chunk(&mut self, chunk: &[u8], range: Range<usize>, sink: &mut impl FnMut(Item<'_>)) {
        let line = &chunk[range.clone()];
        let field = split(line);
        let value = range.start + field.value..range.end;
        match field.name {
            Name::Data if self.data.is_set() => {
                let room = self.room(self.data.capacity(), self.data.len() + value.len() + 1);
                self.data.push_line(chunk, &chunk[value], room);
            }
            Name::Data => self.data.set_in_chunk(value),
            Name::Event => self.event_type.set_in_chunk(value),
            Name::Id if may_be_id(&chunk[value.clone()]) => self.id.set_in_chunk(value),
            name => report(name, &line[..field.name_len], &chunk[value], sink),
        }
    }

    /// A line that began in an earlier chunk: its buffer becomes that of the value.
    fn carried_line(&mut self, chunk: &[u8], sink: &mut impl FnMut(Item<'_>)) {
        let field = split(&self.line);
        let value = &self.line[field.value..];
        match field.name {
            Name::Data if self.data.is_set() => {
                let room = self.room(self.data.capacity(), self.data.len() + value.len() + 1);
                self.data.push_line(chunk, &self.line[field.value..], room);
            }
            Name::Data => self.data.take_line(&mut self.line, field.value),
            Name::Event => self.event_type.take_line(&mut self.line, field.value),
            Name::Id if may_be_id(value) => self.id.take_line(&mut self.line, field.value),
            name => report(name, &self.line[..field.name_len], value, sink),
        }
        self.line.clear();
        if self.line.capacity() > KEEP {
            self.line = Vec::new();
        }
    }

    /// Appends to the line that has not ended yet. False where that makes the event too large.
    fn hold(&mut self, bytes: &[u8], sink: &mut impl FnMut(Item<'_>)) -> bool {
        if self.skip.is_some() {
            self.skip = Some(Skip::InLine);
            return false;
        }
        if !self.fits(self.line.len() + bytes.len(), sink) {
            self.skip = Some(Skip::InLine);
            return false;
        }
        let room = self.room(self.line.capacity(), self.line.len() + bytes.len());
        grow(&mut self.line, bytes.len(), room);
        self.line.extend_from_slice(bytes);
        true
    }

    /// Whether the event may have a line of this length; reports and forgets it where not.
    #[inline]
    fn fits(&mut self, line: usize, sink: &mut impl FnMut(Item<'_>)) -> bool {
        let fits = self.event_size() + line <= self.max_event_size;
        if !fits {
            sink(Item::Error(ParseError::EventTooLarge { limit: self.max_event_size }));
            self.line = Vec::new();
            self.data.unset();
            self.event_type.unset();
            self.id.unset();
        }
        fits
    }

    fn event_size(&self) -> usize {
        self.data.len() + self.event_type.len() + self.id.len()
    }

    /// How large a buffer may get that has the capacity `own` and needs `needed`, so that all of them stay within the limit.
    fn room(&mut self, own: usize, needed: usize) -> usize {
        let all = |parser: &Parser| {
            parser.line.capacity() + parser.data.capacity() + parser.event_type.capacity() + parser.id.capacity()
        };
        if needed > own && all(self) - own + needed > self.max_event_size {
            self.line.shrink_to_fit();
            self.data.shrink();
            self.event_type.shrink();
            self.id.shrink();
        }
        (self.max_event_size + own).saturating_sub(all(self))
    }

    /// [spec] Dispatch the event, 9.2.6: what a blank line does.
    #[inline]
    fn dispatch(&mut self, chunk: &[u8], sink: &mut impl FnMut(Item<'_>)) {
        // [spec] 1. Set the last event ID string of the event source to the value of the last event ID buffer.
        let id_changed = self.id.is_set();
        if id_changed {
            core::mem::swap(&mut self.id, &mut self.last_event_id);
            self.id.unset();
        }
        let last_event_id = Text::new(self.last_event_id.get(chunk).unwrap_or_default());
        if let Some(data) = self.data.get(chunk) {
            // [spec] 6. If the event type buffer has a value other than the empty string, change the type to it.
            let event_type = match self.event_type.get(chunk) {
                None | Some([]) => b"message",
                Some(event_type) => event_type,
            };
            let (event_type, data) = (Text::new(event_type), Text::new(data));
            sink(Item::Event(Event { event_type, data, last_event_id, id_changed }));
        } else if id_changed {
            // [spec] 2. If the data buffer is an empty string, set the data buffer and the event type buffer to the empty
            // string and return.
            sink(Item::LastEventId(last_event_id));
        }
        // [spec] 7. Set the data buffer and the event type buffer to the empty string.
        self.data.unset();
        self.event_type.unset();
    }

    /// Copies what must outlive the chunk.
    fn settle(&mut self, chunk: &[u8]) {
        self.data.settle(chunk);
        self.event_type.settle(chunk);
        self.id.settle(chunk);
        self.last_event_id.settle(chunk);
    }
}

/// [spec] If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value.
fn may_be_id(value: &[u8]) -> bool {
    !value.contains(&0)
}

/// Hands over the fields that no event waits for.
fn report(name: Name, field: &[u8], value: &[u8], sink: &mut impl FnMut(Item<'_>)) {
    match name {
        Name::Comment => sink(Item::Comment(Text::new(value))),
        Name::Retry => {
            if let Some(milliseconds) = digits(value) {
                sink(Item::Retry(milliseconds));
            }
        }
        Name::Unknown => sink(Item::Field { name: Text::new(field), value: Text::new(value) }),
        Name::Data | Name::Event | Name::Id => {}
    }
}

//! Bytes → events: the parser of the HTML standard, section 9.2.6, "Interpreting an event stream".

use core::ops::Range;

use crate::event::MESSAGE;
use crate::field::{Name, digits, split};
use crate::held::Held;
use crate::lines::LineEnds;
use crate::slot::Slot;
use crate::{Event, Item, ParseError, Text};

/// [spec] stream = [ bom ] *event; bom = U+FEFF.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A push parser for one stream.
///
/// It takes the bytes in chunks of any size, cut anywhere, and hands over what it finds as [`Item`]s that borrow from the
/// chunk where they can. The result never depends on where the chunks were cut. The work is linear in the bytes.
///
/// It holds what an unfinished event needs, at most [`with_max_event_size`](Parser::with_max_event_size) bytes, and beside
/// them the last event ID. A type or id that comes behind data is there twice while it is moved to a place of its own.
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
    /// [spec] The data buffer, and the bytes of a line that has not ended yet.
    held: Held,
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
            held: Held::new(),
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
        self.held.line().len() + self.event_size()
    }

    /// Whether nothing is unfinished: any other parser that is past the beginning of its stream would go on the same way, but
    /// for the last event ID.
    #[allow(dead_code, reason = "for parsers that JavaScript shares")]
    pub(crate) fn is_between_events(&self) -> bool {
        let unfinished = self.after_cr || self.skip.is_some() || self.id.is_set() || self.event_type.is_set();
        self.bom == BOM.len() && !unfinished && !self.held.has_data() && !self.held.has_line()
    }

    /// A parser that is past the place where a byte order mark may stand.
    #[allow(dead_code, reason = "for parsers that JavaScript shares")]
    pub(crate) const fn past_bom(mut self) -> Self {
        self.bom = BOM.len();
        self
    }

    /// Forgets the stream, the last event ID too, and keeps the limit.
    pub fn reset(&mut self) {
        *self = Parser::new().with_max_event_size(self.max_event_size);
    }

    /// Reads the next bytes and hands over what they complete.
    pub fn feed(&mut self, chunk: &[u8], mut sink: impl FnMut(Item<'_>)) {
        let chunk = if self.bom < BOM.len() { self.skip_bom(chunk) } else { chunk };
        // One look instead of one a line: what is held and the whole chunk together break no limit.
        let roomy = self.buffered_bytes() + chunk.len() <= self.max_event_size;
        let mut start = 0;
        for end in LineEnds::new(chunk) {
            if end < start {
                // The blank line of an event that was dispatched with its data line.
                continue;
            }
            // [spec] end-of-line = ( cr lf / cr / lf ). A CR ends its line at once; an LF right behind it is part of it.
            let of_crlf = self.after_cr && end == start && chunk[end] == b'\n';
            self.after_cr = chunk[end] == b'\r';
            start = if of_crlf { end + 1 } else { self.end_line(chunk, start..end, roomy, &mut sink) };
        }
        self.settle(chunk);
        if start < chunk.len() {
            self.after_cr = false;
            self.hold(&chunk[start..], &mut sink);
        }
    }

    /// Ends the stream. What was left of it is lost, or, with `flush`, read as if a blank line had ended it.
    ///
    /// The parser is then at the start of a new stream, with the last event ID it had.
    pub fn end(&mut self, flush: bool, mut sink: impl FnMut(Item<'_>)) {
        if flush {
            // The first may belong to a CR, the second ends the line, the third is the blank line.
            self.feed(b"\n\n\n", &mut sink);
        }
        // [spec] Once the end of the file is reached, any pending data must be discarded.
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
                    self.held.push_line(&BOM[..self.bom]);
                    self.bom = BOM.len();
                }
            }
        }
        chunk
    }

    /// Takes a line that ends in this chunk, where `range` of it lies, and tells where the next one begins.
    #[inline(always)]
    fn end_line(&mut self, chunk: &[u8], range: Range<usize>, roomy: bool, sink: &mut impl FnMut(Item<'_>)) -> usize {
        let end = range.end;
        if self.skip.is_some() || self.held.has_line() {
            self.end_held_line(chunk, range, sink);
        } else if range.is_empty() {
            self.blank_line(chunk, sink);
        } else if roomy || self.fits(range.len(), sink) {
            return self.line_in_chunk(chunk, range, sink);
        } else {
            self.skip = Some(Skip::LineStart);
        }
        end + 1
    }

    /// Ends a line that began in an earlier chunk, or that is being skipped.
    #[inline(never)]
    fn end_held_line(&mut self, chunk: &[u8], range: Range<usize>, sink: &mut impl FnMut(Item<'_>)) {
        if let Some(skip) = self.skip {
            let blank = skip == Skip::LineStart && range.is_empty();
            self.skip = if blank { None } else { Some(Skip::LineStart) };
        } else if self.hold(&chunk[range], sink) {
            self.held_line(sink);
        } else {
            self.skip = Some(Skip::LineStart);
        }
    }

    /// A line that lies in the chunk whole: its value stays there. Tells where the next line begins.
    #[inline(always)]
    fn line_in_chunk(&mut self, chunk: &[u8], range: Range<usize>, sink: &mut impl FnMut(Item<'_>)) -> usize {
        let line = &chunk[range.clone()];
        let field = split(line);
        let value = range.start + field.value..range.end;
        match field.name {
            Name::Data if self.held.has_data() => self.push_data(chunk, &chunk[value]),
            // Nearly every event: the blank line is there too, so the data need not be kept (50 to 42 ns an event).
            Name::Data if chunk[range.end..].starts_with(b"\n\n") => {
                let id_changed = self.commit_id();
                self.dispatch(chunk, &chunk[value], id_changed, sink);
                if self.event_type.is_set() {
                    self.event_type.unset();
                }
                return range.end + 2;
            }
            Name::Data => self.held.set_data_in_chunk(value),
            Name::Event => self.event_type.set_in_chunk(value),
            Name::Id if may_be_id(&chunk[value.clone()]) => self.id.set_in_chunk(value),
            name => report(name, &line[..field.name_len], &chunk[value], sink),
        }
        range.end + 1
    }

    /// A further data line that lies in the chunk.
    #[inline(never)]
    fn push_data(&mut self, chunk: &[u8], value: &[u8]) {
        self.settle_data(chunk);
        self.make_room(value.len() + 1);
        self.held.push_data(value);
    }

    /// A line that began in an earlier chunk.
    fn held_line(&mut self, sink: &mut impl FnMut(Item<'_>)) {
        let line = self.held.line();
        let field = split(line);
        let value = &line[field.value..];
        match field.name {
            Name::Data => self.held.line_is_data(field.value),
            Name::Event => self.held.line_is(&mut self.event_type, field.value),
            Name::Id if may_be_id(value) => self.held.line_is(&mut self.id, field.value),
            name => {
                report(name, &line[..field.name_len], value, sink);
                self.held.drop_line();
            }
        }
    }

    /// Appends to the line that has not ended yet. False where that makes the event too large.
    fn hold(&mut self, bytes: &[u8], sink: &mut impl FnMut(Item<'_>)) -> bool {
        if self.skip.is_none() && self.fits(self.held.line().len() + bytes.len(), sink) {
            self.make_room(bytes.len());
            self.held.push_line(bytes);
            return true;
        }
        self.skip = Some(Skip::InLine);
        false
    }

    fn event_size(&self) -> usize {
        self.held.data_len() + self.event_type.len() + self.id.len()
    }

    /// Whether the event may have a line of this length; reports and forgets it where not.
    #[inline(never)]
    fn fits(&mut self, line: usize, sink: &mut impl FnMut(Item<'_>)) -> bool {
        let fits = self.event_size() + line <= self.max_event_size;
        if !fits {
            sink(Item::Error(ParseError::EventTooLarge { limit: self.max_event_size }));
            self.held = Held::new();
            self.event_type.unset();
            self.id.unset();
        }
        fits
    }

    /// What the buffers beside `held` have.
    fn others(&self) -> usize {
        let large = |slot: &Slot| if slot.capacity() > SMALL { slot.capacity() } else { 0 };
        large(&self.event_type) + large(&self.id)
    }

    /// Makes room for `extra` bytes of data or line, so that all buffers stay within the limit.
    fn make_room(&mut self, extra: usize) {
        if self.held.is_short_of(extra) {
            if self.held.len() + extra + self.others() > self.max_event_size {
                self.event_type.shrink();
                self.id.shrink();
            }
            self.held.grow(extra, self.max_event_size.saturating_sub(self.others()));
        }
    }

    /// [spec] If the line is empty, dispatch the event.
    #[inline(never)]
    fn blank_line(&mut self, chunk: &[u8], sink: &mut impl FnMut(Item<'_>)) {
        let id_changed = self.commit_id();
        if let Some(data) = self.held.data(chunk) {
            self.dispatch(chunk, data, id_changed, sink);
        } else if id_changed {
            // [spec] 2. If the data buffer is an empty string, set the data buffer and the event type buffer to the empty
            // string and return.
            sink(Item::LastEventId(Text::new(self.last_event_id.get(chunk).unwrap_or_default())));
        }
        // [spec] 7. Set the data buffer and the event type buffer to the empty string.
        self.held.clear();
        self.event_type.unset();
    }

    /// [spec] Dispatch, 1: set the last event ID string of the event source to the value of the last event ID buffer. Tells
    /// whether a field has set that since the last blank line.
    #[inline(always)]
    fn commit_id(&mut self) -> bool {
        let changed = self.id.is_set();
        if changed {
            self.last_event_id.take(&mut self.id);
        }
        changed
    }

    #[inline(always)]
    fn dispatch(&self, chunk: &[u8], data: &[u8], id_changed: bool, sink: &mut impl FnMut(Item<'_>)) {
        // [spec] 6. If the event type buffer has a value other than the empty string, change the type to it.
        let event_type = match self.event_type.get(chunk) {
            None | Some([]) => &MESSAGE,
            Some(event_type) => event_type,
        };
        let last_event_id = Text::new(self.last_event_id.get(chunk).unwrap_or_default());
        let (event_type, data) = (Text::new(event_type), Text::new(data));
        sink(Item::Event(Event { event_type, data, last_event_id, id_changed }));
    }

    /// Copies what must outlive the chunk.
    fn settle(&mut self, chunk: &[u8]) {
        self.settle_data(chunk);
        self.event_type.settle(chunk);
        self.id.settle(chunk);
        self.last_event_id.settle(chunk);
    }

    fn settle_data(&mut self, chunk: &[u8]) {
        let unsettled = self.held.unsettled();
        if unsettled > 0 {
            self.make_room(unsettled);
        }
        self.held.settle(chunk);
    }
}

/// A type or id of this size takes so little memory that it is not counted.
const SMALL: usize = 64;

/// [spec] If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value.
fn may_be_id(value: &[u8]) -> bool {
    // `contains` would bring a search of 0.3 KB with it, for values of a few bytes.
    value.iter().all(|&byte| byte != 0)
}

/// Hands over the fields that no event waits for.
#[inline(never)]
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

//! Bytes → events: the parser of the HTML standard, section 9.2.6, "Interpreting an event stream".

use alloc::vec::Vec;

use crate::buffer::Span;
use crate::found::{Data, Found, Sink};
use crate::scanner::Scanner;
use crate::{Event, Item, ParseError, Text};

/// A push parser for one stream.
///
/// It takes the bytes in chunks of any size, cut anywhere, and hands over what it finds as [`Item`]s that borrow from its
/// buffer. The result never depends on where the chunks were cut. The work is linear in the bytes.
///
/// Its buffer has the unfinished event, at most [`with_max_event_size`](Parser::with_max_event_size) bytes, and one chunk. Beside
/// it are the last event ID, and data that goes on behind another line of its event, which is there twice while it is put
/// together. A buffer of up to 128 KiB is kept for the next event; a larger one is given back.
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
    scanner: Scanner,
    /// [spec] The last event ID string.
    last_event_id: Vec<u8>,
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
        Parser { scanner: Scanner::new(Parser::DEFAULT_MAX_EVENT_SIZE), last_event_id: Vec::new() }
    }

    /// Sets the limit in bytes for the data, type and id of one event together with the line that is being read. An event
    /// over it gives [`ParseError::EventTooLarge`] and is left out; the next one is read again.
    #[must_use]
    pub fn with_max_event_size(mut self, bytes: usize) -> Self {
        self.scanner = Scanner::new(bytes);
        self
    }

    /// The limit of [`with_max_event_size`](Parser::with_max_event_size).
    pub const fn max_event_size(&self) -> usize {
        self.scanner.max_event_size()
    }

    /// Starts with the last event ID of an earlier stream, as browsers do after a reconnection: events without an `id` of
    /// their own keep it.
    #[must_use]
    pub fn with_last_event_id(mut self, id: &[u8]) -> Self {
        set(&mut self.last_event_id, id);
        self
    }

    /// The last event ID string, as of the last blank line. It is what a reconnection sends.
    pub fn last_event_id(&self) -> Text<'_> {
        Text::new(&self.last_event_id)
    }

    /// How many bytes of unfinished lines and events are held.
    pub fn buffered_bytes(&self) -> usize {
        self.scanner.held()
    }

    /// Forgets the stream, the last event ID too, and keeps the limit.
    pub fn reset(&mut self) {
        *self = Parser::new().with_max_event_size(self.max_event_size());
    }

    /// Reads the next bytes and hands over what they complete.
    pub fn feed(&mut self, chunk: &[u8], sink: impl FnMut(Item<'_>)) {
        let limit = self.max_event_size();
        self.scanner.room(chunk.len())[..chunk.len()].copy_from_slice(chunk);
        self.scanner.scan(chunk.len(), &mut Items { last_event_id: &mut self.last_event_id, limit, sink });
        // What a rare large event has grown is given back now, and not only at the next chunk.
        self.scanner.room(0);
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
        self.scanner.begin(self.max_event_size(), false);
    }
}

/// Makes items of what the scanner finds.
struct Items<'a, F> {
    last_event_id: &'a mut Vec<u8>,
    limit: usize,
    sink: F,
}

impl<F: FnMut(Item<'_>)> Sink for Items<'_, F> {
    fn plain(&mut self, bytes: &[u8], data: Span) {
        self.event(bytes, Data::Whole(data), Span::UNSET, Span::UNSET);
    }

    fn event(&mut self, bytes: &[u8], data: Data<'_>, event_type: Span, id: Span) {
        // [spec] Dispatch, 1: set the last event ID string of the event source to the value of the last event ID buffer.
        if id.is_set() {
            set(self.last_event_id, id.of(bytes));
        }
        // [spec] Dispatch, 6: if the event type buffer has a value other than the empty string, change the type to it.
        let event_type = match event_type.of(bytes) {
            b"" => b"message",
            event_type => event_type,
        };
        let data = match data {
            Data::Whole(span) => span.of(bytes),
            Data::Parts(parts, range) => parts.get(range).unwrap_or_default(),
        };
        (self.sink)(Item::Event(Event {
            event_type: Text::new(event_type),
            data: Text::new(data),
            last_event_id: Text::new(self.last_event_id),
            id_changed: id.is_set(),
        }));
    }

    fn found(&mut self, bytes: &[u8], found: Found, value: Span) {
        let value = value.of(bytes);
        let item = match found {
            Found::LastEventId => {
                set(self.last_event_id, value);
                Item::LastEventId(Text::new(self.last_event_id))
            }
            Found::Comment => Item::Comment(Text::new(value)),
            Found::Unknown => {
                let (name, value) = cut(value);
                Item::Field { name: Text::new(name), value: Text::new(value) }
            }
            Found::TooLarge => Item::Error(ParseError::EventTooLarge { limit: self.limit }),
        };
        (self.sink)(item);
    }

    fn retry(&mut self, milliseconds: u64) {
        (self.sink)(Item::Retry(milliseconds));
    }
}

/// Name and value of any line.
fn cut(line: &[u8]) -> (&[u8], &[u8]) {
    let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
    let value = line.get(colon + 1..).unwrap_or_default();
    (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
}

/// Sets a value in a buffer of just its size: it may stay for long.
fn set(value: &mut Vec<u8>, to: &[u8]) {
    if value.capacity() < to.len() || value.capacity() / 4 > to.len() {
        *value = Vec::new();
        value.reserve_exact(to.len());
    }
    value.clear();
    value.extend_from_slice(to);
}

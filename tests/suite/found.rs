//! What a parser found, in a form that outlives the parser, and the ways to feed one.

use eventsource_wasm::{Item, Parser};

/// An [`Item`] with text instead of borrowed bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Event { event_type: String, data: String, last_event_id: String, id_changed: bool },
    Comment(String),
    Retry(u64),
    LastEventId(String),
    Field { name: String, value: String },
    Error(&'static str),
}

impl Found {
    pub fn of(item: Item<'_>) -> Found {
        match item {
            Item::Event(event) => Found::Event {
                event_type: event.event_type.to_str().into_owned(),
                data: event.data.to_str().into_owned(),
                last_event_id: event.last_event_id.to_str().into_owned(),
                id_changed: event.id_changed,
            },
            Item::Comment(text) => Found::Comment(text.to_str().into_owned()),
            Item::Retry(milliseconds) => Found::Retry(milliseconds),
            Item::LastEventId(id) => Found::LastEventId(id.to_str().into_owned()),
            Item::Field { name, value } => {
                Found::Field { name: name.to_str().into_owned(), value: value.to_str().into_owned() }
            }
            Item::Error(error) => Found::Error(error.code()),
            _ => panic!("an item these tests do not know: {item:?}"),
        }
    }
}

/// What a stream starts and ends with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub max_event_size: Option<usize>,
    pub last_event_id: Option<String>,
    pub flush: bool,
}

impl Options {
    pub fn parser(&self) -> Parser {
        let mut parser = Parser::new();
        if let Some(bytes) = self.max_event_size {
            parser = parser.with_max_event_size(bytes);
        }
        if let Some(id) = &self.last_event_id {
            parser = parser.with_last_event_id(id.as_bytes());
        }
        parser
    }
}

/// Feeds the chunks to a new parser and ends it: all it found, and the last event ID at the end.
///
/// Each chunk lives in an allocation of exactly its size, so that a parser which kept hold of it would be caught.
pub fn parse<'c>(options: &Options, chunks: impl IntoIterator<Item = &'c [u8]>) -> (Vec<Found>, String) {
    let mut parser = options.parser();
    let mut found = Vec::new();
    for chunk in chunks {
        let chunk: Box<[u8]> = chunk.into();
        parser.feed(&chunk, |item| found.push(Found::of(item)));
    }
    parser.end(options.flush, |item| found.push(Found::of(item)));
    (found, parser.last_event_id().to_str().into_owned())
}

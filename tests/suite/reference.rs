//! The standard, section 9.2.5 and 9.2.6, word by word: decode the whole stream, cut it into lines, take one after the other.
//! Slow, obvious, and nothing like the parser it is compared with.

use eventsource_wasm::Parser;

use super::found::{Found, Options};

/// A line: its text, and how many bytes of the stream it was, for the limit.
struct Line {
    text: String,
    bytes: usize,
}

#[derive(Default)]
struct Stream {
    data: String,
    data_bytes: usize,
    event_type: String,
    event_type_bytes: usize,
    /// [spec] "last event ID buffer"
    id: String,
    /// Bytes of the id that this event has set; `None` where it has set none.
    id_bytes: Option<usize>,
    /// [spec] "last event ID string"
    last_event_id: String,
    skipping: bool,
    found: Vec<Found>,
}

/// What the standard finds in a stream, and the last event ID string at its end.
pub fn reference(options: &Options, stream: &[u8]) -> (Vec<Found>, String) {
    let (lines, unfinished) = lines(stream);
    let max = options.max_event_size.unwrap_or(Parser::DEFAULT_MAX_EVENT_SIZE);
    let id = options.last_event_id.clone().unwrap_or_default();
    let mut state = Stream { last_event_id: id.clone(), id, ..Stream::default() };
    for line in &lines {
        state.line(line, max);
    }
    // Once the end of the file is reached, any pending data must be discarded. Only its size may already be too much.
    if state.fits(unfinished.bytes, max) && options.flush {
        if !unfinished.text.is_empty() {
            state.line(&unfinished, max);
        }
        if !state.skipping {
            state.dispatch();
        }
    }
    (state.found, state.last_event_id)
}

/// The lines of a stream, and what follows the last line end.
fn lines(stream: &[u8]) -> (Vec<Line>, Line) {
    // Streams must be decoded using the UTF-8 decode algorithm: it strips one leading BOM.
    let stream = stream.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(stream);
    let text = String::from_utf8_lossy(stream);
    let texts = cut(text.chars(), '\r', '\n');
    let bytes = cut(stream.iter().copied(), b'\r', b'\n');
    assert_eq!(texts.len(), bytes.len(), "decoding neither makes nor loses a line end");
    let mut lines: Vec<Line> = texts
        .into_iter()
        .zip(bytes)
        .map(|(text, bytes)| Line { text: text.into_iter().collect(), bytes: bytes.len() })
        .collect();
    let unfinished = lines.pop().expect("a text has at least one line");
    (lines, unfinished)
}

/// Lines must be separated by either a CRLF pair, a single LF, or a single CR.
fn cut<T: Copy + PartialEq>(characters: impl Iterator<Item = T>, cr: T, lf: T) -> Vec<Vec<T>> {
    let mut lines = vec![Vec::new()];
    let mut characters = characters.peekable();
    while let Some(character) = characters.next() {
        if character == cr && characters.peek() == Some(&lf) {
            characters.next();
            lines.push(Vec::new());
        } else if character == cr || character == lf {
            lines.push(Vec::new());
        } else if let Some(line) = lines.last_mut() {
            line.push(character);
        }
    }
    lines
}

impl Stream {
    fn line(&mut self, line: &Line, max: usize) {
        if line.text.is_empty() {
            // If the line is empty (a blank line): dispatch the event.
            if !self.skipping {
                self.dispatch();
            }
            self.skipping = false;
        } else if self.fits(line.bytes, max) {
            self.full_line(line);
        }
    }

    fn full_line(&mut self, line: &Line) {
        match line.text.find(':') {
            // If the line starts with a U+003A COLON character (:): ignore the line.
            Some(0) => {
                let text = &line.text[1..];
                self.found.push(Found::Comment(text.strip_prefix(' ').unwrap_or(text).into()));
            }
            // If the line contains a U+003A COLON character (:): collect the characters before the first colon, and let field
            // be that string. Collect those after it, and let value be that string. If value starts with a U+0020 SPACE
            // character, remove it from value.
            Some(colon) => {
                let value = &line.text[colon + 1..];
                self.field(&line.text[..colon], value.strip_prefix(' ').unwrap_or(value), line);
            }
            // Otherwise: the whole line is the field name, the empty string the field value.
            None => self.field(&line.text, "", line),
        }
    }

    fn field(&mut self, name: &str, value: &str, line: &Line) {
        // What stands before the value of a known field is ASCII.
        let value_bytes = || line.bytes - (line.text.len() - value.len());
        match name {
            "event" => {
                self.event_type = value.into();
                self.event_type_bytes = value_bytes();
            }
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
                self.data_bytes += value_bytes() + 1;
            }
            "id" => {
                if !value.contains('\0') {
                    self.id = value.into();
                    self.id_bytes = Some(value_bytes());
                }
            }
            "retry" => {
                if !value.is_empty() && value.chars().all(|character| character.is_ascii_digit()) {
                    self.found.push(Found::Retry(value.parse().unwrap_or(u64::MAX)));
                }
            }
            _ => self.found.push(Found::Field { name: name.into(), value: value.into() }),
        }
    }

    fn dispatch(&mut self) {
        // 1. Set the last event ID string of the event source to the value of the last event ID buffer.
        self.last_event_id.clone_from(&self.id);
        let id_changed = self.id_bytes.is_some();
        if self.data.is_empty() {
            // 2. If the data buffer is an empty string, set both buffers to the empty string and return.
            if id_changed {
                self.found.push(Found::LastEventId(self.id.clone()));
            }
        } else {
            // 3. If the data buffer's last character is a U+000A LINE FEED (LF) character, then remove it.
            self.data.pop();
            // 5. If the event type buffer has a value other than the empty string, change the type of the event.
            let event_type = if self.event_type.is_empty() { "message" } else { &self.event_type };
            self.found.push(Found::Event {
                event_type: event_type.into(),
                data: self.data.clone(),
                last_event_id: self.last_event_id.clone(),
                id_changed,
            });
        }
        self.forget();
    }

    /// 6. Set the data buffer and the event type buffer to the empty string.
    fn forget(&mut self) {
        self.data.clear();
        self.data_bytes = 0;
        self.event_type.clear();
        self.event_type_bytes = 0;
        self.id_bytes = None;
    }

    /// The limit is not the standard's: data without the LF at its end, type, an id of this event, and the line.
    fn fits(&mut self, line_bytes: usize, max: usize) -> bool {
        let event = self.data_bytes.saturating_sub(1) + self.event_type_bytes + self.id_bytes.unwrap_or(0);
        if !self.skipping && event + line_bytes > max {
            self.found.push(Found::Error("event-too-large"));
            self.forget();
            self.id.clone_from(&self.last_event_id);
            self.skipping = true;
        }
        !self.skipping
    }
}

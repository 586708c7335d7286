//! What must hold for every stream and every frame.

#[path = "suite/found.rs"]
mod found;
#[path = "suite/frames.rs"]
mod frames;
#[path = "suite/reference.rs"]
mod reference;

use eventsource_wasm::encode;
use found::{Found, Options, parse};
use frames::{OwnedFrame, expected, refusal};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use reference::reference;

const PIECES: &[&[u8]] = &[
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\r",
    b"\r\n",
    b"\r\n\r\n",
    b"data",
    b"data:",
    b"data: ",
    b"data: x\n",
    b"data: y\n\n",
    b"event",
    b"event:",
    b"event: t\n",
    b"id",
    b"id:",
    b"id: 1\n",
    b"id: \n",
    b"retry: ",
    b"retry:10\n",
    b":",
    b": c\n",
    b" ",
    b"\t",
    b"\0",
    b"\xEF\xBB\xBF",
    b"\xEF\xBB",
    b"\xC3",
    b"\xE2\x82",
    b"\xF0\x9F\x98",
    b"\x80",
    b"\xFF",
    b"x",
    b"7",
    "é".as_bytes(),
    "漢".as_bytes(),
    "😀".as_bytes(),
    b"field: v\n",
    b"a longer piece, so that lines pass the sixty-four bytes that are looked at together",
];

/// Bytes that look like an event stream more often than not.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        9 => select(PIECES).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 1..6),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A stream as chunks: cut at any offsets, some of them twice, which makes empty chunks.
fn chunks() -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    (stream(), vec(any::<Index>(), 0..12)).prop_map(|(stream, cuts)| {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        (stream, cuts)
    })
}

fn options() -> impl Strategy<Value = Options> {
    // From 3 on, so that half a BOM is no question.
    let max_event_size = option::weighted(0.4, 3..80_usize);
    let last_event_id = option::weighted(0.2, "[a-zé]{0,5}");
    (max_event_size, last_event_id, any::<bool>()).prop_map(|(max_event_size, last_event_id, flush)| Options {
        max_event_size,
        last_event_id,
        flush,
    })
}

fn cut<'s>(stream: &'s [u8], cuts: &[usize]) -> Vec<&'s [u8]> {
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([stream.len()]);
    starts.zip(ends).map(|(start, end)| &stream[start..end]).collect()
}

/// Text with what matters to a frame.
fn text() -> impl Strategy<Value = String> {
    const TEXTS: &[&str] =
        &["\n", "\r", "\r\n", " ", ":", "a", "data: x", "\0", "\u{feff}", "é", "漢", "😀", "\u{2028}", "\u{85}"];
    prop_oneof![
        4 => vec(select(TEXTS), 0..12).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

fn one_line() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.replace(['\r', '\n'], ""))
}

fn frame(event: impl Strategy<Value = String>, id: impl Strategy<Value = String>) -> impl Strategy<Value = OwnedFrame> {
    (option::of(event), option::of(id), option::of(any::<u64>()), option::of(text()), option::of(text()))
        .prop_map(|(event, id, retry, data, comment)| OwnedFrame { event, id, retry, data, comment })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// However a stream is cut, the result is that of the standard, taken word by word over the whole stream.
    #[test]
    fn chunking_never_changes_the_result((stream, cuts) in chunks(), options in options()) {
        let expected = reference(&options, &stream);
        prop_assert_eq!(&parse(&options, [&stream[..]]), &expected);
        prop_assert_eq!(&parse(&options, cut(&stream, &cuts)), &expected);
        prop_assert_eq!(&parse(&options, stream.chunks(1)), &expected);
    }

    /// Nothing waits for bytes it does not need: after each chunk, all is out that the standard finds up to there.
    #[test]
    fn items_come_at_once((stream, cuts) in chunks(), options in options()) {
        let mut parser = options.parser();
        let mut found = Vec::new();
        let mut fed = 0;
        for chunk in cut(&stream, &cuts) {
            parser.feed(chunk, |item| found.push(Found::of(item)));
            fed += chunk.len();
            let so_far = Options { flush: false, ..options.clone() };
            let (expected, last_event_id) = reference(&so_far, &stream[..fed]);
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(parser.last_event_id().to_str(), last_event_id);
        }
    }

    #[test]
    fn what_is_held_stays_within_the_limit((stream, cuts) in chunks(), options in options()) {
        let mut parser = options.parser();
        let limit = options.max_event_size.unwrap_or(usize::MAX);
        for chunk in cut(&stream, &cuts) {
            parser.feed(chunk, |_| {});
            prop_assert!(parser.buffered_bytes() <= limit);
        }
        parser.end(options.flush, |_| {});
        prop_assert_eq!(parser.buffered_bytes(), 0);
    }

    /// A parser that has ended or was reset reads the next stream like a new one.
    #[test]
    fn a_parser_can_be_used_again(first in stream(), second in stream(), options in options(), reset in any::<bool>()) {
        let mut parser = options.parser();
        parser.feed(&first, |_| {});
        if reset {
            parser.reset();
        } else {
            parser.end(options.flush, |_| {});
        }
        let last_event_id = parser.last_event_id().to_str().into_owned();
        prop_assert!(!reset || last_event_id.is_empty());
        let mut found = Vec::new();
        parser.feed(&second, |item| found.push(Found::of(item)));
        parser.end(options.flush, |item| found.push(Found::of(item)));
        let (expected, _) = reference(&Options { last_event_id: Some(last_event_id), ..options }, &second);
        prop_assert_eq!(found, expected);
    }

    /// parse(encode(e)) == e, up to line ends.
    #[test]
    fn what_is_written_is_read_back(
        frames in vec(frame(one_line(), one_line().prop_map(|id| id.replace('\0', ""))), 1..5),
        cuts in vec(any::<Index>(), 0..6),
    ) {
        let mut bytes = Vec::new();
        let (mut found, mut last_event_id) = (Vec::new(), String::new());
        for frame in &frames {
            prop_assert_eq!(encode(&frame.borrow(), &mut bytes), Ok(()));
            found.extend(expected(frame, &mut last_event_id));
        }
        prop_assert!(bytes.is_empty() || bytes.ends_with(b"\n\n"));
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        prop_assert_eq!(parse(&Options::default(), cut(&bytes, &cuts)), (found, last_event_id));
    }

    /// A frame is refused for the documented reasons and no other, and then nothing is written.
    #[test]
    fn a_frame_is_refused_only_for_its_reason(frame in frame(text(), text())) {
        let mut out = b"before".to_vec();
        prop_assert_eq!(encode(&frame.borrow(), &mut out), refusal(&frame).map_or(Ok(()), Err));
        if refusal(&frame).is_some() {
            prop_assert_eq!(&out, b"before");
        }
    }
}

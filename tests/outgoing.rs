//! A stream that is written, without I/O: what the reader gets, and the end.

use eventsource_wasm::{Answer, CloseCode, Frame, Outgoing, Overflow, ParseError, Parser, Written};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const POLICIES: [Overflow; 5] =
    [Overflow::Wait, Overflow::DropOldest, Overflow::DropNewest, Overflow::LatestPerKey, Overflow::Disconnect];
const CODES: [CloseCode; 7] = [
    CloseCode::Closed,
    CloseCode::Completed,
    CloseCode::Failed,
    CloseCode::Cancelled,
    CloseCode::Aborted,
    CloseCode::Deadline,
    CloseCode::SlowConsumer,
];

fn text(stream: &mut Outgoing) -> String {
    stream.take(|chunk| String::from_utf8(chunk.to_vec()).unwrap())
}

#[test]
fn what_an_end_leaves_to_the_reader() {
    for code in CODES {
        let mut stream = Outgoing::new(100, Overflow::Wait);
        assert_eq!(stream.write(&"x".into(), None), Ok(Written::Room));
        assert_eq!((stream.answer(), stream.ended()), (Answer::Chunk, None));
        assert!(stream.end(code));
        assert!(!stream.end(CloseCode::Deadline), "the first reason counts");
        assert_eq!(stream.ended(), Some(code));
        if matches!(code, CloseCode::Cancelled | CloseCode::Aborted | CloseCode::SlowConsumer) {
            assert_eq!((stream.answer(), stream.buffered_bytes()), (Answer::Break(code), 0));
            assert_eq!((stream.sent(), stream.dropped()), (0, 1));
            continue;
        }
        assert_eq!(stream.answer(), Answer::Chunk);
        assert_eq!(text(&mut stream), "data: x\n\n");
        assert_eq!((stream.sent(), stream.dropped()), (1, 0));
        let last = if code == CloseCode::Failed { Answer::Break(code) } else { Answer::End };
        assert_eq!(stream.answer(), last);
    }
}

#[test]
fn a_reader_that_leaves_takes_nothing_more() {
    let mut stream = Outgoing::new(100, Overflow::Wait);
    stream.write(&"x".into(), None).unwrap();
    stream.end(CloseCode::Closed);
    stream.abandon();
    assert_eq!((stream.answer(), stream.ended()), (Answer::End, Some(CloseCode::Closed)));
    assert_eq!((stream.sent(), stream.dropped()), (0, 1));
    let mut stream = Outgoing::new(100, Overflow::Wait);
    stream.abandon();
    assert_eq!(stream.answer(), Answer::Break(CloseCode::Cancelled));
}

#[test]
fn an_event_is_what_has_data() {
    let mut stream = Outgoing::new(100, Overflow::Wait);
    for frame in [
        Frame { comment: Some("c"), ..Frame::default() },
        Frame { id: Some("1"), ..Frame::default() },
        Frame { retry: Some(1), ..Frame::default() },
        Frame::default(),
        Frame::from(""),
    ] {
        stream.write(&frame, None).unwrap();
    }
    assert_eq!(text(&mut stream), ": c\n\nid: 1\n\nretry: 1\n\ndata: \n\n");
    assert_eq!(stream.sent(), 1);
}

#[test]
fn a_heartbeat_is_due_after_two_quiet_ticks() {
    let mut stream = Outgoing::new(100, Overflow::Wait);
    assert_eq!([(); 5].map(|()| stream.tick()), [false, true, false, true, false]);
    stream.write(&"x".into(), None).unwrap();
    assert_eq!([(); 3].map(|()| stream.tick()), [false; 3], "something waits");
    text(&mut stream);
    assert_eq!([(); 2].map(|()| stream.tick()), [false, true]);
}

#[test]
fn keys_are_told_apart_however_many_there_are() {
    let mut stream = Outgoing::new(1, Overflow::LatestPerKey);
    for key in 0..25_000 {
        assert_eq!(stream.write(&"x".into(), Some(&key.to_string())), Ok(Written::Room));
    }
    assert_eq!((stream.buffered_bytes(), stream.dropped()), (9, 24_999));
}

#[test]
fn an_event_that_is_relayed_has_a_limit() {
    let limit = Parser::DEFAULT_MAX_EVENT_SIZE;
    let mut stream = Outgoing::new(100, Overflow::Wait);
    assert_eq!(stream.relay(b"data: 1\n\nid: 2\n"), Ok(Written::Room));
    let bytes = vec![b'x'; limit];
    for _ in 0..3 {
        assert_eq!(stream.relay(&bytes), Err(ParseError::EventTooLarge { limit }));
    }
    assert_eq!(text(&mut stream), "data: 1\n\n");
}

proptest! {
    /// Whatever is sent and taken: events leave in order, within the bound, and each is counted once.
    #[test]
    fn each_event_is_sent_or_dropped(
        overflow in select(&POLICIES[..]),
        max_buffer in 0..200usize,
        steps in vec(prop_oneof![9 => (0..30usize).prop_map(Some), 2 => Just(None)], 0..60),
        code in select(&CODES[..]),
    ) {
        let mut stream = Outgoing::new(max_buffer, overflow);
        let (mut written, mut taken, mut overflowed) = (0, String::new(), false);
        for step in steps {
            let Some(size) = step else {
                if stream.answer() == Answer::Chunk {
                    taken += &text(&mut stream);
                }
                continue;
            };
            if !stream.has_room() {
                continue;
            }
            let data = format!("{written:04}{}", "x".repeat(size));
            let result = stream.write(&data.as_str().into(), Some(&(size % 3).to_string())).unwrap();
            written += 1;
            overflowed |= result == Written::Overflowed;
            prop_assert_eq!(result == Written::Overflowed, overflowed && overflow == Overflow::Disconnect);
            prop_assert_eq!(result == Written::Full, overflow == Overflow::Wait && !stream.has_room());
            prop_assert!(stream.buffered_bytes() < max_buffer + 64);
            if overflowed {
                break;
            }
        }
        stream.end(if overflowed { CloseCode::SlowConsumer } else { code });
        while stream.answer() == Answer::Chunk {
            taken += &text(&mut stream);
        }
        let read: Vec<u64> = taken.split_terminator("\n\n").map(|frame| frame[6..10].parse().unwrap()).collect();
        prop_assert!(read.is_sorted_by(|a, b| a < b));
        prop_assert_eq!(stream.sent(), read.len() as u64);
        prop_assert_eq!(stream.sent() + stream.dropped(), written);
    }
}

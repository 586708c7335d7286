//! The replay ring, against a list.

use eventsource_wasm::{FrameInfo, History, HistoryLimits, Position, Resumed};
use proptest::collection::vec;
use proptest::prelude::*;

fn at(number: u64) -> Position {
    Position { epoch: 7, number }
}

fn frame(number: u64, size: usize) -> Vec<u8> {
    vec![number as u8; size]
}

/// Every third frame is not counted.
fn info(number: u64) -> FrameInfo {
    FrameInfo { key: number as u32, counted: !number.is_multiple_of(3) }
}

proptest! {
    #[test]
    fn keeps_what_the_limits_allow_and_what_is_not_delivered(
        events in 0..20usize,
        bytes in 0..300usize,
        age in 0..50u32,
        steps in vec((1..40usize, 0..5u32, 1..4u64, any::<bool>()), 1..150),
    ) {
        let limits = HistoryLimits { events, bytes, age: f64::from(age) };
        let mut history = History::new(limits);
        history.begin(at(0));
        // Number, time, size and sequence of all that was ever appended.
        let mut all: Vec<(u64, f64, usize)> = Vec::new();
        let (mut now, mut number, mut delivered) = (0.0, 0, 0);
        for (size, passed, numbers, deliver) in steps {
            now += f64::from(passed);
            number += numbers;
            history.append(at(number), now, info(number), &frame(number, size));
            // It has been here.
            history.append(at(number), now, info(1), b"again");
            all.push((number, now, size));
            if deliver {
                delivered = all.len();
                history.deliver(delivered as u64, now);
            }
            // The oldest that may stay: all from the first that is within the limits, or is not delivered.
            let first = (0..=all.len())
                .find(|&first| {
                    let rest = &all[first..];
                    first >= delivered
                        || rest.len() <= events
                            && rest.iter().map(|entry| entry.2).sum::<usize>() <= bytes
                            && rest.first().is_none_or(|entry| now - entry.1 <= limits.age)
                })
                .unwrap_or(all.len());
            prop_assert_eq!(history.first(), first as u64);
            prop_assert_eq!(history.end(), all.len() as u64);
            prop_assert_eq!(history.head(), at(number));
            prop_assert_eq!(history.before(), at(first.checked_sub(1).map_or(0, |at| all[at].0)));
            let kept: Vec<_> = history.kept(0).map(|kept| (kept.position.number, kept.at, kept.frame.len())).collect();
            prop_assert_eq!(&kept, &all[first..]);
            for kept in history.kept(0) {
                prop_assert_eq!(kept.frame, frame(kept.position.number, kept.frame.len()));
                prop_assert_eq!(kept.info, info(kept.position.number));
            }
            for sequence in first..=all.len() + 1 {
                let last = sequence.min(all.len()).checked_sub(1);
                prop_assert_eq!(history.up_to(sequence as u64), at(last.map_or(0, |last| all[last].0)));
                let rest = all.iter().skip(sequence).filter(|entry| info(entry.0).counted).count() as u64;
                prop_assert_eq!(history.counted(sequence as u64..history.end()), rest);
                let before = history.counted(0..sequence as u64);
                prop_assert_eq!(before + rest, history.counted(0..history.end()));
            }
        }
        for read in 0..number + 3 {
            let missed = all.iter().filter(|entry| entry.0 > read).count() as u64;
            let expected = if at(read) < history.before() || read > number {
                Resumed::Gap
            } else {
                Resumed::From(all.len() as u64 - missed)
            };
            prop_assert_eq!(history.behind(at(read)), expected);
        }
        prop_assert_eq!(history.behind(Position { epoch: 6, number }), Resumed::Gap);
        prop_assert_eq!(history.behind(Position { epoch: 8, number: 0 }), Resumed::Gap);
    }

    #[test]
    fn a_run_has_as_many_frames_as_there_is_room_for(sizes in vec(1..40usize, 1..40), max_bytes in 0..200usize) {
        let mut history = History::new(HistoryLimits { events: 30, bytes: usize::MAX, age: f64::INFINITY });
        history.begin(at(0));
        for (number, &size) in (1..).zip(&sizes) {
            history.append(at(number), 0.0, info(number), &frame(number, size));
            history.deliver(number, 0.0);
        }
        let (mut sequence, mut read) = (history.first(), Vec::new());
        while sequence < history.end() {
            let (bytes, count) = history.run(sequence..history.end(), max_bytes);
            let half = history.run(sequence..sequence + count / 2, max_bytes);
            prop_assert_eq!((half.1, bytes.starts_with(half.0)), (count / 2, true));
            prop_assert!(count == 1 || bytes.len() <= max_bytes);
            let next = sizes.get((sequence + count) as usize);
            prop_assert!(next.is_none_or(|next| bytes.len() + next > max_bytes));
            read.extend_from_slice(bytes);
            sequence += count;
        }
        let expected: Vec<u8> = history.kept(0).flat_map(|kept| kept.frame.to_vec()).collect();
        prop_assert_eq!(read, expected);
        prop_assert_eq!(history.run(sequence..history.end(), max_bytes), (&b""[..], 0));
    }
}

//! Memory never passes `max_event_size` plus one chunk, beside the last event ID, and buffers do not move more than a few
//! times what was fed: by a counting allocator, on streams that never end what they begin.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use eventsource_wasm::{Item, Parser, Relay};

/// Counts the live bytes of each thread: tests run side by side, and each sees only its own.
struct Counting;

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    /// Bytes of buffers that were moved to grow or to shrink.
    static MOVED: Cell<usize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    let _ = LIVE.try_with(|live| {
        live.set(live.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(live.get())));
    });
}

// SAFETY: every call goes to the system's allocator as it is; the counters do not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size as isize - layout.size() as isize);
        let _ = MOVED.try_with(|moved| moved.set(moved.get() + layout.size().min(new_size)));
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a parser may use beside the limit and the chunk: a few small buffers of a fixed size.
const CONSTANT: usize = 512;

/// Feeds `pieces` in chunks of `chunk` bytes and checks the peak of the parser's live bytes in each call; the number of
/// errors.
fn feed(limit: usize, chunk: usize, beside: usize, pieces: impl IntoIterator<Item = Vec<u8>>) -> usize {
    let mut parser = Parser::new().with_max_event_size(limit);
    let (mut errors, mut fed, mut held) = (0, 0, 0);
    for piece in pieces {
        for bytes in piece.chunks(chunk) {
            let before = LIVE.get();
            PEAK.set(before);
            let id = parser.last_event_id().as_bytes().len();
            parser.feed(bytes, |item| errors += usize::from(matches!(item, Item::Error(_))));
            let peak = held + PEAK.get() - before;
            held += LIVE.get() - before;
            fed += bytes.len();
            let most = (limit + chunk + beside + CONSTANT + id.max(parser.last_event_id().as_bytes().len())) as isize;
            assert!(
                peak <= most,
                "expected at most {most} live bytes, found {peak} after {fed} (limit {limit}, chunk {chunk})"
            );
        }
    }
    errors
}

/// Limits, and the chunks to try with them.
const SIZES: [(usize, &[usize]); 3] =
    [(1_000, &[1, 7, 1_000, 65_536]), (65_536, &[7, 1_000, 4_096, 65_536]), (1_000_000, &[1_000, 65_536])];

/// Runs `make(limit)` for every limit and chunk.
fn check<I: IntoIterator<Item = Vec<u8>>>(errors: usize, make: impl Fn(usize) -> I) {
    check_beside(|_| 0, errors, make);
}

/// The same where so many bytes may be used beside the limit.
fn check_beside<I: IntoIterator<Item = Vec<u8>>>(
    beside: impl Fn(usize) -> usize,
    errors: usize,
    make: impl Fn(usize) -> I,
) {
    for (limit, chunks) in SIZES {
        for &chunk in chunks {
            assert_eq!(
                feed(limit, chunk, beside(limit), make(limit)),
                errors,
                "errors at limit {limit}, chunk {chunk}"
            );
        }
    }
}

/// `start`, then `repeat` again and again until six times the limit has gone by.
fn endless(start: &str, repeat: &str, limit: usize) -> impl Iterator<Item = Vec<u8>> {
    let unit = repeat.repeat((limit / 10 / repeat.len()).max(1)).into_bytes();
    let times = 6 * limit / unit.len() + 1;
    [start.as_bytes().to_vec()].into_iter().chain(std::iter::repeat_n(unit, times))
}

/// A field of a size just within the limit.
fn field(name: &str, size: usize) -> Vec<u8> {
    let mut line = format!("{name}:").into_bytes();
    line.resize(size, b'x');
    line.push(b'\n');
    line
}

#[test]
fn an_endless_line_of_each_kind() {
    for start in ["data: ", "data: a\ndata:", ":", "id: ", "event: ", "retry: 1", "unknown: ", "unknown"] {
        check(1, |limit| endless(start, "x", limit));
    }
}

#[test]
fn endless_data_lines() {
    check(1, |limit| endless("", "data: 0123456789\n", limit));
    check(1, |limit| endless("", "data\n", limit));
    check(1, |limit| endless("event: a\nid: b\n", "data: 0123456789\r\n", limit));
}

#[test]
fn endless_comments_unknown_fields_and_retries() {
    check(0, |limit| endless("data: a\n", ": 0123456789\n", limit));
    check(0, |limit| endless("data: a\n", "unknown: 0123456789\n", limit));
    check(0, |limit| endless("data: a\n", "retry: 0123456789\n", limit));
}

#[test]
fn endless_ids_and_types() {
    check(0, |limit| endless("", "id: 0123456789\nid: 01\nevent: 0123456789\nevent: 01\n", limit));
    check(0, |limit| endless("", "id: 0123456789\n\n", limit));
    check(0, |limit| endless("", "data: a\nevent: 0123456789\n\n", limit));
}

#[test]
fn events_of_the_largest_size_again_and_again() {
    check(0, |limit| (0..6).map(move |_| [field("data", limit), b"\n".to_vec()].concat()));
    check(0, |limit| {
        (0..6).map(move |_| [field("event", limit / 2), field("data", limit / 2), b"\n".to_vec()].concat())
    });
    check(0, |limit| {
        (0..6).map(move |_| [field("data", limit / 2), field("data", limit / 2), b"\n".to_vec()].concat())
    });
    check(0, |limit| {
        (0..6).map(move |_| {
            [field("event", limit / 3), field("data", limit / 3), field("data", limit / 3), b"\n".to_vec()].concat()
        })
    });
}

#[test]
fn a_large_type_or_id_after_large_data() {
    for kind in ["event", "id"] {
        check(0, |limit| {
            (0..6).map(move |_| [field("data", limit / 2), field(kind, limit / 2), b"\n".to_vec()].concat())
        });
        check(0, |limit| {
            let [kind, data] = [kind, "data"].map(|name| field(name, limit / 3));
            (0..6).map(move |_| [kind.clone(), data.clone(), kind.clone(), b"\n".to_vec()].concat())
        });
    }
}

/// Data that goes on behind another line of its event is there twice while it is put together.
#[test]
fn large_data_that_another_line_cuts() {
    for line in [field("id", 10), field(":", 10), field("retry", 10)] {
        for parts in [2, 3, 20] {
            let line = line.clone();
            check_beside(
                move |limit| limit,
                0,
                move |limit| {
                    let data = [field("data", limit / (parts + 1)), line.clone()].concat();
                    (0..6).map(move |_| [data.repeat(parts), b"\n".to_vec()].concat())
                },
            );
        }
    }
}

/// A large part of each kind in turn: a buffer that one has grown must not stay beside that of the next.
#[test]
fn events_that_are_large_in_another_part_each_time() {
    let parts = ["data", "event", ":", "unknown", "data", "retry"];
    check(0, |limit| {
        let of = move |name: &&str| [field(name, limit), b"\n".to_vec()].concat();
        parts.iter().cycle().take(18).map(of).collect::<Vec<_>>()
    });
}

#[test]
fn events_over_the_limit_again_and_again() {
    check(6, |limit| (0..6).map(move |_| [field("data", 2 * limit), b"\n".to_vec()].concat()));
    check(6, |limit| (0..6).map(move |_| [field("data", limit), field("data", limit), b"\n".to_vec()].concat()));
}

/// The last event ID stays for good, beside the limit.
#[test]
fn a_large_last_event_id_beside_a_large_event() {
    check(0, |limit| {
        let id = [field("id", limit), b"\n".to_vec()].concat();
        let data = [field("data", limit), b"\n".to_vec()].concat();
        [id.clone(), data.clone(), id, data]
    });
    check(0, |limit| (0..6).map(move |_| [field("id", limit / 2), field("data", limit / 2), b"\n".to_vec()].concat()));
}

/// After a rare large event its memory is given back, whatever the limit.
#[test]
fn a_large_event_does_not_keep_its_memory() {
    let base = LIVE.get();
    let mut parser = Parser::new();
    for part in ["data", "event", "data", ":", "unknown"] {
        let event = [field(part, 5_000_000), b"data\n\n".to_vec()].concat();
        for chunk in event.chunks(10_000) {
            parser.feed(chunk, |_| {});
        }
        drop(event);
        let held = LIVE.get() - base;
        assert!(
            held < 300_000,
            "expected the memory of the event to be given back, found {held} bytes held after {part}"
        );
    }
}

/// As a stream lasts long, and there are many.
#[test]
fn a_relay_gives_back_what_a_large_frame_has_grown() {
    let large = field("data", 1_000_000);
    let before = LIVE.get();
    let mut relay = Relay::default();
    for bytes in [&large[..], b"\n", b"data: a\n\n"] {
        relay.feed(bytes, |_, _| ());
    }
    let held = LIVE.get() - before;
    assert!(held <= 65_536, "expected at most 65,536 bytes held, found {held}");
}

/// Feeds `bytes` in chunks and tells how many bytes of buffers have moved for it.
fn moved(parser: &mut Parser, bytes: &[u8], chunk: usize) -> usize {
    MOVED.set(0);
    for bytes in bytes.chunks(chunk) {
        parser.feed(bytes, |item| assert!(!matches!(item, Item::Error(_)), "expected no error, found {item:?}"));
    }
    MOVED.get()
}

/// Work is linear: a buffer that grows, or makes way for another, may not be moved again for every line.
#[test]
fn buffers_do_not_move_with_every_line() {
    let limit = 500_000;
    for line in [10, 100, 1_000, 5_000, 9_000, 40_000] {
        for chunk in [7, 1_000, 4_096, 10_000] {
            let mut parser = Parser::new().with_max_event_size(limit);
            let data = field("data", line).repeat((limit - line) / line);
            let (moved, most) = (moved(&mut parser, &data, chunk), 8 * data.len());
            assert!(moved <= most, "expected at most {most} bytes moved, found {moved} (line {line}, chunk {chunk})");
        }
    }
}

/// The same where data that fills half of the limit, and lines of other kinds, want the other half in turn.
#[test]
fn buffers_do_not_move_with_every_line_of_another_kind() {
    let limit = 500_000;
    for kind in [":", "unknown", "event", "id"] {
        let mut parser = Parser::new().with_max_event_size(limit);
        moved(&mut parser, &field("data", 6 * limit / 10), 4_096);
        let rest = [field(kind, 5_000), field("data", 10)].concat().repeat(30);
        let (moved, most) = (moved(&mut parser, &rest, 1_000), 8 * (limit + rest.len()));
        assert!(moved <= most, "expected at most {most} bytes moved, found {moved} (lines of {kind})");
    }
}

//! The parser, however it is fed, against the standard taken word by word.
#![no_main]

#[path = "../../suite/found.rs"]
mod found;
#[path = "../../suite/reference.rs"]
mod reference;

use found::{Options, parse};
use libfuzzer_sys::fuzz_target;
use reference::reference;

/// How a stream is fed: the last eight bytes of the input say it, so that the rest of a seed stays readable.
struct Feeding {
    options: Options,
    cuts: [usize; 6],
}

impl Feeding {
    fn new(bytes: [u8; 8], size: usize) -> Feeding {
        let [flags, limit, cuts @ ..] = bytes;
        let options = Options {
            // From 3 on, so that half a BOM is no question.
            max_event_size: (limit > 0).then(|| usize::from(limit).max(3)),
            last_event_id: (flags & 2 != 0).then(|| "é0".into()),
            flush: flags & 1 != 0,
        };
        let mut cuts = cuts.map(|cut| usize::from(cut) * (size + 1) / 256);
        cuts.sort_unstable();
        Feeding { options, cuts }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((stream, feeding)) = input.split_last_chunk::<8>() else { return };
    let Feeding { options, cuts } = Feeding::new(*feeding, stream.len());
    let expected = reference(&options, stream);
    assert_eq!(parse(&options, [stream]), expected, "whole");
    assert_eq!(parse(&options, stream.chunks(1)), expected, "byte by byte");
    let mut start = 0;
    let ends = cuts.into_iter().chain([stream.len()]);
    let chunks: Vec<&[u8]> = ends.map(|end| &stream[std::mem::replace(&mut start, end)..end]).collect();
    assert_eq!(parse(&options, chunks.iter().copied()), expected, "cut at {cuts:?}");

    let mut parser = options.parser();
    for chunk in chunks {
        parser.feed(chunk, |_| {});
        assert!(parser.buffered_bytes() <= options.max_event_size.unwrap_or(usize::MAX), "holds too much");
    }
});

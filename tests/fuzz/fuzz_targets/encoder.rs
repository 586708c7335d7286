//! What is written is read back; what is refused is refused for its reason, and writes nothing.
#![no_main]

#[path = "../../suite/found.rs"]
mod found;
#[path = "../../suite/frames.rs"]
mod frames;

use arbitrary::Arbitrary;
use eventsource_wasm::encode;
use found::{Options, parse};
use frames::{OwnedFrame, expected, refusal};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    frames: Vec<Parts>,
    cut: u16,
}

#[derive(Arbitrary, Debug)]
struct Parts {
    event: Option<String>,
    id: Option<String>,
    retry: Option<u64>,
    data: Option<String>,
    comment: Option<String>,
}

fuzz_target!(|input: Input| {
    let mut bytes = Vec::new();
    let (mut found, mut last_event_id) = (Vec::new(), String::new());
    for Parts { event, id, retry, data, comment } in input.frames {
        let frame = OwnedFrame { event, id, retry, data, comment };
        let before = bytes.len();
        let result = encode(&frame.borrow(), &mut bytes);
        assert_eq!(result, refusal(&frame).map_or(Ok(()), Err), "{frame:?}");
        if result.is_ok() {
            found.extend(expected(&frame, &mut last_event_id));
        } else {
            assert_eq!(bytes.len(), before, "an error must write nothing");
        }
    }
    let (start, rest) = bytes.split_at(usize::from(input.cut).min(bytes.len()));
    assert_eq!(parse(&Options::default(), [start, rest]), (found, last_event_id));
});

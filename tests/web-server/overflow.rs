//! What becomes of events that do not fit.

use eventsource_wasm::{CloseCode, EventStream, Frame, Overflow};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::tools::{Reader, data, init, open};

/// Frames have 10 bytes each: three of them fill the buffer.
async fn full(overflow: Overflow) -> (EventStream, Reader) {
    let (stream, reader) = open(init().max_buffer(30).overflow(overflow));
    reader.chunk().await;
    for n in ["00", "01", "02"] {
        stream.send(n).taken().unwrap();
    }
    assert_eq!(stream.buffered_bytes(), 30);
    (stream, reader)
}

#[wasm_bindgen_test]
async fn drop_oldest_and_drop_newest_never_wait() {
    for (overflow, expected) in [(Overflow::DropOldest, ["07", "08", "09"]), (Overflow::DropNewest, ["00", "01", "02"])]
    {
        let (stream, reader) = full(overflow).await;
        for n in ["03", "04", "05", "06", "07", "08", "09"] {
            stream.send(n).await.unwrap();
            assert_eq!(stream.buffered_bytes(), 30);
        }
        assert_eq!(stream.dropped(), 7);
        stream.close();
        assert_eq!(data(&reader.text().await), expected);
        assert_eq!((stream.sent(), stream.dropped()), (3, 7));
    }
}

#[wasm_bindgen_test]
async fn latest_per_key_replaces_what_waits_under_the_key() {
    let (stream, reader) = open(init().max_buffer(72).overflow(Overflow::LatestPerKey));
    reader.chunk().await;
    // Frames of 18 bytes.
    let by_type = |event, data| Frame { event: Some(event), ..Frame::from(data) };
    for (event, data) in [("a", "1"), ("b", "1"), ("c", "1"), ("d", "1"), ("a", "2"), ("c", "2")] {
        stream.send(by_type(event, data)).await.unwrap();
    }
    stream.close();
    let text = reader.text().await;
    let frames: Vec<_> = text.split("\n\n").map(|frame| frame.replace("event: ", "").replace("\ndata: ", "")).collect();
    assert_eq!(frames, ["b1", "d1", "a2", "c2", ""]);
    assert_eq!((stream.sent(), stream.dropped()), (4, 2));

    // By keys of one's own, whatever the type.
    let (stream, reader) = full(Overflow::LatestPerKey).await;
    reader.chunk().await;
    for (key, data) in [("x", "x1"), ("y", "y1"), ("z", "z1"), ("y", "y2"), ("x", "x2")] {
        stream.send_keyed(key, data).await.unwrap();
    }
    stream.close();
    assert_eq!(data(&reader.text().await), ["z1", "y2", "x2"]);
}

#[wasm_bindgen_test]
async fn disconnect_ends_the_stream_of_a_slow_reader() {
    let (stream, reader) = full(Overflow::Disconnect).await;
    let error = stream.send("03").await.unwrap_err();
    assert!(error.is_closed());
    assert_eq!(error.to_string(), "expected an open stream, found it ended (slow-consumer)");
    assert_eq!(stream.closed().await.code, CloseCode::SlowConsumer);
    assert_eq!((stream.buffered_bytes(), stream.sent(), stream.dropped()), (0, 0, 4));
    let (text, error) = reader.rest().await;
    assert!(text.is_empty() && error.is_some(), "a body that breaks off");
}

//! What is sent, when it leaves, and what waits.

use std::cell::Cell;
use std::rc::Rc;

use eventsource_wasm::{EventStream, Frame, StreamError};
use serde::Serialize;
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::tools::{START, data, events, init, open, sleep, until};

#[wasm_bindgen_test]
async fn frames_of_one_turn_leave_as_one_chunk_at_its_end() {
    let (stream, reader) = open(init());
    assert_eq!(reader.chunk().await, START);
    let next = reader.next();
    sleep(5.0).await;
    for id in ["1", "2"] {
        stream.send(Frame { id: Some(id), data: Some(id), ..Frame::default() }).await.unwrap();
    }
    // A producer that goes on some microtasks later is still in its turn.
    let promise = js_sys::Promise::resolve(&wasm_bindgen::JsValue::NULL);
    wasm_bindgen_futures::JsFuture::from(promise).await.unwrap();
    stream.send("3").await.unwrap();
    stream.comment("c").taken().unwrap();
    assert!(stream.buffered_bytes() > 0, "the frames wait for the end of the turn");
    assert_eq!(next.await.unwrap().unwrap(), "id: 1\ndata: 1\n\nid: 2\ndata: 2\n\ndata: 3\n\n: c\n\n");
    assert_eq!((stream.buffered_bytes(), stream.sent(), stream.dropped()), (0, 3, 0));
}

#[wasm_bindgen_test]
async fn flush_lets_what_was_sent_leave_within_the_turn() {
    let (stream, reader) = open(init());
    reader.chunk().await;
    let next = reader.next();
    sleep(5.0).await;
    stream.send("a").taken().unwrap();
    stream.flush();
    stream.send("b").taken().unwrap();
    assert_eq!(next.await.unwrap().unwrap(), "data: a\n\n");
    assert_eq!(reader.chunk().await, "data: b\n\n");
    // With nothing to send, and nobody to send it to.
    stream.flush();
    stream.send("c").taken().unwrap();
    stream.flush();
    assert_eq!(reader.chunk().await, "data: c\n\n");
}

#[wasm_bindgen_test]
async fn a_send_waits_while_the_buffer_is_full_and_memory_stays_bounded() {
    const MAX: usize = 1_000;
    const COUNT: usize = 300;
    let frame = "data: ".len() + 100 + 2;
    let (stream, reader) = open(init().max_buffer(MAX).heartbeat(5));
    let sent = Rc::new(Cell::new(0));
    let (counted, sending) = (sent.clone(), stream.clone());
    spawn_local(async move {
        for n in 0..COUNT {
            let room = sending.send(&format!("{n:100}"));
            assert!(sending.buffered_bytes() < MAX + frame + START.len());
            room.await.unwrap();
            counted.set(n + 1);
        }
        sending.close();
    });
    sleep(30.0).await;
    let stalled = sent.get();
    assert!(stalled > 0 && stalled <= MAX / frame, "the producer waits, and has sent {stalled}");
    sleep(30.0).await;
    assert_eq!(sent.get(), stalled);

    let read: Vec<usize> = data(&reader.text().await).iter().map(|data| data.trim().parse().unwrap()).collect();
    assert_eq!(read, (0..COUNT).collect::<Vec<_>>());
    assert_eq!((sent.get(), stream.sent(), stream.dropped()), (COUNT, COUNT as u64, 0));
}

#[wasm_bindgen_test]
async fn heartbeats_come_after_idle_time_and_only_to_who_reads() {
    let (stream, reader) = open(init().heartbeat(10));
    sleep(60.0).await;
    assert_eq!(stream.buffered_bytes(), START.len(), "nothing is added for a reader that stalls");
    for _ in 0..4 {
        assert_eq!(reader.chunk().await, START);
    }
    sleep(60.0).await;
    assert_eq!(stream.buffered_bytes(), 0, "nor for one that has stopped");

    let (_stream, silent) = open(init().heartbeat(0));
    silent.chunk().await;
    let (told, next) = (Rc::new(Cell::new(false)), silent.next());
    let tell = told.clone();
    spawn_local(async move {
        tell.set(next.await.is_ok());
    });
    sleep(60.0).await;
    assert!(!told.get());
}

#[wasm_bindgen_test]
async fn heartbeats_stand_between_frames_only() {
    let large = "x".repeat(5_000);
    let (stream, reader) = open(init().heartbeat(1).max_buffer(100));
    let sent = large.clone();
    spawn_local(async move {
        for n in 0..20 {
            stream.send(&sent).await.unwrap();
            sleep(f64::from(n % 4)).await;
        }
    });
    let text = reader.text().await;
    let frames: Vec<_> = text.split("\n\n").filter(|frame| *frame != ": ").collect();
    let (rest, frames) = frames.split_last().unwrap();
    assert_eq!((*rest, frames.len()), ("", 20));
    assert!(frames.iter().all(|frame| frame[6..] == large));
}

#[wasm_bindgen_test]
async fn a_frame_that_is_refused_changes_nothing() {
    let (stream, reader) = open(init());
    stream.send("a").await.unwrap();
    let before = stream.buffered_bytes();
    let error = stream.send(Frame { id: Some("a\n"), ..Frame::from("x") }).await.unwrap_err();
    assert_eq!((error.code(), error.is_closed()), ("invalid-id", false));
    let error = stream.send(Frame { event: Some("\r"), ..Frame::from("x") }).taken().unwrap_err();
    assert_eq!(error.code(), "invalid-event");
    assert_eq!(error.to_string(), "expected an event without CR or LF, found one at byte 0");
    assert_eq!(stream.buffered_bytes(), before);
    stream.close();
    assert_eq!(reader.text().await, format!("{START}data: a\n\n"));
}

#[wasm_bindgen_test]
async fn any_frame_is_read_as_it_was_sent() {
    #[derive(Serialize)]
    struct Price {
        name: &'static str,
        cents: u64,
        old: Option<f64>,
    }
    let (stream, reader) = open(init());
    stream.send(Frame { event: Some("a b"), id: Some("三"), ..Frame::from(" one\r\ntwo\n") }).await.unwrap();
    stream.comment("not\nread").await.unwrap();
    let typed = Frame { event: Some("price"), id: Some("2"), data: Some("replaced"), ..Frame::default() };
    stream.send_json(typed, &Price { name: "grüße\n", cents: u64::MAX, old: None }).await.unwrap();
    stream.send_json(Frame::default(), &[0.5, 2.0]).await.unwrap();
    // Keys that are no text are none of JSON.
    let keys = std::collections::BTreeMap::from([(vec![1], 1)]);
    let error = stream.send_json(Frame::default(), &keys).await.unwrap_err();
    assert!(matches!(error, StreamError::Data(_)));
    assert_eq!(error.code(), "invalid-data");
    stream.close();
    let text = |kind: &str, data: &str, id: &str| (kind.to_string(), data.to_string(), id.to_string());
    let expected = [
        text("a b", " one\ntwo\n", "三"),
        text("price", r#"{"name":"grüße\n","cents":18446744073709551615,"old":null}"#, "2"),
        text("message", "[0.5,2.0]", "2"),
    ];
    assert_eq!(events(&reader.text().await), expected);
    assert_eq!(stream.sent(), 3);
}

#[wasm_bindgen_test]
async fn bytes_are_handed_on_frame_by_frame() {
    let (stream, reader) = open(init());
    for piece in ["\u{feff}da", "ta: 1\r\n\r", "\nid: 2\nda"] {
        stream.relay(piece.as_bytes()).await.unwrap();
    }
    stream.send("own").await.unwrap();
    stream.relay(b"ta: 2\n\n: c\n\ndata: never").await.unwrap();
    stream.close();
    assert_eq!(reader.text().await, format!("{START}data: 1\r\n\r\ndata: own\n\nid: 2\ndata: 2\n\n: c\n\n"));
    assert_eq!(stream.sent(), 3);

    let (stream, _reader) = open(init());
    let endless = vec![b'x'; 6 << 20];
    let mut results = Vec::new();
    for _ in 0..4 {
        results.push(stream.relay(&endless).await.map_err(|error| error.code()));
    }
    assert_eq!(results, [Ok(()), Ok(()), Err("event-too-large"), Err("event-too-large")]);
}

#[wasm_bindgen_test]
async fn many_streams_at_a_time_have_each_its_own_frames() {
    let opened = Rc::new(Cell::new(0));
    let readers: Vec<_> = (0..30)
        .map(|name| {
            let (stream, reader) = open(init());
            let opened = opened.clone();
            spawn_local(async move { produce(name, stream, &opened).await });
            reader
        })
        .collect();
    for (name, reader) in readers.iter().enumerate() {
        let expected: Vec<_> = (0..20).map(|n| format!("{name} {n}")).collect();
        assert_eq!(data(&reader.text().await), expected);
    }
}

async fn produce(name: usize, stream: EventStream, opened: &Cell<u32>) {
    opened.set(opened.get() + 1);
    until(|| opened.get() == 30).await;
    for n in 0..20 {
        stream.send(&format!("{name} {n}")).await.unwrap();
        if n % 5 == 0 {
            sleep(1.0).await;
        }
    }
}

//! How a stream ends: once, for one reason.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use eventsource_wasm::{CloseCode, EventStream, Overflow};
use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{AbortController, RequestInit};

use crate::tools::{Reader, START, Told, asked, init, open, property, sleep, until};

/// The end was told once, whatever comes after it.
async fn assert_ended(stream: &EventStream, code: CloseCode, cause: Option<&str>) {
    let reason = stream.closed().await;
    assert_eq!((reason.code, reason.cause.clone()), (code, cause.map(JsValue::from)));
    assert!(stream.is_closed());
    let signal = stream.signal();
    assert!(signal.aborted());
    assert_eq!(property(&property(&signal, "reason"), "code"), "closed");
    assert_eq!(property(&property(&signal, "reason"), "cause"), reason.cause.clone().unwrap_or_default());
    assert_eq!(stream.buffered_bytes(), 0);
    for late in [stream.send("late"), stream.comment("late"), stream.relay(b"data: late\n\n")] {
        let error = late.await.unwrap_err();
        assert_eq!(error.to_string(), format!("expected an open stream, found it ended ({code})"));
    }
    stream.flush();
    stream.close();
    stream.fail("again");
    assert_eq!(stream.closed().await, reason);
}

#[wasm_bindgen_test]
async fn closed_after_the_reader_has_what_was_sent() {
    let (stream, reader) = open(init());
    reader.chunk().await;
    let next = reader.next();
    sleep(5.0).await;
    stream.send("last").taken().unwrap();
    stream.close();
    assert!(stream.send("never").taken().is_err());
    assert_eq!(next.await.unwrap().unwrap(), "data: last\n\n");
    assert_eq!(reader.text().await, "");
    assert_ended(&stream, CloseCode::Closed, None).await;

    // Before anybody reads.
    let (stream, reader) = open(init());
    stream.close();
    assert_eq!(reader.text().await, START);
    assert_ended(&stream, CloseCode::Closed, None).await;
}

#[wasm_bindgen_test]
async fn completed_when_the_last_handle_is_dropped() {
    let (stream, reader) = open(init());
    let (other, closed) = (stream.clone(), stream.closed());
    stream.send("1").taken().unwrap();
    drop(stream);
    assert!(!other.is_closed());
    other.send("2").taken().unwrap();
    drop(other);
    let reason = closed.await;
    assert_eq!((reason.code, reason.cause), (CloseCode::Completed, None));
    assert_eq!(reader.text().await, format!("{START}data: 1\n\ndata: 2\n\n"));
}

#[wasm_bindgen_test]
async fn who_waits_for_room_is_let_go_at_the_end() {
    let (stream, reader) = open(init().max_buffer(10));
    let results: Told<Result<(), &str>> = Rc::default();
    for _ in 0..2 {
        let (stream, results) = (stream.clone(), results.clone());
        spawn_local(async move {
            let result = stream.send(&"x".repeat(1_000)).await;
            results.borrow_mut().push(result.map_err(|error| error.code()));
        });
    }
    sleep(5.0).await;
    assert_eq!(results.borrow().len(), 0);
    stream.close();
    until(|| results.borrow().len() == 2).await;
    assert_eq!(*results.borrow(), [Ok(()), Ok(())]);
    assert_eq!(reader.text().await.len(), START.len() + 2 * 1_008);
}

#[wasm_bindgen_test]
async fn failed_breaks_the_body_off_and_tells_nothing() {
    let (stream, reader) = open(init());
    stream.send("before").taken().unwrap();
    stream.fail("the password is 1234");
    let (text, error) = reader.rest().await;
    assert_eq!(text, format!("{START}data: before\n\n"));
    let error: js_sys::Error = error.unwrap().unchecked_into();
    assert_eq!(error.message(), "the event stream was broken off (failed)");
    assert_ended(&stream, CloseCode::Failed, Some("the password is 1234")).await;
}

#[wasm_bindgen_test]
async fn cancelled_when_the_reader_leaves_at_any_time() {
    for reads in [0, 1] {
        let (stream, reader) = open(init());
        for _ in 0..reads {
            reader.chunk().await;
        }
        stream.send("waits").taken().unwrap();
        reader.cancel("bye").await;
        assert_eq!((stream.sent(), stream.dropped()), (0, 1));
        assert_ended(&stream, CloseCode::Cancelled, Some("bye")).await;
    }
    // With a read that waits.
    let (stream, reader) = open(init());
    reader.chunk().await;
    let waiting = reader.next();
    sleep(5.0).await;
    reader.cancel("bye").await;
    assert_eq!(waiting.await.unwrap(), None);
    assert_ended(&stream, CloseCode::Cancelled, Some("bye")).await;

    // While what was sent before another end waits: that stays the reason.
    let (stream, reader) = open(init());
    stream.send("waits").taken().unwrap();
    stream.close();
    reader.cancel("bye").await;
    assert_eq!((stream.sent(), stream.dropped()), (0, 1));
    assert_ended(&stream, CloseCode::Closed, None).await;
}

#[wasm_bindgen_test]
async fn aborted_by_the_signal_of_the_request_or_of_ones_own() {
    let early = AbortController::new().unwrap();
    early.abort_with_reason(&"early".into());
    let ask = RequestInit::new();
    ask.set_signal(Some(&early.signal()));
    let (stream, response) = EventStream::respond(&asked("", &ask), init()).unwrap();
    let (text, error) = Reader::new(&response).rest().await;
    assert!(text.is_empty() && error.is_some(), "a body that breaks off");
    assert_ended(&stream, CloseCode::Aborted, Some("early")).await;

    let later = AbortController::new().unwrap();
    let (stream, response) = EventStream::new(init().abort_signal(later.signal())).unwrap();
    let reader = Reader::new(&response);
    assert_eq!(reader.chunk().await, START);
    let waiting = reader.next();
    sleep(5.0).await;
    stream.send("lost").taken().unwrap();
    later.abort_with_reason(&"later".into());
    assert!(waiting.await.is_err());
    assert_eq!((stream.sent(), stream.dropped()), (0, 1));
    assert_ended(&stream, CloseCode::Aborted, Some("later")).await;
}

#[wasm_bindgen_test]
async fn the_deadline_tells_the_reader_when_to_come_back() {
    let now = js_sys::Date::now() as u64;
    for init in [
        init().retry(1_000).max_duration(20),
        init().retry(1_000).deadline(now + 20).max_duration(600_000),
        init().retry(1_000).max_duration(0),
        init().retry(1_000).deadline(1),
    ] {
        let (stream, reader) = open(init);
        let text = reader.text().await;
        let times: Vec<u32> = text
            .split_terminator("\n\n")
            .map(|frame| frame.strip_prefix("retry: ").unwrap().parse().unwrap())
            .collect();
        assert_eq!((times.len(), times[0]), (2, 1_000));
        assert!((500..=1_500).contains(&times[1]), "a time around 1000, found {}", times[1]);
        assert_ended(&stream, CloseCode::Deadline, None).await;
    }
    // Further away than a timer goes.
    let (stream, reader) = open(init().max_duration(u64::MAX));
    reader.chunk().await;
    sleep(20.0).await;
    assert!(!stream.is_closed());
}

#[wasm_bindgen_test]
async fn who_hears_of_the_end_may_use_the_stream() {
    let (stream, reader) = open(init());
    reader.chunk().await;
    let told: Told<(bool, &str)> = Rc::new(RefCell::new(Vec::new()));
    let (tell, of) = (told.clone(), stream.clone());
    let heard = Closure::<dyn FnMut()>::new(move || {
        let code = of.send("late").taken().unwrap_err().code();
        of.close();
        tell.borrow_mut().push((of.is_closed(), code));
    });
    let signal = stream.signal();
    signal.add_event_listener_with_callback("abort", heard.as_ref().unchecked_ref()).unwrap();
    reader.cancel("bye").await;
    assert_eq!(*told.borrow(), [(true, "closed")]);
    assert_ended(&stream, CloseCode::Cancelled, Some("bye")).await;
}

#[wasm_bindgen_test]
async fn all_that_wait_for_the_end_are_told() {
    let (stream, _reader) = open(init());
    let told = Rc::new(Cell::new(0));
    for _ in 0..3 {
        let (closed, told) = (stream.closed(), told.clone());
        spawn_local(async move {
            assert_eq!(closed.await.code, CloseCode::Completed);
            told.set(told.get() + 1);
        });
    }
    sleep(5.0).await;
    assert_eq!(told.get(), 0);
    drop(stream);
    until(|| told.get() == 3).await;
}

#[wasm_bindgen_test]
async fn an_ended_stream_holds_no_memory() {
    let data = "x".repeat(100_000);
    let pages = || core::arch::wasm32::memory_size(0);
    let (mut before, mut kept) = (0, Vec::new());
    for n in 0..600 {
        let (stream, reader) = open(init().overflow(Overflow::Disconnect));
        stream.send(&data).taken().unwrap();
        // Read, left, and cut off while nobody reads. Handles are kept for longer.
        match n % 3 {
            0 => {
                stream.close();
                assert!(reader.text().await.len() > data.len());
            }
            1 => reader.cancel("bye").await,
            _ => assert!(stream.send("too much").taken().is_err()),
        }
        kept.push(stream);
        if n == 30 {
            before = pages();
        }
    }
    assert!(pages() - before < 200, "expected less than 200 pages of 64 KiB more, found {}", pages() - before);
}

//! Streams that a future writes.

use std::cell::RefCell;
use std::rc::Rc;

use eventsource_wasm::{CloseCode, EventStream, StreamError, event_stream};
use wasm_bindgen::prelude::JsValue;
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::tools::{Reader, START, Told, init, request, sleep, until};

#[wasm_bindgen_test]
async fn completed_when_the_producer_is_through() {
    let kept: Rc<RefCell<Option<EventStream>>> = Rc::default();
    let keep = kept.clone();
    let response = event_stream(&request(), init(), |stream| async move {
        // A handle that is left does not keep it open.
        keep.replace(Some(stream.clone()));
        stream.send("a").await?;
        sleep(5.0).await;
        stream.send("b").await
    })
    .unwrap();
    assert_eq!(Reader::new(&response).text().await, format!("{START}data: a\n\ndata: b\n\n"));
    let stream = kept.take().unwrap();
    assert_eq!(stream.closed().await.code, CloseCode::Completed);
}

#[wasm_bindgen_test]
async fn an_error_breaks_the_body_off_and_goes_to_the_handler_alone() {
    let told: Told<JsValue> = Rc::default();
    let tell = told.clone();
    let init = init().on_error(move |error| tell.borrow_mut().push(error));
    let response = event_stream(&request(), init, |stream| async move {
        stream.send("before").await?;
        Err(JsValue::from("the password is 1234"))
    })
    .unwrap();
    let (text, error) = Reader::new(&response).rest().await;
    assert_eq!(text, format!("{START}data: before\n\n"));
    assert!(!format!("{error:?}").contains("1234"));
    assert_eq!(*told.borrow(), ["the password is 1234"]);
}

#[wasm_bindgen_test]
async fn a_producer_that_learns_of_the_end_has_not_failed() {
    let told: Told<JsValue> = Rc::default();
    let closed: Told<(CloseCode, Option<JsValue>)> = Rc::default();
    let fetch_fails = |stream: &EventStream| stream.signal().reason();
    for by_signal in [false, true] {
        let (tell, note) = (told.clone(), closed.clone());
        let init = init().max_buffer(1_000).on_error(move |error| tell.borrow_mut().push(error));
        let response = event_stream(&request(), init, move |stream| async move {
            let noted = stream.closed();
            spawn_local(async move {
                let reason = noted.await;
                note.borrow_mut().push((reason.code, reason.cause));
            });
            let error = loop {
                if let Err(error) = stream.send(&"x".repeat(100)).await {
                    break error;
                }
            };
            Err::<(), _>(if by_signal { fetch_fails(&stream) } else { error.into() })
        })
        .unwrap();
        let reader = Reader::new(&response);
        reader.chunk().await;
        sleep(5.0).await;
        reader.cancel("bye").await;
    }
    until(|| closed.borrow().len() == 2).await;
    sleep(5.0).await;
    assert_eq!(*told.borrow(), Vec::<JsValue>::new());
    assert_eq!(closed.take(), vec![(CloseCode::Cancelled, Some("bye".into())); 2]);
}

#[wasm_bindgen_test]
async fn wait_until_is_through_when_stream_and_producer_are() {
    let order: Told<&str> = Rc::default();
    let (waited, produced) = (order.clone(), order.clone());
    let init = init().wait_until(move |run| {
        spawn_local(async move {
            run.await;
            waited.borrow_mut().push("waited");
        });
    });
    let response = event_stream(&request(), init, |stream| async move {
        stream.closed().await;
        sleep(20.0).await;
        produced.borrow_mut().push("produced");
        Ok::<(), StreamError>(())
    })
    .unwrap();
    let reader = Reader::new(&response);
    reader.chunk().await;
    assert!(order.borrow().is_empty());
    reader.cancel("bye").await;
    until(|| order.borrow().len() == 2).await;
    assert_eq!(*order.borrow(), ["produced", "waited"]);
}

#[wasm_bindgen_test]
async fn wait_until_of_a_stream_without_a_producer_is_through_at_its_end() {
    let through: Told<()> = Rc::default();
    let tell = through.clone();
    let init = init().wait_until(move |run| {
        spawn_local(async move {
            run.await;
            tell.borrow_mut().push(());
        });
    });
    let (stream, _response) = EventStream::respond(&request(), init).unwrap();
    sleep(5.0).await;
    assert!(through.borrow().is_empty());
    stream.close();
    until(|| through.borrow().len() == 1).await;
}

#[wasm_bindgen_test]
fn no_producer_is_called_where_there_can_be_no_response() {
    let called: Told<()> = Rc::default();
    let call = called.clone();
    let result = event_stream(&request(), init().status(42), |_| {
        call.borrow_mut().push(());
        async { Ok::<(), JsValue>(()) }
    });
    assert_eq!(result.unwrap_err().code(), "invalid-response");
    assert!(called.borrow().is_empty());
}

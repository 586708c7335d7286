//! What is read of the request, and the head of the response.

use eventsource_wasm::{EventStream, StreamError, header_value, last_event_id};
use wasm_bindgen::prelude::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Headers, RequestInit};

use crate::tools::{Reader, START, asked, init, open, property, request};

#[wasm_bindgen_test]
fn headers_are_those_of_an_event_stream_and_the_handlers_own() {
    let mut init = init().status(201);
    for (name, value) in [
        ("X-Own", "1"),
        ("x-own", "2"),
        ("content-type", "text/html"),
        ("cache-control", "public"),
        ("x-accel-buffering", "yes"),
        ("connection", "keep-alive"),
        ("keep-alive", "5"),
        ("transfer-encoding", "chunked"),
        ("content-encoding", "gzip"),
        ("content-length", "5"),
    ] {
        init = init.header(name, value);
    }
    let (_stream, response) = EventStream::respond(&request(), init).unwrap();
    assert_eq!(response.status(), 201);
    let mut found = Vec::new();
    let headers: JsValue = response.headers().into();
    for entry in js_sys::Array::from(&headers).iter() {
        let entry: js_sys::Array = entry.unchecked_into();
        found.push((entry.get(0).as_string().unwrap(), entry.get(1).as_string().unwrap()));
    }
    let expected = [
        ("cache-control", "no-cache, no-transform"),
        ("content-type", "text/event-stream"),
        ("x-accel-buffering", "no"),
        ("x-own", "1, 2"),
    ];
    assert_eq!(found, expected.map(|(name, value)| (name.to_string(), value.to_string())));
}

#[wasm_bindgen_test]
async fn a_response_that_cannot_be_is_a_typed_error() {
    for init in [init().header("not a name", "x"), init().header("x", "line\nend"), init().status(42)] {
        let error = EventStream::respond(&request(), init).unwrap_err();
        assert!(matches!(error, StreamError::Response(_)), "{error:?}");
        assert_eq!(error.code(), "invalid-response");
        let thrown = JsValue::from(error);
        assert_eq!(property(&thrown, "code"), "invalid-response");
        assert!(property(&thrown, "cause").is_instance_of::<js_sys::Error>());
    }
}

#[wasm_bindgen_test]
async fn the_first_bytes_leave_before_any_event() {
    let (_stream, reader) = open(init());
    assert_eq!(reader.chunk().await, START);
    let (_stream, reader) = open(init().retry(2_500));
    assert_eq!(reader.chunk().await, "retry: 2500\n\n");
}

#[wasm_bindgen_test]
fn the_last_event_id_is_that_of_the_header_else_of_the_query() {
    let cases = [
        ("", "", None),
        ("a b", "?lastEventId=a%20b", None),
        ("漢🚀", "?lastEventId=%E6%BC%A2%F0%9F%9A%80", None),
        ("7", "", Some("7".to_string())),
        ("h", "?lastEventId=q", Some("h".to_string())),
        ("é漢🚀", "", Some(header_value("é漢🚀".as_bytes()))),
        ("\u{ff}\u{fe}", "", Some("\u{ff}\u{fe}".to_string())),
    ];
    for (expected, query, header) in cases {
        let ask = RequestInit::new();
        let headers = Headers::new().unwrap();
        if let Some(value) = header {
            headers.set("last-event-id", &value).unwrap();
        }
        ask.set_headers_headers(&headers);
        let request = asked(query, &ask);
        assert_eq!(last_event_id(&request), expected);
        assert_eq!(EventStream::respond(&request, init()).unwrap().0.last_event_id(), expected);
    }
    let (stream, _) = EventStream::new(init().last_event_id("own")).unwrap();
    assert_eq!(stream.last_event_id(), "own");
}

#[wasm_bindgen_test]
async fn a_response_is_read_as_any_other() {
    let (stream, response) = EventStream::respond(&request(), init()).unwrap();
    let _ = stream.send("a").taken();
    drop(stream);
    let text = wasm_bindgen_futures::JsFuture::from(response.clone().unwrap().text().unwrap()).await.unwrap();
    assert_eq!(text.as_string().unwrap(), format!("{START}data: a\n\n"));
    assert_eq!(Reader::new(&response).text().await, format!("{START}data: a\n\n"));
}

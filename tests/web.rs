//! The client for Rust against a real server, in a real browser: `npm test -- rust-web`.
#![cfg(target_arch = "wasm32")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use eventsource_wasm::{
    Cause, DataError, Error, EventSource, EventSourceInit, OwnedEvent, ReadyState, Resume, RetryPolicy,
};
use futures_core::stream::FusedStream;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

/// Where tests/web/server.mjs listens. A page has no environment, so that it is told at compile time.
const SERVER: &str = match option_env!("SSE_TEST_SERVER") {
    Some(url) => url,
    None => "",
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, milliseconds: f64);
}

async fn sleep(milliseconds: f64) {
    let timer = js_sys::Promise::new(&mut |resolve, _| set_timeout(&resolve, milliseconds));
    let _: JsValue = JsFuture::from(timer).await.unwrap();
}

/// A URL with a key of its own, and the key.
fn url(path: &str) -> (String, String) {
    let key = js_sys::Math::random().to_string();
    (format!("{SERVER}{path}?key={key}"), key)
}

fn quick() -> RetryPolicy {
    RetryPolicy { delay: 1, ..RetryPolicy::standard() }
}

fn open(path: &str, init: EventSourceInit) -> EventSource {
    EventSource::with_init(&url(path).0, init).unwrap()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    last_event_id: Option<String>,
    authorization: Option<String>,
}

#[derive(Deserialize)]
struct State {
    requests: Vec<Seen>,
    open: u32,
    written: u64,
}

async fn one<T: DeserializeOwned>(mut source: EventSource) -> T {
    source.next().await.unwrap().unwrap().data_as().unwrap()
}

async fn state(key: &str) -> State {
    one(EventSource::new(&format!("{SERVER}/state?key={key}")).unwrap()).await
}

/// The state, once nothing of the key is open any more.
async fn closed(key: &str) -> State {
    for _ in 0..1_000 {
        let state = state(key).await;
        if state.open == 0 {
            return state;
        }
        sleep(20.0).await;
    }
    panic!("expected the connection to be closed, found it open");
}

async fn all(source: &mut EventSource) -> (Vec<OwnedEvent>, Option<Error>) {
    let mut events = Vec::new();
    while let Some(event) = source.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(error) => {
                assert!(source.is_terminated());
                assert!(source.next().await.is_none(), "the error is the last item");
                return (events, Some(error));
            }
        }
    }
    (events, None)
}

async fn failure(source: &mut EventSource) -> Error {
    all(source).await.1.expect("the source fails")
}

#[wasm_bindgen_test]
async fn events_have_type_data_and_id() {
    let (url, _) = url("/events");
    let mut source = EventSource::new(&url).unwrap();
    assert_eq!((source.url(), source.ready_state()), (url.as_str(), ReadyState::Connecting));
    assert_eq!(source.last_event_id(), "");
    for (event_type, data, id) in [("price", "one\nline", "1"), ("message", "grüße", "1"), ("message", "", "3")] {
        let event = source.next().await.unwrap().unwrap();
        assert_eq!(
            (event.event_type.as_str(), event.data.as_str(), event.last_event_id.as_str()),
            (event_type, data, id)
        );
        assert_eq!(source.last_event_id(), id);
    }
    assert_eq!(source.ready_state(), ReadyState::Open);
    assert_eq!(source.response().unwrap().status(), 200);
}

#[wasm_bindgen_test]
async fn method_headers_and_body_arrive() {
    #[derive(Deserialize)]
    struct Headers {
        accept: String,
        authorization: String,
    }
    #[derive(Deserialize)]
    struct Echo {
        method: String,
        headers: Headers,
        body: String,
    }
    let init = EventSourceInit::new().header("authorization", "Bearer key").body("grüße");
    let echo: Echo = one(open("/echo", init)).await;
    assert_eq!((echo.method.as_str(), echo.body.as_str()), ("POST", "grüße"));
    assert_eq!(
        (echo.headers.accept.as_str(), echo.headers.authorization.as_str()),
        ("text/event-stream", "Bearer key")
    );

    let init = EventSourceInit::new().method("PUT").header("authorization", "").body(b"bytes".to_vec());
    let echo: Echo = one(open("/echo", init)).await;
    assert_eq!((echo.method.as_str(), echo.body.as_str()), ("PUT", "bytes"));
}

#[wasm_bindgen_test]
async fn resumes_after_each_cut_with_nothing_lost_or_repeated() {
    let (url, key) = url("/cut");
    let (opened, codes) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(Vec::new())));
    let (counted, noted) = (opened.clone(), codes.clone());
    let init = EventSourceInit::new()
        .retry(quick())
        .on_open(move |response| counted.set(counted.get() + u32::from(response.ok())))
        .on_retry(move |error| noted.borrow_mut().push((error.code(), error.failure().attempt())));
    let mut source = EventSource::with_init(&url, init).unwrap();
    let (events, error) = all(&mut source).await;
    assert!(error.is_none(), "204 ends it quietly");
    let data: Vec<_> = events.into_iter().map(|event| event.data).collect();
    assert_eq!(data, (1..=10).map(|id| format!("event {id}")).collect::<Vec<_>>());
    assert_eq!((source.ready_state(), source.last_event_id()), (ReadyState::Closed, "10"));
    assert_eq!(opened.get(), 4);
    assert_eq!(*codes.borrow(), [("network", 1), ("network", 2), ("network", 3), ("network", 4)]);
    let ids: Vec<_> = state(&key).await.requests.into_iter().map(|request| request.last_event_id).collect();
    assert_eq!(ids, [None, Some("3"), Some("6"), Some("9"), Some("10")].map(|id| id.map(String::from)));
}

#[wasm_bindgen_test]
async fn any_last_event_id_is_sent_as_utf8() {
    let (url, key) = url("/unicode");
    let mut source = EventSource::with_init(&url, EventSourceInit::new().retry(quick())).unwrap();
    assert_eq!(all(&mut source).await.0.len(), 1);
    assert_eq!(state(&key).await.requests[1].last_event_id.as_deref(), Some("三€😀"));

    let init = EventSourceInit::new().last_event_id("三");
    let mut source = EventSource::with_init(&url, init).unwrap();
    assert!(source.next().await.is_none());
    assert_eq!(state(&key).await.requests[2].last_event_id.as_deref(), Some("三"));
}

#[wasm_bindgen_test]
async fn status_204_ends_the_stream_quietly() {
    let mut source = open("/none", EventSourceInit::new());
    assert!(!source.is_terminated());
    assert!(source.next().await.is_none());
    assert!(source.is_terminated());
    assert_eq!(source.ready_state(), ReadyState::Closed);
}

#[wasm_bindgen_test]
async fn a_refused_response_is_a_typed_error() {
    let error = failure(&mut open("/refused", EventSourceInit::new())).await;
    assert_eq!((error.code(), error.status(), error.body()), ("http-status", Some(403), "no key, no stream"));
    assert_eq!(error.to_string(), "expected status 200, found 403");
    assert_eq!(error.response().unwrap().status(), 403);
    let thrown = JsValue::from(error.clone());
    assert_eq!(js_sys::Reflect::get(&thrown, &"code".into()), Ok("http-status".into()));
    assert_eq!((error.failure().attempt(), error.failure().will_retry()), (1, false));

    let error = failure(&mut open("/html", EventSourceInit::new())).await;
    assert_eq!((error.code(), error.status(), error.body()), ("content-type", Some(200), "<p>hello"));
}

#[wasm_bindgen_test]
async fn a_refused_body_that_hangs_is_not_waited_for() {
    let (url, key) = url("/refused-hanging");
    let error = failure(&mut EventSource::new(&url).unwrap()).await;
    assert_eq!((error.status(), error.body()), (Some(500), "the beginning"));
    closed(&key).await;
}

#[wasm_bindgen_test]
async fn a_status_of_the_policy_waits_as_retry_after_says() {
    let delay = Rc::new(Cell::new(None));
    let noted = delay.clone();
    let init =
        EventSourceInit::new().retry(RetryPolicy::connect()).on_retry(move |error| noted.set(error.failure().delay()));
    let (url, key) = url("/busy");
    let mut source = EventSource::with_init(&url, init).unwrap();
    {
        let next = std::pin::pin!(source.next());
        first(next, sleep(500.0)).await;
    }
    assert_eq!(delay.get(), Some(600_000));
    assert_eq!(source.ready_state(), ReadyState::Connecting);
    source.close();
    assert!(source.next().await.is_none());
    assert_eq!(state(&key).await.requests.len(), 1);
}

#[wasm_bindgen_test]
async fn gives_up_when_the_policy_does() {
    let init = EventSourceInit::new().retry(RetryPolicy { max_attempts: Some(3), ..quick() });
    let (url, key) = url("/destroyed");
    let error = failure(&mut EventSource::with_init(&url, init).unwrap()).await;
    assert_eq!((error.code(), error.failure().cause()), ("retries-exhausted", &Cause::Network));
    assert!(error.cause().is_some_and(wasm_bindgen::JsCast::has_type::<js_sys::TypeError>));
    assert!(state(&key).await.requests.len() >= 3);
}

#[wasm_bindgen_test]
async fn a_post_is_not_replayed_silently() {
    let (url, key) = url("/no-id");
    let mut source = EventSource::with_init(&url, EventSourceInit::new().body("x").retry(quick())).unwrap();
    let (events, error) = all(&mut source).await;
    assert_eq!((events.len(), error.unwrap().code()), (1, "network"));
    assert_eq!(state(&key).await.requests.len(), 1);

    let policy = RetryPolicy { max_elapsed: Some(0), ..quick() };
    let init = EventSourceInit::new().body("x").retry(RetryPolicy { delay: 0, ..policy }).resume(Resume::Always);
    let mut source = EventSource::with_init(&url, init).unwrap();
    for _ in 0..3 {
        source.next().await.unwrap().unwrap();
    }
    drop(source);
    assert_eq!(closed(&key).await.requests.len(), 4);
}

#[wasm_bindgen_test]
async fn a_body_that_is_a_stream_is_sent_once() {
    let body = web_sys::Response::new_with_opt_str(Some("x")).unwrap().body().unwrap();
    let init = EventSourceInit::new().body(body).retry(quick()).resume(Resume::Always);
    assert_eq!(failure(&mut open("/destroyed", init)).await.code(), "no-replay");
}

#[wasm_bindgen_test]
async fn headers_are_made_for_each_attempt() {
    let (url, key) = url("/cut");
    let init = EventSourceInit::new()
        .retry(quick())
        .headers_with(|attempt| async move { Ok(vec![("authorization".into(), format!("token {attempt}"))]) });
    let mut source = EventSource::with_init(&url, init).unwrap();
    for _ in 0..4 {
        source.next().await.unwrap().unwrap();
    }
    let tokens: Vec<_> = state(&key).await.requests.into_iter().map(|request| request.authorization.unwrap()).collect();
    assert_eq!(tokens, ["token 1", "token 2"]);
}

#[wasm_bindgen_test]
async fn what_cannot_be_sent_is_no_network_error() {
    let failing = EventSourceInit::new().body_with(|_| async { Err(JsValue::from_str("no body")) });
    let error = failure(&mut open("/echo", failing)).await;
    assert_eq!((error.code(), error.cause()), ("invalid-request", Some(&JsValue::from_str("no body"))));
    for init in [
        EventSourceInit::new().header("not a name", "x"),
        EventSourceInit::new().method("GET").body("x"),
        EventSourceInit::new().method("not a method"),
    ] {
        assert_eq!(failure(&mut open("/echo", init)).await.code(), "invalid-request");
    }
    for url in ["http://[", "ftp://localhost/"] {
        let error = EventSource::new(url).unwrap_err();
        assert_eq!(error.code(), "invalid-url");
        assert_eq!(error.to_string(), format!("expected a URL that can be fetched, found {url}"));
    }
}

#[wasm_bindgen_test]
async fn an_event_over_the_limit_ends_the_connection() {
    let (url, key) = url("/large");
    let mut source = EventSource::with_init(&url, EventSourceInit::new().max_event_size(20)).unwrap();
    let (events, error) = all(&mut source).await;
    assert_eq!((events.len(), error.unwrap().code()), (1, "event-too-large"));
    assert_eq!(source.last_event_id(), "1");
    assert_eq!(closed(&key).await.requests.len(), 1);
}

/// Polls the first future until the second is ready.
async fn first<T>(mut future: std::pin::Pin<&mut impl Future<Output = T>>, other: impl Future<Output = ()>) {
    let mut other = std::pin::pin!(other);
    std::future::poll_fn(|cx| {
        if future.as_mut().poll(cx).is_ready() {
            panic!("expected nothing to come, found something");
        }
        other.as_mut().poll(cx)
    })
    .await;
}

#[wasm_bindgen_test]
async fn dropping_closes_the_connection() {
    let (url_open, open) = url("/open");
    let mut source = EventSource::new(&url_open).unwrap();
    source.next().await.unwrap().unwrap();
    assert_eq!(state(&open).await.open, 1);
    drop(source);
    closed(&open).await;

    // While no response has come.
    let (url_silent, silent) = url("/silent");
    let mut source = EventSource::new(&url_silent).unwrap();
    {
        let next = std::pin::pin!(source.next());
        first(next, sleep(200.0)).await;
    }
    assert_eq!(state(&silent).await.open, 1);
    drop(source);
    closed(&silent).await;

    // While it waits for the next attempt, which then never comes.
    let (url_destroyed, destroyed) = url("/no-id");
    let policy = RetryPolicy { delay: 300, jitter: 0.0, ..RetryPolicy::standard() };
    let mut source = EventSource::with_init(&url_destroyed, EventSourceInit::new().retry(policy)).unwrap();
    source.next().await.unwrap().unwrap();
    {
        let next = std::pin::pin!(source.next());
        first(next, sleep(150.0)).await;
    }
    assert_eq!(source.ready_state(), ReadyState::Connecting);
    drop(source);
    sleep(400.0).await;
    assert_eq!(closed(&destroyed).await.requests.len(), 1);
}

#[wasm_bindgen_test]
async fn nothing_comes_after_the_close() {
    let (url, key) = url("/events");
    let mut source = EventSource::with_init(&url, EventSourceInit::new().last_event_id("0")).unwrap();
    assert_eq!(source.last_event_id(), "0");
    source.next().await.unwrap().unwrap();
    source.close();
    assert_eq!((source.ready_state(), source.is_terminated()), (ReadyState::Closed, true));
    assert!(source.next().await.is_none());
    // What came in the same chunk was not taken.
    assert_eq!(source.last_event_id(), "1");
    assert_eq!(closed(&key).await.requests.len(), 1);
}

#[wasm_bindgen_test]
async fn an_id_without_data_is_sent_too() {
    let (url, key) = url("/id-only");
    let mut source = EventSource::with_init(&url, EventSourceInit::new().retry(quick())).unwrap();
    assert_eq!(all(&mut source).await.0.len(), 1);
    assert_eq!(source.last_event_id(), "2");
    assert_eq!(state(&key).await.requests[1].last_event_id.as_deref(), Some("2"));
}

#[wasm_bindgen_test]
async fn nothing_is_sent_before_it_is_polled() {
    let (url, key) = url("/open");
    let source = EventSource::new(&url).unwrap();
    sleep(50.0).await;
    drop(source);
    assert_eq!(state(&key).await.requests.len(), 0);
}

#[wasm_bindgen_test]
async fn no_more_is_read_than_is_taken() {
    let (url, key) = url("/endless");
    let mut source = EventSource::new(&url).unwrap();
    for _ in 0..20 {
        source.next().await.unwrap().unwrap();
    }
    // What the sockets and the browser hold may still be filled.
    let mut written = 0;
    for _ in 0..50 {
        sleep(100.0).await;
        let now = state(&key).await.written;
        if now == written {
            return;
        }
        written = now;
    }
    panic!("expected the server to be held up, found {written} bytes written and still more");
}

#[wasm_bindgen_test]
async fn data_is_read_as_a_value() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Chunk {
        text: String,
        tokens: Vec<u32>,
        done: Option<bool>,
    }
    let (events, _) = all(&mut open("/json", EventSourceInit::new().resume(Resume::Never))).await;
    let [good, mismatch, broken] = events.try_into().unwrap();
    let chunk = Chunk { text: "hi".into(), tokens: vec![1, 2], done: None };
    assert_eq!(good.data_as(), Ok(chunk));
    assert!(matches!(mismatch.data_as::<Chunk>(), Err(DataError::Mismatch(_))));
    assert_eq!(broken.data_as::<Chunk>().unwrap_err().code(), "data-not-json");
}

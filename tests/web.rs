//! The client for Rust against a real server, in a real browser: `npm test -- rust-web`.
#![cfg(target_arch = "wasm32")]

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;

use eventsource_wasm::{
    Cause, DataError, Error, EventSource, EventSourceInit, OwnedEvent, ReadyState, Resume, RetryPolicy,
};
use futures_core::stream::{FusedStream, Stream};
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
    let error = broken.data_as::<Chunk>().unwrap_err();
    assert!(matches!(error, DataError::NotJson(_)), "{error:?}");
    assert_eq!(error.code(), "invalid-data");
}

#[wasm_bindgen_test]
async fn data_is_read_as_bytes() {
    let (events, _) = all(&mut open("/base64", EventSourceInit::new().resume(Resume::Never))).await;
    let [standard, of_urls, broken] = events.try_into().unwrap();
    assert_eq!(standard.bytes(), Ok(vec![0x00, 0xff, 0xfe, 0x80]));
    assert_eq!(of_urls.bytes(), Ok(vec![0xff, 0xee]));
    let error = broken.bytes().unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), ("invalid-data", "expected base64, found \"?\""));
}

/// One attempt, whatever happens.
fn once() -> EventSourceInit {
    EventSourceInit::new().retry(RetryPolicy { max_attempts: Some(1), ..quick() })
}

#[wasm_bindgen_test]
async fn a_response_that_does_not_come_is_a_connect_timeout() {
    let (url, key) = url("/silent");
    let init = EventSourceInit::new().retry(RetryPolicy { max_attempts: Some(2), ..quick() }).connect_timeout(50);
    let error = failure(&mut EventSource::with_init(&url, init).unwrap()).await;
    assert_eq!((error.code(), error.failure().cause()), ("retries-exhausted", &Cause::ConnectTimeout(50)));
    assert_eq!(closed(&key).await.requests.len(), 2);
}

#[wasm_bindgen_test]
async fn the_time_in_which_headers_are_made_is_no_connect_timeout() {
    let init = once().connect_timeout(1_000).headers_with(|_| async {
        sleep(1_300.0).await;
        Ok(vec![("authorization".into(), "Bearer 2".into())])
    });
    assert_eq!(open("/token", init).next().await.unwrap().unwrap().data, "one");
}

#[wasm_bindgen_test]
async fn a_silent_server_is_an_idle_timeout() {
    let (url, key) = url("/open");
    let init = EventSourceInit::new().resume(Resume::Never).idle_timeout(50);
    let (events, error) = all(&mut EventSource::with_init(&url, init).unwrap()).await;
    let error = error.unwrap();
    assert_eq!((events.len(), error.code(), error.failure().cause()), (1, "idle-timeout", &Cause::IdleTimeout(50)));
    assert_eq!(closed(&key).await.requests.len(), 1);

    // The policy goes on.
    let init = EventSourceInit::new().retry(quick()).idle_timeout(50);
    let mut source = EventSource::with_init(&url, init).unwrap();
    for _ in 0..3 {
        source.next().await.unwrap().unwrap();
    }
    drop(source);
    assert_eq!(closed(&key).await.requests.len(), 4);
}

#[wasm_bindgen_test]
async fn comments_count_as_signs_of_life() {
    let mut source = open("/drip", EventSourceInit::new().resume(Resume::Never).idle_timeout(1_000));
    assert_eq!(source.next().await.unwrap().unwrap().data, "late");
}

#[wasm_bindgen_test]
async fn the_time_of_a_slow_consumer_is_no_idle_timeout() {
    let mut source = open("/open", EventSourceInit::new().resume(Resume::Never).idle_timeout(1_000));
    source.next().await.unwrap().unwrap();
    sleep(1_300.0).await;
    {
        let next = std::pin::pin!(source.next());
        first(next, sleep(300.0)).await;
    }
    assert_eq!(failure(&mut source).await.code(), "idle-timeout");
}

#[wasm_bindgen_test]
async fn a_function_decides_what_follows_a_failure() {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let noted = asked.clone();
    let init = EventSourceInit::new().last_event_id("7").method("POST").retry(RetryPolicy::connect()).retry_with(
        move |error| {
            let failure = error.failure();
            let (attempt, delay) = (failure.attempt(), failure.delay());
            noted.borrow_mut().push((attempt, error.status(), error.last_event_id().to_string(), delay));
            async move { Ok((attempt < 3).then_some(0)) }
        },
    );
    let (url, key) = url("/busy");
    let error = failure(&mut EventSource::with_init(&url, init).unwrap()).await;
    // A POST that the server has never sent an id for: the policy would not go on.
    let expected: Vec<_> = (1..=3).map(|attempt| (attempt, Some(503), String::from("7"), None)).collect();
    assert_eq!(*asked.borrow(), expected);
    assert_eq!((error.code(), error.failure().attempt(), error.failure().delay()), ("http-status", 3, None));
    assert_eq!(state(&key).await.requests.len(), 3);
}

#[wasm_bindgen_test]
async fn a_function_is_told_what_the_policy_would_do() {
    let delay = Rc::new(Cell::new(None));
    let noted = delay.clone();
    let init = EventSourceInit::new().retry(RetryPolicy::connect()).retry_with(move |error| {
        noted.set(error.failure().delay());
        async { Ok(None) }
    });
    assert_eq!(failure(&mut open("/busy", init)).await.code(), "http-status");
    assert_eq!(delay.get(), Some(600_000));
}

#[wasm_bindgen_test]
async fn a_function_can_refresh_a_token() {
    let token = Rc::new(Cell::new(1));
    let (used, body) = (token.clone(), Rc::new(RefCell::new(String::new())));
    let noted = body.clone();
    let init = EventSourceInit::new()
        .headers_with(move |_| {
            let value = format!("Bearer {}", used.get());
            async move { Ok(vec![("authorization".into(), value)]) }
        })
        .retry_with(move |error| {
            noted.replace(error.body().into());
            let token = token.clone();
            async move {
                sleep(1.0).await;
                token.set(token.get() + 1);
                Ok(Some(0))
            }
        });
    let (url, key) = url("/token");
    let mut source = EventSource::with_init(&url, init.body("x")).unwrap();
    assert_eq!(source.next().await.unwrap().unwrap().data, "one");
    assert_eq!(*body.borrow(), "expired");
    let tokens: Vec<_> = state(&key).await.requests.into_iter().map(|request| request.authorization.unwrap()).collect();
    assert_eq!(tokens, ["Bearer 1", "Bearer 2"]);
}

#[wasm_bindgen_test]
async fn a_function_is_asked_only_what_it_may_decide() {
    let asked = Rc::new(Cell::new(0));
    let counting = || {
        let asked = asked.clone();
        EventSourceInit::new().retry_with(move |_| {
            asked.set(asked.get() + 1);
            async { Ok(Some(0)) }
        })
    };
    // A POST that may have been carried out.
    assert_eq!(failure(&mut open("/no-id", counting().body("x"))).await.code(), "network");
    let body = web_sys::Response::new_with_opt_str(Some("x")).unwrap().body().unwrap();
    let init = counting().body(body).resume(Resume::Always);
    assert_eq!(failure(&mut open("/destroyed", init)).await.code(), "no-replay");
    assert!(open("/none", counting()).next().await.is_none());
    assert_eq!(asked.get(), 0);

    // What the server has ended in peace is no failure.
    let (events, error) = all(&mut open("/json", EventSourceInit::new().retry_with(|_| async { Ok(None) }))).await;
    assert!(events.len() == 3 && error.is_none());

    let failing = EventSourceInit::new().retry_with(|_| async { Err(JsValue::from_str("no idea")) });
    let error = failure(&mut open("/refused", failing)).await;
    assert_eq!((error.code(), error.cause()), ("invalid-request", Some(&JsValue::from_str("no idea"))));
    assert_eq!((error.failure().cause(), error.body()), (&Cause::Decision, "no key, no stream"));
}

#[wasm_bindgen_test]
async fn an_aborted_signal_sends_nothing() {
    let controller = web_sys::AbortController::new().unwrap();
    controller.abort_with_reason(&"enough".into());
    let (url, key) = url("/open");
    let init = EventSourceInit::new().abort_signal(controller.signal());
    let error = failure(&mut EventSource::with_init(&url, init).unwrap()).await;
    assert_eq!((error.code(), error.cause()), ("aborted", Some(&JsValue::from_str("enough"))));
    assert_eq!(state(&key).await.requests.len(), 0);
}

#[wasm_bindgen_test]
async fn a_signal_closes_the_connection_while_nobody_polls() {
    let controller = web_sys::AbortController::new().unwrap();
    let (url, key) = url("/events");
    let mut source = EventSource::with_init(&url, EventSourceInit::new().abort_signal(controller.signal())).unwrap();
    source.next().await.unwrap().unwrap();
    assert_eq!(state(&key).await.open, 1);
    controller.abort();
    closed(&key).await;
    // What came in the same chunk can still be taken.
    let (events, error) = all(&mut source).await;
    assert_eq!((events.len(), error.unwrap().code()), (2, "aborted"));
    assert_eq!((source.last_event_id(), source.ready_state()), ("3", ReadyState::Closed));
    assert_eq!(state(&key).await.requests.len(), 1);
}

#[wasm_bindgen_test]
async fn a_signal_wakes_who_waits() {
    // For a response, for events, for the next attempt, and for the caller's functions.
    for (path, init) in [
        ("/silent", EventSourceInit::new()),
        ("/open", EventSourceInit::new()),
        ("/busy", EventSourceInit::new().retry(RetryPolicy::connect())),
        ("/refused", EventSourceInit::new().retry_with(|_| std::future::pending())),
        ("/open", EventSourceInit::new().headers_with(|_| std::future::pending())),
    ] {
        let controller = web_sys::AbortController::new().unwrap();
        let (url, key) = url(path);
        let mut source = EventSource::with_init(&url, init.abort_signal(controller.signal())).unwrap();
        wasm_bindgen_futures::spawn_local(async move {
            sleep(200.0).await;
            controller.abort();
        });
        let error = failure(&mut source).await;
        assert_eq!(error.code(), "aborted", "{path}");
        assert!(error.cause().is_some_and(|cause| !cause.is_undefined()));
        closed(&key).await;
    }
}

#[wasm_bindgen_test]
async fn a_sentinel_ends_the_stream() {
    let (url, key) = url("/sentinel");
    let mut source = EventSource::with_init(&url, EventSourceInit::new().sentinel("[DONE]")).unwrap();
    let event = source.next().await.unwrap().unwrap();
    assert_eq!(event.data, "one");
    assert_eq!(closed(&key).await.requests.len(), 1);
    assert!(source.next().await.is_none());
    assert!(source.is_terminated());
    assert_eq!((source.last_event_id(), source.ready_state()), ("1", ReadyState::Closed));
}

#[wasm_bindgen_test]
async fn reconnects_on_demand_from_the_last_id() {
    let (url_open, key) = url("/events");
    let mut source = EventSource::new(&url_open).unwrap();
    source.next().await.unwrap().unwrap();
    source.reconnect();
    assert_eq!(source.ready_state(), ReadyState::Connecting);
    // What was read is given first, then the stream begins anew.
    for id in ["1", "3", "1", "1", "3"] {
        assert_eq!(source.next().await.unwrap().unwrap().last_event_id, id);
    }
    let state_open = state(&key).await;
    assert_eq!((state_open.requests.len(), state_open.open), (2, 1));
    assert_eq!(state_open.requests[1].last_event_id.as_deref(), Some("3"));

    // Before anything was sent it changes nothing; after the close, neither.
    let (url_other, other) = url("/open");
    let mut source = EventSource::new(&url_other).unwrap();
    source.reconnect();
    source.next().await.unwrap().unwrap();
    source.close();
    source.reconnect();
    assert!(source.next().await.is_none());
    assert_eq!(closed(&other).await.requests.len(), 1);
}

#[wasm_bindgen_test]
async fn a_body_that_is_a_stream_is_not_sent_again_on_demand() {
    let body = web_sys::Response::new_with_opt_str(Some("x")).unwrap().body().unwrap();
    let (url, key) = url("/destroyed");
    let mut source = EventSource::with_init(&url, EventSourceInit::new().body(body).resume(Resume::Always)).unwrap();
    {
        let mut next = std::pin::pin!(source.next());
        std::future::poll_fn(|cx| {
            let _ = next.as_mut().poll(cx);
            std::task::Poll::Ready(())
        })
        .await;
    }
    source.reconnect();
    assert_eq!(failure(&mut source).await.code(), "no-replay");
    assert!(state(&key).await.requests.len() <= 1);
}

#[wasm_bindgen_test]
async fn reconnecting_and_closing_wake_who_waits() {
    let (url, key) = url("/busy");
    let init = EventSourceInit::new().retry(RetryPolicy::connect());
    let source = Rc::new(RefCell::new(EventSource::with_init(&url, init).unwrap()));
    let ended = Rc::new(Cell::new(false));
    let (polled, told) = (source.clone(), ended.clone());
    wasm_bindgen_futures::spawn_local(async move {
        let next = std::future::poll_fn(|cx| Pin::new(&mut *polled.borrow_mut()).poll_next(cx));
        told.set(next.await.is_none());
    });
    until(&key, 1).await;
    source.borrow_mut().reconnect();
    until(&key, 2).await;
    source.borrow_mut().close();
    sleep(0.0).await;
    assert!(ended.get());
}

/// Waits for so many requests.
async fn until(key: &str, count: usize) {
    for _ in 0..500 {
        if state(key).await.requests.len() >= count {
            // The client is to have the response.
            return sleep(200.0).await;
        }
        sleep(20.0).await;
    }
    panic!("expected {count} requests");
}

#[wasm_bindgen_test]
async fn being_online_again_cuts_a_wait_short() {
    let global = js_sys::global();
    let navigator = js_sys::Reflect::get(&global, &"navigator".into()).unwrap();
    let online = js_sys::Reflect::get(&navigator, &"onLine".into());
    if online.is_err() || online.is_ok_and(|value| value.is_undefined()) {
        // Node, where nothing is online: a wait ends by its time alone.
        let (url, key) = url("/no-id");
        let mut source = EventSource::with_init(&url, EventSourceInit::new().retry(quick())).unwrap();
        source.next().await.unwrap().unwrap();
        source.next().await.unwrap().unwrap();
        assert_eq!(state(&key).await.requests.len(), 2);
        return;
    }
    let come_online = || {
        let dispatch = js_sys::Function::new_no_args("dispatchEvent(new Event('online'))");
        dispatch.call0(&JsValue::UNDEFINED).unwrap();
    };
    let slow = || RetryPolicy { delay: 600_000, max_delay: 600_000, jitter: 0.0, ..RetryPolicy::connect() };

    let (url_cut, key) = url("/no-id");
    let mut source = EventSource::with_init(&url_cut, EventSourceInit::new().retry(slow())).unwrap();
    source.next().await.unwrap().unwrap();
    wasm_bindgen_futures::spawn_local(async move {
        sleep(300.0).await;
        come_online();
    });
    source.next().await.unwrap().unwrap();
    assert_eq!(state(&key).await.requests.len(), 2);

    // Not where the server has asked for the wait.
    let (url_busy, key) = url("/busy");
    let mut source = EventSource::with_init(&url_busy, EventSourceInit::new().retry(slow())).unwrap();
    wasm_bindgen_futures::spawn_local(async move {
        sleep(300.0).await;
        come_online();
    });
    {
        let next = std::pin::pin!(source.next());
        first(next, sleep(600.0)).await;
    }
    assert_eq!(state(&key).await.requests.len(), 1);
}

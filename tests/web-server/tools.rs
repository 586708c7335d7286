//! What the tests share.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use eventsource_wasm::{EventStream, EventStreamInit, Item, Parser};
use wasm_bindgen::prelude::{JsCast, JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Request, RequestInit, Response};

/// The first bytes of each stream.
pub const START: &str = ": \n\n";
const URL: &str = "http://localhost/";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, milliseconds: f64);
}

pub async fn sleep(milliseconds: f64) {
    let timer = js_sys::Promise::new(&mut |resolve, _| set_timeout(&resolve, milliseconds));
    let _: JsValue = JsFuture::from(timer).await.unwrap();
}

/// Waits until something is so.
pub async fn until(mut is: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if is() {
            return;
        }
        sleep(5.0).await;
    }
    panic!("expected it to become so, found it not to");
}

pub fn request() -> Request {
    asked("", &RequestInit::new())
}

pub fn asked(query: &str, init: &RequestInit) -> Request {
    Request::new_with_str_and_init(&format!("{URL}{query}"), init).unwrap()
}

pub fn init() -> EventStreamInit {
    EventStreamInit::new()
}

/// A stream and who reads it.
pub fn open(init: EventStreamInit) -> (EventStream, Reader) {
    let (stream, response) = EventStream::respond(&request(), init).unwrap();
    (stream, Reader::new(&response))
}

/// Reads a body chunk by chunk, as text.
#[derive(Clone)]
pub struct Reader(ReadableStreamDefaultReader);

impl Reader {
    pub fn new(response: &Response) -> Self {
        Reader(response.body().unwrap().get_reader().unchecked_into())
    }

    /// Asks for the next chunk at once; `None` at the end.
    pub fn next(&self) -> impl Future<Output = Result<Option<String>, JsValue>> + 'static {
        let read = JsFuture::from(self.0.read());
        async move {
            let result = read.await?;
            if js_sys::Reflect::get(&result, &"done".into())?.is_truthy() {
                return Ok(None);
            }
            let chunk: js_sys::Uint8Array = js_sys::Reflect::get(&result, &"value".into())?.unchecked_into();
            Ok(Some(String::from_utf8(chunk.to_vec()).unwrap()))
        }
    }

    /// The next chunk, of a body that has one.
    pub async fn chunk(&self) -> String {
        self.next().await.unwrap().unwrap()
    }

    pub async fn cancel(&self, cause: &str) {
        JsFuture::from(self.0.cancel_with_reason(&cause.into())).await.unwrap();
    }

    /// All that is left, and the error that the body breaks off with, if it does.
    pub async fn rest(&self) -> (String, Option<JsValue>) {
        let mut text = String::new();
        loop {
            match self.next().await {
                Ok(Some(chunk)) => text += &chunk,
                Ok(None) => return (text, None),
                Err(error) => return (text, Some(error)),
            }
        }
    }

    /// All that is left, of a body that ends in peace.
    pub async fn text(&self) -> String {
        let (text, error) = self.rest().await;
        assert_eq!(error, None);
        text
    }
}

/// The type, data and last event ID of each event, as the parser of this crate reads them.
pub fn events(text: &str) -> Vec<(String, String, String)> {
    let mut events = Vec::new();
    Parser::new().feed(text.as_bytes(), |item| {
        if let Item::Event(event) = item {
            let [kind, data, id] =
                [event.event_type, event.data, event.last_event_id].map(|text| text.to_str().into_owned());
            events.push((kind, data, id));
        }
    });
    events
}

/// The data of each event.
pub fn data(text: &str) -> Vec<String> {
    events(text).into_iter().map(|(_, data, _)| data).collect()
}

/// What something was told, in order.
pub type Told<T> = Rc<RefCell<Vec<T>>>;

pub fn property(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &name.into()).unwrap()
}

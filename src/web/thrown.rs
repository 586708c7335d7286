//! Errors as JavaScript knows them.

use wasm_bindgen::prelude::JsValue;

/// A JavaScript `Error` with a message and a `code`.
pub(super) fn thrown(code: &str, message: &str) -> JsValue {
    let error = js_sys::Error::new(message).into();
    // A plain new object takes it.
    let _ = js_sys::Reflect::set(&error, &"code".into(), &code.into());
    error
}

//! Timers, by the global names that windows and workers share.

use js_sys::Function;
use wasm_bindgen::prelude::{Closure, JsCast, JsValue, wasm_bindgen};

use crate::MAX_DELAY;

#[wasm_bindgen]
extern "C" {
    /// A number in browsers, an object in Node.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, milliseconds: f64) -> JsValue;

    /// Clears intervals, too.
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);

    #[wasm_bindgen(js_name = setInterval)]
    fn set_interval(callback: &Function, milliseconds: f64) -> JsValue;
}

/// A timer that calls, cleared when it is dropped. A longer time than a timer holds is cut to that.
pub(super) struct Timer {
    timer: JsValue,
    /// What it calls; it has to live as long.
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Calls once, after so many milliseconds.
    pub(super) fn once(milliseconds: u64, call: impl FnMut() + 'static) -> Self {
        Timer::new(set_timeout, milliseconds as f64, call)
    }

    /// Calls again and again, each time after so many milliseconds.
    #[cfg(feature = "server")]
    pub(super) fn every(milliseconds: f64, call: impl FnMut() + 'static) -> Self {
        Timer::new(set_interval, milliseconds, call)
    }

    fn new(set: fn(&Function, f64) -> JsValue, milliseconds: f64, call: impl FnMut() + 'static) -> Self {
        let callback = Closure::<dyn FnMut()>::new(call);
        let timer = set(callback.as_ref().unchecked_ref(), milliseconds.min(MAX_DELAY as f64));
        Timer { timer, _callback: callback }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
    }
}

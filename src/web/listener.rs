//! Listeners that go when they are dropped, and properties of what may not have them.

use js_sys::Reflect;
use wasm_bindgen::prelude::{Closure, JsCast, JsValue};
use web_sys::EventTarget;

/// A listener for some events of one target, removed when it is dropped.
pub(super) struct Listener {
    target: EventTarget,
    types: &'static [&'static str],
    /// Whether it hears the events of what is below the target, too. workerd has nothing below a target, and refuses to be asked.
    below: bool,
    callback: Closure<dyn FnMut(JsValue)>,
}

impl Listener {
    /// For events of the target itself.
    pub(super) fn new(
        target: EventTarget,
        types: &'static [&'static str],
        heard: impl FnMut(JsValue) + 'static,
    ) -> Self {
        Listener::add(target, types, false, heard)
    }

    /// For events that pass the target on their way down, too.
    #[cfg(feature = "client")]
    pub(super) fn below(
        target: EventTarget,
        types: &'static [&'static str],
        heard: impl FnMut(JsValue) + 'static,
    ) -> Self {
        Listener::add(target, types, true, heard)
    }

    fn add(
        target: EventTarget,
        types: &'static [&'static str],
        below: bool,
        heard: impl FnMut(JsValue) + 'static,
    ) -> Self {
        let callback = Closure::<dyn FnMut(JsValue)>::new(heard);
        for kind in types {
            // What refuses the listener has no such events.
            let function = callback.as_ref().unchecked_ref();
            let _ = target.add_event_listener_with_callback_and_bool(kind, function, below);
        }
        Listener { target, types, below, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for kind in self.types {
            let function = self.callback.as_ref().unchecked_ref();
            let _ = self.target.remove_event_listener_with_callback_and_bool(kind, function, self.below);
        }
    }
}

/// A property; `undefined` also of what has none.
pub(super) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

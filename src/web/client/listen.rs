//! What a source listens to: the caller's signal, and what says that there may be a network again.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::task::{Context, Poll};

use wasm_bindgen::prelude::{JsCast, JsValue};
use web_sys::{AbortController, AbortSignal};

use super::timer::Flag;
use crate::web::listener::{Listener, get};

/// The caller's signal. When it aborts, so does the fetch under way, at once and whether or not anyone polls.
pub(super) struct Signal {
    signal: AbortSignal,
    aborted: Rc<Flag>,
    fetch: Rc<RefCell<Option<AbortController>>>,
    _listener: Listener,
}

impl Signal {
    pub(super) fn new(signal: AbortSignal) -> Self {
        let (aborted, fetch) = (Rc::new(Flag::default()), Rc::new(RefCell::new(None::<AbortController>)));
        if signal.aborted() {
            aborted.raise();
        }
        let (told, held) = (aborted.clone(), fetch.clone());
        let listener = Listener::new(signal.clone().into(), &["abort"], move |_| {
            if let Some(controller) = held.take() {
                controller.abort();
            }
            told.raise();
        });
        Signal { signal, aborted, fetch, _listener: listener }
    }

    /// The fetch that is aborted with it from now on.
    pub(super) fn hold(&self, controller: AbortController) {
        self.fetch.replace(Some(controller));
    }

    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        self.aborted.poll(cx)
    }

    pub(super) fn reason(&self) -> JsValue {
        get(&self.signal, "reason")
    }
}

/// Is ready once there may be a network again, or someone who looks: `online`, on pages also when they are seen again, come
/// back from the cache or from being frozen. js/wake.ts is the same for JavaScript.
pub(super) struct Wake {
    woken: Rc<Flag>,
    _listener: Listener,
}

impl Wake {
    /// `None` where nothing is online.
    pub(super) fn new() -> Option<Self> {
        let global = js_sys::global();
        if get(&get(&global, "navigator"), "onLine").is_undefined() {
            return None;
        }
        let woken = Rc::new(Flag::default());
        let told = woken.clone();
        let types = &["online", "visibilitychange", "pageshow", "resume"];
        // The events of a document pass its window on their way down.
        let listener = Listener::below(global.unchecked_into(), types, move |event| {
            let is = |name, value: &str| get(&event, name) == *value;
            let hidden = || get(&get(&js_sys::global(), "document"), "visibilityState") == *"hidden";
            // A page that is shown for the first time has not slept.
            let first = || get(&event, "persisted") == JsValue::FALSE;
            if !(is("type", "visibilitychange") && hidden() || first()) {
                told.raise();
            }
        });
        Some(Wake { woken, _listener: listener })
    }

    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        self.woken.poll(cx)
    }
}

//! One response that is being written: a pull source over [`Outgoing`]. js/stream-writer.ts is the same for JavaScript.

use alloc::rc::{Rc, Weak};
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::task::{Context, Poll, Waker};

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::prelude::{Closure, JsCast, JsValue, wasm_bindgen};
use web_sys::{
    AbortController, AbortSignal, QueuingStrategy, ReadableStream, ReadableStreamDefaultController, UnderlyingSource,
};

use super::error::{CloseReason, StreamError};
use super::init::EventStreamInit;
use super::sending::Sending;
use super::turn::{Look, Turn};
use super::upkeep::{Upkeep, comment, later, retry};
use crate::web::listener::get;
use crate::{Answer, CloseCode, Frame, Outgoing, Written};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = queueMicrotask)]
    fn queue_microtask(callback: &Function);
}

/// It is never borrowed while JavaScript or a task is called, which may send.
pub(super) struct Writer {
    pub(super) last_event_id: String,
    pub(super) retry: Option<u64>,
    /// What hands over, once the reader's pull is answered: in the reader's own request. Whoever has sent it may belong to another,
    /// which must not, in workerd.
    deliver: Closure<dyn FnMut(JsValue)>,
    /// What looks whether the turn has ended.
    look: Closure<dyn FnMut()>,
    state: RefCell<State>,
}

struct State {
    outgoing: Outgoing,
    turn: Turn,
    /// The reader that waits for bytes. Its stream is held on to no longer, so that one that is never read can be collected.
    pulled: Option<Pulled>,
    /// On its way to the reader that has pulled.
    delivery: Option<(ReadableStreamDefaultController, Delivery)>,
    /// Chunks that have left.
    chunks: u64,
    /// Tasks that wait for room.
    senders: Vec<Waker>,
    /// Tasks that wait for the end.
    closers: Vec<Waker>,
    reason: Option<CloseReason>,
    /// Made for who asks for it.
    abort: Option<AbortController>,
    upkeep: Upkeep,
}

struct Pulled {
    controller: ReadableStreamDefaultController,
    answer: Function,
}

enum Delivery {
    Chunk(Uint8Array),
    End,
    Break(CloseCode),
}

impl Writer {
    /// A writer, and the body that it writes.
    pub(super) fn open(init: &EventStreamInit) -> Result<(Rc<Self>, ReadableStream), JsValue> {
        let mut outgoing = Outgoing::new(init.max_buffer, init.overflow);
        // The first bytes leave at once, so that the reader knows that it is connected. Such a frame is never refused.
        let first = if init.retry.is_none() { comment("") } else { retry(init.retry) };
        let _ = outgoing.write(&first, None);
        let writer = Rc::new_cyclic(|this: &Weak<Writer>| Writer {
            last_event_id: init.last_event_id.clone(),
            retry: init.retry,
            deliver: Closure::new(later(this, |writer, _| writer.deliver())),
            look: Closure::new({
                let mut look = later(this, |writer, ()| writer.look());
                move || look(())
            }),
            state: RefCell::new(State {
                outgoing,
                turn: Turn::default(),
                pulled: None,
                delivery: None,
                chunks: 0,
                senders: Vec::new(),
                closers: Vec::new(),
                reason: None,
                abort: None,
                upkeep: Upkeep::default(),
            }),
        });
        let body = writer.body()?;
        Ok((writer, body))
    }

    /// A pull source without a queue of its own: what waits is here, where it is bounded and coalesced.
    fn body(self: &Rc<Self>) -> Result<ReadableStream, JsValue> {
        let (pulled, cancelled) = (self.clone(), self.clone());
        let pull = Closure::<dyn FnMut(ReadableStreamDefaultController) -> Promise>::new(move |controller| {
            pulled.pull(controller)
        });
        let cancel = Closure::<dyn FnMut(JsValue)>::new(move |cause| cancelled.cancel(cause));
        let source = UnderlyingSource::new();
        // They live as long as the stream, which JavaScript knows.
        source.set_pull(pull.into_js_value().unchecked_ref());
        source.set_cancel(cancel.into_js_value().unchecked_ref());
        let strategy = QueuingStrategy::new();
        strategy.set_high_water_mark(0.0);
        ReadableStream::new_with_underlying_source_and_strategy(&source, &strategy)
    }

    pub(super) fn send(self: &Rc<Self>, frame: &Frame<'_>, key: Option<&str>) -> Sending {
        self.write(|outgoing| Ok(outgoing.write(frame, key)?))
    }

    pub(super) fn write(self: &Rc<Self>, write: impl FnOnce(&mut Outgoing) -> Result<Written, StreamError>) -> Sending {
        let mut state = self.state.borrow_mut();
        if let Some(reason) = &state.reason {
            return Sending::refused(StreamError::Closed(reason.clone()));
        }
        let waits = match write(&mut state.outgoing) {
            Ok(Written::Room) => None,
            Ok(Written::Full) => Some((self.clone(), state.chunks)),
            Ok(Written::Overflowed) => {
                drop(state);
                let reason = CloseReason::new(CloseCode::SlowConsumer);
                self.end(reason.clone());
                return Sending::refused(StreamError::Closed(reason));
            }
            Err(error) => return Sending::refused(error),
        };
        let looks = state.pulled.is_some() && state.turn.touch();
        drop(state);
        if looks {
            self.look_later();
        }
        Sending::new(waits)
    }

    fn look_later(&self) {
        queue_microtask(self.look.as_ref().unchecked_ref());
    }

    fn look(&self) {
        let mut state = self.state.borrow_mut();
        let hurries = !state.outgoing.has_room();
        let look = state.turn.look(hurries);
        drop(state);
        match look {
            Look::Again => self.look_later(),
            Look::End => self.hand(),
            Look::Nothing => {}
        }
    }

    fn pull(&self, controller: ReadableStreamDefaultController) -> Promise {
        let mut pulled = None;
        let promise = Promise::new(&mut |answer, _| pulled = Some(Pulled { controller: controller.clone(), answer }));
        let mut state = self.state.borrow_mut();
        state.pulled = pulled;
        let (ended, waits) = (state.reason.is_some(), state.outgoing.buffered_bytes() > 0);
        let looks = !ended && waits && state.turn.touch();
        drop(state);
        if ended {
            self.hand();
        }
        if looks {
            self.look_later();
        }
        promise.then(&self.deliver).unchecked_into()
    }

    /// The reader has left, maybe while what was sent before the end was still waiting for it.
    fn cancel(&self, cause: JsValue) {
        self.end(CloseReason::because(CloseCode::Cancelled, cause));
        self.state.borrow_mut().outgoing.abandon();
        self.hand();
    }

    /// Answers the reader's pull, if there is one and something to answer it with.
    pub(super) fn hand(&self) {
        let mut state = self.state.borrow_mut();
        state.turn.cancel();
        if state.pulled.is_none() {
            return;
        }
        let delivery = match state.outgoing.answer() {
            Answer::Wait => return,
            Answer::Chunk => Delivery::Chunk(state.outgoing.take(|chunk| Uint8Array::from(chunk))),
            Answer::End => Delivery::End,
            Answer::Break(code) => Delivery::Break(code),
        };
        state.chunks += 1;
        let (pulled, senders) = (state.pulled.take(), core::mem::take(&mut state.senders));
        let answer = pulled.map(|Pulled { controller, answer }| {
            state.delivery = Some((controller, delivery));
            answer
        });
        drop(state);
        if let Some(answer) = answer {
            // The function of a promise never throws.
            let _ = answer.call0(&JsValue::UNDEFINED);
        }
        senders.into_iter().for_each(Waker::wake);
    }

    fn deliver(&self) {
        let Some((controller, delivery)) = self.state.borrow_mut().delivery.take() else { return };
        // What a reader that has left meanwhile cannot take is refused.
        let _ = match delivery {
            Delivery::Chunk(chunk) => controller.enqueue_with_chunk(&chunk),
            Delivery::End => controller.close(),
            Delivery::Break(code) => {
                // What the runtime is told: nothing of the handler's own error.
                let message = alloc::format!("the event stream was broken off ({code})");
                controller.error_with_e(&js_sys::Error::new(&message));
                Ok(())
            }
        };
    }

    /// Ends the stream, once: the first reason counts.
    pub(super) fn end(&self, reason: CloseReason) {
        let mut state = self.state.borrow_mut();
        if !state.outgoing.end(reason.code) {
            return;
        }
        let upkeep = core::mem::take(&mut state.upkeep);
        let (abort, closers) = (state.abort.clone(), core::mem::take(&mut state.closers));
        let senders = core::mem::take(&mut state.senders);
        state.reason = Some(reason.clone());
        drop(state);
        drop(upkeep);
        self.hand();
        if let Some(abort) = abort {
            abort.abort_with_reason(&StreamError::Closed(reason).into());
        }
        senders.into_iter().chain(closers).for_each(Waker::wake);
    }

    /// A signal that aborts at the end, with the error that `send` gives from then on.
    pub(super) fn signal(&self) -> AbortSignal {
        let mut state = self.state.borrow_mut();
        if let Some(abort) = &state.abort {
            return abort.signal();
        }
        let abort = match AbortController::new() {
            Ok(abort) => abort,
            // No runtime with streams is without.
            Err(error) => {
                drop(state);
                wasm_bindgen::throw_val(error)
            }
        };
        state.abort = Some(abort.clone());
        if let Some(reason) = &state.reason {
            abort.abort_with_reason(&StreamError::Closed(reason.clone()).into());
        }
        abort.signal()
    }

    /// Whether a producer has only learnt of the end by an error: that of `send`, or the signal's reason.
    pub(super) fn is_of_end(&self, error: &JsValue) -> bool {
        let state = self.state.borrow();
        let reason = state.abort.as_ref().map(|abort| get(&abort.signal(), "reason"));
        let of_signal = reason.is_some_and(|reason| *error == reason || get(error, "cause") == reason);
        state.reason.is_some() && (of_signal || get(error, "code") == *"closed")
    }

    /// Changes what an open stream has running.
    pub(super) fn upkeep(&self, change: impl FnOnce(&mut Upkeep)) {
        change(&mut self.state.borrow_mut().upkeep);
    }

    /// Half a heartbeat period is over. True where the reader has waited for a whole one.
    pub(super) fn heartbeat_is_due(&self) -> bool {
        let state = &mut *self.state.borrow_mut();
        state.pulled.is_some() && state.outgoing.tick()
    }

    pub(super) fn reason(&self) -> Option<CloseReason> {
        self.state.borrow().reason.clone()
    }

    pub(super) fn with<T>(&self, read: impl FnOnce(&Outgoing) -> T) -> T {
        read(&self.state.borrow().outgoing)
    }

    /// Is ready once the chunk has left that was due when so many had.
    pub(super) fn poll_room(&self, chunks: u64, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state.borrow_mut();
        if state.chunks > chunks || state.reason.is_some() {
            return Poll::Ready(());
        }
        wait(&mut state.senders, cx);
        Poll::Pending
    }

    pub(super) fn poll_closed(&self, cx: &Context<'_>) -> Poll<CloseReason> {
        let mut state = self.state.borrow_mut();
        if let Some(reason) = &state.reason {
            return Poll::Ready(reason.clone());
        }
        wait(&mut state.closers, cx);
        Poll::Pending
    }
}

/// Adds the task to those that wait.
fn wait(tasks: &mut Vec<Waker>, cx: &Context<'_>) {
    if !tasks.iter().any(|task| task.will_wake(cx.waker())) {
        tasks.push(cx.waker().clone());
    }
}

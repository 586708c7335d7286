//! What an open stream has running: heartbeats, its deadline, and the signal that ends it.

use alloc::rc::{Rc, Weak};

use js_sys::{Date, Math};

use super::error::CloseReason;
use super::init::EventStreamInit;
use super::writer::Writer;
use crate::web::listener::{Listener, get};
use crate::web::timer::Timer;
use crate::{CloseCode, Frame, MAX_DELAY};

/// The reconnection time that a farewell is spread around where the stream has none, in milliseconds.
const DEFAULT_RETRY: u64 = 2_000;

/// What an open stream has running. It is dropped at the end.
#[derive(Default)]
pub(super) struct Upkeep {
    /// Twice a heartbeat period; also what makes a runtime notice that the reader has left.
    heartbeat: Option<Timer>,
    deadline: Option<Timer>,
    signal: Option<Listener>,
}

impl Writer {
    /// Begins what an open stream has running.
    pub(super) fn start(self: &Rc<Self>, init: &EventStreamInit) {
        let this = Rc::downgrade(self);
        if let Some(signal) = &init.signal {
            let aborted = signal.clone();
            let mut abort = later(&this, move |writer, ()| {
                writer.end(CloseReason::because(CloseCode::Aborted, get(&aborted, "reason")));
            });
            if signal.aborted() {
                return abort(());
            }
            let listener = Listener::new(signal.clone().into(), &["abort"], move |_| abort(()));
            self.upkeep(|upkeep| upkeep.signal = Some(listener));
        }
        if init.heartbeat > 0 {
            let mut tick = later(&this, |writer, ()| writer.tick());
            let timer = Timer::every(init.heartbeat as f64 / 2.0, move || tick(()));
            self.upkeep(|upkeep| upkeep.heartbeat = Some(timer));
        }
        let after = init.max_duration.map(|time| Date::now() + time as f64);
        if let Some(deadline) = after.into_iter().chain(init.deadline.map(|at| at as f64)).reduce(f64::min) {
            self.wait(deadline);
        }
    }

    /// Waits for the deadline, which may be further away than a timer goes.
    fn wait(self: &Rc<Self>, deadline: f64) {
        let left = deadline - Date::now();
        if left > 0.0 {
            let mut over = later(&Rc::downgrade(self), move |writer, ()| writer.wait(deadline));
            let timer = Timer::once(left.min(MAX_DELAY as f64) as u64 + 1, move || over(()));
            self.upkeep(|upkeep| upkeep.deadline = Some(timer));
        } else {
            // Tells the reader to come back at a time of its own, so that not all readers come at once.
            let time = self.retry.unwrap_or(DEFAULT_RETRY) as f64 * (0.5 + Math::random());
            let _ = self.send(&retry(Some(time as u64)), None).taken();
            self.end(CloseReason::new(CloseCode::Deadline));
        }
    }

    fn tick(self: &Rc<Self>) {
        if self.heartbeat_is_due() {
            let _ = self.send(&comment(""), None).taken();
        }
    }
}

/// What is called with the writer, as long as there is one.
pub(super) fn later<T>(this: &Weak<Writer>, mut work: impl FnMut(&Rc<Writer>, T) + 'static) -> impl FnMut(T) + 'static {
    let this = this.clone();
    move |value| {
        if let Some(writer) = this.upgrade() {
            work(&writer, value);
        }
    }
}

pub(super) fn comment(text: &str) -> Frame<'_> {
    Frame { comment: Some(text), ..Frame::default() }
}

pub(super) fn retry(milliseconds: Option<u64>) -> Frame<'static> {
    Frame { retry: milliseconds, ..Frame::default() }
}

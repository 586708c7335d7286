//! Timers that are futures, and what they limit.

use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker, ready};

use super::platform::performance_now;
use crate::web::timer::Timer;

/// That something has happened, for a task that waits for it.
#[derive(Default)]
pub(super) struct Flag {
    raised: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Flag {
    pub(super) fn is_raised(&self) -> bool {
        self.raised.get()
    }

    pub(super) fn raise(&self) {
        self.raised.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        if self.is_raised() {
            return Poll::Ready(());
        }
        self.waker.replace(Some(cx.waker().clone()));
        Poll::Pending
    }
}

/// A wait, given up when it is dropped. A longer time than a timer holds is cut to that.
pub(super) struct Sleep {
    over: Rc<Flag>,
    _timer: Timer,
}

impl Sleep {
    pub(super) fn new(milliseconds: u64) -> Self {
        let over = Rc::new(Flag::default());
        let called = over.clone();
        Sleep { over, _timer: Timer::once(milliseconds, move || called.raise()) }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.over.poll(cx)
    }
}

/// Rings once so many milliseconds have passed since it was last wound. It is one timer, however often that is.
pub(super) struct Alarm {
    limit: u64,
    since: f64,
    /// The moment since which the time was found to be over.
    over: Option<f64>,
    sleep: Sleep,
}

impl Alarm {
    pub(super) fn new(limit: u64) -> Self {
        Alarm { limit, since: performance_now(), over: None, sleep: Sleep::new(limit) }
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    pub(super) fn wind(&mut self) {
        self.since = performance_now();
    }
}

impl Future for Alarm {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(Pin::new(&mut self.sleep).poll(cx));
            let left = self.since + self.limit as f64 - performance_now();
            // What came while the thread was busy may still be waiting behind this timer: it rings when a second look finds
            // the same.
            let over = (left <= 0.0).then_some(self.since);
            if over.is_some() && over == self.over {
                return Poll::Ready(());
            }
            self.over = over;
            self.sleep = Sleep::new(if over.is_some() { 0 } else { left as u64 + 1 });
        }
    }
}

/// What a future gives; `None` where that takes more milliseconds than the limit.
pub(super) async fn within<T>(limit: Option<u64>, future: impl Future<Output = T>) -> Option<T> {
    let mut alarm = limit.map(Alarm::new);
    let mut future = pin!(future);
    poll_fn(|cx| match (future.as_mut().poll(cx), &mut alarm) {
        (Poll::Ready(value), _) => Poll::Ready(Some(value)),
        (Poll::Pending, Some(alarm)) => Pin::new(alarm).poll(cx).map(|()| None),
        (Poll::Pending, None) => Poll::Pending,
    })
    .await
}

//! The boundary to JavaScript, and the only place that knows it: one file a job, small batches handed over, no callback
//! into JavaScript while Rust is borrowed.

#[cfg(not(feature = "server"))]
mod batch;
#[cfg(feature = "server")]
mod channel;
#[cfg(feature = "client")]
mod connection;
#[cfg(not(feature = "server"))]
mod parser;
mod runtime;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod utf16;

/// What an instance has one of, for what is called by JavaScript.
#[cfg(not(feature = "server"))]
struct Single<T>(core::cell::UnsafeCell<T>);

#[cfg(not(feature = "server"))]
impl<T> Single<T> {
    const fn new(value: T) -> Self {
        Single(core::cell::UnsafeCell::new(value))
    }

    /// Works on it. `work` must call nothing that does so too; what JavaScript calls does it once, and calls nothing of its kind.
    /// Where a `RefCell` would see to that, each of those functions is larger: 95 bytes gzip of the client.
    #[inline(always)]
    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: there is one thread, and by the above nobody else works on it.
        work(unsafe { &mut *self.0.get() })
    }
}

// SAFETY: as for `Local`.
#[cfg(not(feature = "server"))]
unsafe impl<T> Sync for Single<T> {}

/// What an instance has one of.
#[cfg(feature = "server")]
struct Local<T>(core::cell::RefCell<T>);

// SAFETY: the artifacts are built without the `atomics` target feature, so that each instance has one thread.
#[cfg(feature = "server")]
unsafe impl<T> Sync for Local<T> {}

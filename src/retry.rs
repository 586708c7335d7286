//! When to try again: which statuses, how often, how long to wait.

use alloc::vec::Vec;

/// The longest delay in milliseconds: what the timer of a browser can hold. A longer one would fire at once.
pub const MAX_DELAY: u64 = (1 << 31) - 1;

/// How a [`Connection`](crate::Connection) tries again. Every time is in milliseconds.
///
/// An *attempt* is one fetch. Attempts are counted in a row: from the first one of the connection or, once a stream has
/// delivered an event, from the attempt that opened that stream.
///
/// ```
/// use eventsource_wasm::RetryPolicy;
///
/// let policy = RetryPolicy { max_attempts: Some(3), ..RetryPolicy::connect() };
/// // Backoff after the third attempt in a row, with the random number 0.5.
/// assert_eq!(policy.next_delay(3, 0, None, 0.5), 2_000);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// The backoff after the first attempt of a row.
    pub delay: u64,
    /// The most that the backoff grows to. It limits neither the reconnection time nor `Retry-After`.
    pub max_delay: u64,
    /// What the backoff is multiplied by for each further attempt. A number that is not above 1 is taken as 1.
    pub factor: f64,
    /// How much of the backoff is random, from 0 (none of it) to 1 (full jitter: anything from nothing to all of it). A
    /// number outside is taken as the nearer end, NaN as 0.
    pub jitter: f64,
    /// How many attempts there may be in a row, the first one included: 0 and 1 never try again. `None` is no limit.
    pub max_attempts: Option<u32>,
    /// How long after the start of a row an attempt may still begin. A row that follows a stream that has delivered starts
    /// when that stream ends. `None` is no limit.
    pub max_elapsed: Option<u64>,
    /// The statuses that are tried again; all others but 200 are final. 204 is final even when it is listed.
    pub statuses: Vec<u16>,
}

impl RetryPolicy {
    /// What an `EventSource` does: reconnects without end after a stream or a network error, gives up at any status but
    /// 200. The backoff goes from 3 to 30 seconds, doubling, with full jitter.
    pub const fn standard() -> Self {
        // [spec] A reconnection time, in milliseconds. This must initially be an implementation-defined value, probably in
        // the region of a few seconds.
        RetryPolicy {
            delay: 3_000,
            max_delay: 30_000,
            factor: 2.0,
            jitter: 1.0,
            max_attempts: None,
            max_elapsed: None,
            statuses: Vec::new(),
        }
    }

    /// What `connect` does: tries again after 408, 425, 429, 500, 502, 503 and 504 too, and gives up after 5 attempts in a
    /// row, as someone waits for the answer. The backoff goes from 1 to 30 seconds, doubling, with full jitter.
    pub fn connect() -> Self {
        RetryPolicy {
            delay: 1_000,
            max_attempts: Some(5),
            statuses: [408, 425, 429, 500, 502, 503, 504].into(),
            ..RetryPolicy::standard()
        }
    }

    /// How many milliseconds to wait after the given number of attempts in a row (1 after the first); never more than
    /// [`MAX_DELAY`], whatever is passed in.
    ///
    /// It is the larger of the backoff and `reconnection_time` (what the stream's `retry` fields said last, 0 for nothing),
    /// unless the response said `retry_after`, which wins. A `retry_after` of 0 is the same as none: a date that the
    /// clock of this machine takes for past must not make it storm the server. `random` is from [0, 1); anything else
    /// counts as 1, which gives the longest delay.
    pub fn next_delay(&self, attempts: u32, reconnection_time: u64, retry_after: Option<u64>, random: f64) -> u64 {
        match retry_after {
            Some(delay) if delay > 0 => delay,
            // [spec] Wait a delay equal to the reconnection time of the event source. Optionally, wait some more. In
            // particular, if the previous attempt failed, then user agents might introduce an exponential backoff delay.
            _ => self.backoff(attempts, random).max(reconnection_time),
        }
        .min(MAX_DELAY)
    }

    fn backoff(&self, attempts: u32, random: f64) -> u64 {
        // Casts from f64 saturate and turn NaN (no delay times an infinite power) into 0.
        let grown = self.delay as f64 * power(self.factor, attempts.saturating_sub(1));
        let backoff = (grown as u64).min(self.max_delay);
        let random = if (0.0..1.0).contains(&random) { random } else { 1.0 };
        let jitter = if self.jitter > 0.0 { self.jitter.min(1.0) } else { 0.0 };
        (backoff as f64 * (1.0 - jitter * (1.0 - random))) as u64
    }
}

/// By squaring, as `core` has no `powi`. A base that is not above 1 counts as 1, so that the result is never NaN.
fn power(base: f64, mut exponent: u32) -> f64 {
    let mut square = if base > 1.0 { base } else { 1.0 };
    let mut result = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= square;
        }
        square *= square;
        exponent >>= 1;
    }
    result
}

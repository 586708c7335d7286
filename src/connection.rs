//! The reconnecting connection, as a state machine without I/O.

use alloc::string::String;
use alloc::vec::Vec;

use crate::failure::{Cause, Failure, Refusal};
use crate::http::{ResponseHead, header_value, is_event_stream};
use crate::http_date::retry_after;
use crate::retry::{MAX_DELAY, RetryPolicy};

/// The state of a connection, with the numbers that the standard gives `readyState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ReadyState {
    /// Not yet established, or closed and to be established again.
    Connecting = 0,
    /// Open: the body is being read.
    Open = 1,
    /// Closed for good.
    Closed = 2,
}

/// Whether to go on with a stream that has broken off or ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// Reconnects an idempotent method always, any other only where the server has sent an id, so that it can tell the
    /// resumption from a second request.
    #[default]
    Auto,
    /// Reconnects whatever the method.
    Always,
    /// Never reconnects.
    Never,
}

/// What a connection is made with.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionOptions {
    /// When to try again.
    pub policy: RetryPolicy,
    /// Whether to go on after a break.
    pub resume: Resume,
    /// Whether the request method is idempotent. See [`is_idempotent`](crate::is_idempotent).
    pub idempotent: bool,
    /// Whether the request body can be sent again: `false` for a one-shot stream.
    pub replayable: bool,
    /// The last event ID to begin with, as UTF-8.
    pub last_event_id: Vec<u8>,
}

impl Default for ConnectionOptions {
    /// A GET with [`RetryPolicy::standard`] and [`Resume::Auto`], from the beginning of the stream.
    fn default() -> Self {
        ConnectionOptions {
            policy: RetryPolicy::standard(),
            resume: Resume::Auto,
            idempotent: true,
            replayable: true,
            last_event_id: Vec::new(),
        }
    }
}

/// What the driver knows and the state machine does not: the time and a random number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// Milliseconds of a clock that only goes forward, from any start. The same clock as for [`Connection::start`].
    pub now: u64,
    /// Milliseconds since 1970, for the dates in `Retry-After`.
    pub wall: u64,
    /// A random number from [0, 1).
    pub random: f64,
}

/// One fetch, to be made now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its number in this connection, from 1 on.
    pub number: u32,
    /// The value of the `Last-Event-ID` header, in the form of [`header_value`]; `None` where none is to be sent.
    pub last_event_id: Option<String>,
}

/// What the driver is to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Announce the connection and read the body.
    Open,
    /// Announce the failure, wait so many milliseconds, then [`start`](Connection::start) again.
    Wait {
        /// The delay, at most [`MAX_DELAY`]; the same as [`Failure::delay`].
        delay: u64,
        /// What made the attempt fail.
        failure: Failure,
    },
    /// It is over and nothing went wrong: the server said 204, or ended a stream that is not to be resumed. An iterator
    /// ends; an `EventSource` has its `error` event all the same, as the standard has no other sign of a closed connection.
    End(Failure),
    /// It has failed for good.
    Stop(Failure),
    /// What was told does not fit the state, so it changes nothing: most often it came after the close.
    Ignored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Requesting,
    Open,
    Waiting,
    Closed,
}

/// A connection that reconnects, as a state machine without I/O.
///
/// The driver owns fetch, timers and the read loop. It tells the connection what happened and does what the [`Step`] says:
///
/// ```text
/// start ──▶ request ── responded ──▶ Open ── ended, failed ──▶ Wait ── start ──▶ request …
///              │                      │
///              └── responded, failed ─┴──▶ Wait, End or Stop
/// ```
///
/// Nothing here panics: what does not fit the state is answered with [`Step::Ignored`] and changes nothing.
///
/// ```
/// use eventsource_wasm::{Cause, Connection, ConnectionOptions, Moment, ResponseHead, Step};
///
/// let mut connection = Connection::new(ConnectionOptions::default());
/// assert_eq!(connection.start(0).unwrap().last_event_id, None);
/// let head = ResponseHead { status: 200, content_type: Some("text/event-stream"), retry_after: None };
/// let moment = Moment { now: 20, wall: 1_700_000_000_000, random: 0.5 };
/// assert_eq!(connection.responded(&head, moment), Step::Open);
///
/// connection.delivered();
/// connection.set_last_event_id(b"7");
/// let Step::Wait { delay: 1_500, failure } = connection.failed(Cause::Network, moment) else { panic!() };
/// assert_eq!(failure.code(), "network");
/// assert_eq!(connection.start(1_520).unwrap().last_event_id.as_deref(), Some("7"));
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    options: ConnectionOptions,
    state: State,
    attempts: u32,
    attempts_in_row: u32,
    /// When the row of attempts began; `None` before the first and while a stream delivers.
    row_start: Option<u64>,
    reconnection_time: u64,
    /// Whether the last event ID, not empty, is one that the server has sent.
    resumable: bool,
}

impl Connection {
    /// A connection that has not begun.
    pub const fn new(options: ConnectionOptions) -> Self {
        Connection {
            options,
            state: State::Idle,
            attempts: 0,
            attempts_in_row: 0,
            row_start: None,
            reconnection_time: 0,
            resumable: false,
        }
    }

    /// The state as a page sees it; it is `Connecting` also before the first attempt and while waiting for the next.
    pub const fn ready_state(&self) -> ReadyState {
        match self.state {
            State::Open => ReadyState::Open,
            State::Closed => ReadyState::Closed,
            State::Idle | State::Requesting | State::Waiting => ReadyState::Connecting,
        }
    }

    /// Whether the connection is between two attempts: only then can a wait be cut short, by [`start`](Connection::start).
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting)
    }

    /// The last event ID, as UTF-8.
    pub fn last_event_id(&self) -> &[u8] {
        &self.options.last_event_id
    }

    /// Begins an attempt: the first one, or the next one once the delay is over or something wakes the connection early
    /// (`online`, the return from sleep, a call of `reconnect()`). `now` is [`Moment::now`].
    ///
    /// `None` where no attempt is due, because one is under way or the connection is closed. A timer that was forgotten can
    /// therefore never open a second connection.
    pub fn start(&mut self, now: u64) -> Option<Attempt> {
        let number = self.begin(now)?;
        // [spec] If the EventSource object's last event ID string is not the empty string: let lastEventIDValue be it,
        // encoded as UTF-8; set (`Last-Event-ID`, lastEventIDValue) in request's header list.
        let id = self.last_event_id();
        Some(Attempt { number, last_event_id: (!id.is_empty()).then(|| header_value(id)) })
    }

    /// [`start`](Connection::start) for a host that knows the last event ID itself: the number of the attempt.
    pub(crate) fn begin(&mut self, now: u64) -> Option<u32> {
        // [spec] If the EventSource object's readyState attribute is not set to CONNECTING, then return.
        if !matches!(self.state, State::Idle | State::Waiting) {
            return None;
        }
        self.state = State::Requesting;
        self.attempts = self.attempts.saturating_add(1);
        self.attempts_in_row = self.attempts_in_row.saturating_add(1);
        self.row_start.get_or_insert(now);
        Some(self.attempts)
    }

    /// The response is there, its body still to be read. Answers `Open`, or gives it up.
    pub fn responded(&mut self, head: &ResponseHead<'_>, moment: Moment) -> Step {
        let wait = || head.retry_after.and_then(|value| retry_after(value, moment.wall));
        self.answered(head.status, head.content_type, wait, moment)
    }

    /// [`responded`](Connection::responded) for a host that reads `Retry-After` itself: `retry_after` tells the milliseconds.
    pub(crate) fn answered(
        &mut self,
        status: u16,
        content_type: Option<&str>,
        retry_after: impl FnOnce() -> Option<u64>,
        moment: Moment,
    ) -> Step {
        if self.state != State::Requesting {
            return Step::Ignored;
        }
        let cause = Cause::Status(status);
        match status {
            // [spec] If res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the
            // connection. Otherwise, announce the connection and interpret res's body line by line.
            200 if is_event_stream(content_type) => {
                self.state = State::Open;
                Step::Open
            }
            200 => self.stop(Cause::ContentType(content_type.map(Into::into)), None),
            // [spec] A client can be told to stop reconnecting using the HTTP 204 No Content response code.
            204 => self.end(cause),
            status if self.options.policy.statuses.contains(&status) => self.retry(cause, retry_after(), moment),
            _ => self.stop(cause, None),
        }
    }

    /// The body ended cleanly.
    pub fn ended(&mut self, moment: Moment) -> Step {
        // [spec] processEventSourceEndOfBody: if response is not a network error, then reestablish the connection.
        self.failed(Cause::StreamEnded, moment)
    }

    /// The attempt failed. After a cause that is not transient the connection is closed for good, in whatever state it was;
    /// a transient one counts only while an attempt is under way or open.
    pub fn failed(&mut self, cause: Cause, moment: Moment) -> Step {
        match self.state {
            State::Closed => Step::Ignored,
            // [spec] If res is an aborted network error, then fail the connection. Otherwise, if res is a network error,
            // then reestablish the connection, unless the user agent knows that to be futile.
            _ if !cause.is_transient() => self.stop(cause, None),
            State::Requesting | State::Open => self.retry(cause, None, moment),
            State::Idle | State::Waiting => Step::Ignored,
        }
    }

    /// Replaces the decision that a [`Step::Wait`] has told, for a policy that is a function: `Some` is another delay in
    /// milliseconds, `None` gives up. `failure` is the one of that step.
    pub fn decide(&mut self, mut failure: Failure, delay: Option<u64>) -> Step {
        if self.state != State::Waiting {
            return Step::Ignored;
        }
        failure.delay = delay.map(|delay| delay.min(MAX_DELAY));
        match failure.delay {
            Some(delay) => Step::Wait { delay, failure },
            None => {
                self.state = State::Closed;
                Step::Stop(failure)
            }
        }
    }

    /// The open stream has delivered an event: the backoff and the limits of the policy begin anew. May be called for every
    /// event or once a batch.
    pub fn delivered(&mut self) {
        if self.state == State::Open {
            self.attempts_in_row = 1;
            self.row_start = None;
        }
    }

    /// The open stream has set its reconnection time, in milliseconds.
    pub fn set_reconnection_time(&mut self, time: u64) {
        // [spec] Set the event stream's reconnection time to that integer.
        if self.state == State::Open {
            self.reconnection_time = time;
        }
    }

    /// The last event ID of the open stream is now this one; an empty one resets it. Bytes that are not UTF-8 may stay in it.
    ///
    /// May be called with the id that is there already, once a batch or at the end of the stream: only another one counts as
    /// sent by the server, so that the id a caller began with does not make a POST resumable.
    pub fn set_last_event_id(&mut self, id: &[u8]) {
        // [spec] Set the last event ID string of the event source to the value of the last event ID buffer.
        if self.state == State::Open && self.options.last_event_id != id {
            self.options.last_event_id.clear();
            self.options.last_event_id.extend_from_slice(id);
            self.set_resumable(!id.is_empty());
        }
    }

    /// [`set_last_event_id`](Connection::set_last_event_id) for a host that knows the last event ID itself: another one has
    /// come, which is not empty, or is.
    pub(crate) fn set_resumable(&mut self, resumable: bool) {
        if self.state == State::Open {
            self.resumable = resumable;
        }
    }

    /// Closes the connection for good. The driver aborts the fetch and its timers.
    pub fn close(&mut self) {
        // [spec] The close() method must abort any instances of the fetch algorithm started for this EventSource object, and
        // must set the readyState attribute to CLOSED.
        self.state = State::Closed;
    }

    fn failure(&self, cause: Cause, refusal: Option<Refusal>, delay: Option<u64>) -> Failure {
        Failure { cause, refusal, attempt: self.attempts, attempts_in_row: self.attempts_in_row, delay }
    }

    /// [spec] Fail the connection: set the readyState attribute to CLOSED and fire an event named error. Once the user agent
    /// has failed the connection, it does not attempt to reconnect.
    fn stop(&mut self, cause: Cause, refusal: Option<Refusal>) -> Step {
        self.state = State::Closed;
        Step::Stop(self.failure(cause, refusal, None))
    }

    fn end(&mut self, cause: Cause) -> Step {
        self.state = State::Closed;
        Step::End(self.failure(cause, None, None))
    }

    fn may_resume(&self) -> bool {
        match self.options.resume {
            Resume::Auto => self.options.idempotent || self.resumable,
            Resume::Always => true,
            Resume::Never => false,
        }
    }

    /// [spec] Reestablish the connection: set the readyState attribute to CONNECTING, fire an event named error, wait.
    fn retry(&mut self, cause: Cause, retry_after: Option<u64>, moment: Moment) -> Step {
        if !self.may_resume() {
            return if cause == Cause::StreamEnded { self.end(cause) } else { self.stop(cause, None) };
        }
        if !self.options.replayable {
            return self.stop(cause, Some(Refusal::NoReplay));
        }
        let policy = &self.options.policy;
        let delay = policy.next_delay(self.attempts_in_row, self.reconnection_time, retry_after, moment.random);
        let row_start = *self.row_start.get_or_insert(moment.now);
        let elapsed = moment.now.saturating_sub(row_start).saturating_add(delay);
        if policy.max_attempts.is_some_and(|max| self.attempts_in_row >= max)
            || policy.max_elapsed.is_some_and(|max| elapsed > max)
        {
            return self.stop(cause, Some(Refusal::Exhausted));
        }
        self.state = State::Waiting;
        Step::Wait { delay, failure: self.failure(cause, None, Some(delay)) }
    }
}

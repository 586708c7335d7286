//! The reconnecting connection, as a state machine without I/O.

use crate::failure::{Cause, Failure, Refusal};
use crate::http::{ResponseHead, header_value, is_event_stream};
use crate::http_date::retry_after;
use crate::options::{ConnectionOptions, Resume};
use crate::retry::MAX_DELAY;
use crate::step::{Attempt, Moment, ReadyState, Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Requesting,
    Open,
    Deciding,
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
    /// Whether the server has asked for the wait, by `Retry-After`.
    wait_asked_for: bool,
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
            wait_asked_for: false,
        }
    }

    /// The state as a page sees it; it is `Connecting` also before the first attempt and while waiting for the next.
    pub const fn ready_state(&self) -> ReadyState {
        match self.state {
            State::Open => ReadyState::Open,
            State::Closed => ReadyState::Closed,
            State::Idle | State::Requesting | State::Deciding | State::Waiting => ReadyState::Connecting,
        }
    }

    /// Whether the connection is between two attempts: only then can a wait be cut short, by [`start`](Connection::start).
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting)
    }

    /// Whether something that wakes the connection (`online`, the return from sleep, a page that is seen again) may cut the wait
    /// short: not one that the server has asked for by `Retry-After`.
    pub const fn can_wake(&self) -> bool {
        self.is_waiting() && !self.wait_asked_for
    }

    /// Whether what is under way could be dropped now and gone on with later, without a risk: [`Resume`] allows it, and the body
    /// can be sent again.
    pub const fn can_pause(&self) -> bool {
        matches!(self.state, State::Requesting | State::Open) && self.options.replayable && self.may_resume()
    }

    /// The last event ID, as UTF-8.
    pub fn last_event_id(&self) -> &[u8] {
        &self.options.last_event_id
    }

    /// Begins an attempt: the first one, or the next one once the delay is over or something wakes the connection early
    /// (see [`can_wake`](Connection::can_wake)). `now` is [`Moment::now`].
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

    /// Begins an attempt in place of whatever the connection is at, which the driver has dropped: on a caller's order, or to go on
    /// after a pause. The backoff and the limits of the policy begin anew.
    ///
    /// `None` where the connection is closed, or the body is a stream that has been sent.
    pub fn restart(&mut self, now: u64) -> Option<Attempt> {
        self.renew();
        self.start(now)
    }

    /// [`start`](Connection::start) for a host that knows the last event ID itself: the number of the attempt.
    pub(crate) fn begin(&mut self, now: u64) -> Option<u32> {
        // [spec] If the EventSource object's readyState attribute is not set to CONNECTING, then return.
        if !matches!(self.state, State::Idle | State::Waiting) {
            return None;
        }
        self.state = State::Requesting;
        self.wait_asked_for = false;
        self.attempts = self.attempts.saturating_add(1);
        self.attempts_in_row = self.attempts_in_row.saturating_add(1);
        self.row_start.get_or_insert(now);
        Some(self.attempts)
    }

    /// Makes an attempt due, in place of whatever the connection is at, unless it is closed or cannot send its body again.
    pub(crate) fn renew(&mut self) {
        if self.state != State::Closed && (self.options.replayable || self.attempts == 0) {
            self.state = State::Waiting;
            self.attempts_in_row = 0;
            self.row_start = None;
        }
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
        match status {
            // [spec] If res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail the
            // connection. Otherwise, announce the connection and interpret res's body line by line.
            200 if is_event_stream(content_type) => {
                self.state = State::Open;
                Step::Open
            }
            200 => self.follow(Cause::ContentType(content_type.map(Into::into)), None, moment),
            // [spec] A client can be told to stop reconnecting using the HTTP 204 No Content response code.
            204 => {
                self.state = State::Closed;
                Step::End(self.failure(Cause::Status(status), Err(None), moment))
            }
            _ => self.follow(Cause::Status(status), retry_after(), moment),
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
            State::Requesting | State::Open if !cause.is_final() => self.follow(cause, None, moment),
            _ if !cause.is_transient() => self.stop(cause, moment),
            _ => Step::Ignored,
        }
    }

    /// What a policy that is a function decides on `failure`, that of a [`Step::Ask`]: `Some` is a delay in milliseconds, `None`
    /// gives up. It may also replace the decision that a [`Step::Wait`] has told.
    pub fn decide(&mut self, mut failure: Failure, delay: Option<u64>) -> Step {
        if !self.decided(delay.is_some()) {
            return Step::Ignored;
        }
        failure.delay = delay.map(|delay| delay.min(MAX_DELAY));
        match failure.delay {
            Some(delay) => Step::Wait { delay, failure },
            None if failure.cause.is_quiet() => Step::End(failure),
            None => Step::Stop(failure),
        }
    }

    /// [`decide`](Connection::decide) for a host that keeps the failure itself: whether a decision was due.
    pub(crate) fn decided(&mut self, goes_on: bool) -> bool {
        let due = matches!(self.state, State::Deciding | State::Waiting);
        if due {
            self.state = if goes_on { State::Waiting } else { State::Closed };
        }
        due
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

    fn failure(&self, cause: Cause, plan: Result<u64, Option<Refusal>>, moment: Moment) -> Failure {
        Failure {
            cause,
            refusal: plan.err().flatten(),
            attempt: self.attempts,
            attempts_in_row: self.attempts_in_row,
            elapsed: self.elapsed(moment),
            delay: plan.ok(),
        }
    }

    fn elapsed(&self, moment: Moment) -> u64 {
        self.row_start.map_or(0, |start| moment.now.saturating_sub(start))
    }

    /// [spec] Fail the connection: set the readyState attribute to CLOSED and fire an event named error. Once the user agent
    /// has failed the connection, it does not attempt to reconnect.
    fn stop(&mut self, cause: Cause, moment: Moment) -> Step {
        self.state = State::Closed;
        Step::Stop(self.failure(cause, Err(None), moment))
    }

    const fn may_resume(&self) -> bool {
        match self.options.resume {
            Resume::Auto => self.options.idempotent || self.resumable,
            Resume::Always => true,
            Resume::Never => false,
        }
    }

    /// What follows a failure that is not final: what the policy says, or the caller's function.
    fn follow(&mut self, cause: Cause, retry_after: Option<u64>, moment: Moment) -> Step {
        self.row_start.get_or_insert(moment.now);
        self.wait_asked_for = retry_after.is_some_and(|delay| delay > 0);
        let mut plan = self.plan(&cause, retry_after, moment);
        let ConnectionOptions { asks, replayable, .. } = self.options;
        self.state = match plan {
            _ if asks && replayable && (cause.is_refusal() || self.may_resume()) => State::Deciding,
            Ok(_) => State::Waiting,
            Err(_) => State::Closed,
        };
        if self.state == State::Deciding {
            plan = plan.map_err(|_| None);
        }
        let failure = self.failure(cause, plan, moment);
        match (self.state, plan) {
            (State::Deciding, _) => Step::Ask(failure),
            // [spec] Reestablish the connection: set the readyState attribute to CONNECTING, fire an event named error, wait.
            (_, Ok(delay)) => Step::Wait { delay, failure },
            (_, Err(None)) if failure.cause.is_quiet() => Step::End(failure),
            (_, Err(_)) => Step::Stop(failure),
        }
    }

    /// How long the policy waits after a failure, or why it does not go on beyond the failure itself.
    fn plan(&self, cause: &Cause, retry_after: Option<u64>, moment: Moment) -> Result<u64, Option<Refusal>> {
        let policy = &self.options.policy;
        let retried = match cause {
            Cause::Status(status) => policy.statuses.contains(status),
            _ => cause.is_transient(),
        };
        if !retried || !self.may_resume() {
            return Err(None);
        }
        if !self.options.replayable {
            return Err(Some(Refusal::NoReplay));
        }
        let delay = policy.next_delay(self.attempts_in_row, self.reconnection_time, retry_after, moment.random);
        let over = |max| self.elapsed(moment).saturating_add(delay) > max;
        if policy.max_attempts.is_some_and(|max| self.attempts_in_row >= max) || policy.max_elapsed.is_some_and(over) {
            return Err(Some(Refusal::Exhausted));
        }
        Ok(delay)
    }
}

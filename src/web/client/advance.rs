//! What a source does between two events: attempts, failures and waits, as [`Connection`](crate::Connection) says.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use wasm_bindgen::JsValue;
use web_sys::Response;

use super::error::{Details, Error};
use super::listen::Wake;
use super::platform::{Abort, Body, moment, read_refused};
use super::request::{Failed, Made};
use super::timer::{Alarm, Sleep};
use super::{EventSource, OwnedEvent};
use crate::{Cause, Failure, Item, Parser, ReadyState, ResponseHead, Step};

type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// What a source is at.
#[expect(dead_code, reason = "what a phase has of `Abort` is only that it is dropped with it")]
pub(super) enum Phase {
    /// The next attempt is due.
    Due,
    /// The field order is that of the drops: an aborted fetch has someone to tell it to.
    Requesting(Abort, Work<Result<Response, Failed>>),
    Open(Abort, Box<Reading>),
    /// The beginning of a refused response's body is read.
    Refused(Abort, Work<(Step, Details)>),
    /// The caller's function decides.
    Deciding(Made<Option<u64>>, Box<(Failure, Details)>),
    Waiting(Sleep, Option<Wake>),
    Closed,
}

/// An open stream.
pub(super) struct Reading {
    body: Body,
    parser: Parser,
    silence: Option<Alarm>,
}

impl Reading {
    /// The next chunk; `None` at the end of the body.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Vec<u8>>, Failed>> {
        if let (false, Some(silence)) = (self.body.is_reading(), &mut self.silence) {
            silence.wind();
        }
        match (self.body.poll(cx), &mut self.silence) {
            (Poll::Ready(read), _) => Poll::Ready(read.map_err(|cause| (Cause::Network, Some(cause)))),
            (Poll::Pending, Some(silence)) => {
                ready!(Pin::new(&mut *silence).poll(cx));
                Poll::Ready(Err((Cause::IdleTimeout(silence.limit()), None)))
            }
            (Poll::Pending, None) => Poll::Pending,
        }
    }
}

impl EventSource {
    /// What comes next. `Pending` is the phase's: it wakes the task.
    pub(super) fn advance(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<OwnedEvent, Error>>> {
        loop {
            if let Some(signal) = &self.signal
                && signal.poll(cx).is_ready()
                // A failure that is final already is told as what it is.
                && self.ready_state() != ReadyState::Closed
            {
                let reason = signal.reason();
                self.failed(Cause::Aborted, Details { cause: Some(reason), ..Details::default() });
            }
            if let Some(event) = self.take() {
                return Poll::Ready(Some(Ok(event)));
            }
            match &mut self.phase {
                Phase::Due => self.start(),
                Phase::Requesting(_, response) => match ready!(response.as_mut().poll(cx)) {
                    Ok(response) => self.responded(response),
                    Err(failed) => self.attempt_failed(failed),
                },
                Phase::Open(_, reading) => {
                    let result = ready!(reading.poll(cx));
                    self.read(result);
                }
                Phase::Refused(_, read) => {
                    let (step, details) = ready!(read.as_mut().poll(cx));
                    self.follow(step, details);
                }
                Phase::Deciding(decision, _) => {
                    let decision = ready!(decision.as_mut().poll(cx));
                    self.decided(decision);
                }
                Phase::Waiting(sleep, wake) => {
                    let woken = wake.as_ref().is_some_and(|wake| wake.poll(cx).is_ready());
                    if !woken {
                        ready!(Pin::new(sleep).poll(cx));
                    }
                    self.phase = Phase::Due;
                }
                Phase::Closed => return Poll::Ready(self.failure.take().map(Err)),
            }
        }
    }

    fn take(&mut self) -> Option<OwnedEvent> {
        let event = self.events.pop_front()?;
        if self.last_event_id != event.last_event_id {
            self.last_event_id.clone_from(&event.last_event_id);
        }
        Some(event)
    }

    /// An id without data moves it on too, when the events before it are taken.
    fn catch_up(&mut self) {
        if self.last_event_id.as_bytes() != self.connection.last_event_id() {
            self.last_event_id = String::from_utf8_lossy(self.connection.last_event_id()).into_owned();
        }
    }

    fn start(&mut self) {
        self.catch_up();
        let Some(attempt) = self.connection.start(moment().now) else { return self.phase = Phase::Closed };
        match Abort::new() {
            Ok(abort) => {
                if let Some(signal) = &self.signal {
                    signal.hold(abort.controller());
                }
                let (id, limit) = (self.last_event_id.clone(), self.init.connect_timeout);
                let send = self.init.request.send(self.url.clone(), attempt, id, abort.signal(), limit);
                self.phase = Phase::Requesting(abort, Box::pin(send));
            }
            Err(cause) => self.attempt_failed((Cause::Request, Some(cause))),
        }
    }

    fn responded(&mut self, response: Response) {
        let Phase::Requesting(abort, _) = core::mem::replace(&mut self.phase, Phase::Closed) else { return };
        let headers = response.headers();
        let header = |name| headers.get(name).ok().flatten();
        let (content_type, retry_after) = (header("content-type"), header("retry-after"));
        let head = ResponseHead {
            status: response.status(),
            content_type: content_type.as_deref(),
            retry_after: retry_after.as_deref(),
        };
        match self.connection.responded(&head, moment()) {
            Step::Open => {
                let reading = Reading {
                    body: Body::new(&response),
                    parser: self.init.parser(self.connection.last_event_id()),
                    silence: self.init.idle_timeout.map(Alarm::new),
                };
                self.phase = Phase::Open(abort, Box::new(reading));
                // [spec] Announce the connection.
                self.init.opened(&response);
                self.response = Some(response);
            }
            step => {
                let read = async move {
                    let body = read_refused(&response).await;
                    (step, Details { response: Some(response), body, ..Details::default() })
                };
                self.phase = Phase::Refused(abort, Box::pin(read));
            }
        }
    }

    fn read(&mut self, result: Result<Option<Vec<u8>>, Failed>) {
        match result {
            Ok(Some(chunk)) => self.feed(&chunk),
            // [spec] processEventSourceEndOfBody: if response is not a network error, reestablish the connection.
            Ok(None) => self.attempt_failed((Cause::StreamEnded, None)),
            Err(failed) => self.attempt_failed(failed),
        }
    }

    fn feed(&mut self, chunk: &[u8]) {
        let Phase::Open(_, reading) = &mut self.phase else { return };
        let (connection, events, sentinel) = (&mut self.connection, &mut self.events, self.init.sentinel.as_deref());
        let (mut broken, mut over) = (None, false);
        reading.parser.feed(chunk, |item| match item {
            _ if over => {}
            Item::Event(event) if sentinel.is_some_and(|sentinel| event.data == *sentinel) => over = true,
            Item::Event(event) => events.push_back(event.into()),
            Item::Retry(time) => connection.set_reconnection_time(time),
            Item::Error(error) => (broken, over) = (Some(error), true),
            _ => {}
        });
        if !events.is_empty() {
            connection.delivered();
        }
        if !over {
            return connection.set_last_event_id(reading.parser.last_event_id().as_bytes());
        }
        // The parser has read on, behind what is told.
        if let Some(last) = events.back() {
            connection.set_last_event_id(last.last_event_id.as_bytes());
        }
        match broken {
            Some(error) => self.attempt_failed((Cause::Parse(error), None)),
            None => {
                connection.close();
                self.phase = Phase::Closed;
            }
        }
    }

    fn attempt_failed(&mut self, (why, cause): Failed) {
        self.failed(why, Details { cause, ..Details::default() });
    }

    fn failed(&mut self, why: Cause, details: Details) {
        let step = self.connection.failed(why, moment());
        self.follow(step, details);
    }

    /// The attempt is over. Whatever is left of it is dropped.
    fn follow(&mut self, step: Step, mut details: Details) {
        self.phase = Phase::Closed;
        details.last_event_id = String::from_utf8_lossy(self.connection.last_event_id()).into_owned();
        match step {
            // [spec] Reestablish the connection: 1.2 set readyState to CONNECTING, 1.3 fire an event named error, 2 wait.
            Step::Wait { delay, failure } => {
                let wake = if self.connection.can_wake() { Wake::new() } else { None };
                self.phase = Phase::Waiting(Sleep::new(delay), wake);
                self.init.retrying(&Error::new(failure, details));
            }
            Step::Ask(failure) => {
                if let Some(decide) = &mut self.init.decide {
                    let decision = decide(Error::new(failure.clone(), details.clone()));
                    self.phase = Phase::Deciding(decision, Box::new((failure, details)));
                }
            }
            Step::Stop(failure) => self.failure = Some(Error::new(failure, details)),
            Step::End(_) | Step::Open | Step::Ignored => {}
        }
    }

    fn decided(&mut self, decision: Result<Option<u64>, JsValue>) {
        let Phase::Deciding(_, asked) = core::mem::replace(&mut self.phase, Phase::Closed) else { return };
        let (failure, details) = *asked;
        match decision {
            Ok(delay) => {
                let step = self.connection.decide(failure, delay);
                self.follow(step, details);
            }
            Err(cause) => self.failed(Cause::Decision, Details { cause: Some(cause), ..details }),
        }
    }
}

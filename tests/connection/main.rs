//! The connection as a state machine: no network, no sleeping.

mod asking;
mod failures;
mod restarting;
mod resuming;
mod sequences;
mod steps;

use eventsource_wasm::{Connection, ConnectionOptions, Failure, Moment, ResponseHead, RetryPolicy, Step};

const TYPE: Option<&str> = Some("text/event-stream");
const OK: ResponseHead<'_> = ResponseHead { status: 200, content_type: TYPE, retry_after: None };

/// A GET whose backoff is 1 s, 2 s, 4 s … without jitter and without limits, retrying as `connect` does.
fn get() -> ConnectionOptions {
    let policy = RetryPolicy { jitter: 0.0, max_attempts: None, ..RetryPolicy::connect() };
    ConnectionOptions { policy, ..ConnectionOptions::default() }
}

fn post() -> ConnectionOptions {
    ConnectionOptions { idempotent: false, ..get() }
}

fn at(now: u64) -> Moment {
    Moment { now, wall: 1_700_000_000_000 + now, random: 0.5 }
}

fn status(status: u16) -> ResponseHead<'static> {
    ResponseHead { status, ..ResponseHead::default() }
}

fn started(options: ConnectionOptions) -> Connection {
    let mut connection = Connection::new(options);
    assert_eq!(connection.start(0).unwrap().number, 1);
    connection
}

fn opened(options: ConnectionOptions) -> Connection {
    let mut connection = started(options);
    assert_eq!(connection.responded(&OK, at(0)), Step::Open);
    connection
}

#[track_caller]
fn waits(step: Step) -> (u64, Failure) {
    let Step::Wait { delay, failure } = step else { panic!("expected a wait, found {step:?}") };
    assert_eq!((failure.delay(), failure.will_retry()), (Some(delay), true));
    (delay, failure)
}

#[track_caller]
fn asks(step: Step) -> Failure {
    let Step::Ask(failure) = step else { panic!("expected a question, found {step:?}") };
    failure
}

#[track_caller]
fn stops(step: Step) -> Failure {
    let Step::Stop(failure) = step else { panic!("expected a stop, found {step:?}") };
    assert_eq!((failure.delay(), failure.will_retry()), (None, false));
    failure
}

#[track_caller]
fn ends(step: Step) -> Failure {
    let Step::End(failure) = step else { panic!("expected an end, found {step:?}") };
    assert_eq!((failure.delay(), failure.will_retry()), (None, false));
    failure
}

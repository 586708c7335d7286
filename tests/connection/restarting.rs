//! What is dropped and begun again: on a caller's order, after a pause, on a wake-up.

use eventsource_wasm::{Cause, Connection, ConnectionOptions, ReadyState, ResponseHead, Resume, RetryPolicy, Step};

use crate::*;

fn waiting(options: ConnectionOptions) -> Connection {
    let mut connection = opened(options);
    waits(connection.ended(at(0)));
    connection
}

#[test]
fn a_restart_begins_one_attempt_whatever_the_state() {
    let mut deciding = started(ConnectionOptions { asks: true, ..get() });
    let late = asks(deciding.failed(Cause::Network, at(0)));
    for (mut connection, number) in
        [(Connection::new(get()), 1), (started(get()), 2), (opened(get()), 2), (waiting(get()), 2), (deciding, 2)]
    {
        assert_eq!(connection.restart(5).unwrap().number, number);
        assert_eq!(connection.ready_state(), ReadyState::Connecting);
        assert_eq!(connection.start(5), None, "the timer of the wait that was cut short");
        assert_eq!(connection.decide(late.clone(), Some(0)), Step::Ignored, "an answer to what is over");
        assert_eq!(connection.responded(&OK, at(6)), Step::Open);
    }
}

#[test]
fn a_restart_sends_the_last_id_a_post_too() {
    let mut connection = opened(post());
    connection.set_last_event_id("é".as_bytes());
    assert_eq!(connection.restart(0).unwrap().last_event_id.as_deref(), Some("Ã©"));
    assert_eq!(started(post()).restart(0).unwrap().last_event_id, None);
}

#[test]
fn nothing_restarts_what_is_closed_or_cannot_be_sent_again() {
    let mut closed = opened(get());
    closed.close();
    assert_eq!(closed.restart(0), None);

    let one_shot = ConnectionOptions { replayable: false, ..get() };
    assert!(Connection::new(one_shot.clone()).restart(0).is_some(), "it has not been sent");
    let mut open = opened(one_shot);
    assert_eq!((open.restart(0), open.ready_state()), (None, ReadyState::Open), "and goes on as it was");
}

#[test]
fn backoff_and_limits_begin_anew_with_a_restart() {
    let policy = RetryPolicy { max_attempts: Some(2), max_elapsed: Some(10_000), ..get().policy };
    let mut connection = started(ConnectionOptions { policy, ..get() });
    waits(connection.failed(Cause::Network, at(0)));
    connection.start(1_000);
    connection.restart(50_000);
    let (delay, failure) = waits(connection.failed(Cause::Network, at(50_300)));
    assert_eq!((delay, failure.attempt(), failure.attempts_in_row(), failure.elapsed()), (1_000, 3, 1, 300));
    connection.start(51_300);
    assert_eq!(stops(connection.failed(Cause::Network, at(51_300))).code(), "retries-exhausted");
}

#[test]
fn a_wake_up_cuts_a_wait_short_unless_the_server_asked_for_it() {
    assert!(waiting(get()).can_wake());
    for connection in [Connection::new(get()), started(get()), opened(get())] {
        assert!(!connection.can_wake(), "it does not wait");
    }
    for (retry_after, wakes) in [(None, true), (Some("7"), false), (Some("0"), true), (Some("soon"), true)] {
        let mut connection = started(get());
        waits(connection.responded(&ResponseHead { retry_after, ..status(503) }, at(0)));
        assert_eq!(connection.can_wake(), wakes, "{retry_after:?}");
        connection.start(9_000);
        waits(connection.failed(Cause::Network, at(9_000)));
        assert!(connection.can_wake(), "the next wait is another one");
    }
    let mut asked = started(ConnectionOptions { asks: true, ..get() });
    let failure = asks(asked.responded(&ResponseHead { retry_after: Some("7"), ..status(429) }, at(0)));
    assert!(!asked.can_wake());
    waits(asked.decide(failure, Some(5)));
    assert!(!asked.can_wake(), "whoever decides how long it is");
}

#[test]
fn what_may_be_paused_is_what_may_be_resumed() {
    use Resume::{Always, Auto, Never};
    for (resume, idempotent, replayable, expected) in [
        (Auto, true, true, true),
        (Auto, false, true, false),
        (Always, false, true, true),
        (Never, true, true, false),
        (Always, true, false, false),
    ] {
        let options = ConnectionOptions { resume, idempotent, replayable, ..get() };
        let found = [started(options.clone()), opened(options)].map(|connection| connection.can_pause());
        assert_eq!(found, [expected; 2], "{resume:?} {idempotent} {replayable}");
    }
    let mut with_id = opened(post());
    with_id.set_last_event_id(b"1");
    assert!(with_id.can_pause());
    for connection in [Connection::new(get()), waiting(get())] {
        assert!(!connection.can_pause(), "there is nothing to pause");
    }
}

//! A policy that is a function: about what it is asked, and what its answer does.

use eventsource_wasm::{
    Cause, ConnectionOptions, MAX_DELAY, ParseError, ReadyState, ResponseHead, Resume, RetryPolicy,
};

use crate::*;

fn asking(options: ConnectionOptions) -> ConnectionOptions {
    ConnectionOptions { asks: true, ..options }
}

#[test]
fn it_is_asked_about_every_failure_that_another_attempt_can_mend() {
    for (cause, code, delay) in [
        (Cause::Network, "network", Some(1_000)),
        (Cause::StreamEnded, "stream-ended", Some(1_000)),
        (Cause::ConnectTimeout(5), "connect-timeout", Some(1_000)),
        (Cause::IdleTimeout(5), "idle-timeout", Some(1_000)),
        (Cause::Parse(ParseError::EventTooLarge { limit: 9 }), "event-too-large", None),
        (Cause::Request, "invalid-request", None),
    ] {
        for mut connection in [started(asking(get())), opened(asking(get()))] {
            let failure = asks(connection.failed(cause.clone(), at(0)));
            assert_eq!((failure.code(), failure.delay()), (code, delay), "the delay is the policy's");
            assert_eq!((connection.ready_state(), connection.is_waiting()), (ReadyState::Connecting, false));
        }
    }
    for (head, code, delay) in [
        (status(401), "http-status", None),
        (status(201), "http-status", None),
        (status(503), "http-status", Some(1_000)),
        (ResponseHead { retry_after: Some("7"), ..status(503) }, "http-status", Some(7_000)),
        (ResponseHead { content_type: Some("text/html"), ..OK }, "content-type", None),
    ] {
        let failure = asks(started(asking(get())).responded(&head, at(0)));
        assert_eq!((failure.code(), failure.status(), failure.delay()), (code, Some(head.status), delay));
    }
}

#[test]
fn it_is_not_asked_about_the_rest() {
    for cause in [Cause::Aborted, Cause::InvalidUrl("foo:bar".into()), Cause::Decision] {
        stops(started(asking(get())).failed(cause.clone(), at(0)));
        stops(opened(asking(get())).failed(cause, at(0)));
    }
    ends(started(asking(get())).responded(&status(204), at(0)));

    let one_shot = ConnectionOptions { replayable: false, ..asking(get()) };
    assert_eq!(stops(started(one_shot.clone()).failed(Cause::Network, at(0))).code(), "no-replay");
    assert_eq!(stops(started(one_shot.clone()).responded(&status(401), at(0))).code(), "http-status");
    assert_eq!(stops(started(one_shot).responded(&status(503), at(0))).code(), "no-replay");
}

#[test]
fn a_post_is_not_replayed_silently_but_a_refused_one_may_be_sent_again() {
    let never = ConnectionOptions { resume: Resume::Never, ..get() };
    for options in [post(), never] {
        for cause in [Cause::Network, Cause::ConnectTimeout(5), Cause::IdleTimeout(5)] {
            stops(started(asking(options.clone())).failed(cause, at(0)));
        }
        stops(opened(asking(options.clone())).failed(Cause::Parse(ParseError::EventTooLarge { limit: 9 }), at(0)));
        ends(opened(asking(options.clone())).ended(at(0)));

        asks(started(asking(options.clone())).failed(Cause::Request, at(0)));
        asks(started(asking(options.clone())).responded(&ResponseHead { content_type: None, ..OK }, at(0)));
        let mut refused = started(asking(options));
        let failure = asks(refused.responded(&status(401), at(0)));
        assert_eq!(waits(refused.decide(failure, Some(0))).0, 0);
        assert_eq!(refused.start(0).unwrap().number, 2);
    }
    let mut with_id = opened(asking(post()));
    with_id.set_last_event_id(b"1");
    asks(with_id.failed(Cause::Network, at(0)));
}

#[test]
fn its_answer_is_done() {
    let question = || {
        let mut connection = started(asking(get()));
        let failure = asks(connection.responded(&status(401), at(0)));
        (connection, failure)
    };
    for (delay, expected) in [(0, 0), (5, 5), (u64::MAX, MAX_DELAY)] {
        let (mut connection, failure) = question();
        assert_eq!(waits(connection.decide(failure, Some(delay))).0, expected);
        assert!(connection.is_waiting());
    }
    let (mut connection, failure) = question();
    assert_eq!(stops(connection.decide(failure.clone(), None)).code(), "http-status");
    assert_eq!((connection.ready_state(), connection.start(0)), (ReadyState::Closed, None));
    assert_eq!(connection.decide(failure, Some(0)), Step::Ignored, "an answer that comes late");

    let mut ended = opened(asking(get()));
    let failure = asks(ended.ended(at(0)));
    assert_eq!(ends(ended.decide(failure, None)).code(), "stream-ended", "an end that is not to be resumed is quiet");
}

#[test]
fn while_it_is_asked_nothing_begins_and_an_abort_or_a_failed_answer_ends_it() {
    for cause in [Cause::Aborted, Cause::Decision] {
        let mut connection = started(asking(get()));
        asks(connection.failed(Cause::Network, at(0)));
        assert_eq!(connection.start(0), None);
        assert_eq!(connection.failed(Cause::Network, at(0)), Step::Ignored);
        assert_eq!(connection.responded(&OK, at(0)), Step::Ignored);
        stops(connection.failed(cause, at(0)));
        assert_eq!(connection.ready_state(), ReadyState::Closed);
    }
}

#[test]
fn it_is_told_of_the_row() {
    let policy = RetryPolicy { max_attempts: Some(1), ..get().policy };
    let mut connection = started(asking(ConnectionOptions { policy, ..get() }));
    for (now, attempt) in [(300, 1), (1_000, 2)] {
        let failure = asks(connection.failed(Cause::Network, at(now)));
        assert_eq!((failure.attempt(), failure.attempts_in_row(), failure.elapsed()), (attempt, attempt, now));
        assert_eq!(failure.delay(), None, "the policy alone would have given up");
        connection.decide(failure, Some(0));
        connection.start(now);
    }
    connection.responded(&OK, at(2_000));
    connection.delivered();
    let failure = asks(connection.ended(at(9_000)));
    assert_eq!((failure.attempt(), failure.attempts_in_row(), failure.elapsed()), (3, 1, 0));
}

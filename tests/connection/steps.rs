//! What each state makes of what it is told.

use eventsource_wasm::{
    Cause, Connection, ConnectionOptions, MAX_DELAY, ParseError, ReadyState, ResponseHead, RetryPolicy, Step,
};

use crate::*;

#[test]
fn ready_state_has_the_numbers_of_the_standard() {
    assert_eq!([ReadyState::Connecting, ReadyState::Open, ReadyState::Closed].map(|state| state as u8), [0, 1, 2]);
}

#[test]
fn ready_state_follows_the_connection() {
    let mut connection = Connection::new(get());
    assert_eq!((connection.ready_state(), connection.is_waiting()), (ReadyState::Connecting, false));
    connection.start(0);
    assert_eq!((connection.ready_state(), connection.is_waiting()), (ReadyState::Connecting, false));
    connection.responded(&OK, at(1));
    assert_eq!((connection.ready_state(), connection.is_waiting()), (ReadyState::Open, false));
    connection.ended(at(2));
    assert_eq!((connection.ready_state(), connection.is_waiting()), (ReadyState::Connecting, true));
    connection.start(1_002);
    assert_eq!((connection.ready_state(), connection.is_waiting()), (ReadyState::Connecting, false));
    connection.close();
    assert_eq!((connection.ready_state(), connection.is_waiting()), (ReadyState::Closed, false));
}

#[test]
fn the_type_is_compared_by_its_essence() {
    for (content_type, opens) in [
        (Some("text/event-stream"), true),
        (Some("text/event-stream;"), true),
        (Some("text/event-stream;charset=utf-8"), true),
        (Some("text/event-stream ; charset=windows-1252"), true),
        (Some("Text/Event-STREAM; Charset=UTF-8"), true),
        (Some(" \ttext/event-stream\t "), true),
        (Some("text/event-stream; a=\"b,c\""), true),
        (Some("text/event-stream, text/event-stream"), true),
        (Some("text/html, text/event-stream;charset=utf-8"), true),
        (Some("text/event-stream, text/html"), false),
        (Some("text/html; charset=utf-8"), false),
        (Some("text/event-streams"), false),
        (Some("text/event-strea"), false),
        (Some("text/event -stream"), false),
        (Some("text/html;text/event-stream"), false),
        (Some("x-text/event-stream"), false),
        (Some(";"), false),
        (Some(","), false),
        (Some(""), false),
        (None, false),
    ] {
        let mut connection = started(get());
        let step = connection.responded(&ResponseHead { content_type, ..OK }, at(0));
        if opens {
            assert_eq!(step, Step::Open, "{content_type:?}");
        } else {
            let failure = stops(step);
            assert_eq!((failure.code(), failure.status()), ("content-type", Some(200)), "{content_type:?}");
            assert_eq!(failure.cause(), &Cause::ContentType(content_type.map(String::from)));
            assert_eq!(connection.ready_state(), ReadyState::Closed);
        }
    }
}

#[test]
fn status_204_ends_for_good_and_quietly() {
    let mut connection = started(get());
    assert_eq!(ends(connection.responded(&status(204), at(0))).status(), Some(204));
    assert_eq!(connection.ready_state(), ReadyState::Closed);
    assert_eq!(connection.start(5_000), None);

    let named = RetryPolicy { statuses: vec![200, 204], ..get().policy };
    ends(started(ConnectionOptions { policy: named, ..get() }).responded(&status(204), at(0)));
}

#[test]
fn a_status_the_policy_does_not_name_fails_for_good() {
    for code in [0, 100, 201, 205, 206, 299, 301, 304, 400, 401, 403, 404, 410, 501, 505, 599, u16::MAX] {
        let mut connection = started(get());
        let failure = stops(connection.responded(&ResponseHead { status: code, ..OK }, at(0)));
        assert_eq!((failure.code(), failure.status(), failure.attempt()), ("http-status", Some(code), 1));
        assert_eq!(connection.start(5_000), None);
    }
}

#[test]
fn a_status_the_policy_names_is_tried_again() {
    for code in [408, 425, 429, 500, 502, 503, 504] {
        let mut connection = started(get());
        let (delay, failure) = waits(connection.responded(&status(code), at(0)));
        assert_eq!((delay, failure.code(), failure.status()), (1_000, "http-status", Some(code)));
        let standard = ConnectionOptions::default();
        stops(started(standard).responded(&status(code), at(0)));
    }
}

#[test]
fn the_end_of_the_body_and_every_transient_cause_reconnect() {
    for (cause, code) in [
        (Cause::Network, "network"),
        (Cause::IdleTimeout(30_000), "idle-timeout"),
        (Cause::ConnectTimeout(10_000), "connect-timeout"),
        (Cause::StreamEnded, "stream-ended"),
    ] {
        for mut connection in [started(get()), opened(get())] {
            let (delay, failure) = waits(connection.failed(cause.clone(), at(0)));
            assert_eq!((delay, failure.code(), failure.status(), failure.attempt()), (1_000, code, None, 1));
            assert_eq!(connection.ready_state(), ReadyState::Connecting);
        }
    }
    assert_eq!(waits(opened(get()).ended(at(0))).1.code(), "stream-ended");
}

#[test]
fn every_other_cause_closes_for_good_in_any_state() {
    let causes = [
        (Cause::Aborted, "aborted"),
        (Cause::Request, "invalid-request"),
        (Cause::InvalidUrl("foo:bar".into()), "invalid-url"),
        (Cause::Parse(ParseError::EventTooLarge { limit: 9 }), "event-too-large"),
        (Cause::Status(401), "http-status"),
        (Cause::ContentType(None), "content-type"),
    ];
    for (cause, code) in causes {
        let mut waiting = opened(get());
        waits(waiting.ended(at(0)));
        for mut connection in [Connection::new(get()), started(get()), opened(get()), waiting] {
            assert_eq!(stops(connection.failed(cause.clone(), at(0))).code(), code);
            assert_eq!(connection.ready_state(), ReadyState::Closed);
            assert_eq!(connection.start(9_000), None);
        }
    }
}

#[test]
fn an_abort_before_the_start_sends_nothing() {
    let mut connection = Connection::new(get());
    let failure = stops(connection.failed(Cause::Aborted, at(0)));
    assert_eq!((failure.code(), failure.attempt()), ("aborted", 0));
    assert_eq!(connection.start(0), None);
}

#[test]
fn a_wait_can_be_cut_short_but_not_doubled() {
    let mut connection = opened(get());
    waits(connection.ended(at(0)));
    assert!(connection.is_waiting());
    assert_eq!(connection.start(1).unwrap().number, 2);
    assert_eq!(connection.start(1_000), None, "the timer that was meant for this attempt");
    connection.responded(&OK, at(1_000));
    assert_eq!(connection.start(2_000), None, "and while it is open");
}

#[test]
fn the_driver_can_decide_otherwise() {
    let mut connection = started(get());
    let (_, failure) = waits(connection.failed(Cause::Network, at(0)));
    let (delay, failure) = waits(connection.decide(failure, Some(u64::MAX)));
    assert_eq!(delay, MAX_DELAY);
    let (delay, failure) = waits(connection.decide(failure, Some(0)));
    assert_eq!(delay, 0);
    assert_eq!(stops(connection.decide(failure.clone(), None)).code(), "network");
    assert_eq!((connection.ready_state(), connection.start(0)), (ReadyState::Closed, None));
    assert_eq!(connection.decide(failure.clone(), Some(5)), Step::Ignored, "not after the close");
    assert_eq!(started(get()).decide(failure, None), Step::Ignored, "nor while an attempt is under way");
}

#[test]
fn nothing_happens_after_the_close() {
    let mut connection = opened(get());
    connection.set_last_event_id(b"1");
    connection.close();
    connection.close();
    connection.delivered();
    connection.set_reconnection_time(5);
    connection.set_last_event_id(b"2");
    assert_eq!(connection.last_event_id(), b"1");
    assert_eq!(connection.responded(&OK, at(0)), Step::Ignored);
    assert_eq!(connection.ended(at(0)), Step::Ignored);
    assert_eq!(connection.failed(Cause::Network, at(0)), Step::Ignored);
    assert_eq!(connection.failed(Cause::Aborted, at(0)), Step::Ignored);
    assert_eq!(connection.start(0), None);
    assert_eq!(connection.ready_state(), ReadyState::Closed);
}

#[test]
fn what_does_not_fit_the_state_is_ignored() {
    let mut idle = Connection::new(get());
    assert_eq!(idle.responded(&OK, at(0)), Step::Ignored);
    assert_eq!(idle.ended(at(0)), Step::Ignored);
    assert!(idle.start(0).is_some());

    let mut open = opened(get());
    assert_eq!(open.responded(&status(500), at(0)), Step::Ignored);
    assert_eq!(open.ready_state(), ReadyState::Open);

    let mut waiting = opened(get());
    waits(waiting.ended(at(0)));
    assert_eq!(waiting.ended(at(0)), Step::Ignored, "a break told twice");
    assert_eq!(waiting.responded(&OK, at(0)), Step::Ignored);
    waiting.set_last_event_id(b"late");
    assert_eq!(waiting.start(0).unwrap().last_event_id, None);
}

//! The connection as a state machine: no network, no sleeping.

use eventsource_wasm::{
    Cause, Connection, ConnectionOptions, Failure, MAX_DELAY, Moment, ParseError, ReadyState, ResponseHead, Resume,
    RetryPolicy, Step, header_value, is_idempotent,
};
use proptest::prelude::*;

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
fn retry_after_is_seconds_or_a_date() {
    for (retry_after, expected) in [
        (None, 1_000),
        (Some("7"), 7_000),
        // Seven seconds after `wall`.
        (Some("Tue, 14 Nov 2023 22:13:27 GMT"), 7_000),
        (Some("Tue, 14 Nov 2023 22:13:00 GMT"), 1_000),
        (Some("0"), 1_000),
        (Some("soon"), 1_000),
        (Some("99999999999999999999"), MAX_DELAY),
    ] {
        let mut connection = started(get());
        let (delay, _) = waits(connection.responded(&ResponseHead { retry_after, ..status(503) }, at(0)));
        assert_eq!(delay, expected, "{retry_after:?}");
    }
}

#[test]
fn retry_after_holds_for_one_wait_only() {
    let mut connection = started(get());
    waits(connection.responded(&ResponseHead { retry_after: Some("60"), ..status(503) }, at(0)));
    connection.start(60_000);
    assert_eq!(waits(connection.failed(Cause::Network, at(60_000))).0, 2_000);
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
fn the_backoff_grows_until_a_stream_has_delivered() {
    let mut connection = started(get());
    let mut delays = vec![waits(connection.failed(Cause::Network, at(0))).0];
    for _ in 0..2 {
        connection.start(0);
        connection.responded(&OK, at(0));
        delays.push(waits(connection.ended(at(0))).0);
    }
    assert_eq!(delays, [1_000, 2_000, 4_000], "a stream that opens and delivers nothing does not reset it");

    connection.start(0);
    connection.responded(&OK, at(0));
    connection.delivered();
    connection.delivered();
    let (delay, failure) = waits(connection.ended(at(0)));
    assert_eq!((delay, failure.attempt(), failure.attempts_in_row()), (1_000, 4, 1));
    connection.start(0);
    assert_eq!(waits(connection.failed(Cause::Network, at(0))).0, 2_000);
}

#[test]
fn the_reconnection_time_of_the_stream_is_the_least_delay() {
    let mut connection = opened(get());
    connection.set_reconnection_time(3_000);
    let mut delays = vec![waits(connection.ended(at(0))).0];
    for _ in 0..2 {
        connection.start(0);
        delays.push(waits(connection.failed(Cause::Network, at(0))).0);
    }
    assert_eq!(delays, [3_000, 3_000, 4_000], "it outlasts the stream");
    connection.start(0);
    connection.responded(&OK, at(0));
    connection.set_reconnection_time(u64::MAX);
    assert_eq!(waits(connection.ended(at(0))).0, MAX_DELAY);
}

#[test]
fn the_last_event_id_is_sent_while_it_is_not_empty() {
    let mut connection = Connection::new(ConnectionOptions { last_event_id: b"first".into(), ..get() });
    assert_eq!(connection.start(0).unwrap().last_event_id.as_deref(), Some("first"));
    connection.responded(&OK, at(0));
    for (id, sent) in [("8", Some("8")), ("é€😀", Some("Ã©â\u{82}¬ð\u{9f}\u{98}\u{80}")), ("", None)] {
        connection.set_last_event_id(id.as_bytes());
        assert_eq!(connection.last_event_id(), id.as_bytes());
        connection.ended(at(0));
        assert_eq!(connection.start(0).unwrap().last_event_id.as_deref(), sent);
        connection.responded(&OK, at(0));
    }
    connection.ended(at(0));
    assert_eq!(connection.start(0).unwrap().last_event_id, None, "an id stays as it is over a stream without one");
}

#[test]
fn a_header_value_has_one_character_for_each_byte() {
    for (id, value) in [
        (&b""[..], ""),
        (b"abc 1", "abc 1"),
        ("ü".as_bytes(), "\u{c3}\u{bc}"),
        ("日".as_bytes(), "\u{e6}\u{97}\u{a5}"),
        (b"a\xffb", "a\u{ef}\u{bf}\u{bd}b"),
    ] {
        assert_eq!(header_value(id), value);
    }
}

#[test]
fn methods_that_may_be_repeated() {
    for method in ["GET", "get", "HEAD", "OPTIONS", "PUT", "put", "DELETE", "TRACE"] {
        assert!(is_idempotent(method), "{method}");
    }
    for method in ["POST", "post", "PATCH", "CONNECT", "trace", "GETS", "GE", ""] {
        assert!(!is_idempotent(method), "{method}");
    }
}

/// What a broken stream leads to: `w`ait, `s`top with the cause, no `r`eplay.
#[test]
fn who_may_go_on_after_a_break() {
    use Resume::{Always, Auto, Never};
    for (resume, idempotent, replayable, id, expected) in [
        (Auto, true, true, "", 'w'),
        (Auto, true, true, "1", 'w'),
        (Auto, false, true, "", 's'),
        (Auto, false, true, "1", 'w'),
        (Auto, true, false, "", 'r'),
        (Auto, false, false, "", 's'),
        (Auto, false, false, "1", 'r'),
        (Always, true, true, "", 'w'),
        (Always, false, true, "", 'w'),
        (Always, false, false, "1", 'r'),
        (Never, true, true, "1", 's'),
        (Never, false, false, "", 's'),
    ] {
        let mut connection = opened(ConnectionOptions { resume, idempotent, replayable, ..get() });
        connection.set_last_event_id(id.as_bytes());
        let step = connection.failed(Cause::Network, at(0));
        let case = (resume, idempotent, replayable, id);
        match expected {
            'w' => assert_eq!(waits(step).0, 1_000, "{case:?}"),
            's' => assert_eq!(stops(step).code(), "network", "{case:?}"),
            _ => {
                let failure = stops(step);
                assert_eq!((failure.code(), failure.cause()), ("no-replay", &Cause::Network), "{case:?}");
            }
        }
    }
}

#[test]
fn the_rules_of_resuming_hold_for_a_status_and_before_any_response_too() {
    assert_eq!(stops(started(post()).failed(Cause::Network, at(0))).code(), "network");
    assert_eq!(stops(started(post()).responded(&status(503), at(0))).code(), "http-status");
    let always = ConnectionOptions { resume: Resume::Always, ..post() };
    waits(started(always.clone()).responded(&status(503), at(0)));
    let one_shot = ConnectionOptions { replayable: false, ..always };
    let failure = stops(started(one_shot).responded(&status(503), at(0)));
    assert_eq!((failure.code(), failure.status()), ("no-replay", Some(503)));
}

#[test]
fn an_id_of_the_caller_does_not_make_a_post_resumable() {
    let mut connection = opened(ConnectionOptions { last_event_id: b"5".into(), ..post() });
    stops(connection.failed(Cause::Network, at(0)));
}

#[test]
fn an_id_that_the_server_takes_back_makes_a_post_final_again() {
    let mut connection = opened(post());
    connection.set_last_event_id(b"5");
    waits(connection.failed(Cause::Network, at(0)));
    connection.start(1_000);
    connection.responded(&OK, at(0));
    connection.set_last_event_id(b"");
    stops(connection.failed(Cause::Network, at(0)));
}

#[test]
fn a_stream_that_is_not_to_be_resumed_ends_quietly() {
    for options in [post(), ConnectionOptions { resume: Resume::Never, ..get() }] {
        let mut connection = opened(options);
        assert_eq!(ends(connection.ended(at(0))).code(), "stream-ended");
        assert_eq!((connection.ready_state(), connection.start(0)), (ReadyState::Closed, None));
    }
}

#[test]
fn attempts_are_limited_in_a_row() {
    for (max, attempts) in [(0, 1), (1, 1), (2, 2), (3, 3)] {
        let policy = RetryPolicy { max_attempts: Some(max), ..get().policy };
        let mut connection = started(ConnectionOptions { policy, ..get() });
        for now in 1..attempts {
            waits(connection.failed(Cause::Network, at(now)));
            assert!(connection.start(now).is_some());
        }
        let failure = stops(connection.responded(&status(503), at(9)));
        assert_eq!((failure.code(), failure.status()), ("retries-exhausted", Some(503)), "{max}");
        assert_eq!(failure.cause(), &Cause::Status(503));
        assert_eq!((u64::from(failure.attempt()), connection.start(10)), (attempts, None));
    }
}

#[test]
fn a_delivered_event_gives_the_attempts_back() {
    let policy = RetryPolicy { max_attempts: Some(2), ..get().policy };
    let mut connection = opened(ConnectionOptions { policy, ..get() });
    for now in 0..5 {
        waits(connection.ended(at(now)));
        connection.start(now);
        connection.responded(&OK, at(now));
        connection.delivered();
    }
    waits(connection.ended(at(5)));
    connection.start(5);
    assert_eq!(stops(connection.failed(Cause::Network, at(5))).code(), "retries-exhausted");
}

#[test]
fn no_attempt_begins_after_the_time_allowed() {
    let policy = RetryPolicy { max_elapsed: Some(10_000), ..get().policy };
    for (now, goes_on) in [(8_999, true), (9_000, true), (9_001, false), (u64::MAX, false)] {
        let mut connection = started(ConnectionOptions { policy: policy.clone(), ..get() });
        let step = connection.failed(Cause::Network, Moment { now, ..at(0) });
        if goes_on {
            waits(step);
        } else {
            assert_eq!(stops(step).code(), "retries-exhausted", "{now}");
        }
    }
}

#[test]
fn the_time_allowed_counts_from_the_end_of_a_stream_that_has_delivered() {
    let policy = RetryPolicy { max_elapsed: Some(10_000), ..get().policy };
    let mut connection = opened(ConnectionOptions { policy, ..get() });
    connection.delivered();
    waits(connection.ended(at(1_000_000)));
    connection.start(1_001_000);
    waits(connection.failed(Cause::Network, at(1_008_000)));
    connection.start(1_010_000);
    stops(connection.failed(Cause::Network, at(1_010_000)));
}

#[test]
fn a_clock_that_goes_back_is_no_time() {
    let policy = RetryPolicy { max_elapsed: Some(1_000), ..get().policy };
    let mut connection = Connection::new(ConnectionOptions { policy, ..get() });
    connection.start(500_000);
    waits(connection.failed(Cause::Network, at(0)));
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

#[test]
fn messages_say_what_was_expected_and_what_was_found() {
    for (cause, message) in [
        (Cause::Network, "expected an event stream, found a network error"),
        (Cause::Status(503), "expected status 200, found 503"),
        (Cause::Status(0), "expected status 200, found 0"),
        (
            Cause::ContentType(Some("text/html; charset=utf-8".into())),
            "expected content type text/event-stream, found text/html; charset=utf-8",
        ),
        (Cause::ContentType(None), "expected content type text/event-stream, found none"),
        (Cause::ConnectTimeout(5_000), "expected a response within 5000 ms, found none"),
        (Cause::IdleTimeout(60_000), "expected bytes within 60000 ms, found none"),
        (Cause::StreamEnded, "expected a stream that stays open, found its end"),
        (Cause::InvalidUrl("foo:bar".into()), "expected a URL that can be fetched, found foo:bar"),
        (Cause::Aborted, "expected a signal that is not aborted, found an aborted one"),
    ] {
        assert_eq!(cause.to_string(), message);
    }
    let cause = Cause::Parse(ParseError::EventTooLarge { limit: 9 });
    assert_eq!(cause.to_string(), ParseError::EventTooLarge { limit: 9 }.to_string());
}

#[test]
fn the_message_of_a_refusal_ends_in_its_cause() {
    let once = RetryPolicy { max_attempts: Some(1), ..get().policy };
    let exhausted = started(ConnectionOptions { policy: once, ..get() }).responded(&status(503), at(0));
    assert_eq!(
        stops(exhausted).to_string(),
        "expected an event stream within the limits of the retry policy, found none after attempt 1: \
         expected status 200, found 503"
    );
    let one_shot = started(ConnectionOptions { replayable: false, ..get() }).failed(Cause::Network, at(0));
    assert_eq!(
        stops(one_shot).to_string(),
        "expected a body that can be sent again, found a one-shot one: expected an event stream, found a network error"
    );
    let (_, plain) = waits(started(get()).failed(Cause::Network, at(0)));
    assert_eq!(plain.to_string(), plain.cause().to_string());
}

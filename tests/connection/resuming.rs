//! Whether there is another attempt, when, and with which id.

use eventsource_wasm::{
    Cause, Connection, ConnectionOptions, MAX_DELAY, Moment, ReadyState, ResponseHead, Resume, RetryPolicy,
    header_value, is_idempotent,
};

use crate::*;

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
    connection.set_last_event_id(b"5");
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

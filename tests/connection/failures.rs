//! The messages.

use eventsource_wasm::{Cause, ConnectionOptions, ParseError, RetryPolicy};

use crate::*;

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
        (Cause::ContentType(Some("".into())), "expected content type text/event-stream, found none"),
        (Cause::ConnectTimeout(5_000), "expected a response within 5000 ms, found none"),
        (Cause::IdleTimeout(60_000), "expected bytes within 60000 ms, found none"),
        (Cause::StreamEnded, "expected a stream that stays open, found its end"),
        (Cause::InvalidUrl("foo:bar".into()), "expected a URL that can be fetched, found foo:bar"),
        (Cause::Request, "expected headers and a body to send, found an error in making them"),
        (Cause::Decision, "expected a retry function to give milliseconds or false, found neither"),
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
        "expected an attempt to succeed, found 1 in a row to fail: expected status 200, found 503"
    );
    let one_shot = started(ConnectionOptions { replayable: false, ..get() }).failed(Cause::Network, at(0));
    assert_eq!(
        stops(one_shot).to_string(),
        "expected a body that can be sent again, found a stream: expected an event stream, found a network error"
    );
    let (_, plain) = waits(started(get()).failed(Cause::Network, at(0)));
    assert_eq!((plain.to_string(), plain.message()), (plain.cause().to_string(), plain.to_string()));
}

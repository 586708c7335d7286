//! What holds whatever a driver says, in whatever order.

use eventsource_wasm::{Cause, MAX_DELAY, ParseError, ReadyState, Resume};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::*;

#[derive(Clone, Debug)]
enum Call {
    Start,
    Restart,
    Respond { status: u16, content_type: Option<&'static str>, retry_after: Option<String> },
    Fail(Cause),
    End,
    Deliver,
    Reconnection(u64),
    Id(Vec<u8>),
    Decide(Option<u64>),
    Close,
}

fn any_call() -> impl Strategy<Value = Call> {
    let status = prop_oneof![4 => Just(200), 2 => Just(503), 1 => Just(204), 1 => any::<u16>()];
    let content_type = prop_oneof![4 => Just(TYPE), 1 => Just(Some("text/html")), 1 => Just(None)];
    let retry_after = prop_oneof![2 => Just(None), 1 => "[0-9]{1,25}".prop_map(Some), 1 => any::<Option<String>>()];
    let transient =
        prop_oneof![Just(Cause::Network), any::<u64>().prop_map(Cause::IdleTimeout), Just(Cause::StreamEnded)];
    let fatal = prop_oneof![Just(Cause::Aborted), Just(Cause::Parse(ParseError::EventTooLarge { limit: 1 }))];
    prop_oneof![
        40 => Just(Call::Start),
        2 => Just(Call::Restart),
        30 => (status, content_type, retry_after)
            .prop_map(|(status, content_type, retry_after)| Call::Respond { status, content_type, retry_after }),
        20 => transient.prop_map(Call::Fail),
        10 => Just(Call::End),
        10 => Just(Call::Deliver),
        5 => any::<u64>().prop_map(Call::Reconnection),
        10 => vec(any::<u8>(), 0..4).prop_map(Call::Id),
        15 => any::<Option<u64>>().prop_map(Call::Decide),
        1 => fatal.prop_map(Call::Fail),
        1 => Just(Call::Close),
    ]
}

fn any_options() -> impl Strategy<Value = ConnectionOptions> {
    let resume = prop_oneof![Just(Resume::Auto), Just(Resume::Always), Just(Resume::Never)];
    let limits = (proptest::option::of(0..6_u32), any::<Option<u64>>());
    let policy = (any::<u64>(), any::<u64>(), any::<f64>(), any::<f64>(), limits).prop_map(
        |(delay, max_delay, factor, jitter, (max_attempts, max_elapsed))| RetryPolicy {
            delay,
            max_delay,
            factor,
            jitter,
            max_attempts,
            max_elapsed,
            ..RetryPolicy::connect()
        },
    );
    (policy, resume, any::<bool>(), prop::bool::weighted(0.8), any::<bool>(), vec(any::<u8>(), 0..3)).prop_map(
        |(policy, resume, idempotent, replayable, asks, last_event_id)| ConnectionOptions {
            policy,
            resume,
            idempotent,
            replayable,
            asks,
            last_event_id,
        },
    )
}

/// The connection, and what it must keep to, counted by other means than its own.
struct Watched {
    connection: Connection,
    options: ConnectionOptions,
    last_failure: Option<Failure>,
    /// The function has been asked, and has not said anything yet.
    asked: bool,
    attempts: u32,
    attempts_in_row: u32,
    server_id: bool,
}

impl Watched {
    fn new(options: ConnectionOptions) -> Self {
        Watched {
            connection: Connection::new(options.clone()),
            options,
            last_failure: None,
            asked: false,
            attempts: 0,
            attempts_in_row: 0,
            server_id: false,
        }
    }

    fn call(&mut self, call: Call, moment: Moment) {
        let before = self.connection.ready_state();
        let connection = &mut self.connection;
        let step = match call {
            Call::Start => return self.start(moment.now),
            Call::Restart => return self.restart(moment.now),
            Call::Respond { status, content_type, retry_after } => connection
                .responded(&ResponseHead { status, content_type, retry_after: retry_after.as_deref() }, moment),
            Call::Fail(cause) => connection.failed(cause, moment),
            Call::End => connection.ended(moment),
            Call::Decide(delay) => match self.last_failure.clone() {
                Some(failure) => connection.decide(failure, delay),
                None => return,
            },
            Call::Deliver => {
                connection.delivered();
                if before == ReadyState::Open {
                    self.attempts_in_row = 1;
                }
                return;
            }
            Call::Reconnection(time) => return connection.set_reconnection_time(time),
            Call::Id(id) => {
                let other = connection.last_event_id() != id;
                connection.set_last_event_id(&id);
                if before == ReadyState::Open && other {
                    self.server_id = !id.is_empty();
                }
                return;
            }
            Call::Close => return connection.close(),
        };
        self.check(before, step);
    }

    fn start(&mut self, now: u64) {
        let due = self.attempts == 0 || self.connection.is_waiting();
        let open = self.connection.ready_state() == ReadyState::Connecting;
        let attempt = self.connection.start(now);
        assert_eq!(attempt.is_some(), due && open);
        if let Some(attempt) = attempt {
            self.attempts += 1;
            self.attempts_in_row += 1;
            assert_eq!(attempt.number, self.attempts);
            assert_eq!(attempt.last_event_id.is_some(), !self.connection.last_event_id().is_empty());
            let max = self.options.policy.max_attempts.unwrap_or(u32::MAX).max(1);
            let limited = !self.options.asks;
            assert!(!limited || self.attempts_in_row <= max, "attempt {} of {max}", self.attempts_in_row);
        }
    }

    fn restart(&mut self, now: u64) {
        let sent = self.attempts > 0 && !self.options.replayable;
        let closed = self.connection.ready_state() == ReadyState::Closed;
        let attempt = self.connection.restart(now);
        assert_eq!(attempt.is_some(), !closed && !sent);
        if let Some(attempt) = attempt {
            self.asked = false;
            self.attempts += 1;
            self.attempts_in_row = 1;
            assert_eq!(attempt.number, self.attempts);
        }
    }

    fn check(&mut self, before: ReadyState, step: Step) {
        let after = self.connection.ready_state();
        match step {
            Step::Open => assert_eq!((before, after), (ReadyState::Connecting, ReadyState::Open)),
            Step::Wait { delay, failure } => {
                assert!(delay <= MAX_DELAY && failure.delay() == Some(delay));
                assert_eq!((after, self.connection.is_waiting()), (ReadyState::Connecting, true));
                assert_ne!(before, ReadyState::Closed);
                let ConnectionOptions { resume, idempotent, replayable, asks, .. } = self.options;
                assert!(replayable && (asks || resume != Resume::Never));
                assert!(asks || resume == Resume::Always || idempotent || self.server_id);
                assert!(
                    !asks || self.last_failure.is_some(),
                    "nothing is waited for that the function has not decided"
                );
                self.asked = false;
                self.last_failure = Some(failure);
            }
            Step::Ask(failure) => {
                assert_eq!((after, self.connection.is_waiting()), (ReadyState::Connecting, false));
                assert_ne!(before, ReadyState::Closed);
                let ConnectionOptions { resume, idempotent, replayable, asks, .. } = self.options;
                assert!(asks && replayable && !self.asked);
                let refused = matches!(failure.cause(), Cause::Status(_) | Cause::ContentType(_));
                let resumes = resume == Resume::Always || resume == Resume::Auto && (idempotent || self.server_id);
                assert!(refused || resumes);
                self.asked = true;
                self.last_failure = Some(failure);
            }
            Step::End(failure) | Step::Stop(failure) => {
                assert!(before != ReadyState::Closed && after == ReadyState::Closed && !failure.will_retry());
                assert!(failure.to_string().starts_with("expected "));
            }
            Step::Ignored => assert_eq!(before, after),
        }
        if before == ReadyState::Closed {
            assert_eq!(after, ReadyState::Closed, "nothing opens what is closed");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn any_calls_in_any_order_keep_the_rules(
        options in any_options(),
        calls in vec((any_call(), any::<u64>(), any::<u64>(), any::<f64>()), 0..60),
    ) {
        let mut watched = Watched::new(options);
        for (call, now, wall, random) in calls {
            watched.call(call, Moment { now, wall, random });
        }
    }

    #[test]
    fn after_the_close_nothing_begins(
        options in any_options(),
        before in vec(any_call(), 0..20),
        after in vec(any_call(), 1..20),
    ) {
        let mut watched = Watched::new(options);
        before.into_iter().for_each(|call| watched.call(call, at(0)));
        watched.connection.close();
        for call in after {
            watched.call(call, at(1));
            prop_assert_eq!(watched.connection.ready_state(), ReadyState::Closed);
            prop_assert_eq!(watched.connection.start(1), None);
        }
    }
}

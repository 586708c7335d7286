//! The retry policy: which statuses, and how long to wait.

use eventsource_wasm::{MAX_DELAY, RetryPolicy};
use proptest::prelude::*;

/// Backoff of 1 s, 2 s, 4 s … up to 30 s, without jitter.
fn plain() -> RetryPolicy {
    RetryPolicy { jitter: 0.0, ..RetryPolicy::connect() }
}

#[test]
fn the_standard_retries_no_status_and_has_no_limits() {
    let policy = RetryPolicy::standard();
    assert_eq!(policy.statuses, []);
    assert_eq!((policy.max_attempts, policy.max_elapsed), (None, None));
    assert_eq!((policy.delay, policy.max_delay, policy.factor, policy.jitter), (3_000, 30_000, 2.0, 1.0));
}

#[test]
fn connect_retries_what_may_pass() {
    let policy = RetryPolicy::connect();
    assert_eq!(policy.statuses, [408, 425, 429, 500, 502, 503, 504]);
    assert_eq!((policy.max_attempts, policy.max_elapsed), (Some(5), None));
    assert_eq!((policy.delay, policy.max_delay, policy.factor, policy.jitter), (1_000, 30_000, 2.0, 1.0));
}

#[test]
fn the_backoff_grows_by_its_factor_up_to_its_limit() {
    let delays: Vec<u64> = (1..=8).map(|attempts| plain().next_delay(attempts, 0, None, 0.0)).collect();
    assert_eq!(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    assert_eq!(plain().next_delay(0, 0, None, 0.0), 1_000, "before any attempt it is as after the first");
    assert_eq!(plain().next_delay(u32::MAX, 0, None, 0.0), 30_000);

    let slow = RetryPolicy { factor: 1.5, ..plain() };
    assert_eq!([1, 2, 3, 4].map(|attempts| slow.next_delay(attempts, 0, None, 0.0)), [1_000, 1_500, 2_250, 3_375]);
}

#[test]
fn full_jitter_takes_any_part_of_the_backoff() {
    let policy = RetryPolicy::connect();
    for (random, expected) in [(0.0, 0), (0.25, 1_000), (0.5, 2_000), (0.75, 3_000), (0.999_999, 3_999)] {
        assert_eq!(policy.next_delay(3, 0, None, random), expected, "{random}");
    }
}

#[test]
fn part_jitter_keeps_the_rest_of_the_backoff() {
    let policy = RetryPolicy { jitter: 0.5, ..RetryPolicy::connect() };
    for (random, expected) in [(0.0, 2_000), (0.5, 3_000), (0.75, 3_500)] {
        assert_eq!(policy.next_delay(3, 0, None, random), expected, "{random}");
    }
}

#[test]
fn the_larger_of_backoff_and_reconnection_time_counts() {
    assert_eq!(plain().next_delay(1, 999, None, 0.0), 1_000);
    assert_eq!(plain().next_delay(1, 1_001, None, 0.0), 1_001);
    assert_eq!(plain().next_delay(9, 45_000, None, 0.0), 45_000, "max_delay is the backoff's alone");
}

#[test]
fn retry_after_wins_in_both_directions() {
    assert_eq!(plain().next_delay(5, 20_000, Some(1), 0.0), 1);
    assert_eq!(plain().next_delay(1, 0, Some(120_000), 0.0), 120_000, "max_delay is the backoff's alone");
}

#[test]
fn a_retry_after_that_is_over_is_none() {
    assert_eq!(plain().next_delay(2, 0, Some(0), 0.0), 2_000);
    assert_eq!(plain().next_delay(2, 7_000, Some(0), 0.0), 7_000);
}

#[test]
fn every_delay_is_one_that_a_timer_can_hold() {
    assert_eq!(MAX_DELAY, 2_147_483_647);
    let endless = RetryPolicy { delay: u64::MAX, max_delay: u64::MAX, ..plain() };
    for (policy, reconnection_time, retry_after) in [
        (&plain(), u64::MAX, None),
        (&plain(), MAX_DELAY + 1, None),
        (&plain(), 0, Some(u64::MAX)),
        (&endless, 0, None),
    ] {
        assert_eq!(policy.next_delay(1, reconnection_time, retry_after, 0.0), MAX_DELAY);
    }
}

#[test]
fn a_factor_that_does_not_grow_is_one() {
    for factor in [1.0, 0.5, 0.0, -0.0, -2.0, f64::NAN, f64::NEG_INFINITY] {
        let policy = RetryPolicy { factor, ..plain() };
        assert_eq!(policy.next_delay(7, 0, None, 0.0), 1_000, "{factor}");
    }
}

#[test]
fn an_infinite_factor_reaches_the_limit_at_once() {
    for factor in [f64::INFINITY, f64::MAX] {
        let policy = RetryPolicy { factor, ..plain() };
        assert_eq!([1, 2, 9].map(|attempts| policy.next_delay(attempts, 0, None, 0.0)), [1_000, 30_000, 30_000]);
        let none = RetryPolicy { delay: 0, ..policy };
        assert_eq!([1, 2, 9].map(|attempts| none.next_delay(attempts, 0, None, 0.0)), [0; 3]);
    }
}

#[test]
fn a_jitter_outside_its_range_is_the_nearer_end() {
    for (jitter, expected) in
        [(2.0, 2_000), (f64::INFINITY, 2_000), (-1.0, 4_000), (f64::NEG_INFINITY, 4_000), (f64::NAN, 4_000)]
    {
        let policy = RetryPolicy { jitter, ..RetryPolicy::connect() };
        assert_eq!(policy.next_delay(3, 0, None, 0.5), expected, "{jitter}");
    }
}

#[test]
fn a_random_number_outside_its_range_gives_the_whole_backoff() {
    for random in [1.0, 7.0, -0.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(RetryPolicy::connect().next_delay(3, 0, None, random), 4_000, "{random}");
    }
}

/// Numbers as they are used, and any others.
fn any_policy() -> impl Strategy<Value = RetryPolicy> {
    let delay = || prop_oneof![0..100_000_u64, any::<u64>()];
    let factor = prop_oneof![0.0..4.0, any::<f64>()];
    let jitter = prop_oneof![0.0..=1.0, any::<f64>()];
    (delay(), delay(), factor, jitter).prop_map(|(delay, max_delay, factor, jitter)| RetryPolicy {
        delay,
        max_delay,
        factor,
        jitter,
        ..RetryPolicy::standard()
    })
}

proptest! {
    #[test]
    fn no_input_gives_a_delay_that_a_timer_cannot_hold(
        policy in any_policy(),
        attempts in prop_oneof![0..20_u32, any::<u32>()],
        reconnection_time: u64,
        retry_after: Option<u64>,
        random in any::<f64>(),
    ) {
        prop_assert!(policy.next_delay(attempts, reconnection_time, retry_after, random) <= MAX_DELAY);
    }

    #[test]
    fn no_delay_is_below_the_reconnection_time_or_above_what_is_asked_for(
        policy in any_policy(),
        attempts in prop_oneof![0..20_u32, any::<u32>()],
        reconnection_time in 0..=MAX_DELAY,
        random in 0.0..1.0,
    ) {
        let delay = policy.next_delay(attempts, reconnection_time, None, random);
        prop_assert!(delay >= reconnection_time);
        // f64 holds no more than 53 bits of a backoff.
        prop_assert!(delay <= reconnection_time.max(policy.max_delay.saturating_add(policy.max_delay >> 50)));
    }

    #[test]
    fn more_attempts_never_shorten_the_backoff(policy in any_policy(), attempts in prop_oneof![0..20_u32, 0..u32::MAX], random in 0.0..1.0) {
        prop_assert!(policy.next_delay(attempts + 1, 0, None, random) >= policy.next_delay(attempts, 0, None, random));
    }
}

//! The cases of `tests/cases`, natively: whole, byte by byte, and split at every offset.

#[path = "suite/cases.rs"]
mod cases;
#[path = "suite/found.rs"]
mod found;
#[path = "suite/reference.rs"]
mod reference;

use std::collections::HashSet;
use std::fmt::Write;

use cases::{bytes, expected, input, items, load, optional_text, options, string, text, without_id_changed};
use eventsource_wasm::{Frame, encode};
use found::{Found, Options, parse};
use serde_json::Value;

/// Inputs up to this size are split at every offset, larger ones at those that [`offsets`] gives.
const EVERY_OFFSET: usize = 1024;

/// Collects what failed, so that one run tells all of it: of each case the first way that did.
#[derive(Default)]
struct Failures {
    checks: usize,
    text: String,
    cases: HashSet<String>,
}

impl Failures {
    fn check(&mut self, name: &str, way: &str, found: &(Vec<Found>, String), expected: &(Vec<Found>, String)) {
        if found == expected {
            return;
        }
        self.checks += 1;
        if self.cases.insert(name.into()) {
            let _ = writeln!(self.text, "{name} ({way})\n  expected {}\n  found    {}", short(expected), short(found));
        }
    }

    fn none(self) {
        assert!(self.checks == 0, "{} checks of {} cases failed:\n{}", self.checks, self.cases.len(), self.text);
    }
}

fn short(found: &(Vec<Found>, String)) -> String {
    let text = format!("{:?}, last event ID {:?}", found.0, found.1);
    if text.len() > 600 { format!("{} ...", text.chars().take(600).collect::<String>()) } else { text }
}

fn run(options: &Options, chunks: &[&[u8]]) -> (Vec<Found>, String) {
    let (found, last_event_id) = parse(options, chunks.iter().copied());
    (without_id_changed(found), last_event_id)
}

/// Where to split an input: everywhere; a large one at both ends, around the sizes that buffers have, and every so often.
fn offsets(size: usize) -> Vec<usize> {
    if size <= EVERY_OFFSET {
        return (0..=size).collect();
    }
    let powers = (0..).map(|power| 1 << power).take_while(|&power| power < size);
    let near = powers.flat_map(|power| [power - 1, power, power + 1]);
    let every = (0..size).step_by(size / 40);
    let ends = (0..80).chain(size - 80..=size);
    ends.chain(near).chain(every).filter(|&offset| offset <= size).collect()
}

#[test]
fn there_are_enough_cases_and_each_has_its_name_and_clause() {
    let (reading, writing) = (load("reading"), load("writing"));
    assert!(reading.len() + writing.len() >= 180, "found {} cases", reading.len() + writing.len());
    let mut names = HashSet::new();
    for (name, case) in reading.iter().chain(&writing) {
        assert!(!string(&case["clause"]).is_empty(), "{name}: expected a clause, found none");
        assert!(names.insert((name, case["input"].is_null())), "{name}: the name is there twice");
    }
}

#[test]
fn reading() {
    let mut failures = Failures::default();
    for (name, case) in load("reading") {
        let Some(input) = input(&case) else { continue };
        let options = options(&case);
        let expected = (expected(&case), text(&case["lastEventId"]));
        failures.check(&name, "whole", &run(&options, &[&input]), &expected);
        let single: Vec<&[u8]> = input.chunks(1).collect();
        failures.check(&name, "byte by byte", &run(&options, &single), &expected);
        for offset in offsets(input.len()) {
            let (before, after) = input.split_at(offset);
            let found = run(&options, &[before, after]);
            failures.check(&name, &format!("split at {offset}"), &found, &expected);
            if input.len() <= EVERY_OFFSET {
                let found = run(&options, &[before, &[], after]);
                failures.check(&name, &format!("split at {offset} by an empty chunk"), &found, &expected);
            }
        }
    }
    failures.none();
}

#[test]
fn reading_in_steps() {
    let mut failures = Failures::default();
    for (name, case) in load("reading") {
        let Some(steps) = case["steps"].as_array() else { continue };
        let mut parser = options(&case).parser();
        let mut last_event_id = String::new();
        for (number, step) in steps.iter().enumerate() {
            let mut found = Vec::new();
            if let Some(part) = step.get("feed") {
                parser.feed(&bytes(part), |item| found.push(Found::of(item)));
            } else if let Some(end) = step.get("end") {
                parser.end(end["flush"] == Value::Bool(true), |item| found.push(Found::of(item)));
            } else {
                assert_eq!(step["reset"], Value::Bool(true), "{name}: step {number} does nothing");
                parser.reset();
            }
            last_event_id = parser.last_event_id().to_str().into_owned();
            let expected_id = optional_text(&step["lastEventId"]).unwrap_or_else(|| last_event_id.clone());
            let found = (without_id_changed(found), last_event_id.clone());
            let expected = (items(&step["expected"]), expected_id);
            failures.check(&name, &format!("step {}", number + 1), &found, &expected);
        }
        failures.check(&name, "after all", &(vec![], last_event_id), &(vec![], text(&case["lastEventId"])));
    }
    failures.none();
}

/// The cases themselves are right: the standard, transcribed, finds the same.
#[test]
fn the_reference_agrees_with_the_reading_cases() {
    let mut failures = Failures::default();
    for (name, case) in load("reading") {
        let Some(input) = input(&case) else { continue };
        let (found, last_event_id) = reference::reference(&options(&case), &input);
        let expected = (expected(&case), text(&case["lastEventId"]));
        failures.check(&name, "reference", &(without_id_changed(found), last_event_id), &expected);
    }
    failures.none();
}

#[test]
fn writing() {
    let mut ran = 0;
    for (name, case) in load("writing") {
        if case["only"] == "js" {
            continue;
        }
        ran += 1;
        let mut out = b"before".to_vec();
        let mut error = None;
        for event in case["events"].as_array().unwrap() {
            let before = out.clone();
            if let Err(refused) = encode_event(event, &mut out) {
                assert_eq!(out, before, "{name}: an error must write nothing");
                error = Some(refused);
                break;
            }
        }
        assert_eq!(error, case["error"].as_str(), "{name}");
        if error.is_none() {
            let expected = [b"before".to_vec(), bytes(&case["expected"])].concat();
            assert_eq!(String::from_utf8(out), String::from_utf8(expected), "{name}");
        }
    }
    assert!(ran >= 60, "found only {ran} writing cases that Rust can run");
}

fn encode_event(event: &Value, out: &mut Vec<u8>) -> Result<(), &'static str> {
    let part = |name: &str| optional_text(&event[name]);
    let (event_type, id, data, comment) = (part("event"), part("id"), part("data"), part("comment"));
    let frame = Frame {
        event: event_type.as_deref(),
        id: id.as_deref(),
        retry: event["retry"].as_u64(),
        data: data.as_deref(),
        comment: comment.as_deref(),
    };
    encode(&frame, out).map_err(|error| {
        assert!(error.to_string().starts_with("expected an "), "{error}");
        error.code()
    })
}

//! Reads the cases of `tests/cases`, as its README describes them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::found::{Found, Options};

/// Every case of `tests/cases/<kind>`, named by its file and its name.
pub fn load(kind: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(kind);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let theme = file.file_stem().unwrap().to_string_lossy().into_owned();
        let Value::Array(array) = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap() else {
            panic!("expected an array of cases, found something else in {}", file.display());
        };
        cases.extend(array.into_iter().map(|case| (format!("{theme}: {}", string(&case["name"])), case)));
    }
    cases
}

pub fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("expected a string, found {value}"))
}

/// The bytes of a part: a string, `hex`, `repeat`, or a list of parts.
pub fn bytes(part: &Value) -> Vec<u8> {
    match part {
        Value::String(text) => text.clone().into_bytes(),
        Value::Array(parts) => parts.iter().flat_map(bytes).collect(),
        Value::Object(_) if part["hex"].is_string() => hex(string(&part["hex"])),
        Value::Object(_) if part["times"].is_u64() => {
            bytes(&part["repeat"]).repeat(part["times"].as_u64().unwrap() as usize)
        }
        _ => panic!("expected a part, found {part}"),
    }
}

pub fn text(part: &Value) -> String {
    String::from_utf8(bytes(part)).expect("expected text, found bytes that are not UTF-8")
}

/// The text of a part that may be missing.
pub fn optional_text(part: &Value) -> Option<String> {
    (!part.is_null()).then(|| text(part))
}

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    assert!(digits.len().is_multiple_of(2), "expected whole bytes in hexadecimal, found half of one");
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).expect("hexadecimal digits"))
        .collect()
}

/// The bytes of the whole input. For a case with steps, `None` where a step does anything but feed.
pub fn input(case: &Value) -> Option<Vec<u8>> {
    match case["steps"].as_array() {
        None => Some(bytes(&case["input"])),
        Some(steps) => {
            steps.iter().map(|step| step.get("feed").map(bytes)).collect::<Option<Vec<_>>>().map(|all| all.concat())
        }
    }
}

/// The items of the whole input.
pub fn expected(case: &Value) -> Vec<Found> {
    match case["steps"].as_array() {
        None => items(&case["expected"]),
        Some(steps) => steps.iter().flat_map(|step| items(&step["expected"])).collect(),
    }
}

/// The items of an `expected` list.
pub fn items(expected: &Value) -> Vec<Found> {
    expected.as_array().expect("expected items").iter().map(item).collect()
}

fn item(item: &Value) -> Found {
    let member = |name: &str| item.get(name).map(text);
    if let Some(event_type) = member("type") {
        let (data, last_event_id) = (text(&item["data"]), text(&item["lastEventId"]));
        return Found::Event { event_type, data, last_event_id, id_changed: false };
    }
    if let Some(name) = member("field") {
        return Found::Field { name, value: text(&item["value"]) };
    }
    if let Some(retry) = item.get("retry") {
        return Found::Retry(if retry == "huge" { u64::MAX } else { retry.as_u64().unwrap() });
    }
    if let Some(comment) = member("comment") {
        return Found::Comment(comment);
    }
    if let Some(id) = member("id") {
        return Found::LastEventId(id);
    }
    match item["error"].as_str() {
        Some("event-too-large") => Found::Error("event-too-large"),
        _ => panic!("expected an item, found {item}"),
    }
}

/// The cases do not say which events brought an id of their own.
pub fn without_id_changed(mut found: Vec<Found>) -> Vec<Found> {
    for item in &mut found {
        if let Found::Event { id_changed, .. } = item {
            *id_changed = false;
        }
    }
    found
}

pub fn options(case: &Value) -> Options {
    let options = &case["options"];
    Options {
        max_event_size: options["maxEventSize"].as_u64().map(|bytes| bytes as usize),
        last_event_id: optional_text(&options["lastEventId"]),
        flush: options["flush"].as_bool().unwrap_or(false),
    }
}

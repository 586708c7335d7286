//! Line → field.

use crate::buffer::Span;

/// What the standard knows a field by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Data,
    Event,
    Id,
    Retry,
    Comment,
    Unknown,
    /// An id that is none.
    Ignored,
}

/// The names are compared as numbers of eight bytes: one load and a comparison each.
const NAMES: [(Name, &[u8]); 5] = [
    (Name::Data, b"data"),
    (Name::Event, b"event"),
    (Name::Id, b"id"),
    (Name::Retry, b"retry"),
    // [spec] If the line starts with a U+003A COLON character (:), ignore the line.
    (Name::Comment, b""),
];

/// The name of the line from `start` to `end`, and its value. Eight bytes can be read from any place of it.
///
/// [spec] If the line contains a U+003A COLON character (:): the name is before the first one. Otherwise the whole line is the
/// name, and the value is the empty string. Field names must be compared literally, with no case folding performed.
#[inline(always)]
pub(crate) fn split(bytes: &[u8], start: usize, end: usize) -> (Name, Span) {
    let line = start..end;
    let word = word_at(bytes, start);
    if let Some(value) = value::<0>(word, &line) {
        (NAMES[0].0, value)
    } else if let Some(value) = value::<1>(word, &line) {
        (NAMES[1].0, value)
    } else if let Some(value) = value::<2>(word, &line) {
        (NAMES[2].0, value)
    } else if let Some(value) = value::<3>(word, &line) {
        (NAMES[3].0, value)
    } else if let Some(value) = value::<4>(word, &line) {
        (NAMES[4].0, value)
    } else {
        (Name::Unknown, Span { start, end })
    }
}

/// The value of a line that is data, as nearly every line is.
#[inline(always)]
pub(crate) fn data(bytes: &[u8], start: usize, end: usize) -> Option<Span> {
    value::<0>(word_at(bytes, start), &(start..end))
}

#[inline(always)]
fn word_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |word| u64::from_le_bytes(*word))
}

/// The value of a line that begins with `word`, if it has the name.
#[inline(always)]
fn value<const NAME: usize>(word: u64, line: &core::ops::Range<usize>) -> Option<Span> {
    let length = const { NAMES[NAME].1.len() };
    let (name, mask) = const { (number(NAMES[NAME].1), (1 << (8 * NAMES[NAME].1.len())) - 1) };
    let after = line.start + length;
    if word & mask != name || after > line.end {
        return None;
    }
    // Both fit into the word, and what ends the line is neither a colon nor a space.
    let start = match (word >> (8 * length)) as u8 {
        b':' => after + 1,
        _ if after == line.end => return Some(Span { start: after, end: after }),
        _ => return None,
    };
    // [spec] If value starts with a U+0020 SPACE character, remove it from value.
    let space = (word >> (8 * length + 8)) as u8 == b' ';
    Some(Span { start: start + usize::from(space), end: line.end })
}

const fn number(name: &[u8]) -> u64 {
    let (mut number, mut at) = (0, name.len());
    while at > 0 {
        at -= 1;
        number = number << 8 | name[at] as u64;
    }
    number
}

/// [spec] If the field value consists of only ASCII digits, then interpret the field value as an integer in base ten.
pub(crate) fn digits(value: &[u8]) -> Option<u64> {
    /// What can be multiplied by ten.
    const MOST: u64 = u64::MAX / 10;
    // Without `saturating_mul`, which takes 128 bits.
    let append = |number: u64, digit: u8| match number {
        _ if !digit.is_ascii_digit() => None,
        0..=MOST => Some((number * 10).saturating_add(u64::from(digit - b'0'))),
        _ => Some(u64::MAX),
    };
    if value.is_empty() { None } else { value.iter().try_fold(0, |number, &digit| append(number, digit)) }
}

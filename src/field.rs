//! Line → field.

/// What the standard knows a field by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Data,
    Event,
    Id,
    Retry,
    Comment,
    Unknown,
}

/// Where a line is to be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: Name,
    /// How many bytes the name has.
    pub(crate) name_len: usize,
    /// Where the value starts; it ends with the line.
    pub(crate) value: usize,
}

/// Cuts a line that is not empty.
#[inline(always)]
pub(crate) fn split(line: &[u8]) -> Field {
    // Nearly every line of a real stream.
    if line.starts_with(b"data:") {
        return Field { name: Name::Data, name_len: 4, value: value_start(line, 4) };
    }
    split_any(line)
}

#[inline(never)]
fn split_any(line: &[u8]) -> Field {
    // [spec] If the line contains a U+003A COLON character (:): the name is before the first one. Otherwise the whole line
    // is the name, and the value is the empty string.
    let name_len = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
    let name = match &line[..name_len] {
        b"data" => Name::Data,
        b"event" => Name::Event,
        b"id" => Name::Id,
        b"retry" => Name::Retry,
        // [spec] If the line starts with a U+003A COLON character (:), ignore the line.
        b"" => Name::Comment,
        _ => Name::Unknown,
    };
    Field { name, name_len, value: value_start(line, name_len) }
}

/// [spec] If value starts with a U+0020 SPACE character, remove it from value.
#[inline(always)]
fn value_start(line: &[u8], name_len: usize) -> usize {
    let after_colon = (name_len + 1).min(line.len());
    after_colon + usize::from(line.get(after_colon) == Some(&b' '))
}

/// [spec] If the field value consists of only ASCII digits, then interpret the field value as an integer in base ten.
pub(crate) fn digits(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(value.iter().fold(0, |number: u64, &digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))))
}

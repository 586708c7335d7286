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
pub(crate) fn split(line: &[u8]) -> Field {
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
    let after_colon = (name_len + 1).min(line.len());
    // [spec] If value starts with a U+0020 SPACE character, remove it from value.
    Field { name, name_len, value: after_colon + usize::from(line.get(after_colon) == Some(&b' ')) }
}

/// [spec] If the field value consists of only ASCII digits, then interpret the field value as an integer in base ten.
pub(crate) fn digits(value: &[u8]) -> Option<u64> {
    /// What can be multiplied by ten.
    const MOST: u64 = u64::MAX / 10;
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // Without `saturating_mul`, which takes 128 bits.
    let append = |number: u64, digit: u8| match number {
        0..=MOST => (number * 10).checked_add(u64::from(digit - b'0')).unwrap_or(u64::MAX),
        _ => u64::MAX,
    };
    Some(value.iter().fold(0, |number, &digit| append(number, digit)))
}

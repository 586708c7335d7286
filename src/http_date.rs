//! `Retry-After`: seconds, or one of the three forms of an HTTP date (RFC 9110, sections 5.6.7 and 10.2.3).

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// How many milliseconds a `Retry-After` header asks to wait, 0 for a date that is past, `None` for anything malformed.
/// `wall` is the time in milliseconds since 1970.
pub(crate) fn retry_after(value: &str, wall: u64) -> Option<u64> {
    let value = value.as_bytes().trim_ascii();
    match crate::field::digits(value) {
        Some(seconds) => Some(seconds.saturating_mul(1_000)),
        None => Some((http_date(value, wall)?.saturating_mul(1_000) as u64).saturating_sub(wall)),
    }
}

/// Seconds from 1970 to the date, 0 for one before.
fn http_date(text: &[u8], wall: u64) -> Option<i64> {
    let name = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (name, rest) = text.split_at(name);
    let short = DAYS.iter().any(|day| &day.as_bytes()[..3] == name);
    let long = DAYS.iter().any(|day| day.as_bytes() == name);

    let (day, month, year, time) = if short && fits(rest, b", 00 aaa 0000 00:00:00 GMT") {
        (2, 5, number(&rest[9..13]), 14)
    } else if short && fits(rest, b" aaa _0 00:00:00 0000") {
        (5, 1, number(&rest[17..21]), 8)
    } else if long && fits(rest, b", 00-aaa-00 00:00:00 GMT") {
        (2, 5, full_year(number(&rest[9..11]), wall), 12)
    } else {
        return None;
    };
    let month = MONTHS.chunks_exact(3).position(|name| name == &rest[month..month + 3])? as i64;
    let at = |from: usize| number(&rest[from..from + 2]);
    let (day, hour, minute, second) = (at(day), at(time), at(time + 3), at(time + 6));
    // 60 is a leap second.
    if day < 1 || day > month_length(year, month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some((((days_to(year, month, day) * 24 + hour) * 60 + minute) * 60 + second).max(0))
}

/// Whether `text` has the form of `pattern`: `0` is a digit, `_` a digit or a space, `a` a letter, others themselves.
fn fits(text: &[u8], pattern: &[u8]) -> bool {
    text.len() == pattern.len()
        && text.iter().zip(pattern).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'_' => byte.is_ascii_digit() || *byte == b' ',
            b'a' => byte.is_ascii_alphabetic(),
            _ => byte == form,
        })
}

/// The number that ASCII digits make; a space counts as 0.
fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit & 15))
}

/// RFC 9110: a two-digit year that appears to be more than 50 years in the future is the most recent one in the past that
/// has the same digits.
fn full_year(digits: i64, wall: u64) -> i64 {
    const MEAN_YEAR_MS: u64 = 31_556_952_000;
    let latest = 1970 + (wall / MEAN_YEAR_MS) as i64 + 50;
    latest - (latest - digits) % 100
}

/// How many days a month has, counted from 0.
fn month_length(year: i64, month: i64) -> i64 {
    match month {
        1 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date with its month counted from 0.
fn days_to(year: i64, month: i64, day: i64) -> i64 {
    // Years from March to February put the leap day at the end; `(153 * months + 2) / 5` is the days before a month then.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 719_469
}

//! `Retry-After`: seconds, or one of the three forms of an HTTP date (RFC 9110, sections 5.6.7 and 10.2.3).
#![cfg_attr(feature = "npm", allow(dead_code, reason = "JavaScript reads dates itself: 0.8 KB gzip less"))]

/// What follows the name of the day, which says nothing that the date does not. A small letter is a digit, but `m` a letter
/// of the month's name; `D` is a digit or a space.
const FORMS: [&[u8]; 3] = [b", dd mmm yyyy hh:nn:ss GMT", b", dd-mmm-yy hh:nn:ss GMT", b" mmm Dd hh:nn:ss yyyy"];
const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// How many milliseconds a `Retry-After` header asks to wait, 0 for a date that is past, `None` for anything malformed.
/// `wall` is the time in milliseconds since 1970.
pub(crate) fn retry_after(value: &str, wall: u64) -> Option<u64> {
    let value = value.as_bytes().trim_ascii();
    match crate::field::digits(value) {
        Some(seconds) => Some(seconds.saturating_mul(1_000)),
        None if cfg!(feature = "npm") => None,
        None => Some((http_date(value, wall)? as u64 * 1_000).saturating_sub(wall)),
    }
}

/// Seconds from 1970 to the date, 0 for one before.
fn http_date(text: &[u8], wall: u64) -> Option<i64> {
    let name = text.iter().position(|byte| !byte.is_ascii_alphabetic()).filter(|&length| length >= 3)?;
    let fields = FORMS.iter().find_map(|form| scan(&text[name..], form))?;
    let field = |letter| fields[slot(letter)];
    let (day, hour, minute, second) = (field(b'd'), field(b'h'), field(b'n'), field(b's'));
    let month = MONTHS.chunks_exact(3).position(|name| name.iter().fold(0, push_letter) == field(b'm'))? as i64;
    let year = match field(b'y') {
        digits @ 0..100 => full_year(digits, wall),
        year => year,
    };
    let first = days_to(year, month);
    // 60 is a leap second.
    if day < 1 || day > days_to(year, month + 1) - first || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(((((first + day - 1) * 24 + hour) * 60 + minute) * 60 + second).max(0))
}

/// The fields of a text of this form, each in the [`slot`] of its letter.
// Not inlined, as `days_to` below: one copy is enough.
#[inline(never)]
fn scan(text: &[u8], form: &[u8]) -> Option<[i64; 8]> {
    let mut fields = [0; 8];
    if text.len() != form.len() {
        return None;
    }
    for (byte, &form) in text.iter().zip(form) {
        let field = &mut fields[slot(form)];
        match form {
            b'm' => *field = push_letter(*field, byte),
            b'D' if *byte == b' ' => {}
            b'D' | b'a'..=b'z' if byte.is_ascii_digit() => *field = *field * 10 + i64::from(byte & 15),
            b'D' | b'a'..=b'z' => return None,
            _ if *byte != form => return None,
            _ => {}
        }
    }
    Some(fields)
}

/// Different for each of d, h, m, n, s and y, and the same for D as for d.
const fn slot(letter: u8) -> usize {
    (letter & 7) as usize
}

fn push_letter(name: i64, letter: &u8) -> i64 {
    name << 8 | i64::from(*letter)
}

/// RFC 9110: a two-digit year that appears to be more than 50 years in the future is the most recent one in the past that
/// has the same digits.
fn full_year(digits: i64, wall: u64) -> i64 {
    const MEAN_YEAR_MS: u64 = 31_556_952_000;
    let latest = 1970 + (wall / MEAN_YEAR_MS) as i64 + 50;
    latest - (latest - digits) % 100
}

/// Days from 1970-01-01 to the first of a month, which is counted from 0; 12 is the January that follows.
#[inline(never)]
fn days_to(year: i64, month: i64) -> i64 {
    // Years from March to February put the leap day at the end; `(153 * months + 2) / 5` is the days before a month then.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 - 719_468
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;

    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    /// 1994-11-06T08:49:37Z, the example of RFC 9110.
    const EXAMPLE: u64 = 784_111_777_000;

    #[test]
    fn the_three_forms_of_a_date_are_the_same_moment() {
        for form in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(retry_after(form, EXAMPLE - 5_250), Some(5_250), "{form}");
            assert_eq!(retry_after(form, EXAMPLE + 1), Some(0), "{form} is past");
        }
    }

    #[test]
    fn every_day_is_where_a_plain_count_puts_it() {
        let (mut year, mut month, mut day) = (1970, 0, 1);
        for days in 0..60_000_u64 {
            let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            let lengths = [31, 28 + u64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            let name = std::str::from_utf8(&MONTHS[month * 3..][..3]).unwrap();
            let weekday = DAYS[(days as usize + 3) % 7];
            let wall = (days * 86_400 + 86_399) * 1_000;
            for date in [
                format!("{}, {day:02} {name} {year} 23:59:59 GMT", &weekday[..3]),
                format!("{weekday}, {day:02}-{name}-{:02} 23:59:59 GMT", year % 100),
                format!("{} {name} {day:2} 23:59:59 {year}", &weekday[..3]),
            ] {
                assert_eq!(http_date(date.as_bytes(), wall).unwrap() as u64 * 1_000, wall, "{date}");
            }
            // One day further, and none beyond the end of the month.
            day += 1;
            if day > lengths[month] {
                let beyond = format!("{}, {day:02} {name} {year} 00:00:00 GMT", &weekday[..3]);
                assert_eq!(http_date(beyond.as_bytes(), wall), None, "{beyond}");
                (month, day) = ((month + 1) % 12, 1);
                year += u64::from(month == 0);
            }
        }
        assert!(year > 2130, "the count goes beyond 2100, which is no leap year");
    }

    #[test]
    fn seconds_are_a_whole_number_of_any_size() {
        for (value, expected) in [
            ("0", 0),
            ("120", 120_000),
            ("007", 7_000),
            (" \t120 ", 120_000),
            ("99999999999999999999", u64::MAX),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(retry_after(value, 0), Some(expected), "{value:?}");
        }
    }

    #[test]
    fn what_is_malformed_gives_nothing() {
        for value in [
            "",
            " ",
            "-1",
            "+5",
            "1.5",
            "1e3",
            "5s",
            "0x10",
            "٣",
            "120, 120",
            "soon",
            "Sun",
            "Sunday,",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT+1",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 06 anF 1994 08:49:37 GMT",
            "Sun, 06 nnn 1994 08:49:37 GMT",
            "Sun, dd Nov yyyy hh:nn:ss GMT",
            "Sun, 06 Nov 1994 08:49:3s GMT",
            "Sun,  6 Nov 1994 08:49:37 GMT",
            ", 06 Nov 1994 08:49:37 GMT",
            "Su, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "1un, 06 Nov 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  0 08:49:37 1994",
            "Sun Nov 06 08:49:37 1994 GMT",
            "1994-11-06T08:49:37Z",
            "Sün, 06 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(retry_after(value, 0), None, "{value:?}");
        }
    }

    #[test]
    fn a_two_digit_year_is_the_last_one_within_fifty_years() {
        // 2026-11-21.
        let now = 1_795_219_200_000;
        for (digits, year) in [("26", 2026), ("27", 2027), ("76", 2076), ("77", 1977), ("99", 1999), ("00", 2000)] {
            let short = format!("Sunday, 01-Mar-{digits} 00:00:00 GMT");
            let full = format!("Sun, 01 Mar {year} 00:00:00 GMT");
            assert_eq!(http_date(short.as_bytes(), now), http_date(full.as_bytes(), now), "{digits}");
        }
    }

    #[test]
    fn a_leap_second_and_a_date_before_1970_are_dates() {
        assert_eq!(http_date(b"Sat, 31 Dec 2016 23:59:60 GMT", 0), Some(1_483_228_800));
        assert_eq!(http_date(b"Wed, 31 Dec 1969 23:59:59 GMT", 0), Some(0));
        assert_eq!(http_date(b"Fri, 01 Jan 0100 00:00:00 GMT", 0), Some(0));
        assert_eq!(retry_after("Fri, 31 Dec 9999 23:59:59 GMT", 0), Some(253_402_300_799_000));
    }

    mod properties {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            #[test]
            fn no_value_and_no_clock_panics(value: String, wall: u64) {
                let _ = retry_after(&value, wall);
            }

            #[test]
            fn nothing_near_a_date_panics(at in 0_usize..29, byte in b' '..=b'~', wall: u64, form in 0_usize..3) {
                let forms: [&[u8]; 3] =
                    [b"Sun, 06 Nov 1994 08:49:37 GMT", b"Sunday, 06-Nov-94 08:49:37 GMT", b"Sun Nov  6 08:49:37 1994"];
                let mut date = forms[form].to_vec();
                let at = at % date.len();
                date[at] = byte;
                let _ = http_date(&date, wall);
                let _ = http_date(&date[at..], wall);
            }
        }
    }
}

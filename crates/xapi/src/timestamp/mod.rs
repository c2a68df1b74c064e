//! Timestamps: a strict gate, the text kept, microseconds for ordering
//! (1.0.3 Data 4.5: ISO 8601; 9274.1.1 4.2.7: RFC 3339).
//!
//! 1.0.3 takes ISO 8601's combined date and time, extended or basic, with calendar, ordinal or week
//! dates, with or without an offset (then it is read as UTC). 2.0 takes RFC 3339. Both refuse an
//! offset of minus zero, which RFC 3339 gives the meaning "offset unknown" and the conformance
//! suite refuses.

mod cursor;

use crate::version::Version;
use cursor::{Cursor, Zone};
use time::Date;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A point in time as received.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Timestamp<'a> {
    /// Microseconds since 1970-01-01T00:00:00Z. Finer digits are cut; a leap second counts as the
    /// last microsecond before it ends, so that order is kept.
    pub micros: i64,
    /// The received text.
    pub text: &'a str,
    /// Whether the text already is what [`to_utc`] would make of it.
    pub is_utc: bool,
}

/// Reads `text` by the rules of `version`; the error says in words what is wrong.
pub fn parse(text: &str, version: Version) -> Result<Timestamp<'_>, &'static str> {
    let moment = Moment::read(text, version)?;
    let is_utc = moment.separator == 'T' && moment.zone == Zone::Zulu;
    Ok(Timestamp { micros: moment.micros()?, text, is_utc })
}

/// `micros` since 1970 UTC as text, always with six digits after the second.
///
/// Years outside 0000 to 9999 have no such text; they are clamped.
pub fn format_micros(micros: i64) -> String {
    let micros = micros.clamp(FIRST, LAST);
    let (date, time) = (date_of(micros.div_euclid(DAY)), micros.rem_euclid(DAY));
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time / HOUR,
        time / MINUTE % 60,
        time / SECOND % 60,
        time % SECOND
    )
}

/// An RFC 3339 text in UTC, written with `T` and `Z`; the digits after the second stay as they are.
///
/// What is not RFC 3339, or leaves the years 0000 to 9999 on the way, is given back unchanged.
pub fn to_utc(text: &str) -> String {
    converted(text).unwrap_or_else(|| text.to_owned())
}

/// 0000-01-01T00:00:00Z and the last microsecond of 9999.
const FIRST: i64 = -719_528 * DAY;
const LAST: i64 = 2_932_897 * DAY - 1;

fn converted(text: &str) -> Option<String> {
    let moment = Moment::read(text, Version::V2).ok()?;
    let minutes = moment.micros_to_the_minute();
    if !(FIRST..=LAST).contains(&minutes) {
        return None;
    }
    let head = format_micros(minutes);
    let head = head.get(.."0000-00-00T00:00:".len())?;
    let fraction = if moment.fraction.is_empty() { "" } else { "." };
    Some(format!("{head}{:02}{fraction}{}Z", moment.second, moment.fraction))
}

fn date_of(days_since_1970: i64) -> Date {
    const EPOCH: i32 = 2_440_588;
    i32::try_from(days_since_1970)
        .ok()
        .and_then(|days| Date::from_julian_day(EPOCH + days).ok())
        .expect("clamped to the years 0000 to 9999")
}

/// A timestamp's parts, each in its range.
struct Moment<'a> {
    date: Date,
    separator: char,
    hour: u8,
    minute: u8,
    second: u8,
    fraction: &'a str,
    zone: Zone,
}

const SHAPE: &str = "the text is not shaped like a date with a time";
const TIME: &str = "there is no such time of day";

impl<'a> Moment<'a> {
    fn read(text: &'a str, version: Version) -> Result<Self, &'static str> {
        let mut cursor = Cursor::new(text);
        let date = match version {
            Version::V1 => cursor.iso_date()?,
            Version::V2 => cursor.calendar_date()?,
        };
        let separator = cursor.next().ok_or(SHAPE)?;
        match (separator, version) {
            ('T', _) | ('t' | ' ', Version::V2) => {}
            _ => return Err(SHAPE),
        }
        let (hour, minute, second) = match version {
            Version::V1 => cursor.iso_time()?,
            Version::V2 => cursor.time()?,
        };
        let fraction = cursor.fraction(version)?;
        let zone = cursor.zone(version)?;
        let moment = Self { date, separator, hour, minute, second, fraction, zone };
        moment.in_range(version)?;
        Ok(moment)
    }

    fn in_range(&self, version: Version) -> Result<(), &'static str> {
        let last = self.hour == 24 && version == Version::V1;
        let zeros =
            self.minute == 0 && self.second == 0 && self.fraction.bytes().all(|b| b == b'0');
        if (self.hour > 23 && !(last && zeros)) || self.minute > 59 || self.second > 60 {
            return Err(TIME);
        }
        Ok(())
    }

    fn micros_to_the_minute(&self) -> i64 {
        const EPOCH: i64 = 2_440_588;
        let offset = match self.zone {
            Zone::None | Zone::Zulu => 0,
            Zone::Offset(minutes) => minutes * MINUTE,
        };
        (i64::from(self.date.to_julian_day()) - EPOCH) * DAY
            + i64::from(self.hour) * HOUR
            + i64::from(self.minute) * MINUTE
            - offset
    }

    fn micros(&self) -> Result<i64, &'static str> {
        let minute = self.micros_to_the_minute();
        if self.second == 60 {
            // Leap seconds end the last day of a month, in UTC.
            let next = (minute + MINUTE).clamp(FIRST, LAST);
            let ends_month = next.rem_euclid(DAY) == 0 && date_of(next.div_euclid(DAY)).day() == 1;
            return if ends_month { Ok(minute + MINUTE - 1) } else { Err(TIME) };
        }
        let digits = self.fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
        let fraction = digits.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        Ok(minute + i64::from(self.second) * SECOND + fraction)
    }
}

#[cfg(test)]
mod tests;

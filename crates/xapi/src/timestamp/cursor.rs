//! Reads the parts of a timestamp, one after the other (ISO 8601:2004 4.1 to 4.3; RFC 3339 5.6).

use super::SHAPE;
use crate::version::Version;
use time::{Date, Month, Weekday};

const DATE: &str = "there is no such date";
const OFFSET: &str = "the offset from UTC is not valid";

/// The offset from UTC.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(super) enum Zone {
    /// Not said.
    None,
    /// `Z`
    Zulu,
    /// Minutes east of UTC.
    Offset(i64),
}

/// What is left to read of a timestamp.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let mut rest = self.rest.chars();
        let first = rest.next()?;
        self.rest = rest.as_str();
        Some(first)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.rest.as_bytes().first() == Some(&byte);
        if found {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), &'static str> {
        if self.eat(byte) { Ok(()) } else { Err(SHAPE) }
    }

    fn run(&self) -> usize {
        self.rest.bytes().take_while(u8::is_ascii_digit).count()
    }

    fn number(&mut self, digits: usize) -> Result<u16, &'static str> {
        let (number, rest) = self.rest.split_at_checked(digits).ok_or(SHAPE)?;
        self.rest = rest;
        number.bytes().try_fold(0, |sum, byte| match byte {
            b'0'..=b'9' => Ok(sum * 10 + u16::from(byte - b'0')),
            _ => Err(SHAPE),
        })
    }

    fn two(&mut self) -> Result<u8, &'static str> {
        self.number(2).map(|number| u8::try_from(number).expect("two digits"))
    }

    /// `YYYY-MM-DD`
    pub(super) fn calendar_date(&mut self) -> Result<Date, &'static str> {
        let year = self.number(4)?;
        self.expect(b'-')?;
        let month = self.two()?;
        self.expect(b'-')?;
        let day = self.two()?;
        calendar(year, month, day)
    }

    /// Calendar, ordinal or week date, extended or basic.
    pub(super) fn iso_date(&mut self) -> Result<Date, &'static str> {
        let year = self.number(4)?;
        let extended = self.eat(b'-');
        if self.eat(b'W') {
            let week = self.two()?;
            if extended {
                self.expect(b'-')?;
            }
            let day = self.number(1)?;
            return week_date(year, week, day);
        }
        if self.run() == 3 {
            let day = self.number(3)?;
            return Date::from_ordinal_date(i32::from(year), day).ok().ok_or(DATE);
        }
        let month = self.two()?;
        if extended {
            self.expect(b'-')?;
        }
        let day = self.two()?;
        calendar(year, month, day)
    }

    /// `hh:mm:ss`
    pub(super) fn time(&mut self) -> Result<(u8, u8, u8), &'static str> {
        let hour = self.two()?;
        self.expect(b':')?;
        let minute = self.two()?;
        self.expect(b':')?;
        Ok((hour, minute, self.two()?))
    }

    /// `hh:mm:ss` or `hh:mm`, with or without the colons.
    pub(super) fn iso_time(&mut self) -> Result<(u8, u8, u8), &'static str> {
        let hour = self.two()?;
        let extended = self.eat(b':');
        let minute = self.two()?;
        let seconds = if extended { self.eat(b':') } else { self.run() > 0 };
        let second = if seconds { self.two()? } else { 0 };
        Ok((hour, minute, second))
    }

    pub(super) fn fraction(&mut self, version: Version) -> Result<&'a str, &'static str> {
        let comma = version == Version::V1;
        if !(self.eat(b'.') || comma && self.eat(b',')) {
            return Ok("");
        }
        let (digits, rest) = self.rest.split_at_checked(self.run()).ok_or(SHAPE)?;
        self.rest = rest;
        if digits.is_empty() { Err(SHAPE) } else { Ok(digits) }
    }

    pub(super) fn zone(&mut self, version: Version) -> Result<Zone, &'static str> {
        match (self.next(), version) {
            (None, Version::V1) => Ok(Zone::None),
            (None, Version::V2) => Err("the offset from UTC is missing"),
            (Some('Z'), _) if self.rest.is_empty() => Ok(Zone::Zulu),
            (Some('z'), Version::V2) if self.rest.is_empty() => Ok(Zone::Offset(0)),
            (Some('+'), _) => self.offset(version).map(Zone::Offset),
            (Some('-'), _) => match self.offset(version)? {
                0 => Err("an offset of minus zero says that the offset is not known"),
                minutes => Ok(Zone::Offset(-minutes)),
            },
            _ => Err(SHAPE),
        }
    }

    fn offset(&mut self, version: Version) -> Result<i64, &'static str> {
        let hours = self.two().ok().ok_or(OFFSET)?;
        let minutes = match version {
            Version::V1 if self.rest.is_empty() => 0,
            Version::V1 => {
                self.eat(b':');
                self.two().ok().ok_or(OFFSET)?
            }
            Version::V2 if self.eat(b':') => self.two().ok().ok_or(OFFSET)?,
            Version::V2 => return Err(OFFSET),
        };
        if hours > 23 || minutes > 59 || !self.rest.is_empty() {
            return Err(OFFSET);
        }
        Ok(i64::from(hours) * 60 + i64::from(minutes))
    }
}

fn calendar(year: u16, month: u8, day: u8) -> Result<Date, &'static str> {
    let month = Month::try_from(month).ok().ok_or(DATE)?;
    Date::from_calendar_date(i32::from(year), month, day).ok().ok_or(DATE)
}

fn week_date(year: u16, week: u8, day: u16) -> Result<Date, &'static str> {
    let day = match day {
        1..=7 => Weekday::Monday.nth_next(u8::try_from(day - 1).expect("one digit")),
        _ => return Err(DATE),
    };
    Date::from_iso_week_date(i32::from(year), week, day).ok().ok_or(DATE)
}

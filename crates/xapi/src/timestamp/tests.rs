//! The gate row by row, and the `time` crate as an oracle for RFC 3339.

use super::{FIRST, LAST, format_micros, parse, to_utc};
use crate::version::Version::{V1, V2};
use proptest::prelude::*;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[test]
fn accepted() {
    const NOON: i64 = 1_795_269_900_601_000;
    for (text, v1, v2) in [
        ("2026-11-21T14:05:00.601Z", Some(NOON), Some(NOON)),
        ("2026-11-21T14:05:00.601+00:00", Some(NOON), Some(NOON)),
        ("2026-11-21T15:35:00.601+01:30", Some(NOON), Some(NOON)),
        ("2026-11-21T09:05:00.601-05:00", Some(NOON), Some(NOON)),
        ("2026-11-21T14:05:00.601000999Z", Some(NOON), Some(NOON)),
        ("2026-11-21 14:05:00.601+00:00", None, Some(NOON)),
        ("2026-11-21t14:05:00.601z", None, Some(NOON)),
        ("2026-11-21T14:05:00.601", Some(NOON), None),
        ("2026-11-21T14:05:00,601Z", Some(NOON), None),
        ("2026-11-21T14:05:00.601+0000", Some(NOON), None),
        ("2026-11-21T14:05:00.601+00", Some(NOON), None),
        ("20261121T140500.601Z", Some(NOON), None),
        ("20261121T153500.601+0130", Some(NOON), None),
        ("2026-325T14:05:00.601Z", Some(NOON), None),
        ("2026325T14:05:00.601Z", Some(NOON), None),
        ("2026-W47-6T14:05:00.601Z", Some(NOON), None),
        ("2026W476T140500.601Z", Some(NOON), None),
        ("2026-11-21T14:05Z", Some(NOON - 601_000), None),
        ("20261121T1405Z", Some(NOON - 601_000), None),
        ("1970-01-01T00:00:00Z", Some(0), Some(0)),
        ("1969-12-31T23:59:59.999999Z", Some(-1), Some(-1)),
        ("1969-12-31T24:00:00Z", Some(0), None),
        ("1990-12-31T23:59:60Z", Some(662_687_999_999_999), Some(662_687_999_999_999)),
        ("1990-12-31T15:59:60.5-08:00", Some(662_687_999_999_999), Some(662_687_999_999_999)),
    ] {
        assert_eq!(parse(text, V1).ok().map(|at| at.micros), v1, "{text} 1.0.3");
        assert_eq!(parse(text, V2).ok().map(|at| at.micros), v2, "{text} 2.0");
    }
}

#[test]
fn refused() {
    for text in [
        "",
        "tomorrow",
        "21/11/2026",
        "2026-11-21",
        "2026-11-21T",
        "2026-11-21T15Z",
        "2026-11-21T14:05:00.601-00",
        "2026-11-21T14:05:00.601-0000",
        "2026-11-21T14:05:00.601-00:00",
        "2026-11-21T14:05:00.Z",
        "2026-11-21T14:05:00.601+24:00",
        "2026-11-21T14:05:00.601+01:60",
        "2026-11-21T14:05:00.601+01:0",
        "2026-11-21T14:05:00.601+1:00",
        "2026-11-21T14:05:00.601Z ",
        " 2026-11-21T14:05:00.601Z",
        "2026-11-21T14:05:00.601ZZ",
        "2008-9-15T14:05:00Z",
        "2008-02-30T14:05:00Z",
        "2007-02-29T14:05:00Z",
        "2008-13-01T14:05:00Z",
        "2008-00-01T14:05:00Z",
        "2008-09-00T14:05:00Z",
        "2026-11-21T25:00:00Z",
        "2026-11-21T24:00:01Z",
        "2026-11-21T23:60:00Z",
        "2026-11-21T23:59:61Z",
        "2026-11-21T12:30:60Z",
        "2008-W54-1T00:00:00Z",
        "2008-W38-8T00:00:00Z",
        "2008-W38-0T00:00:00Z",
        "2007-366T00:00:00Z",
        "+2026-11-21T14:05:00Z",
        "12026-11-21T14:05:00Z",
        "2026-11-21T14:05:00\u{661}Z",
        "２008-09-15T14:05:00Z",
        "é",
        "2026-11-21T14:05:00é",
    ] {
        assert!(parse(text, V1).is_err(), "{text} 1.0.3");
        assert!(parse(text, V2).is_err(), "{text} 2.0");
    }
}

#[test]
fn utc_keeps_the_digits() {
    for (text, expected) in [
        ("2026-11-21T14:05:00.601Z", "2026-11-21T14:05:00.601Z"),
        ("2026-11-21 14:05:00.601+00:00", "2026-11-21T14:05:00.601Z"),
        ("2026-11-21t14:05:00z", "2026-11-21T14:05:00Z"),
        ("2008-12-31T23:30:00.1234567890-05:30", "2009-01-01T05:00:00.1234567890Z"),
        ("1990-12-31T15:59:60-08:00", "1990-12-31T23:59:60Z"),
        ("0000-01-01T00:00:00+01:00", "0000-01-01T00:00:00+01:00"),
        ("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59-01:00"),
        ("not a time", "not a time"),
    ] {
        assert_eq!(to_utc(text), expected, "{text}");
    }
    assert!(parse("2026-11-21T14:05:00Z", V2).is_ok_and(|at| at.is_utc));
    assert!(parse("2026-11-21T14:05:00+00:00", V2).is_ok_and(|at| !at.is_utc));
}

#[test]
fn formats_six_digits() {
    assert_eq!(format_micros(0), "1970-01-01T00:00:00.000000Z");
    assert_eq!(format_micros(-1), "1969-12-31T23:59:59.999999Z");
    assert_eq!(format_micros(1_795_244_400_123_456), "2026-11-21T07:00:00.123456Z");
    assert_eq!(format_micros(i64::MIN), "0000-01-01T00:00:00.000000Z");
    assert_eq!(format_micros(i64::MAX), "9999-12-31T23:59:59.999999Z");
}

fn oracle(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1000)).ok()
}

proptest! {
    #[test]
    fn what_is_formatted_is_read_back(micros in FIRST..=LAST) {
        let text = format_micros(micros);
        prop_assert_eq!(parse(&text, V2).map(|at| (at.micros, at.is_utc)), Ok((micros, true)));
        prop_assert_eq!(parse(&text, V1).map(|at| at.micros), Ok(micros));
        prop_assert_eq!(oracle(&text), Some(micros));
    }

    #[test]
    fn agrees_with_the_oracle(
        text in "[012][09][0-9]{2}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,9})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])",
    ) {
        prop_assume!(!text.ends_with("-00:00"));
        prop_assert_eq!(parse(&text, V2).ok().map(|at| at.micros), oracle(&text));
    }

    #[test]
    fn utc_is_the_same_moment(
        text in "2[09][0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,12})?([Zz]|[+-][01][0-9]:[0-5][0-9])",
    ) {
        if let Ok(before) = parse(&text, V2) {
            let utc = to_utc(&text);
            let after = parse(&utc, V2).expect("what was converted is still a time");
            prop_assert_eq!((before.micros, true), (after.micros, after.is_utc));
            prop_assert_eq!(to_utc(&utc), utc.clone());
        }
    }

    #[test]
    fn never_panics(text in "[0-9TWZtz:., +é-]{0,40}") {
        prop_assert_eq!(parse(&text, V1).is_err(), parse(&text, V1).is_err());
        prop_assert!(!to_utc(&text).is_empty() || text.is_empty());
    }
}

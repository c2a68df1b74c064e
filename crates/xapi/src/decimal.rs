//! JSON numbers compared as the decimals that they are, whatever their size.
//!
//! `1E400` and the hundredth digit count: no number becomes a float here.

use std::cmp::Ordering;

/// Compares two JSON numbers by value. Both texts must be numbers as JSON writes them.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Decimal::of(a), Decimal::of(b));
    a.sign.cmp(&b.sign).then_with(|| match a.sign {
        Sign::Minus => b.magnitude(&a),
        Sign::Zero => Ordering::Equal,
        Sign::Plus => a.magnitude(&b),
    })
}

/// The number as an integer, if it is one from 0 to `u64::MAX`, as in `3`, `3.0` and `3e2`.
pub fn to_u64(text: &str) -> Option<u64> {
    let decimal = Decimal::of(text);
    let places = match decimal.sign {
        Sign::Minus => return None,
        Sign::Zero => return Some(0),
        Sign::Plus => u32::try_from(decimal.exponent).ok()?,
    };
    let count = u32::try_from(decimal.digits().count()).ok()?;
    let digits = decimal
        .digits()
        .try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))?;
    digits.checked_mul(10_u64.checked_pow(places.checked_sub(count)?)?)
}

/// A text that is the same for every way to write one number.
pub(crate) fn normal(text: &str) -> String {
    let decimal = Decimal::of(text);
    let Decimal { sign, whole, fraction, exponent } = &decimal;
    match sign {
        Sign::Zero => "0".to_owned(),
        // The exponent did not fit: only the text itself tells such numbers apart.
        _ if matches!(*exponent, i64::MIN | i64::MAX) => text.to_owned(),
        Sign::Minus => format!("-0.{whole}{fraction}e{exponent}"),
        Sign::Plus => format!("0.{whole}{fraction}e{exponent}"),
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Minus,
    Zero,
    Plus,
}

/// A number as `0.d1d2d3… × 10^exponent` with `d1` not zero and no trailing zeros.
struct Decimal<'a> {
    sign: Sign,
    /// The digits before and after the point, without the zeros that lead or trail the whole.
    whole: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl<'a> Decimal<'a> {
    fn of(text: &'a str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        let significant = fraction.trim_start_matches('0');
        let shift = if whole.is_empty() {
            -length(fraction).saturating_sub(length(significant))
        } else {
            length(whole)
        };
        // An exponent beyond 64 bits is as good as infinite against any that fits.
        let limit = if power.starts_with('-') { i64::MIN } else { i64::MAX };
        let exponent = power.parse::<i64>().unwrap_or(limit).saturating_add(shift);
        let (whole, fraction) = match (whole.is_empty(), fraction.is_empty()) {
            (true, _) => ("", significant),
            (false, true) => (whole.trim_end_matches('0'), ""),
            (false, false) => (whole, fraction),
        };
        let sign = match (whole.is_empty() && fraction.is_empty(), negative) {
            (true, _) => Sign::Zero,
            (false, true) => Sign::Minus,
            (false, false) => Sign::Plus,
        };
        Self { sign, whole, fraction, exponent }
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole.bytes().chain(self.fraction.bytes())
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        self.exponent.cmp(&other.exponent).then_with(|| self.digits().cmp(other.digits()))
    }
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{compare, to_u64};
    use proptest::prelude::*;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn table() {
        for (a, expected, b) in [
            ("1", Equal, "1.0"),
            ("1", Equal, "10e-1"),
            ("0", Equal, "-0.0e7"),
            ("100", Equal, "1E2"),
            ("0.001", Equal, "1e-3"),
            ("1E400", Greater, "1E399"),
            ("-1E400", Less, "-1E399"),
            ("1.00000000000000000000000001", Greater, "1"),
            ("-1.00001", Less, "-1"),
            ("0.5", Less, "0.50001"),
            ("9", Less, "10"),
            ("-9", Greater, "-10"),
            ("1e99999999999999999999999", Greater, "1e400"),
            ("1e-99999999999999999999999", Less, "1e-400"),
            ("-1", Less, "0"),
            ("0", Less, "1e-99999999999999999999999"),
        ] {
            assert_eq!(compare(a, b), expected, "{a} {b}");
            assert_eq!(compare(b, a), expected.reverse(), "{b} {a}");
        }
    }

    #[test]
    fn integers() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-0.0", Some(0)),
            ("3", Some(3)),
            ("3.0", Some(3)),
            ("1.50e1", Some(15)),
            ("3e2", Some(300)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("0.1", None),
            ("1.55e1", None),
            ("1E400", None),
            ("1e99999999999999999999", None),
        ] {
            assert_eq!(to_u64(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_integers(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, shift in 0_usize..9) {
            let text = |n: i64| format!("{n}{}e-{shift}", "0".repeat(shift));
            prop_assert_eq!(compare(&text(a), &b.to_string()), a.cmp(&b));
        }
    }
}

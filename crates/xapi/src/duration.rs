//! Durations: ISO 8601:2004 4.4.3.2 only (1.0.3 Data 4.6; 9274.1.1 4.2.7).
//!
//! `PnYnMnDTnHnMnS` or `PnW`, in upper case, without signs; a fraction only in the last part. The
//! alternative form `P0001-02-03T04:05:06` is refused, as is `P4W1D`. A duration is a string to the
//! store: it is never normalized.

/// Whether `text` is a duration.
pub fn is_valid(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    if let Some(weeks) = rest.strip_suffix('W') {
        return number(weeks).is_some_and(|(_, length)| length == weeks.len());
    }
    match rest.split_once('T') {
        Some((date, time)) => match parts(date, "YMD") {
            Some(End::Whole) => parts(time, "HMS").is_some() && !time.is_empty(),
            _ => false,
        },
        None => parts(rest, "YMD").is_some() && !rest.is_empty(),
    }
}

/// How a run of parts ends.
enum End {
    /// All numbers are whole, more parts may follow.
    Whole,
    /// The last number has a fraction, nothing may follow.
    Fraction,
}

/// Reads numbers that are each followed by one of `designators`, in their order, to the end.
fn parts(mut text: &str, designators: &str) -> Option<End> {
    let mut designators = designators.chars();
    while !text.is_empty() {
        let (whole, length) = number(text)?;
        let mut rest = text.get(length..)?.chars();
        let designator = rest.next()?;
        designators.find(|&next| next == designator)?;
        text = rest.as_str();
        if !whole {
            return text.is_empty().then_some(End::Fraction);
        }
    }
    Some(End::Whole)
}

/// The number at the start of `text`: whether it is whole, and its length.
fn number(text: &str) -> Option<(bool, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let rest = text.get(whole..)?;
    if whole == 0 {
        return None;
    }
    match rest.strip_prefix(['.', ',']) {
        None => Some((true, whole)),
        Some(rest) => match digits(rest) {
            0 => None,
            fraction => Some((false, whole + 1 + fraction)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::is_valid;
    use proptest::prelude::*;

    #[test]
    fn accepted() {
        for text in [
            "PT4H35M59.14S",
            "PT16559.14S",
            "P3Y1M29DT4H35M59.14S",
            "P3Y",
            "P4W",
            "P1.5W",
            "PT0S",
            "P0D",
            "PT1H0M0.1S",
            "PT1,5S",
            "P0.5Y",
            "PT36H",
            "P1YT1S",
            "P1DT1M",
            "PT0.123456789012S",
            "P000000000000000000000000000001D",
        ] {
            assert!(is_valid(text), "{text}");
        }
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "P",
            "PT",
            "P1DT",
            "T1H",
            "1D",
            "P4W1D",
            "P1D4W",
            "PW",
            "P1",
            "PT1",
            "PT1.S",
            "PT.5S",
            "P1M1Y",
            "PT1S1M",
            "PT1H1H",
            "P1H",
            "PT1Y",
            "PT1D",
            "P0.5YT1S",
            "PT1.5H1S",
            "-PT5S",
            "P-1D",
            "PT+5S",
            "pt5s",
            "PT5s",
            "P0001-02-03T04:05:06",
            "P00010203T040506",
            "1:02:03",
            "PT1H ",
            " PT1H",
            "PB1H",
            "PT1H2",
            "PTT1S",
            "PT1é",
        ] {
            assert!(!is_valid(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parts_in_order(
            date in "([0-9]{1,4}Y)?([0-9]{1,2}M)?([0-9]{1,3}D)?",
            time in "([0-9]{1,3}H)?([0-9]{1,3}M)?([0-9]{1,3}([.,][0-9]{1,9})?S)?",
        ) {
            let joined = if time.is_empty() { date.clone() } else { format!("{date}T{time}") };
            prop_assert_eq!(is_valid(&format!("P{joined}")), !joined.is_empty());
            for refused in [format!("p{joined}"), format!("-P{joined}"), format!("P{joined}S1W")] {
                prop_assert!(!is_valid(&refused), "{}", refused);
            }
        }

        #[test]
        fn anything_is_judged(text in "P?[0-9.,YMWDTHSé-]{0,16}") {
            prop_assert!(!is_valid(&text) || text.starts_with('P'));
        }
    }
}

//! A drawn statement as JSON text, put together from ready pieces: about a microsecond each.

use std::fmt::Write as _;

use super::cast::{Kind, VERBS};
use super::drawn::Drawn;

/// 2025-09-01T08:00:00Z, in milliseconds since 1970.
const EPOCH_MILLIS: u64 = 1_756_713_600_000;
/// From one statement to the next.
const PACE_MILLIS: u64 = 397;

impl Drawn<'_> {
    /// Appends the statement's JSON to `out`.
    pub(crate) fn write(&self, out: &mut String) {
        let mut buffer = uuid::Uuid::encode_buffer();
        out.push_str(r#"{"id":""#);
        out.push_str(self.id.hyphenated().encode_lower(&mut buffer));
        out.push_str(r#"","version":"1.0.3","actor":"#);
        out.push_str(&self.actor.json);
        let (verb, display) = VERBS.get(self.verb).expect("drawn from the list");
        out.push_str(r#","verb":{"id":""#);
        out.push_str(verb);
        out.push_str(r#"","display":{"en-US":""#);
        out.push_str(display);
        out.push_str(r#""}},"object":"#);
        out.push_str(&self.activity.json);
        self.write_result(display, out);
        out.push_str(r#","context":{"registration":""#);
        out.push_str(self.registration.hyphenated().encode_lower(&mut buffer));
        out.push_str(r#"","contextActivities":"#);
        out.push_str(&self.activity.context);
        if let Some(instructor) = self.instructor {
            out.push_str(r#","instructor":"#);
            out.push_str(&instructor.json);
        }
        out.push_str(
            r#","platform":"Example Player 4.2","language":"en-US","extensions":{"https://w3id.org/xapi/cmi5/context/extensions/sessionid":""#,
        );
        out.push_str(self.session.hyphenated().encode_lower(&mut buffer));
        out.push_str(r#""}},"timestamp":""#);
        push_time(EPOCH_MILLIS + self.n * PACE_MILLIS, out);
        out.push_str("\"}");
    }

    fn write_result(&self, verb: &str, out: &mut String) {
        let mut dice = self.dice.clone();
        let score = dice.below(101);
        let (minutes, seconds, hundredths) = (dice.below(40), dice.below(60), dice.below(100));
        let wrote = match (verb, self.activity.kind) {
            ("passed" | "failed", _) => write!(
                out,
                r#","result":{{"score":{{"scaled":{:.2},"raw":{score},"min":0,"max":100}},"success":{},"completion":true,"duration":"PT{minutes}M{seconds}.{hundredths:02}S"}}"#,
                f64::from(u32::try_from(score).unwrap_or(0)) / 100.0,
                verb == "passed",
            ),
            ("answered", Kind::Question) => write!(
                out,
                r#","result":{{"score":{{"scaled":{},"raw":{},"min":0,"max":1}},"success":{},"response":"{}","duration":"PT{seconds}.{hundredths:02}S"}}"#,
                score % 2,
                score % 2,
                score % 2 == 1,
                if score % 2 == 1 { 'b' } else { 'a' },
            ),
            ("progressed", _) => write!(
                out,
                r#","result":{{"extensions":{{"https://w3id.org/xapi/cmi5/result/extensions/progress":{score}}}}}"#
            ),
            ("initialized" | "launched" | "attempted", _) => Ok(()),
            _ => write!(
                out,
                r#","result":{{"completion":{},"duration":"PT{minutes}M{seconds}.{hundredths:02}S"}}"#,
                verb != "experienced",
            ),
        };
        wrote.expect("a string takes every text");
    }
}

/// Appends `millis` since 1970 as RFC 3339 in UTC.
fn push_time(millis: u64, out: &mut String) {
    let (days, rest) = (millis / 86_400_000, millis % 86_400_000);
    let (year, month, day) = civil(days);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milli) = (rest / 1_000 % 60, rest % 1_000);
    let wrote =
        write!(out, "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z");
    wrote.expect("a string takes every text");
}

/// Year, month and day of a day since 1970, counted in years that begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::push_time;

    #[test]
    fn time_is_rfc_3339() {
        let text = |millis| {
            let mut text = String::new();
            push_time(millis, &mut text);
            text
        };
        assert_eq!(text(super::EPOCH_MILLIS), "2025-09-01T08:00:00.000Z");
        assert_eq!(text(1_709_210_096_007), "2024-02-29T12:34:56.007Z");
        assert_eq!(text(1_735_689_599_999), "2024-12-31T23:59:59.999Z");
    }
}

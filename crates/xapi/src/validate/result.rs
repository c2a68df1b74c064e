//! Rules of results and scores (1.0.3 Data 2.4.5; 9274.1.1 4.2.2.4).

use super::check::Check;
use super::path::Path;
use super::rules;
use crate::json::Node;
use crate::result::{Outcome, Score};
use crate::{decimal, duration};
use std::cmp::Ordering;

const KEYS: [&str; 6] = ["score", "success", "completion", "response", "duration", "extensions"];

impl Check {
    pub(super) fn result<'a>(
        &mut self,
        path: &Path<'_>,
        node: &'a Node<'a>,
    ) -> Option<Outcome<'a>> {
        let [score, success, completion, response, duration, extensions] =
            self.object(path, node, &KEYS, &rules::TYPE)?;
        Some(Outcome {
            raw: node.raw,
            score: score.and_then(|n| self.score(&path.key("score"), n)),
            success: success.and_then(|n| self.boolean(&path.key("success"), n, &rules::SUCCESS)),
            completion: completion
                .and_then(|n| self.boolean(&path.key("completion"), n, &rules::COMPLETION)),
            response: response
                .and_then(|n| self.string(&path.key("response"), n, &rules::RESPONSE)),
            duration: duration.and_then(|n| self.duration(&path.key("duration"), n)),
            extensions: extensions.and_then(|n| {
                self.extensions(&path.key("extensions"), n, &rules::RESULT_EXTENSIONS)
            }),
        })
    }

    fn duration<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<&'a str> {
        let text = self.string(path, node, &rules::DURATION)?;
        if duration::is_valid(text) {
            return Some(text);
        }
        let message = "`duration` is not an ISO 8601 duration with designators";
        let fix = "send it as PT4H35M59.14S or P3Y1M29D, or in weeks alone as P4W";
        self.report(path, &rules::DURATION_FORM, message, fix);
        None
    }

    fn score<'a>(&mut self, path: &Path<'_>, node: &'a Node<'a>) -> Option<Score<'a>> {
        let keys = ["scaled", "raw", "min", "max"];
        let [scaled, raw, min, max] = self.object(path, node, &keys, &rules::SCORE)?;
        let score = Score {
            scaled: scaled.and_then(|n| self.number(&path.key("scaled"), n, &rules::SCORE_SCALED)),
            raw: raw.and_then(|n| self.number(&path.key("raw"), n, &rules::SCORE_RAW)),
            min: min.and_then(|n| self.number(&path.key("min"), n, &rules::SCORE_MIN)),
            max: max.and_then(|n| self.number(&path.key("max"), n, &rules::SCORE_MAX)),
        };
        self.score_range(path, &score);
        Some(score)
    }

    fn score_range(&mut self, path: &Path<'_>, score: &Score<'_>) {
        let Score { scaled, raw, min, max } = *score;
        if exceeds(scaled, Some("1")) || exceeds(Some("-1"), scaled) {
            let message = "`scaled` is not between -1 and 1";
            let fix = "divide it by its range; -1 and 1 themselves are allowed";
            self.report(&path.key("scaled"), &rules::SCORE_SCALED, message, fix);
        }
        if let (Some(least), Some(most)) = (min, max)
            && decimal::compare(least, most) != Ordering::Less
        {
            let message = "`min` is not less than `max`";
            self.report(&path.key("min"), &rules::SCORE_MIN, message, "send a `min` below `max`");
            return;
        }
        if exceeds(min, raw) || exceeds(raw, max) {
            let message = "`raw` is not between `min` and `max`";
            let fix = "send a `raw` from `min` to `max`; both ends are allowed";
            self.report(&path.key("raw"), &rules::SCORE_RAW, message, fix);
        }
    }
}

fn exceeds(a: Option<&str>, b: Option<&str>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if decimal::compare(a, b) == Ordering::Greater)
}

//! Statements as they are recorded, each in a line.

use crate::app::App;
use crate::cli::place;
use crate::error::{Problem, Result};
use crate::statements::export::{self, Exported, Range};
use crate::tenants::FIRST_TENANT;
use rollbook_cmi5::course::{Course, Node, in_language};
use rollbook_db::Tx;
use serde_json::Value;
use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Where the publisher's id of a unit, a block or the course is (cmi5 9.6.2.3).
const PUBLISHER_ID: &str = "/context/contextActivities/grouping/0/id";

/// The record from now on.
pub(super) struct Live {
    app: App,
    /// Titles by publishers' ids.
    titles: HashMap<String, String>,
    /// The last position that was told.
    after: i64,
}

impl Live {
    /// What is recorded from this moment on, in which this course is named.
    pub(super) fn new(app: App, course: &Course, since: i64) -> Self {
        let mut titles = HashMap::new();
        name(course, &mut titles);
        Self { app, titles, after: since - 1 }
    }

    /// Tells what comes, for ever.
    pub(super) async fn follow(mut self, out: &mut (dyn Write + Send)) -> anyhow::Result<()> {
        loop {
            for text in self.new_ones().await.map_err(place::failed)? {
                writeln!(out, "  {}", self.told(&text))?;
            }
            out.flush()?;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn new_ones(&mut self) -> Result<Vec<String>> {
        let range = Range { since: self.after, until: i64::MAX };
        let job = move |tx: &mut Tx<'_>| {
            let (mut texts, mut last) = (Vec::new(), None);
            let mut each = |exported| {
                if let Exported::Statement(statement) = exported {
                    last = Some(statement.position);
                    texts.push(statement.text);
                }
                true
            };
            export::statements(tx, FIRST_TENANT, range, &mut each)?;
            Ok::<_, Problem>((texts, last))
        };
        let (texts, last) = self.app.db.of(FIRST_TENANT.0).read(job).await?;
        self.after = last.unwrap_or(self.after);
        Ok(texts)
    }

    /// When, who, what, about what, and with what result.
    fn told(&self, text: &str) -> String {
        let statement: Value = serde_json::from_str(text).unwrap_or_default();
        let at = |pointer: &str| statement.pointer(pointer).and_then(Value::as_str);
        let time = at("/stored").and_then(|stored| stored.get(11..19)).unwrap_or_default();
        let who = at("/actor/account/name").or_else(|| at("/actor/name")).unwrap_or_default();
        let verb = at("/verb/id").and_then(|id| id.rsplit('/').next()).unwrap_or_default();
        let about = at("/object/definition/description/en")
            .or_else(|| self.titles.get(at(PUBLISHER_ID)?).map(String::as_str))
            .or_else(|| at("/object/id"))
            .unwrap_or_default();
        let line = format!("{time}  {who}  {verb:<12} {about}  {}", result(&statement));
        plain(line.trim_end())
    }
}

/// A text that somebody else wrote, without what a terminal would obey or turn around.
fn plain(text: &str) -> String {
    let obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(obeyed, "\u{fffd}")
}

/// What came of it, in a few characters.
fn result(statement: &Value) -> String {
    let progress =
        "/result/extensions/https:~1~1w3id.org~1xapi~1cmi5~1result~1extensions~1progress";
    let scaled = statement.pointer("/result/score/scaled").and_then(Value::as_f64);
    let percent = scaled.map(|scaled| scaled * 100.0);
    let percent = percent.or_else(|| statement.pointer(progress).and_then(Value::as_f64));
    match (percent, statement.pointer("/result/response").and_then(Value::as_str)) {
        (Some(percent), _) => format!("{percent:.0} %"),
        (None, Some(response)) => {
            let right = statement.pointer("/result/success") == Some(&Value::Bool(true));
            format!("{response} ({})", if right { "right" } else { "wrong" })
        }
        (None, None) => String::new(),
    }
}

/// Collects the titles of a course and all of its parts.
fn name(course: &Course, titles: &mut HashMap<String, String>) {
    fn parts(children: &[Node], titles: &mut HashMap<String, String>) {
        for child in children {
            let (id, title) = match child {
                Node::Block(block) => (&block.id, &block.title),
                Node::Au(unit) => (&unit.id, &unit.title),
            };
            titles.insert(id.clone(), in_language(title, &["en"]).to_owned());
            if let Node::Block(block) = child {
                parts(&block.children, titles);
            }
        }
    }
    titles.insert(course.id.clone(), in_language(&course.title, &["en"]).to_owned());
    parts(&course.children, titles);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_terminal_is_told_nothing_to_obey() {
        let told = plain("\u{1b}]0;x\u{7} \n\u{9b}2J \u{202e}drow");
        assert_eq!(told, "\u{fffd}]0;x\u{fffd} \u{fffd}\u{fffd}2J \u{fffd}drow");
        assert_eq!(plain("Wörter, 単語 كلمات"), "Wörter, 単語 كلمات");
    }

    #[test]
    fn results_are_told_in_a_few_characters() {
        let progress = "https://w3id.org/xapi/cmi5/result/extensions/progress";
        for (of, expected) in [
            (json!({}), ""),
            (json!({"score": {"scaled": 0.8}}), "80 %"),
            (json!({"extensions": {progress: 25}}), "25 %"),
            (json!({"response": "polaris", "success": true}), "polaris (right)"),
            (json!({"response": "sirius", "success": false}), "sirius (wrong)"),
        ] {
            assert_eq!(result(&json!({"result": of})), expected);
        }
    }
}

//! What a launch hands over: the URL (8.1) and the launch data (10).

use crate::course::{MasteryScore, MoveOn};
use crate::terms::extension;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The names that a launch adds to the query (8.1).
pub const PARAMETERS: [&str; 5] = ["endpoint", "fetch", "registration", "activityId", "actor"];

/// What `encodeURIComponent` leaves as it is. Some units split at every `=` and read no `+`.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Whether what the learner does counts (10.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaunchMode {
    /// It counts.
    #[default]
    Normal,
    /// A look around.
    Browse,
    /// A look back.
    Review,
}

impl LaunchMode {
    /// All of them, by name.
    pub const ALL: [(&str, Self); 3] =
        [("Normal", Self::Normal), ("Browse", Self::Browse), ("Review", Self::Review)];

    /// Its name in the launch data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Browse => "Browse",
            Self::Review => "Review",
        }
    }
}

/// The values of the five names, not yet encoded.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a> {
    /// The base of the xAPI resources (8.1.1).
    pub endpoint: &'a str,
    /// Where the token is fetched (8.1.2).
    pub fetch: &'a str,
    /// The enrolment (8.1.4).
    pub registration: &'a str,
    /// The activity's id, which is not the publisher's (8.1.5).
    pub activity: &'a str,
    /// The learner as a JSON Agent (8.1.3).
    pub actor: &'a str,
}

/// The URL that launches a unit: `url` must be absolute; its own query and fragment are kept.
pub fn url(url: &str, parameters: &Parameters<'_>) -> String {
    let Parameters { endpoint, fetch, registration, activity, actor } = *parameters;
    let (before, fragment) = match url.split_once('#') {
        Some((before, fragment)) => (before, Some(fragment)),
        None => (url, None),
    };
    let mut launch = before.to_owned();
    let mut separator = match before.split_once('?') {
        None => '?',
        Some((_, query)) if query.is_empty() || query.ends_with('&') => '\0',
        Some(_) => '&',
    };
    for (name, value) in
        PARAMETERS.into_iter().zip([endpoint, fetch, registration, activity, actor])
    {
        if separator != '\0' {
            launch.push(separator);
        }
        separator = '&';
        launch.push_str(name);
        launch.push('=');
        launch.extend(utf8_percent_encode(value, COMPONENT));
    }
    if let Some(fragment) = fragment {
        launch.push('#');
        launch.push_str(fragment);
    }
    launch
}

/// What a unit is told, after everything that a launch may override (10.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchData {
    /// The session.
    pub session: String,
    /// The publisher's id of the unit (9.6.2.3).
    pub publisher_id: String,
    /// Whether it counts.
    pub mode: LaunchMode,
    /// What satisfies the unit.
    pub move_on: MoveOn,
    /// The least score that passes.
    pub mastery_score: Option<MasteryScore>,
    /// What the structure, or the launch, hands to the unit.
    pub launch_parameters: Option<String>,
    /// The key of the structure.
    pub entitlement_key: Option<String>,
    /// The key of this launch.
    pub alternate_key: Option<String>,
    /// Where the learner goes at the end.
    pub return_url: Option<String>,
}

impl LaunchData {
    /// The text of the state document `LMS.LaunchData`. Nothing in it is null (4.3).
    ///
    /// The template is minimal and begins with the publisher's id: some units read the first
    /// grouping only, some overwrite the categories.
    pub fn document(&self) -> String {
        let Self {
            session,
            publisher_id,
            mode,
            move_on,
            mastery_score,
            launch_parameters,
            entitlement_key,
            alternate_key,
            return_url,
        } = self;
        let key = entitlement_key.as_deref().or(alternate_key.as_deref()).map(|_| Entitlement {
            course_structure: entitlement_key.as_deref(),
            alternate: alternate_key.as_deref(),
        });
        let document = Document {
            context_template: Template {
                context_activities: Activities { grouping: [Activity { id: publisher_id }] },
                extensions: BTreeMap::from([(extension::SESSION_ID, session.as_str())]),
            },
            launch_mode: mode.name(),
            move_on: move_on.name(),
            mastery_score: mastery_score.as_ref().map(number),
            launch_parameters: launch_parameters.as_deref(),
            entitlement_key: key,
            return_url: return_url.as_deref(),
        };
        serde_json::to_string(&document).expect("texts and numbers can be written")
    }
}

/// A mastery score as the number that it is.
pub(crate) fn number(score: &MasteryScore) -> Box<RawValue> {
    RawValue::from_string(score.as_str().to_owned()).expect("a mastery score is a JSON number")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    context_template: Template<'a>,
    launch_mode: &'a str,
    move_on: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mastery_score: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_parameters: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entitlement_key: Option<Entitlement<'a>>,
    #[serde(rename = "returnURL", skip_serializing_if = "Option::is_none")]
    return_url: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Template<'a> {
    context_activities: Activities<'a>,
    extensions: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct Activities<'a> {
    grouping: [Activity<'a>; 1],
}

#[derive(Serialize)]
struct Activity<'a> {
    id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entitlement<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    course_structure: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alternate: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launched(base: &str) -> String {
        url(
            base,
            &Parameters {
                endpoint: "https://l.example/xapi/",
                fetch: "https://l.example/f/1",
                registration: "r",
                activity: "https://l.example/a b",
                actor: r#"{"a":"ü=+"}"#,
            },
        )
    }

    const ADDED: &str = "endpoint=https%3A%2F%2Fl.example%2Fxapi%2F&fetch=https%3A%2F%2Fl.example%2Ff%2F1\
        &registration=r&activityId=https%3A%2F%2Fl.example%2Fa%20b\
        &actor=%7B%22a%22%3A%22%C3%BC%3D%2B%22%7D";

    /// 8.1, 13.1.4: five names, encoded; the unit's own query and fragment stay.
    #[test]
    fn urls() {
        for (base, before, after) in [
            ("https://c.example/a.html", "https://c.example/a.html?", ""),
            ("https://c.example/a.html?x=1", "https://c.example/a.html?x=1&", ""),
            ("https://c.example/a.html?", "https://c.example/a.html?", ""),
            ("https://c.example/a.html?x&", "https://c.example/a.html?x&", ""),
            ("https://c.example/a.html#/p?q=1", "https://c.example/a.html?", "#/p?q=1"),
        ] {
            assert_eq!(launched(base), format!("{before}{ADDED}{after}"), "{base}");
        }
    }

    /// 10.2: every member that is owed, numbers as numbers, no null.
    #[test]
    fn launch_data() {
        let full = LaunchData {
            session: "s".to_owned(),
            publisher_id: "https://p.example/au".to_owned(),
            mode: LaunchMode::Normal,
            move_on: MoveOn::CompletedAndPassed,
            mastery_score: MasteryScore::parse("0.9").ok(),
            launch_parameters: Some("x=\"1\"".to_owned()),
            entitlement_key: Some("k".to_owned()),
            alternate_key: None,
            return_url: Some("https://l.example/return/1".to_owned()),
        };
        expect_test::expect![[r#"{"contextTemplate":{"contextActivities":{"grouping":[{"id":"https://p.example/au"}]},"extensions":{"https://w3id.org/xapi/cmi5/context/extensions/sessionid":"s"}},"launchMode":"Normal","moveOn":"CompletedAndPassed","masteryScore":0.9,"launchParameters":"x=\"1\"","entitlementKey":{"courseStructure":"k"},"returnURL":"https://l.example/return/1"}"#]]
            .assert_eq(&full.document());
        let bare = LaunchData {
            mode: LaunchMode::Browse,
            move_on: MoveOn::NotApplicable,
            mastery_score: None,
            launch_parameters: None,
            entitlement_key: None,
            return_url: None,
            ..full
        };
        expect_test::expect![[r#"{"contextTemplate":{"contextActivities":{"grouping":[{"id":"https://p.example/au"}]},"extensions":{"https://w3id.org/xapi/cmi5/context/extensions/sessionid":"s"}},"launchMode":"Browse","moveOn":"NotApplicable"}"#]]
            .assert_eq(&bare.document());
    }
}

//! The statements that the LMS makes itself (9.3): launched, abandoned, waived, satisfied.
//!
//! Each carries the registration, a session id, the category cmi5 and the publisher's id of its
//! object (9.6), and is complete: the record adds only what every statement gets.

use crate::launch::{LaunchData, number};
use crate::terms::{CATEGORY_CMI5, CATEGORY_MOVE_ON, TYPE_BLOCK, TYPE_COURSE, extension, verb};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What all of them have.
#[derive(Clone, Copy, Debug)]
pub struct Common<'a> {
    /// The statement's id.
    pub id: Uuid,
    /// When, in UTC (9.7).
    pub timestamp: &'a str,
    /// The learner as at the launch, a JSON Agent (9.2).
    pub actor: &'a str,
    /// The enrolment (9.6.1).
    pub registration: Uuid,
    /// The session (9.6.3.1).
    pub session: &'a str,
    /// The generated id of the object.
    pub object: &'a str,
    /// The publisher's id of the object (9.6.2.3).
    pub publisher_id: &'a str,
}

/// What was satisfied (9.3.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Satisfied {
    /// A block.
    Block,
    /// The course.
    Course,
}

/// 9.3.1: the unit is about to be launched. `url` is the launch URL without the five names.
pub fn launched(common: &Common<'_>, data: &LaunchData, url: &str) -> String {
    let text = |text: &str| raw(&text);
    let mut extensions = BTreeMap::from([
        (extension::LAUNCH_MODE, text(data.mode.name())),
        (extension::LAUNCH_URL, text(url)),
        (extension::MOVE_ON, text(data.move_on.name())),
    ]);
    if let Some(score) = &data.mastery_score {
        extensions.insert(extension::MASTERY_SCORE, number(score));
    }
    if let Some(parameters) = &data.launch_parameters {
        extensions.insert(extension::LAUNCH_PARAMETERS, text(parameters));
    }
    write(common, (verb::LAUNCHED, "launched"), None, None, false, extensions)
}

/// 9.3.6: the session ended without a word. `duration` is ISO 8601 (9.5.4.2).
pub fn abandoned(common: &Common<'_>, duration: &str) -> String {
    let outcome = Outcome { duration: Some(duration), ..Outcome::default() };
    write(common, (verb::ABANDONED, "abandoned"), None, Some(outcome), false, BTreeMap::new())
}

/// 9.3.7: the learner is excused from the unit.
pub fn waived(common: &Common<'_>, reason: &str) -> String {
    let outcome = Outcome {
        success: Some(true),
        completion: Some(true),
        extensions: Some(BTreeMap::from([(extension::REASON, reason)])),
        duration: None,
    };
    write(common, (verb::WAIVED, "waived"), None, Some(outcome), true, BTreeMap::new())
}

/// 9.3.9: all that a block or the course asks is met.
pub fn satisfied(common: &Common<'_>, what: Satisfied) -> String {
    let kind = match what {
        Satisfied::Block => TYPE_BLOCK,
        Satisfied::Course => TYPE_COURSE,
    };
    write(common, (verb::SATISFIED, "satisfied"), Some(kind), None, false, BTreeMap::new())
}

fn write(
    common: &Common<'_>,
    (verb, display): (&str, &str),
    kind: Option<&str>,
    result: Option<Outcome<'_>>,
    counts: bool,
    mut extensions: BTreeMap<&str, Box<RawValue>>,
) -> String {
    let Common { id, timestamp, actor, registration, session, object, publisher_id } = *common;
    extensions.insert(extension::SESSION_ID, raw(&session));
    let mut category = vec![Activity { id: CATEGORY_CMI5, definition: None }];
    if counts {
        category.push(Activity { id: CATEGORY_MOVE_ON, definition: None });
    }
    let grouping = [Activity { id: publisher_id, definition: None }];
    let statement = Statement {
        id,
        actor: RawValue::from_string(actor.to_owned()).expect("the actor of a session is JSON"),
        verb: Verb { id: verb, display: BTreeMap::from([("en", display)]) },
        object: Activity { id: object, definition: kind.map(|kind| Definition { kind }) },
        result,
        context: Context {
            registration,
            activities: ContextActivities { category, grouping },
            extensions,
        },
        timestamp,
    };
    serde_json::to_string(&statement).expect("texts and numbers can be written")
}

fn raw(text: &&str) -> Box<RawValue> {
    serde_json::value::to_raw_value(text).expect("a text can be written")
}

#[derive(Serialize)]
struct Statement<'a> {
    id: Uuid,
    actor: Box<RawValue>,
    verb: Verb<'a>,
    object: Activity<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Outcome<'a>>,
    context: Context<'a>,
    timestamp: &'a str,
}

#[derive(Serialize)]
struct Verb<'a> {
    id: &'a str,
    display: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct Activity<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<Definition<'a>>,
}

#[derive(Serialize)]
struct Definition<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
}

#[derive(Default, Serialize)]
struct Outcome<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<BTreeMap<&'a str, &'a str>>,
}

#[derive(Serialize)]
struct Context<'a> {
    registration: Uuid,
    #[serde(rename = "contextActivities")]
    activities: ContextActivities<'a>,
    extensions: BTreeMap<&'a str, Box<RawValue>>,
}

#[derive(Serialize)]
struct ContextActivities<'a> {
    category: Vec<Activity<'a>>,
    grouping: [Activity<'a>; 1],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{MasteryScore, MoveOn};
    use crate::launch::LaunchMode;
    use rollbook_xapi::json;
    use rollbook_xapi::version::Version;

    fn common() -> Common<'static> {
        Common {
            id: Uuid::from_u128(1),
            timestamp: "2026-11-21T15:00:00.000000Z",
            actor: r#"{"objectType":"Agent","account":{"homePage":"https://lms.example","name":"u1"}}"#,
            registration: Uuid::from_u128(2),
            session: "00000000-0000-0000-0000-000000000003",
            object: "https://l.example/au/1",
            publisher_id: "https://p.example/au",
        }
    }

    fn data() -> LaunchData {
        LaunchData {
            session: common().session.to_owned(),
            publisher_id: common().publisher_id.to_owned(),
            mode: LaunchMode::Normal,
            move_on: MoveOn::Passed,
            mastery_score: MasteryScore::parse("0.9").ok(),
            launch_parameters: Some("p".to_owned()),
            entitlement_key: None,
            alternate_key: None,
            return_url: None,
        }
    }

    /// 9.3.1, 9.6.3.2 to 9.6.3.7.
    #[test]
    fn a_launch_is_told_whole() {
        expect_test::expect![[r#"{"id":"00000000-0000-0000-0000-000000000001","actor":{"objectType":"Agent","account":{"homePage":"https://lms.example","name":"u1"}},"verb":{"id":"http://adlnet.gov/expapi/verbs/launched","display":{"en":"launched"}},"object":{"id":"https://l.example/au/1"},"context":{"registration":"00000000-0000-0000-0000-000000000002","contextActivities":{"category":[{"id":"https://w3id.org/xapi/cmi5/context/categories/cmi5"}],"grouping":[{"id":"https://p.example/au"}]},"extensions":{"https://w3id.org/xapi/cmi5/context/extensions/launchmode":"Normal","https://w3id.org/xapi/cmi5/context/extensions/launchparameters":"p","https://w3id.org/xapi/cmi5/context/extensions/launchurl":"https://c.example/a?x=1","https://w3id.org/xapi/cmi5/context/extensions/masteryscore":0.9,"https://w3id.org/xapi/cmi5/context/extensions/moveon":"Passed","https://w3id.org/xapi/cmi5/context/extensions/sessionid":"00000000-0000-0000-0000-000000000003"}},"timestamp":"2026-11-21T15:00:00.000000Z"}"#]]
            .assert_eq(&launched(&common(), &data(), "https://c.example/a?x=1"));
    }

    /// 9.3.7, 9.5.2, 9.5.3, 9.5.5.2, 9.6.2.2.
    #[test]
    fn a_waiver_counts_and_says_why() {
        let text = waived(&common(), "Tested Out");
        let result = r#""result":{"success":true,"completion":true,"extensions":{"https://w3id.org/xapi/cmi5/result/extensions/reason":"Tested Out"}}"#;
        assert!(text.contains(result), "{text}");
        assert!(text.contains(CATEGORY_MOVE_ON));
    }

    /// 9.3.9: no success, no completion, no moveOn category.
    #[test]
    fn what_is_satisfied_says_its_type() {
        for (what, kind) in [(Satisfied::Block, TYPE_BLOCK), (Satisfied::Course, TYPE_COURSE)] {
            let text = satisfied(&common(), what);
            assert!(text.contains(&format!(r#""definition":{{"type":"{kind}"}}"#)), "{text}");
            assert!(!text.contains("result") && !text.contains(CATEGORY_MOVE_ON), "{text}");
        }
    }

    #[test]
    fn each_is_a_valid_statement() {
        for text in [
            launched(&common(), &data(), "https://c.example/"),
            abandoned(&common(), "PT1M30S"),
            waived(&common(), "Administrative"),
            satisfied(&common(), Satisfied::Course),
        ] {
            for version in [Version::V1, Version::V2] {
                let node = json::parse(&text).expect("it is JSON");
                rollbook_xapi::validate::statement(&node, version, "").expect("it breaks no rule");
            }
        }
    }
}

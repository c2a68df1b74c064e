//! What the statements of a registration say, and whether the API says the same; what launchers and
//! units were told, and whether it is there.

use crate::client::{Connection, with_query};
use crate::learner::{CMI5, REGISTRATIONS, SESSION_ID, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Blocks in blocks, each moveOn, and a block of which nothing is asked.
pub(crate) const COURSE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
<course id="https://p.example/course"><title><langstring>Course</langstring></title><description><langstring>All</langstring></description></course>
<block id="https://p.example/outer"><title><langstring>Outer</langstring></title><description><langstring>B</langstring></description>
<au id="https://p.example/a" moveOn="Completed"><title><langstring>A</langstring></title><description><langstring>A</langstring></description><url>https://c.example/a</url></au>
<block id="https://p.example/inner"><title><langstring>Inner</langstring></title><description><langstring>B</langstring></description>
<au id="https://p.example/b" moveOn="Passed"><title><langstring>B</langstring></title><description><langstring>B</langstring></description><url>https://c.example/b</url></au>
<au id="https://p.example/c" moveOn="CompletedAndPassed"><title><langstring>C</langstring></title><description><langstring>C</langstring></description><url>https://c.example/c</url></au>
</block></block>
<block id="https://p.example/free"><title><langstring>Free</langstring></title><description><langstring>B</langstring></description>
<au id="https://p.example/d" moveOn="NotApplicable"><title><langstring>D</langstring></title><description><langstring>D</langstring></description><url>https://c.example/d</url></au>
</block>
<au id="https://p.example/e" moveOn="CompletedOrPassed"><title><langstring>E</langstring></title><description><langstring>E</langstring></description><url>https://c.example/e?own=1</url></au>
<au id="https://p.example/f"><title><langstring>F</langstring></title><description><langstring>F</langstring></description><url>https://c.example/f</url></au>
</courseStructure>"#;

/// What somebody was told before the server was gone.
#[derive(Default)]
pub(crate) struct Account {
    pub(crate) touched: BTreeSet<String>,
    pub(crate) registered: Vec<String>,
    pub(crate) launched: Vec<Launch>,
    pub(crate) sent: Vec<Sent>,
    /// Registration and unit.
    pub(crate) waived: Vec<(String, usize)>,
    /// Registration and session: terminated or abandoned.
    pub(crate) ended: Vec<(String, String)>,
}

/// A launch URL that was given out.
pub(crate) struct Launch {
    pub(crate) registration: String,
    pub(crate) session: String,
    pub(crate) activity: String,
}

/// A request with statements of a unit; without an answer it was done whole or not at all.
pub(crate) struct Sent {
    pub(crate) registration: String,
    pub(crate) ids: Vec<String>,
    pub(crate) acknowledged: bool,
    pub(crate) refused: bool,
}

/// What is known of a unit, or of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "these are facts, each on its own")]
struct Facts {
    launched: bool,
    initialized: bool,
    completed: bool,
    passed: bool,
    failed: bool,
    terminated: bool,
    abandoned: bool,
    waived: bool,
}

/// What the statements of a registration say.
#[derive(Default)]
struct Said {
    ids: BTreeSet<String>,
    sessions: BTreeMap<String, Facts>,
    /// By the last letter of the publisher's id.
    units: BTreeMap<String, Facts>,
    /// Blocks, and the course.
    satisfied: BTreeSet<String>,
    /// The last session of each activity.
    newest: BTreeMap<String, String>,
}

/// The ids of all registrations of a course.
pub(crate) async fn registrations(connection: &mut Connection, course: &str) -> BTreeSet<String> {
    let all = list(connection, REGISTRATIONS, &[("filter[contentId]", course)]).await;
    all.iter().map(|one| text(&one["id"])).collect()
}

/// All that a listing has.
async fn list(connection: &mut Connection, path: &str, filter: &[(&str, &str)]) -> Vec<Value> {
    let parameters = [filter, &[("page[size]", "200")]].concat();
    let mut path = with_query(path, &parameters);
    let mut found = Vec::new();
    loop {
        let page: Value = serde_json::from_slice(&connection.get(&path).await).unwrap();
        found.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["links"]["next"].as_str() {
            Some(next) => next.clone_into(&mut path),
            None => return found,
        }
    }
}

/// Each flag that the API shows has its statement, and each statement its flag.
pub(crate) async fn agrees(connection: &mut Connection, registration: &str) {
    let said = Said::of(&statements(connection, registration).await);
    let shown = get(connection, &format!("{REGISTRATIONS}/{registration}")).await;
    let sessions = list(connection, &format!("{REGISTRATIONS}/{registration}/sessions"), &[]).await;
    let kept: BTreeMap<String, Facts> =
        sessions.iter().map(|session| (text(&session["id"]), of_session(session))).collect();
    assert_eq!(kept, said.sessions, "sessions of {registration}");
    let active: Vec<&Value> = sessions.iter().filter(|session| session["active"] == true).collect();
    assert!(active.len() <= 1, "{active:?}");
    let active = active.first().map_or(&Value::Null, |session| &session["id"]);
    assert_eq!(shown["activeSession"]["id"], *active, "{registration}");
    let mut met = BTreeMap::new();
    said.units(&shown["children"], &mut met);
    let satisfied: BTreeSet<String> = ["outer", "inner", "free"]
        .into_iter()
        .filter(|block| met[*block])
        .map(str::to_owned)
        .collect();
    let course = ["outer", "free", "e", "f"].iter().all(|part| met[*part]);
    let satisfied: BTreeSet<String> =
        satisfied.into_iter().chain(course.then(|| "course".to_owned())).collect();
    assert_eq!(
        satisfied, said.satisfied,
        "what is satisfied follows from its parts: {registration}"
    );
    assert_eq!(shown["satisfied"], said.satisfied.contains("course"), "{registration}");
    for (activity, session) in &said.newest {
        launch_data(connection, &shown, activity, session).await;
    }
}

/// 10.1: the document of the last launch.
async fn launch_data(connection: &mut Connection, shown: &Value, activity: &str, session: &str) {
    let account = serde_json::json!({"account": shown["learner"]}).to_string();
    let registration = text(&shown["registration"]);
    let parameters = [
        ("stateId", "LMS.LaunchData"),
        ("activityId", activity),
        ("agent", &account),
        ("registration", &registration),
    ];
    let data = get(connection, &with_query("/xapi/activities/state", &parameters)).await;
    assert_eq!(data["contextTemplate"]["extensions"][SESSION_ID], session, "{registration}");
}

/// Everything that was acknowledged is there, what was refused is not, and what has no answer is
/// there whole or not at all.
pub(crate) async fn kept(connection: &mut Connection, account: &Account, all: &BTreeSet<String>) {
    for registration in &account.registered {
        assert!(all.contains(registration), "{registration} is lost");
    }
    for registration in &account.touched {
        let said = Said::of(&statements(connection, registration).await);
        let of = |other: &String| other == registration;
        for sent in account.sent.iter().filter(|sent| of(&sent.registration)) {
            let found = sent.ids.iter().filter(|id| said.ids.contains(*id)).count();
            let whole = found == sent.ids.len();
            assert!(whole || found == 0, "{found} of {:?}", sent.ids);
            assert!(whole || !sent.acknowledged, "{:?} is lost", sent.ids);
            assert!(!whole || !sent.refused, "{:?} was refused", sent.ids);
        }
        for launch in account.launched.iter().filter(|launch| of(&launch.registration)) {
            assert!(said.sessions[&launch.session].launched, "{} is lost", launch.session);
            assert!(said.newest.contains_key(&launch.activity), "{} is lost", launch.activity);
        }
        for (_, unit) in account.waived.iter().filter(|(own, _)| of(own)) {
            let letter = ["a", "b", "c", "d", "e", "f"][*unit];
            assert!(said.units[letter].waived, "the waiver of {letter} is lost");
        }
        for (_, session) in account.ended.iter().filter(|(own, _)| of(own)) {
            let facts = said.sessions[session];
            assert!(facts.abandoned || facts.terminated, "the end of {session} is lost");
        }
    }
}

async fn get(connection: &mut Connection, path: &str) -> Value {
    serde_json::from_slice(&connection.get(path).await).unwrap()
}

/// Oldest first.
async fn statements(connection: &mut Connection, registration: &str) -> Vec<Value> {
    let parameters = [("registration", registration), ("ascending", "true"), ("limit", "200")];
    let mut path = with_query("/xapi/statements", &parameters);
    let mut found = Vec::new();
    while !path.is_empty() {
        let mut page = get(connection, &path).await;
        let Value::Array(statements) = page["statements"].take() else { panic!("{page}") };
        found.extend(statements);
        path = text(&page["more"]);
    }
    found
}

fn of_session(session: &Value) -> Facts {
    let told = |name: &str| !session[name].is_null();
    Facts {
        launched: true,
        initialized: told("initialized"),
        completed: told("completed"),
        passed: told("passed"),
        failed: told("failed"),
        terminated: told("terminated"),
        abandoned: told("abandoned"),
        waived: false,
    }
}

impl Said {
    fn of(statements: &[Value]) -> Self {
        let mut said = Self::default();
        for statement in statements {
            assert!(said.ids.insert(text(&statement["id"])), "twice: {statement}");
            let category = &statement["context"]["contextActivities"]["category"];
            let defined =
                category.as_array().is_some_and(|all| all.iter().any(|one| one["id"] == CMI5));
            if defined {
                said.hear(statement);
            }
        }
        said
    }

    fn hear(&mut self, statement: &Value) {
        let verb = statement["verb"]["id"].as_str().unwrap().rsplit('/').next().unwrap();
        let publisher = &statement["context"]["contextActivities"]["grouping"][0]["id"];
        let name = publisher.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let session = text(&statement["context"]["extensions"][SESSION_ID]);
        if verb == "satisfied" {
            assert!(self.satisfied.insert(name), "satisfied twice: {statement}");
            return;
        }
        let unit = self.units.entry(name).or_default();
        if verb == "waived" {
            assert!(!unit.waived, "waived twice: {statement}");
            unit.waived = true;
            return;
        }
        if verb == "launched" {
            self.newest.insert(text(&statement["object"]["id"]), session.clone());
        }
        let once = verb == "completed" || verb == "passed";
        assert!(unit.set(verb) || !once, "{verb} twice in a registration: {statement}");
        let facts = self.sessions.entry(session).or_default();
        assert!(facts.set(verb), "{verb} twice in a session: {statement}");
        assert!(facts.launched, "before its launch: {statement}");
        assert!(!facts.terminated || !facts.abandoned, "ended twice: {statement}");
        let begins = ["launched", "initialized", "abandoned"].contains(&verb);
        assert!(begins || facts.initialized, "before it began: {statement}");
    }

    /// Compares each unit of a tree with what was said of it; notes which parts are satisfied.
    fn units(&self, parts: &Value, met: &mut BTreeMap<String, bool>) {
        for part in parts.as_array().unwrap() {
            let name = part["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            let shown = |name: &str| part[name] == true;
            let satisfied = if part["type"] == "block" {
                self.units(&part["children"], met);
                assert_eq!(shown("satisfied"), self.satisfied.contains(&name), "{part}");
                let own = part["children"].as_array().unwrap().iter();
                let name = |one: &Value| {
                    one["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
                };
                own.map(name).all(|own| met[&own])
            } else {
                let said = self.units.get(&name).copied().unwrap_or_default();
                let kept = ["attempted", "completed", "passed", "failed", "waived"].map(shown);
                let Facts { launched, completed, passed, failed, waived, .. } = said;
                assert_eq!(kept, [launched, completed, passed, failed, waived], "{part}");
                let asked = part["moveOn"].as_str().unwrap();
                assert_eq!(shown("satisfied"), waived || said.meets(asked), "{part}");
                shown("satisfied")
            };
            met.insert(name, satisfied);
        }
    }
}

impl Facts {
    /// Whether that is news.
    fn set(&mut self, verb: &str) -> bool {
        let fact = match verb {
            "launched" => &mut self.launched,
            "initialized" => &mut self.initialized,
            "completed" => &mut self.completed,
            "passed" => &mut self.passed,
            "failed" => &mut self.failed,
            "terminated" => &mut self.terminated,
            "abandoned" => &mut self.abandoned,
            other => panic!("{other}"),
        };
        !std::mem::replace(fact, true)
    }

    /// 13.1.4
    fn meets(self, asked: &str) -> bool {
        match asked {
            "NotApplicable" => true,
            "Passed" => self.passed,
            "Completed" => self.completed,
            "CompletedAndPassed" => self.completed && self.passed,
            "CompletedOrPassed" => self.completed || self.passed,
            other => panic!("{other}"),
        }
    }
}

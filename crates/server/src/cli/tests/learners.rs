//! `rollbook doctor` finds flags of learners in courses that disagree with what statements say.

use super::doctor::{damage, examined};
use super::kit::{Place, at_both};
use super::record::{Opened, make_key};
use crate::testing::{Answer, call};
use http::Method;
use rollbook_db::sql;
use serde_json::{Value, json};

const REGISTRATIONS: &str = "/api/v1/registrations";
const COURSE: &str = r#"<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
<course id="https://p.example/course"><title><langstring>C</langstring></title><description><langstring>C</langstring></description></course>
<block id="https://p.example/block"><title><langstring>B</langstring></title><description><langstring>B</langstring></description>
<au id="https://p.example/a" moveOn="Passed"><title><langstring>A</langstring></title><description><langstring>A</langstring></description><url>https://c.example/a</url></au></block>
</courseStructure>"#;

sql! {
    UNSAID_COMPLETED = "update cmi5_unit set completed = 5 where tenant = $1";
    UNSAID_PASSED = "update cmi5_session set passed = 5 where tenant = $1";
    UNKEPT_WAIVER = "update cmi5_unit set waived = null where tenant = $1";
    UNKEPT_UNIT = "delete from cmi5_unit where tenant = $1";
    UNSATISFIED_UNIT = "update cmi5_unit set satisfied = null where tenant = $1";
    UNKEPT_BLOCK = "delete from cmi5_block where tenant = $1";
    MOVED_BLOCK = "update cmi5_block set block = 9 where tenant = $1";
    UNKEPT_COURSE = "update cmi5_registrations set satisfied_at = null where tenant = $1";
    UNKEPT_SESSION = "delete from cmi5_session where tenant = $1";
    UNKEPT_END = "update cmi5_session set abandoned = null, ended = null where tenant = $1";
    OPEN_SESSION = "update cmi5_session set ended = null where tenant = $1";
    OTHER_MOVE_ON = "update cmi5_session set move_on = 'Completed' where tenant = $1";
    OTHER_SESSION = "update cmi5_registrations set session_id = null where tenant = $1";
}

/// A learner who launched a unit, gave it up, and was excused.
async fn fill(place: &Place) {
    let opened = Opened::at(place).await;
    let key = make_key(&opened.app, "read,write,admin").await;
    let send = async |path: &str, kind: &str, body: String| -> Value {
        let asked = call(&opened.app, Method::POST, path).key(&key).bytes(kind, body);
        let answer: Answer = asked.send().await;
        assert!(answer.status.is_success(), "{answer:?}");
        answer.json()
    };
    let post =
        async |path: String, body: Value| send(&path, "application/json", body.to_string()).await;
    let course = send("/api/v1/courses", "text/xml", COURSE.to_owned()).await["id"].clone();
    let actor = json!({"account": {"homePage": "https://lms.example", "name": "u1"}});
    let body = json!({"courseId": course, "actor": actor});
    let made = post(REGISTRATIONS.to_owned(), body).await;
    let place = format!("{REGISTRATIONS}/{}", made["id"].as_str().unwrap());
    let launched = post(format!("{place}/launch"), json!({})).await;
    let session = launched["session"].as_str().unwrap();
    post(format!("{place}/sessions/{session}/abandon"), json!({})).await;
    post(format!("{place}/waive"), json!({"unit": 0})).await;
    opened.close().await;
}

at_both! {
    async fn flags_that_disagree_with_statements_are_found(place: Place) {
        for (sql, what) in [
            (&UNSAID_COMPLETED, "unit 0: completed: this is kept as so, and no statement says it"),
            (&UNSAID_PASSED, "passed: this is kept as so, and no statement says it"),
            (&UNKEPT_WAIVER, "unit 0: waived: this is said to be so, and not kept as it"),
            (&UNKEPT_UNIT, "and nothing is kept of it"),
            (&UNSATISFIED_UNIT, "unit 0: satisfied: this is said to be so, and not kept as it"),
            (&UNSATISFIED_UNIT, "block 0 is satisfied, and not all of its parts are"),
            (&UNKEPT_BLOCK, "is said to be satisfied, and not kept as it"),
            (&UNKEPT_BLOCK, "block 0: all of its parts are satisfied, and it is not"),
            (&MOVED_BLOCK, "something is kept of block 9, and there is none"),
            (&UNKEPT_COURSE, "course: satisfied: this is said to be so, and not kept as it"),
            (&UNKEPT_COURSE, "course: all of its parts are satisfied, and it is not"),
            (&UNKEPT_SESSION, "statements tell of it, and it is not kept"),
            (&UNKEPT_END, "abandoned: this is said to be so, and not kept as it"),
            (&OPEN_SESSION, "0 sessions have not ended, 1 are kept as open"),
            (&OTHER_MOVE_ON, "its unit or moveOn is not what its launch told"),
            (&OTHER_SESSION, "the session that was launched last is not the one"),
        ] {
            let place = place.another().await;
            fill(&place).await;
            let told = examined(&place, &[]).await;
            assert_eq!(told["faults"], json!([]));
            let tenant = &told["tenants"][0];
            assert_eq!([&tenant["registrations"], &tenant["sessions"]], [1, 1], "{told}");
            damage(&place, sql).await;
            let told = examined(&place, &[]).await;
            let faults = told["faults"].as_array().unwrap();
            let found = faults.iter().any(|fault| fault["what"].as_str().unwrap().contains(what));
            assert!(found, "{}: {told:#}", sql.name());
            assert!(faults.iter().all(|fault| !fault["remedy"].as_str().unwrap().is_empty()));
            let quick = examined(&place, &["--quick"]).await;
            assert_eq!(quick["healthy"], true, "{}: {quick:#}", sql.name());
            assert_eq!(quick["tenants"][0]["registrations"], Value::Null);
        }
    }
}

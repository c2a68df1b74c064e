//! Identifiers as long as they may be, and one byte longer: in a structure, in statements, in
//! documents.

use super::kit::*;
use crate::testing::{Answer, TestApp, on_both};
use http::Method;
use serde_json::{Value, json};

/// An IRI of so many bytes.
fn iri(name: &str, bytes: usize) -> String {
    let start = format!("https://p.example/{name}/");
    format!("{start}{}", "x".repeat(bytes - start.len()))
}

async fn upload(app: &TestApp, structure: String) -> Answer {
    let call = api(app, Method::POST, "/api/v1/courses").await;
    call.bytes("text/xml", structure).send().await
}

/// A structure whose course, block, unit and objective have ids of so many bytes.
fn of_long_ids(bytes: [usize; 4]) -> String {
    let [course, block_id, unit, objective] = bytes;
    let text = "<title><langstring>t</langstring></title><description><langstring>d</langstring></description>";
    let objectives = format!(
        r#"<objectives><objective id="{}">{text}</objective></objectives>"#,
        iri("objective", objective)
    );
    let unit = au("a", r#"moveOn="Completed""#).replace("https://p.example/a", &iri("unit", unit));
    let parts =
        objectives + &block("b", &unit).replace("https://p.example/b", &iri("block", block_id));
    structure(&parts).replace("https://p.example/course", &iri("course", course))
}

on_both! {
    /// 3.0: an id of 2,000 bytes is imported, registered, launched and satisfied; one more byte is
    /// refused at the door, with its place and what to do.
    async fn ids_of_a_structure(app: TestApp) {
        const MOST: usize = 2_000;
        for (at, place) in [
            "/courseStructure/course/@id",
            "/courseStructure/block/@id",
            "/courseStructure/block/au/@id",
            "/courseStructure/objectives/objective/@id",
        ].into_iter().enumerate() {
            let mut bytes = [MOST; 4];
            bytes[at] += 1;
            let answer = upload(&app, of_long_ids(bytes)).await;
            assert_eq!(answer.status, 422, "{answer:?}");
            let json = answer.json();
            let errors = json["errors"].as_array().unwrap();
            let first = &errors[0];
            assert_eq!((errors.len(), &first["path"]), (1, &json!(place)), "{json}");
            assert_eq!(first["requirement"], "R:3.0.0.0-1");
            assert!(first["detail"].as_str().unwrap().contains("2000 bytes"), "{first}");
            assert!(first["fix"].as_str().unwrap().contains("shorter"), "{first}");
        }
        let course = upload(&app, of_long_ids([MOST; 4])).await;
        assert_eq!(course.status, 201, "{course:?}");
        let registration = registered(&app, course.json()["id"].as_str().unwrap(), "u1").await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        unit.says("completed").await;
        let told = "launched initialized completed satisfied satisfied";
        assert_eq!(verbs(&app, &registration).await, told);
    }

    /// What content names in a statement or a document is bounded too: a clear refusal, which leaves
    /// the session as it was (Data 2.2).
    async fn ids_in_what_content_sends(app: TestApp) {
        let registration = enrolled(&app, &au("a", r#"moveOn="Completed""#)).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let changes: [fn(&mut Value, String); 3] = [
            |s, id| s["object"]["id"] = json!(id),
            |s, id| s["verb"]["id"] = json!(id),
            |s, id| {
                let more = json!({"id": id});
                s["context"]["contextActivities"]["grouping"].as_array_mut().unwrap().push(more);
            },
        ];
        for change in changes {
            for (bytes, put, listed) in [(2_000, 204, 200), (2_001, 413, 413)] {
                let mut statement = unit.allowed("experienced");
                change(&mut statement, iri("long", bytes));
                let answer = unit.put(&statement).await;
                assert_eq!(answer.status, put, "{bytes}: {answer:?}");
                if put == 413 {
                    let told = answer.json();
                    assert_eq!(told["limit"], "identifier_bytes_max", "{told}");
                    assert!(told["detail"].as_str().unwrap().contains("at most 2000"), "{told}");
                }
                statement["id"] = json!(app.ids.statement());
                let batch = [unit.defined("completed"), statement];
                let answer = unit.post(if put == 413 { &batch } else { &batch[1..] }).await;
                assert_eq!(answer.status, listed, "{bytes}: {answer:?}");
            }
        }
        unit.says("completed").await;
        assert_eq!(told(&app, &registration, "completed").await.len(), 1, "none of the refused");
        assert_eq!(satisfied(&app, &registration).await, "course");
    }
}

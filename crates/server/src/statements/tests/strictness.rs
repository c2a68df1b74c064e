//! What a statement may be (1.0.3 Data 2.2 to 2.4, 4; 9274.1.1 4.2): the rules themselves are
//! proved one by one in `rollbook_xapi::validate`; here, that each reaches whoever breaks it.

use super::kit::{PATH, agent, found, refusal, statement, with};
use crate::testing::{TestApp, on_both};
use serde_json::{Value, json};

/// Checks that a statement with this member breaks `requirement`, at `pointer`, in both versions.
async fn check(app: &TestApp, key: &str, value: Value, requirement: &str, pointer: &str) {
    let one = with(statement(1), key, value);
    for version in ["1.0.3", "2.0.0"] {
        let answer = app.post(PATH).version(version).json(one.to_string()).send().await;
        let (status, broken) = refusal(&answer);
        assert_eq!(status, 400, "{one}: {answer:?}");
        assert!(broken.contains(&requirement.to_owned()), "{version} {one}: {broken:?}");
        let errors = answer.json()["errors"].as_array().cloned().unwrap();
        assert!(
            errors.iter().any(|error| error["pointer"] == pointer),
            "{version} {one}: {errors:?}"
        );
    }
}

/// Checks that a statement with this member is stored by both versions.
async fn accept(app: &TestApp, key: &str, value: Value) {
    let mut one = with(statement(1), key, value);
    one.as_object_mut().unwrap().remove("id");
    for version in ["1.0.3", "2.0.0"] {
        let answer = app.post(PATH).version(version).json(one.to_string()).send().await;
        assert_eq!(answer.status, 200, "{version} {one}: {answer:?}");
    }
}

/// An Activity with this definition.
fn defined(definition: &Value) -> Value {
    json!({"id": "x:one", "definition": definition})
}

on_both! {
    /// Row 37. XAPI-00001, XAPI-00006 to XAPI-00011, XAPI-00013, Data 2.2: null, keys in the wrong
    /// case or unknown, values of another type, empty ones, IRIs without a scheme: each is refused
    /// with its place, and legal inside of extensions.
    async fn formatting_is_strict(app: TestApp) {
        for (key, value, requirement, pointer) in [
            ("result", Value::Null, "XAPI-00001", "/result"),
            ("result", json!({"response": null}), "XAPI-00001", "/result/response"),
            ("Result", json!({}), "XAPI-00008", "/Result"),
            ("actor", json!({"MBOX": "mailto:a@example.org"}), "XAPI-00008", "/actor/MBOX"),
            ("colour", json!("red"), "XAPI-00010", "/colour"),
            ("context", json!({"colour": "red"}), "XAPI-00010", "/context/colour"),
            (
                "actor",
                with(agent("ada"), "objectType", json!("agent")),
                "XAPI-00009",
                "/actor/objectType",
            ),
            ("verb", json!({"id": "did"}), "XAPI-00011", "/verb/id"),
            ("verb", json!({}), "XAPI-00044", "/verb"),
            (
                "verb",
                json!({"id": "x:did", "display": {"not a tag": "did"}}),
                "XAPI-00121",
                "/verb/display/not a tag",
            ),
            ("object", json!({}), "XAPI-00047", "/object"),
            ("object", json!({"id": ""}), "XAPI-00011", "/object/id"),
            ("actor", json!({}), "XAPI-00034", "/actor"),
            ("actor", json!({"mbox": ""}), "XAPI-00038", "/actor/mbox"),
            ("id", json!("not a UUID"), "XAPI-00027", "/id"),
            ("id", json!(1), "XAPI-00028", "/id"),
            ("context", json!({"language": ""}), "XAPI-00091", "/context/language"),
            (
                "context",
                json!({"extensions": {"colour": 1}}),
                "XAPI-00118",
                "/context/extensions/colour",
            ),
            ("attachments", json!({}), "XAPI-00025", "/attachments"),
        ] {
            check(&app, key, value, requirement, pointer).await;
        }
        assert_eq!(found(&app, &[]).await, [0; 0]);
        accept(
            &app,
            "result",
            json!({"extensions": {"x:e": {"a": null, "": {}, "B": "", "b": []}}}),
        )
        .await;
    }

    /// Row 38. XAPI-00079 to XAPI-00083, Data 2.4.5.1: scaled from -1 to 1, raw from min to max,
    /// min below max, by decimal value however large or fine; numbers, not texts.
    async fn a_score_is_in_its_range(app: TestApp) {
        for (score, requirement, pointer) in [
            (json!({"scaled": 1.000_001}), "XAPI-00083", "/result/score/scaled"),
            (json!({"scaled": -1.1}), "XAPI-00083", "/result/score/scaled"),
            (json!({"scaled": "1"}), "XAPI-00083", "/result/score/scaled"),
            (json!({"raw": 11, "max": 10}), "XAPI-00082", "/result/score/raw"),
            (json!({"raw": -1, "min": 0}), "XAPI-00082", "/result/score/raw"),
            (json!({"min": 10, "max": 1}), "XAPI-00081", "/result/score/min"),
            (json!({"max": "10"}), "XAPI-00080", "/result/score/max"),
            (json!([1]), "XAPI-00079", "/result/score"),
        ] {
            check(&app, "result", json!({"score": score}), requirement, pointer).await;
        }
        let fine = r#"{"raw":100000000000000000001,"max":100000000000000000000}"#;
        let text =
            with(statement(1), "result", json!({"score": "?"})).to_string().replace("\"?\"", fine);
        let answer = app.post(PATH).json(text).send().await;
        assert_eq!(
            refusal(&answer),
            (400, vec!["XAPI-00082".to_owned()]),
            "beyond what a double tells apart"
        );
        for score in [
            json!({"scaled": 1}),
            json!({"scaled": -1.0}),
            json!({"raw": 10, "max": 10, "min": 10.0e-1}),
            json!({"raw": 0, "min": 0}),
            json!({}),
            json!({"raw": -1e300, "max": 1e300}),
        ] {
            accept(&app, "result", json!({"score": score})).await;
        }
    }

    /// Row 39. XAPI-00049, XAPI-00064, Data 2.4.4.1: components belong to their interactionType,
    /// their ids are unique, and a correctResponsesPattern is a list of texts.
    async fn interactions_have_their_components(app: TestApp) {
        let choices = json!([{"id": "a"}, {"id": "b", "description": {"en": "B"}}]);
        for (definition, pointer) in [
            (json!({"interactionType": "guess"}), "/object/definition/interactionType"),
            (json!({"interactionType": "Choice"}), "/object/definition/interactionType"),
            (json!({"choices": choices}), "/object/definition"),
            (json!({"correctResponsesPattern": ["a"]}), "/object/definition"),
            (json!({"interactionType": "choice", "scale": choices}), "/object/definition/scale"),
            (
                json!({"interactionType": "likert", "choices": choices}),
                "/object/definition/choices",
            ),
            (
                json!({"interactionType": "choice", "choices": [{"id": "a"}, {"id": "a"}]}),
                "/object/definition/choices",
            ),
            (
                json!({"interactionType": "choice", "choices": [{"description": {"en": "A"}}]}),
                "/object/definition/choices/0",
            ),
            (
                json!({"interactionType": "choice", "choices": {"id": "a"}}),
                "/object/definition/choices",
            ),
            (
                json!({"interactionType": "fill-in", "correctResponsesPattern": "a"}),
                "/object/definition/correctResponsesPattern",
            ),
        ] {
            for version in ["1.0.3", "2.0.0"] {
                let one = with(statement(1), "object", defined(&definition));
                let answer = app.post(PATH).version(version).json(one.to_string()).send().await;
                assert_eq!(answer.status, 400, "{definition}: {answer:?}");
                let errors = answer.json()["errors"].as_array().cloned().unwrap();
                assert!(
                    errors.iter().any(|error| error["pointer"] == pointer),
                    "{definition}: {errors:?}"
                );
            }
        }
        for (interaction, component) in [
            ("choice", "choices"),
            ("sequencing", "choices"),
            ("likert", "scale"),
            ("matching", "source"),
            ("matching", "target"),
            ("performance", "steps"),
        ] {
            let definition = json!({"interactionType": interaction, component: choices, "correctResponsesPattern": ["a[,]b"]});
            accept(&app, "object", defined(&definition)).await;
        }
        for interaction in ["true-false", "fill-in", "long-fill-in", "numeric", "other"] {
            let pattern = json!(["{case_matters=true}x"]);
            let definition =
                json!({"interactionType": interaction, "correctResponsesPattern": pattern});
            accept(&app, "object", defined(&definition)).await;
        }
    }
}

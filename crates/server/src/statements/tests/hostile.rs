//! Requests made to hurt end in an answer, and the record stays what it is.

use super::kit::{PATH, found, id, referring, statement, store, with};
use crate::limits::Limits;
use crate::testing::{Answer, on_both, unmetered};
use serde_json::{Value, json};

/// Links of a chain that count, as `docs/storage.md` says.
const CHAIN_LINKS_MAX: u128 = 100;

on_both! {
    /// A chain in one batch, longer than the links that count: each statement is found by what lies
    /// at most so many links ahead, in whatever order they stand (1.0.3 Communication 2.1.3).
    async fn a_long_chain_in_one_batch_is_linked(app: TestApp) {
        let end = with(statement(1), "object", json!({"id": "https://example.org/end"}));
        let mut batch: Vec<Value> = (2..=130).map(|number| referring(number, number - 1)).collect();
        batch.insert(60, end);
        batch.reverse();
        store(&app, &batch).await;
        let filter = ("activity", "https://example.org/end");
        let mut all = found(&app, &[filter]).await;
        all.extend(found(&app, &[filter, ("ascending", "true")]).await);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all, (1..=CHAIN_LINKS_MAX + 1).collect::<Vec<_>>());
    }

    /// A thousand waiting references are linked when their target arrives.
    async fn a_late_target_reaches_all_who_wait(app: TestApp) {
        let batch: Vec<Value> = (2..=1_001).map(|number| referring(number, 1)).collect();
        store(&app, &batch).await;
        let late = with(statement(1), "object", json!({"id": "https://example.org/late"}));
        store(&app, &[late]).await;
        let all = found(&app, &[("activity", "https://example.org/late")]).await;
        assert_eq!(all.len(), 100, "a full page");
    }

    /// A merged definition has an end: what would grow past it is left out, and its statement stored.
    async fn a_definition_without_end_is_cut(app: TestApp) {
        let named = |number: u128, names: Value| {
            let object = json!({"id": "x:one", "definition": {"name": names}});
            with(statement(number), "object", object)
        };
        let merged = r#"{"name":{"en":"A","de":"B"}}"#;
        let path = "/xapi/activities?activityId=x:one";
        let limits = |bytes| Limits { definition_bytes_max: bytes, ..unmetered() };
        let app = app.with_limits(limits(merged.len() - 1)).await;
        store(&app, &[named(1, json!({"en": "A"}))]).await;
        store(&app, &[named(2, json!({"de": "B"}))]).await;
        let told = |answer: Answer| answer.json()["definition"]["name"].clone();
        assert_eq!(told(app.get(path).send().await), json!({"en": "A"}));
        let exact = app.get(&format!("{PATH}?statementId={}", id(2))).send().await;
        assert_eq!(exact.json()["object"]["definition"]["name"], json!({"de": "B"}));
        let app = app.with_limits(limits(merged.len())).await;
        store(&app, &[named(3, json!({"de": "B"}))]).await;
        assert_eq!(told(app.get(path).send().await), json!({"en": "A", "de": "B"}));
        store(&app, &[named(4, json!({"fr": "C"}))]).await;
        assert_eq!(told(app.get(path).send().await), json!({"en": "A", "de": "B"}));
    }

    /// Identifiers that no index holds are refused alike on both engines; the longest allowed is not.
    async fn an_endless_identifier_is_refused(app: TestApp) {
        let long = with(statement(1), "object", json!({"id": noise(2_001)}));
        let answer = app.post(PATH).json(long.to_string()).send().await;
        assert_eq!(answer.status, 413, "{answer:?}");
        assert_eq!(answer.json()["limit"], "identifier_bytes_max");
        store(&app, &[with(statement(2), "object", json!({"id": noise(2_000)}))]).await;
    }

    /// The answer to a request full of faults has an end, and nothing of it is stored.
    async fn faults_without_end_are_cut(app: TestApp) {
        let mut batch = vec![json!({"a": 0, "b": 0, "c": 0, "d": 0}); 2_000];
        batch.push(statement(1));
        let answer = app.post(PATH).json(json!(batch).to_string()).send().await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 1_000);
        let kept = app.get(&format!("{PATH}?statementId={}", id(1))).send().await;
        assert_eq!(kept.status, 404);
    }
}

/// An IRI that does not compress.
fn noise(bytes: usize) -> String {
    let digit = |at: usize| char::from(b'a' + u8::try_from((at * at * 31 + at / 7) % 26).unwrap());
    "https://example.org/".chars().chain((20..bytes).map(digit)).collect()
}

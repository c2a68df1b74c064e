//! The same id again (1.0.3 Data 2.3.1, Communication 2.1.1, 2.1.2; 9274.1.1 4.1.6.1, 4.2.3): the
//! same statement is accepted and stored once, another one is refused, and what is stored stays.

use super::kit::{
    MULTIPART, PATH, agent, attachment, found, get, id, multipart, sha2, statement, store, verb,
    with,
};
use crate::testing::{TestApp, on_both};
use serde_json::{Value, json};

/// A statement with everything in it that Data 2.3.1 speaks of.
fn full() -> Value {
    let members = json!([agent("ada"), {"mbox": "mailto:Bob@Example.ORG"}]);
    let group = json!({"objectType": "Group", "member": members});
    let display = json!({"en": "did"});
    let definition = json!({"name": {"en": "One"}});
    let one = with(statement(1), "actor", group);
    let one = with(one, "verb", json!({"id": verb("did"), "display": display}));
    let one = with(one, "object", json!({"id": "x:one", "definition": definition}));
    let context = json!({"registration": id(70), "language": "en-US", "contextActivities": {"parent": [{"id": "x:p"}]}});
    let one = with(one, "context", context);
    let one = with(one, "timestamp", json!("2026-03-04T05:06:07.5Z"));
    with(
        one,
        "result",
        json!({"duration": "PT60.129S", "score": {"raw": 1.0}, "extensions": {"x:e": 1}}),
    )
}

/// The statement with the value at a pointer replaced.
fn at(pointer: &str, value: Value) -> Value {
    let mut statement = full();
    *statement.pointer_mut(pointer).expect(pointer) = value;
    statement
}

/// The answers to this statement as POST, in a batch with a new one, and as PUT.
async fn send(app: &TestApp, number: u128, statement: &Value) -> [u16; 3] {
    let batch = json!([super::kit::statement(number), statement]);
    let put = format!("{PATH}?statementId={}", id(1));
    [
        app.post(PATH).json(statement.to_string()).send().await.status.as_u16(),
        app.post(PATH).json(batch.to_string()).send().await.status.as_u16(),
        app.put(&put).json(statement.to_string()).send().await.status.as_u16(),
    ]
}

on_both! {
    /// Row 11. XAPI-00142, Data 2.3.1: differences that mean nothing are no conflict; the stored
    /// statement stays as it was, byte for byte, and once.
    async fn the_same_statement_again_is_accepted(app: TestApp) {
        store(&app, &[full()]).await;
        let before = get(&app, 1).await;
        let pretty = serde_json::to_string_pretty(&full()).unwrap().replace("1.0", "10e-1");
        assert_eq!(app.post(PATH).json(pretty).send().await.status, 200);
        let members = json!([{"mbox": "mailto:Bob@example.org"}, agent("ada")]);
        let own = json!({"mbox": "mailto:eve@example.org"});
        let same = [
            full(),
            with(full(), "stored", json!("2001-01-01T00:00:00Z")),
            with(full(), "authority", own),
            with(full(), "version", json!("1.0.2")),
            with(full(), "id", json!(id(1).to_string().to_uppercase())),
            at("/actor/member", members),
            at("/verb/display", json!({"de": "tat"})),
            at("/object/definition", json!({"name": {"en": "Other"}})),
            at("/timestamp", json!("2026-03-04T07:06:07.500+02:00")),
            at("/context/registration", json!(id(70).to_string().to_uppercase())),
            at("/context/contextActivities/parent", json!({"id": "x:p"})),
            at("/result/duration", json!("PT60.12S")),
        ];
        for (number, again) in (100..).zip(&same) {
            assert_eq!(send(&app, number, again).await, [200, 200, 204], "{again}");
            assert_eq!(get(&app, 1).await.text(), before.text(), "{again}");
        }
        let mut expected: Vec<u128> = (100..).take(same.len()).collect();
        expected.reverse();
        expected.push(1);
        assert_eq!(found(&app, &[]).await, expected);
    }

    /// Row 11. XAPI-00142, Communication 2.1.1, 2.1.2: anything else is 409, for the whole request,
    /// and changes nothing: not the statement, not the batch, not a definition.
    async fn another_statement_is_refused(app: TestApp) {
        store(&app, &[full()]).await;
        let before = get(&app, 1).await;
        let mut without = full();
        without.as_object_mut().unwrap().remove("result");
        let other = [
            without,
            at("/actor/member", json!([agent("ada")])),
            at("/verb/id", json!("x:other")),
            at("/object/id", json!("x:ONE")),
            at("/timestamp", json!("2026-03-04T05:06:08Z")),
            at("/context/registration", json!(id(71))),
            at("/context/contextActivities", json!({"grouping": [{"id": "x:p"}]})),
            at("/result/score/raw", json!(1.5)),
            at("/result/extensions", json!({"x:e": "1"})),
            // Data 4.6: durations are compared as texts.
            at("/result/duration", json!("PT1M0.129S")),
            at("/result/duration", json!("PT60.13S")),
        ];
        for (number, other) in (100..).zip(&other) {
            assert_eq!(send(&app, number, other).await, [409; 3], "{other}");
            assert_eq!(get(&app, number).await.status, 404, "its batch is not stored");
        }
        let renamed =
            with(at("/object/definition", json!({"name": {"en": "Stolen"}})), "result", json!({}));
        assert_eq!(send(&app, 200, &renamed).await, [409; 3]);
        let activity = app.get("/xapi/activities?activityId=x:one").send().await.json();
        assert_eq!(activity["definition"]["name"], json!({"en": "One"}));
        assert_eq!(get(&app, 1).await.text(), before.text());
        assert_eq!(found(&app, &[]).await, [1]);
    }

    /// Row 11. Data 2.3.1: attachments do not count; a retry with or without them changes nothing.
    async fn attachments_do_not_count(app: TestApp) {
        store(&app, &[full()]).await;
        let attached = with(full(), "attachments", json!([attachment(b"x")]));
        let body = multipart(&attached.to_string(), &[(&sha2(b"x"), b"x")]);
        assert_eq!(app.post(PATH).bytes(MULTIPART, body).send().await.status, 200);
        assert_eq!(get(&app, 1).await.json().get("attachments"), None);
        let page = app.get(&format!("{PATH}?attachments=true")).send().await;
        assert_eq!(super::kit::parts(&page).len(), 1, "the stored statement has none");
    }

    /// Row 11. Data 2.3.1: a timestamp that the store set is no difference: a client that sends none
    /// may send the statement again, later, on another node, or twice at once.
    async fn a_retry_without_timestamp_is_accepted(app: TestApp) {
        store(&app, &[statement(1)]).await;
        let before = get(&app, 1).await;
        assert_eq!(send(&app, 100, &statement(1)).await, [200, 200, 204]);
        assert_eq!(send(&app, 101, &before.json()).await, [200, 200, 204], "what was answered");
        let other = with(statement(1), "verb", json!({"id": "x:other"}));
        assert_eq!(send(&app, 102, &other).await, [409; 3]);
        let later = with(statement(1), "timestamp", json!("2026-03-04T05:06:08Z"));
        assert_eq!(send(&app, 103, &later).await, [409; 3]);
        assert_eq!(get(&app, 1).await.text(), before.text());
        assert_eq!(found(&app, &[]).await, [101, 100, 1]);
    }

    /// Row 11. A voided statement is stored: the same again is accepted and stays voided, another
    /// is refused.
    async fn a_voided_statement_is_there_too(app: TestApp) {
        store(&app, &[full(), super::kit::voiding(2, 1)]).await;
        assert_eq!(send(&app, 100, &full()).await, [200, 200, 204]);
        assert_eq!(send(&app, 101, &at("/verb/id", json!("x:other"))).await, [409; 3]);
        assert_eq!(found(&app, &[]).await, [100, 2]);
    }

    /// Row 11. Of 32 clients who store the same statement at once each is told that it is stored,
    /// and it is, once; of 32 who store different ones under one id one is told so.
    async fn an_id_is_stored_once_under_contention(app: TestApp) {
        let other = std::sync::Arc::new([(*app).clone(), app.node().await]);
        let key = app.all_key();
        let race = async |text: fn(usize) -> String| {
            let mut clients = tokio::task::JoinSet::new();
            for client in 0..32 {
                let call = crate::testing::call(&other[client % 2], http::Method::POST, PATH);
                clients.spawn(call.version("1.0.3").key(key).json(text(client)).send());
            }
            clients.join_all().await.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>()
        };
        let same = race(|client| format!("{}{}", full(), " ".repeat(client))).await;
        assert_eq!(same, [200; 32]);
        assert_eq!(race(|_| statement(3).to_string()).await, [200; 32]);
        let mut different = race(|client| {
            with(statement(2), "verb", json!({"id": format!("x:v{client}")})).to_string()
        })
        .await;
        different.sort_unstable();
        assert_eq!((different[0], &different[1..]), (200, &[409; 31][..]));
        assert_eq!(found(&app, &[]).await, [2, 3, 1]);
    }
}

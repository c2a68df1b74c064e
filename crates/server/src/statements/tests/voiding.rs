//! Voiding (1.0.3 Data 2.3.2, Communication 2.1.4; 9274.1.1 4.2.5): a statement is voided if the
//! store holds a statement that voids it, and it voids none itself.

use super::kit::{
    PATH, VOIDED, agent, found, get, id, referring, refusal, statement, store, verb, voiding, with,
};
use crate::testing::{Answer, TestApp, on_both};
use serde_json::json;

/// The voided statement number `number` as it is answered.
async fn get_voided(app: &TestApp, number: u128) -> Answer {
    app.get(&format!("{PATH}?voidedStatementId={}", id(number))).send().await
}

/// That statement `number` is voided, and seen by no other way than as a voided one.
async fn check_voided(app: &TestApp, number: u128) {
    assert_eq!(get(app, number).await.status, 404, "{number} is voided");
    let voided = get_voided(app, number).await;
    assert_eq!(voided.status, 200, "{voided:?}");
    assert_eq!(voided.json()["id"], json!(id(number)));
    assert!(!found(app, &[]).await.contains(&number), "{number} is in the list");
    let by_path = app.get(&format!("{PATH}/{}", id(number))).send().await;
    assert_eq!(by_path.status, 404, "{by_path:?}");
}

/// That statement `number` is not voided.
async fn check_kept(app: &TestApp, number: u128) {
    assert_eq!(get(app, number).await.status, 200, "{number} is not voided");
    assert_eq!(get_voided(app, number).await.status, 404, "{number} is not voided");
}

on_both! {
    /// Row 3. XAPI-00018, XAPI-00163, Data 2.3.2, Communication 2.1.4: a voided statement is not in
    /// the list; who refers to it is, and so is who voids it; both by its own content too.
    async fn a_voided_statement_is_seen_only_as_such(app: TestApp) {
        store(&app, &[statement(1), referring(2, 1)]).await;
        check_kept(&app, 1).await;
        store(&app, &[voiding(3, 1)]).await;
        check_voided(&app, 1).await;
        assert_eq!(found(&app, &[]).await, [3, 2]);
        assert_eq!(found(&app, &[("verb", &verb("did"))]).await, [3, 2]);
        assert_eq!(found(&app, &[("agent", &agent("ada").to_string())]).await, [3, 2]);
        assert_eq!(found(&app, &[("verb", VOIDED)]).await, [3]);
        // What stands behind a voided one is reached through it.
        store(&app, &[with(referring(5, 6), "actor", agent("cyd")), referring(4, 5), statement(6)])
            .await;
        store(&app, &[voiding(7, 5)]).await;
        assert_eq!(found(&app, &[("verb", &verb("did"))]).await, [7, 6, 4, 3, 2]);
    }

    /// Row 3. Data 2.3.2 "if and only if": a voiding statement may arrive before its target, in an
    /// earlier request or earlier in the same one.
    async fn a_voiding_statement_may_arrive_before_its_target(app: TestApp) {
        store(&app, &[voiding(2, 1)]).await;
        assert_eq!(found(&app, &[]).await, [2]);
        assert_eq!(get_voided(&app, 1).await.status, 404, "nothing is there to be voided");
        store(&app, &[statement(1)]).await;
        check_voided(&app, 1).await;
        store(&app, &[voiding(4, 3), statement(3)]).await;
        check_voided(&app, 3).await;
        store(&app, &[statement(5), voiding(6, 5)]).await;
        check_voided(&app, 5).await;
        assert_eq!(found(&app, &[("verb", &verb("did"))]).await, [6, 4, 2]);
    }

    /// Row 3. XAPI-00016, XAPI-00018: a voiding statement cannot be voided, whichever comes first,
    /// and its own effect stays; nor can it void itself.
    async fn a_voiding_statement_is_never_voided(app: TestApp) {
        store(&app, &[statement(1), voiding(2, 1), voiding(3, 2)]).await;
        store(&app, &[voiding(5, 4)]).await;
        store(&app, &[voiding(4, 1), voiding(6, 6)]).await;
        for number in [2, 3, 4, 5, 6] {
            check_kept(&app, number).await;
        }
        check_voided(&app, 1).await;
        assert_eq!(found(&app, &[]).await, [6, 4, 5, 3, 2]);
    }

    /// Row 3. XAPI-00017, XAPI-00020: what voids has a StatementRef as its Object, and a SubStatement
    /// that looks like a voiding statement voids nothing.
    async fn only_a_statement_about_a_statement_voids(app: TestApp) {
        store(&app, &[statement(1)]).await;
        let no_reference = with(statement(2), "verb", json!({"id": VOIDED}));
        let answer = app.post(PATH).json(no_reference.to_string()).send().await;
        assert_eq!(refusal(&answer), (400, vec!["XAPI-00017".to_owned()]));
        let mut inside = voiding(3, 1);
        inside.as_object_mut().unwrap().remove("id");
        let planned =
            with(statement(3), "object", with(inside, "objectType", json!("SubStatement")));
        let reference = json!({"statement": {"objectType": "StatementRef", "id": id(1)}});
        store(&app, &[planned, with(statement(4), "context", reference)]).await;
        check_kept(&app, 1).await;
    }

    /// Row 4. XAPI-00327, Data 2.3.2: whoever may not store is refused with 403 and the whole
    /// request with it. Our decision: who may store may void, anything in its own tenant.
    async fn who_may_not_store_may_not_void(app: TestApp) {
        store(&app, &[statement(1)]).await;
        let text = json!([statement(2), voiding(3, 1)]).to_string();
        for scopes in ["statements/read", "all/read", "state", "profile", "define"] {
            let key = app.make_key(scopes).await;
            let answer = app.post(PATH).key(&key).json(text.as_str()).send().await;
            assert_eq!(answer.status, 403, "{scopes}: {answer:?}");
        }
        let stranger = app.make_tenant_key(77).await;
        let elsewhere = app.post(PATH).key(&stranger).json(text.as_str()).send().await;
        assert_eq!(elsewhere.status, 200, "a tenant voids what it has or may get itself");
        check_kept(&app, 1).await;
        assert_eq!(found(&app, &[]).await, [1]);
        let key = app.make_key("statements/write").await;
        assert_eq!(app.post(PATH).key(&key).json(text.as_str()).send().await.status, 200);
        check_voided(&app, 1).await;
    }

    /// Row 4. Data 2.3.2: the trail stays: what was voided, by which statement, on whose authority;
    /// and definitions that the voided statement brought are not rolled back (MAY).
    async fn voiding_leaves_a_trail(app: TestApp) {
        let definition = json!({"name": {"en": "One"}});
        let object = json!({"id": "https://example.org/activity/one", "definition": definition});
        store(&app, &[with(statement(1), "object", object)]).await;
        let before = get(&app, 1).await;
        let key = app.make_key("statements/write").await;
        let voids = app.post(PATH).key(&key).json(voiding(2, 1).to_string()).send().await;
        assert_eq!(voids.status, 200, "{voids:?}");
        assert_eq!(get_voided(&app, 1).await.text(), before.text());
        let trail = get(&app, 2).await.json();
        assert_eq!(trail["object"]["id"], json!(id(1)));
        assert_eq!(trail["authority"]["account"]["name"], json!(key.key));
        let path = "/xapi/activities?activityId=https://example.org/activity/one";
        assert_eq!(app.get(path).send().await.json()["definition"], definition);
    }
}

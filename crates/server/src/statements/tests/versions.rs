//! Two versions behind one address (1.0.3 Communication 1.3, 3.3, Data 2.4.10; 9274.1.1 4.1.1,
//! 4.2.2.5, 4.2.4.3): the header decides whose rules apply.

use super::kit::{PATH, agent, found, get, id, numbers, query, refusal, statement, store, with};
use crate::testing::{TestApp, VERSION, basic, call, on_both};
use http::{Method, header};
use serde_json::{Value, json};

/// A form of the alternate request syntax, sent without any header of its own.
async fn form(
    app: &TestApp,
    method: &str,
    version: &str,
    fields: &[(&str, &str)],
) -> crate::testing::Answer {
    let key = app.all_key();
    let credential = basic(&key.key, &key.secret);
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("Authorization", &credential)
        .append_pair("X-Experience-API-Version", version)
        .extend_pairs(fields)
        .finish();
    let path = format!("{PATH}?method={method}");
    call(app, Method::POST, &path).bytes("application/x-www-form-urlencoded", form).send().await
}

on_both! {
    /// Row 17. XAPI-00148, XAPI-00336, Communication 1.3: in 1.0.3 a form may stand for any
    /// request: it stores, and asks with a query longer than an address may be.
    async fn a_form_stands_for_a_request(app: TestApp) {
        let (one, two) =
            (id(1).to_string(), with(statement(2), "result", json!({"response": "a+b&c=\u{e9}"})));
        let put = form(
            &app,
            "PUT",
            "1.0.3",
            &[("statementId", &one), ("content", &statement(1).to_string())],
        )
        .await;
        assert_eq!(put.status, 204, "{put:?}");
        let post = form(
            &app,
            "POST",
            "1.0.3",
            &[("content", &two.to_string()), ("Content-Type", "application/json")],
        )
        .await;
        assert_eq!((post.status.as_u16(), post.json()), (200, json!([id(2)])));
        assert_eq!(get(&app, 2).await.json()["result"], two["result"]);
        let named = with(agent("ada"), "name", json!("x".repeat(50_000)));
        let long =
            form(&app, "GET", "1.0.3", &[("agent", &named.to_string()), ("limit", "1")]).await;
        assert_eq!(numbers(&long), [2]);
        let by_id = form(&app, "GET", "1.0.3", &[("statementId", &one)]).await;
        assert_eq!(by_id.text(), get(&app, 1).await.text());
        let head = form(&app, "HEAD", "1.0.3", &[("statementId", &one)]).await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
        for (method, fields) in [
            ("PUT", &[("statementId", &*one)][..]),
            ("GET", &[("foo", "bar")]),
            ("POST", &[("content", "{}")]),
        ] {
            let answer = form(&app, method, "1.0.3", fields).await;
            assert_eq!(answer.status, 400, "{method}: {answer:?}");
        }
        let nobody = call(&app, Method::POST, &format!("{PATH}?method=GET"));
        let nobody =
            nobody.bytes("application/x-www-form-urlencoded", "X-Experience-API-Version=1.0.3");
        assert_eq!(nobody.send().await.status, 401);
    }

    /// Row 17. 9274.1.1 4.1: 2.0 has no such syntax, whether the version is in the form or a header.
    async fn version_2_has_no_forms(app: TestApp) {
        store(&app, &[statement(1)]).await;
        let by_form = form(&app, "GET", "2.0.0", &[]).await;
        assert_eq!(by_form.status, 400, "{by_form:?}");
        let by_header = app.post(&format!("{PATH}?method=GET")).version("2.0.0");
        let by_header = by_header.bytes("application/x-www-form-urlencoded", "").send().await;
        assert_eq!(by_header.status, 400, "{by_header:?}");
    }

    /// Row 18. XAPI-00331, XAPI-00333, Communication 3.3: 1.0 and 1.0.x, 2.0 and 2.0.x are spoken,
    /// others and none are refused; every answer names the latest patch of the rules that made it.
    async fn the_header_chooses_the_rules(app: TestApp) {
        for (asked, answered) in [
            ("1.0", "1.0.3"),
            ("1.0.0", "1.0.3"),
            ("1.0.3", "1.0.3"),
            ("1.0.99", "1.0.3"),
            ("2.0", "2.0.0"),
            ("2.0.0", "2.0.0"),
            ("2.0.9", "2.0.0"),
        ] {
            for (path, status) in
                [(PATH, 200), ("/xapi/statements?foo=bar", 400), ("/xapi/statements/x", 404)]
            {
                let answer = app.get(path).version(asked).send().await;
                assert_eq!(answer.status, status, "{asked}: {answer:?}");
                assert_eq!(answer.header(VERSION.as_str()), Some(answered), "{asked} {path}");
            }
        }
        for unknown in ["0.9", "0.95", "1.1.0", "1", "2.1.0", "3.0.0", "latest"] {
            for method in [Method::GET, Method::POST, Method::PUT] {
                let call = app.call(method, PATH).version(unknown).json(statement(1).to_string());
                let answer = call.send().await;
                assert_eq!(answer.status, 400, "{unknown}: {answer:?}");
                assert!(answer.header(VERSION.as_str()).is_some(), "{unknown}: {answer:?}");
            }
        }
        let none = app.post(PATH).without(VERSION).json(statement(1).to_string()).send().await;
        assert_eq!(none.status, 400, "{none:?}");
        let stranger = app.get(PATH).without(header::AUTHORIZATION).send().await;
        assert_eq!(
            (stranger.status.as_u16(), stranger.header(VERSION.as_str())),
            (401, Some("1.0.3"))
        );
        assert_eq!(found(&app, &[]).await, [0; 0]);
    }

    /// Row 18. Communication 3.3: a statement of a newer version is never converted into an older
    /// form: readers of either version get the same text, but for UTC in 2.0.
    async fn statements_are_not_converted(app: TestApp) {
        let coach = json!([{"objectType": "contextAgent", "agent": agent("bob"), "relevantTypes": ["x:coach"]}]);
        let newer = with(statement(1), "context", json!({"contextAgents": coach}));
        let answer = app.post(PATH).version("2.0.0").json(newer.to_string()).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        store(&app, &[statement(2)]).await;
        for number in [1, 2] {
            let path = format!("{PATH}?statementId={}", id(number));
            let older = app.get(&path).version("1.0.3").send().await;
            assert_eq!(older.text(), app.get(&path).version("2.0.0").send().await.text());
        }
        assert_eq!(get(&app, 1).await.json()["version"], "2.0.0");
        assert_eq!(get(&app, 1).await.json()["context"]["contextAgents"], coach);
    }

    /// Row 19. XAPI-00101, XAPI-00332, Data 2.4.10, 9274.1.1 4.2.4.3: a missing version is set to
    /// 1.0.0 or 2.0.0; one of the series is kept, in 2.0 one of 1.0 too; others are refused.
    async fn the_version_of_a_statement_is_of_its_series(app: TestApp) {
        let mut number = 0;
        for (rules, unknown, default, kept) in [
            ("1.0.3", "2.0.0", "1.0.0", ["1.0.0", "1.0.1", "1.0.9"]),
            ("2.0.0", "2.1.0", "2.0.0", ["2.0.0", "2.0.9", "1.0.3"]),
        ] {
            for version in [None].into_iter().chain(kept.map(Some)) {
                number += 1;
                let mut one = statement(number);
                if let Some(version) = version {
                    one["version"] = json!(version);
                }
                let answer = app.post(PATH).version(rules).json(one.to_string()).send().await;
                assert_eq!(answer.status, 200, "{version:?}: {answer:?}");
                assert_eq!(get(&app, number).await.json()["version"], version.unwrap_or(default));
            }
            for bad in [
                json!(unknown),
                json!("0.95"),
                json!("1.1.0"),
                json!("1"),
                json!(1.0),
                json!(""),
                Value::Null,
            ] {
                let one = with(statement(99), "version", bad.clone());
                let answer = app.post(PATH).version(rules).json(one.to_string()).send().await;
                assert_eq!(answer.status, 400, "{bad} in {rules}: {answer:?}");
            }
        }
    }

    /// Row 28. 9274.1.1 4.2.2.5: contextAgents and contextGroups have a fixed objectType, an Agent
    /// or a Group, and relevantTypes that are a list of IRIs that is not empty; 1.0.3 has neither.
    async fn context_agents_have_their_form(app: TestApp) {
        let (coach, crew) =
            (agent("bob"), json!({"objectType": "Group", "member": [agent("bob")]}));
        let agents = |entry: Value| json!({"contextAgents": [entry]});
        let groups = |entry: Value| json!({"contextGroups": [entry]});
        let types = json!(["https://example.org/role/coach"]);
        let good = [
            agents(json!({"objectType": "contextAgent", "agent": coach, "relevantTypes": types})),
            agents(json!({"objectType": "contextAgent", "agent": coach})),
            groups(json!({"objectType": "contextGroup", "group": crew, "relevantTypes": types})),
        ];
        for (number, context) in (1..).zip(&good) {
            let one = with(statement(number), "context", context.clone()).to_string();
            let older = app.post(PATH).version("1.0.3").json(one.as_str()).send().await;
            assert_eq!(older.status, 400, "{context}");
            let newer = app.post(PATH).version("2.0.0").json(one).send().await;
            assert_eq!(newer.status, 200, "{context}: {newer:?}");
        }
        for context in [
            agents(json!({"agent": coach})),
            agents(json!({"objectType": "Agent", "agent": coach})),
            agents(json!({"objectType": "contextGroup", "agent": coach})),
            agents(json!({"objectType": "contextAgent"})),
            agents(json!({"objectType": "contextAgent", "agent": crew})),
            agents(json!({"objectType": "contextAgent", "agent": {"name": "Bob"}})),
            agents(json!({"objectType": "contextAgent", "agent": coach, "relevantTypes": []})),
            agents(
                json!({"objectType": "contextAgent", "agent": coach, "relevantTypes": ["coach"]}),
            ),
            agents(
                json!({"objectType": "contextAgent", "agent": coach, "relevantTypes": "x:coach"}),
            ),
            agents(json!({"objectType": "contextAgent", "agent": coach, "role": "x:coach"})),
            json!({"contextAgents": {"objectType": "contextAgent", "agent": coach}}),
            groups(json!({"objectType": "contextGroup", "group": coach})),
            groups(json!({"objectType": "contextAgent", "group": crew})),
            groups(json!({"objectType": "contextGroup"})),
            groups(json!({"objectType": "contextGroup", "group": crew, "relevantTypes": []})),
        ] {
            let one = with(statement(99), "context", context.clone());
            let answer = app.post(PATH).version("2.0.0").json(one.to_string()).send().await;
            let (status, broken) = refusal(&answer);
            assert_eq!(status, 400, "{context}: {answer:?}");
            assert!(!broken.is_empty(), "{context}: {answer:?}");
        }
        assert_eq!(numbers(&app.get(&query(&[])).version("2.0.0").send().await), [3, 2, 1]);
    }
}

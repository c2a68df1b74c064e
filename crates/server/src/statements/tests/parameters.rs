//! Parameters of the Statements resource, read strictly (1.0.3 Communication 2.1.3, 3.2;
//! 9274.1.1 4.1.6.1): a filter that is silently ignored answers with somebody else's statements.

use super::kit::{PATH, agent, found, get, id, query, statement, store};
use crate::testing::on_both;
use http::Method;

on_both! {
    /// Row 24. XAPI-00324, XAPI-00325: a parameter that is not known, in another case, or given
    /// twice is refused, by every method and for HEAD too.
    async fn a_parameter_is_known_and_given_once(app: TestApp) {
        store(&app, &[statement(1)]).await;
        let one = format!("statementId={}", id(1));
        for parameters in [
            "Verb=x:did",
            "statementid=x",
            "LIMIT=1",
            "foo=bar",
            "limit=1&limit=1",
            "authority=x",
            "relatedAgents=true",
            "page=2",
            "voided=true",
            "cursor=x",
            "stored=x",
            "%20limit=1",
        ] {
            for method in [Method::GET, Method::HEAD] {
                let answer = app.call(method, &format!("{PATH}?{parameters}")).send().await;
                assert_eq!(answer.status, 400, "{parameters}");
            }
        }
        for (method, parameters) in [
            (Method::POST, "limit=1"),
            (Method::POST, &*one),
            (Method::PUT, "limit=1"),
            (Method::PUT, &format!("{one}&limit=1")),
            (Method::PUT, "StatementId=x"),
            (Method::PUT, ""),
        ] {
            let call = app.call(method.clone(), &format!("{PATH}?{parameters}"));
            let answer = call.json(statement(1).to_string()).send().await;
            assert_eq!(answer.status, 400, "{method} {parameters}");
        }
        assert_eq!(found(&app, &[]).await, [1]);
    }

    /// Row 24. XAPI-00150, XAPI-00151: an id goes with `format` and `attachments` only, and with no
    /// other id.
    async fn an_id_stands_alone(app: TestApp) {
        store(&app, &[statement(1)]).await;
        let (one, agent) = (id(1).to_string(), agent("ada").to_string());
        for name in ["statementId", "voidedStatementId"] {
            for other in [
                ("agent", agent.as_str()),
                ("verb", "x:did"),
                ("activity", "x:one"),
                ("registration", &one),
                ("related_activities", "false"),
                ("related_agents", "false"),
                ("since", "2026-01-01T00:00:00Z"),
                ("until", "2026-01-01T00:00:00Z"),
                ("limit", "1"),
                ("ascending", "false"),
            ] {
                let answer = app.get(&query(&[(name, &one), other])).send().await;
                assert_eq!(answer.status, 400, "{name} with {other:?}");
            }
        }
        let both =
            app.get(&query(&[("statementId", &one), ("voidedStatementId", &one)])).send().await;
        assert_eq!(both.status, 400, "{both:?}");
        for other in [("format", "ids"), ("attachments", "true"), ("attachments", "false")] {
            let answer = app.get(&query(&[("statementId", &one), other])).send().await;
            assert_eq!(answer.status, 200, "{other:?}: {answer:?}");
        }
        let by_path = app.get(&format!("{PATH}/{one}?format=ids")).send().await;
        assert_eq!(by_path.status, 200, "{by_path:?}");
        assert_eq!(app.get(&format!("{PATH}/{one}?limit=1")).send().await.status, 400);
    }

    /// Row 24. XAPI-00012: what a parameter says obeys the rules of what it filters.
    async fn a_parameter_is_of_its_kind(app: TestApp) {
        for (name, bad) in [
            ("statementId", "x"),
            ("statementId", ""),
            ("voidedStatementId", "7e4f4b0c2b414d0a9f3e1f5b2b3f9a10"),
            ("registration", "x"),
            ("verb", "did"),
            ("verb", ""),
            ("activity", "one"),
            ("agent", "ada"),
            ("agent", "{}"),
            ("agent", r#"{"mbox":"ada@example.org"}"#),
            ("agent", r#"{"name":"Ada"}"#),
            ("agent", r#"{"mbox":"mailto:a@example.org","openid":"x:a"}"#),
            ("agent", r#"{"objectType":"Group","member":[{"mbox":"mailto:a@example.org"}]}"#),
            ("agent", r#"{"mbox":"mailto:a@example.org","mbox":"mailto:a@example.org"}"#),
            ("related_agents", "yes"),
            ("related_activities", "1"),
            ("ascending", "TRUE"),
            ("attachments", "null"),
            ("format", "EXACT"),
            ("since", "now"),
            ("until", "2026-13-01T00:00:00Z"),
        ] {
            let answer = app.get(&query(&[(name, bad)])).send().await;
            assert_eq!(answer.status, 400, "{name}={bad}: {answer:?}");
            assert!(answer.json()["detail"].as_str().unwrap().contains(name), "{answer:?}");
        }
        assert_eq!(get(&app, 1).await.status, 404);
        let latin = app.get(&format!("{PATH}?verb=x:%E9")).send().await;
        assert_eq!(latin.status, 400, "XAPI-00015: text is UTF-8");
    }
}

//! What is allowed and used, asked and set under `/api/v1`.

use super::super::Allowance;
use super::{SECOND, as_key, count, is_refused, limited, store, within};
use crate::limits::Limits;
use crate::tenants::NewKey;
use crate::testing::{on_both, unmetered};
use http::Method;
use serde_json::{Value, json};

on_both! {
    async fn an_operator_sets_what_a_tenant_may_use(app: TestApp) {
        let tenant = Allowance { queries_per_minute: 5, ..Allowance::UNLIMITED };
        let app = within(app, tenant, Allowance::UNLIMITED).await;
        let operator = app.make_key("operator").await;
        let path = "/api/v1/tenants/main/limits";
        let set = async |body: Value| app.put(path).key(&operator).json(body.to_string()).send().await;
        let node = app.node().await;
        let ask = || as_key(&node, Method::GET, "/xapi/statements", app.all_key());
        assert_eq!(ask().send().await.header("x-ratelimit-limit"), Some("5"));
        let answer = set(json!({ "tenant": { "queriesPerMinute": 2, "storageBytes": 7 }, "user": { "bytesPerMinute": 9 } })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let told = answer.json();
        assert_eq!(told["tenant"]["queriesPerMinute"], 2);
        assert_eq!(told["tenant"]["bytesPerMinute"], 0);
        assert_eq!(told["user"]["bytesPerMinute"], 9);
        assert_eq!(told["set"], json!({ "tenant": { "queriesPerMinute": 2, "storageBytes": 7 }, "key": {}, "user": { "bytesPerMinute": 9 } }));
        let query = || app.get("/xapi/statements?limit=1");
        assert_eq!(query().send().await.header("x-ratelimit-limit"), Some("2"), "here at once");
        assert_eq!(ask().send().await.header("x-ratelimit-limit"), Some("5"), "elsewhere soon");
        app.clock.advance(5 * SECOND);
        assert_eq!(ask().send().await.header("x-ratelimit-limit"), Some("2"));
        assert_eq!(set(json!({})).await.json()["tenant"]["queriesPerMinute"], 5, "as the settings say");
        let unlimited = set(json!({ "tenant": { "queriesPerMinute": 0 } })).await;
        assert_eq!(unlimited.json()["tenant"]["queriesPerMinute"], 0);
        assert!(query().send().await.header("ratelimit").is_none(), "0 is no limit");
        for (body, status) in [
            (json!({ "tenant": { "queriesPerHour": 1 } }), 422),
            (json!({ "tenant": { "queriesPerMinute": -1 } }), 422),
            (json!({ "tenant": { "queriesPerMinute": 1_u64 << 53 } }), 422),
            (json!({ "tenant": { "queriesPerMinute": (1_u64 << 53) - 1 } }), 200),
            (json!({ "key": { "storageBytes": 1 } }), 422),
            (json!([]), 422),
            (json!({ "tenant": [1] }), 422),
        ] {
            let answer = set(body.clone()).await;
            assert_eq!(answer.status, status, "{body}: {answer:?}");
        }
        let malformed = app.put(path).key(&operator).json("{").send().await;
        assert_eq!(malformed.status, 400, "{malformed:?}");
        let nowhere = app.get("/api/v1/tenants/nobody/limits").key(&operator).send().await;
        assert_eq!(nowhere.status, 404, "{nowhere:?}");
    }

    async fn a_tenant_lowers_what_a_key_may_use(app: TestApp) {
        let key = Allowance { queries_per_minute: 5, ..Allowance::UNLIMITED };
        let app = within(app, Allowance::UNLIMITED, key).await;
        let (admin, weak) = (app.make_key("admin").await, app.make_key("all").await);
        let path = format!("/api/v1/keys/{}/limits", weak.key);
        let set = async |body: Value| app.put(&path).key(&admin).json(body.to_string()).send().await;
        for (most, status) in [(6, 422), (0, 422), (5, 200), (1, 200)] {
            let answer = set(json!({ "queriesPerMinute": most })).await;
            assert_eq!(answer.status, status, "{most}: {answer:?}");
        }
        assert_eq!(set(json!({ "queriesPerMinute": 6 })).await.json()["code"], "limits.raised");
        let query = |key: &NewKey| app.get("/xapi/statements?limit=1").key(key);
        assert_eq!(query(&weak).send().await.status, 200);
        is_refused(&query(&weak).send().await, "key-queries", "60");
        assert_eq!(query(app.all_key()).send().await.header("x-ratelimit-limit"), Some("5"));
        let told = app.get(&path).key(&admin).send().await.json();
        assert_eq!((&told["limits"]["queriesPerMinute"], &told["set"]), (&json!(1), &json!({ "queriesPerMinute": 1 })));
        let stranger = app.make_tenant_key(2).await;
        for (key, whose) in [(&stranger.key, &admin), (&"rk1_nobody".to_owned(), &admin)] {
            let answer = app.get(&format!("/api/v1/keys/{key}/limits")).key(whose).send().await;
            assert_eq!(answer.status, 404, "{answer:?}");
        }
    }

    async fn usage_tells_what_is_left(app: TestApp) {
        let tenant = Allowance { statements_per_second: 10, ..Allowance::UNLIMITED };
        let key = Allowance { requests_per_minute: 5, concurrent_requests: 3, ..Allowance::UNLIMITED };
        let app = within(app, tenant, key).await;
        assert_eq!(store(&app, 4).send().await.status, 200);
        let reader = app.make_key("read").await;
        let usage = app.get("/api/v1/usage").key(&reader).send().await.json();
        assert_eq!(usage["limits"], json!([
            { "name": "tenant-statements", "limit": 10, "remaining": 6, "windowSeconds": 1, "resetSeconds": 1 },
            { "name": "key-concurrent", "limit": 3, "remaining": 2, "windowSeconds": null, "resetSeconds": 0 },
            { "name": "key-requests", "limit": 5, "remaining": 4, "windowSeconds": 60, "resetSeconds": 12 },
        ]));
    }

    /// `decisions.md` 4: `limit` and State PUT without preconditions are a tenant's choice.
    async fn a_tenant_chooses_its_pages_and_preconditions(app: TestApp) {
        let app = limited(app, Limits { page_statements_max: 2, ..unmetered() }).await;
        let admin = app.make_key("admin").await;
        let set = async |body: Value| {
            let call = app.call(Method::PATCH, "/api/v1/tenant").key(&admin);
            call.json(body.to_string()).send().await
        };
        assert_eq!(store(&app, 5).send().await.status, 200);
        assert_eq!(count(&app).await, 2);
        for (wish, status) in [(json!(0), 422), (json!(1_001), 422), (json!(1_000), 200), (json!(4), 200)] {
            let answer = set(json!({ "pageStatements": wish })).await;
            assert_eq!(answer.status, status, "{wish} {answer:?}");
        }
        assert_eq!(count(&app).await, 4);
        assert_eq!(set(json!({ "statePreconditions": "lenient" })).await.json(), json!({
            "name": "main", "statePreconditions": "lenient", "pageStatements": 4,
        }));
        let path = "/xapi/activities/state?activityId=http://a.b/c&stateId=x&agent=%7B%22mbox%22:%22mailto:a@b.c%22%7D";
        let put = || app.put(path).version("2.0.0").bytes("text/plain", "a");
        assert_eq!(put().send().await.status, 204);
        assert_eq!(put().send().await.status, 204, "lenient");
        assert_eq!(set(json!({ "statePreconditions": "spec", "pageStatements": null })).await.status, 200);
        assert_eq!(put().send().await.status, 409, "spec");
        assert_eq!(count(&app).await, 2, "as the settings say");
        assert_eq!(set(json!({ "statePreconditions": "loose" })).await.status, 422);
        assert_eq!(set(json!({ "name": "other" })).await.status, 422);
    }
}

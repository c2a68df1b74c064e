//! Made, named, suspended, resumed; and who may.

use super::kit::{TENANTS, api, found, tenant};
use crate::testing::{Answer, TestApp, on_both};
use http::Method;

async fn send(app: &TestApp, method: Method, path: &str, body: &str) -> Answer {
    let operator = app.make_key("operator").await;
    let call = api(app, &operator, method, &format!("{TENANTS}{path}"));
    if body.is_empty() { call.send().await } else { call.json(body).send().await }
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

on_both! {
    async fn a_tenant_is_made_read_and_listed(app: TestApp) {
        let made = send(&app, Method::POST, "", r#"{"name":"acme","title":"Acme é"}"#).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.header("location"), Some("/api/v1/tenants/acme"));
        let told = made.json();
        assert_eq!((told["name"].as_str(), told["title"].as_str()), (Some("acme"), Some("Acme é")));
        assert!(told["suspended"].is_null() && told["deleting"].is_null(), "{told}");
        let read = send(&app, Method::GET, "/acme", "").await;
        assert_eq!(read.json(), told);
        for (body, expected) in [
            (r#"{"name":"acme"}"#, (409, "tenant.name.used")),
            (r#"{"name":"-"}"#, (422, "body.invalid")),
            (r#"{"name":"b","title":"\n"}"#, (422, "body.invalid")),
            (r#"{"name":"b","titel":""}"#, (422, "body.invalid")),
            (r#"{"name":"#, (400, "body.malformed")),
        ] {
            let answer = send(&app, Method::POST, "", body).await;
            assert_eq!(code(&answer), (expected.0, expected.1.to_owned()), "{body} {answer:?}");
        }
        for path in ["/nobody", "/a%20b", "/%00", "/-"] {
            assert_eq!(send(&app, Method::GET, path, "").await.status, 404, "{path}");
        }
    }

    async fn tenants_are_listed_in_pages(app: TestApp) {
        for name in ["a", "b", "c"] {
            tenant(&app, name).await;
        }
        let mut path = "?page[size]=2".to_owned();
        let mut seen = Vec::new();
        loop {
            let answer = send(&app, Method::GET, &path, "").await;
            let page = answer.json();
            assert_eq!(page["meta"]["page"]["size"], 2, "{answer:?}");
            let data = page["data"].as_array().unwrap();
            seen.extend(data.iter().map(|one| one["name"].as_str().unwrap().to_owned()));
            let Some(next) = page["links"]["next"].as_str() else { break };
            assert!(next.contains(page["meta"]["page"]["nextCursor"].as_str().unwrap()));
            path = next.strip_prefix(TENANTS).unwrap().to_owned();
        }
        assert_eq!(seen, ["main", "a", "b", "c"]);
        for query in ["?page[size]=0", "?page[size]=201", "?page[after]=x", "?size=1"] {
            assert_eq!(send(&app, Method::GET, query, "").await.status, 400, "{query}");
        }
    }

    async fn a_tenant_is_named_anew(app: TestApp) {
        tenant(&app, "acme").await;
        tenant(&app, "other").await;
        let patch = |body: &'static str| send(&app, Method::PATCH, "/acme", body);
        assert_eq!(patch(r#"{"title":"New"}"#).await.json()["title"], "New");
        assert_eq!(code(&patch(r#"{"name":"other"}"#).await).1, "tenant.name.used");
        let named = patch(r#"{"name":"acme2"}"#).await;
        assert_eq!(named.json()["title"], "New", "{named:?}");
        assert_eq!(patch(r#"{"title":""}"#).await.status, 404, "the old name is nobody's");
        assert!(found(&app, "acme2").await.is_some());
    }

    async fn a_tenant_is_suspended_and_resumed(app: TestApp) {
        tenant(&app, "acme").await;
        let first = send(&app, Method::POST, "/acme/suspend", "").await;
        let since = first.json()["suspended"].as_str().unwrap().to_owned();
        let again = send(&app, Method::POST, "/acme/suspend", "").await;
        assert_eq!(again.json()["suspended"], since.as_str(), "the first moment is kept");
        let resumed = send(&app, Method::POST, "/acme/resume", "").await;
        assert!(resumed.json()["suspended"].is_null(), "{resumed:?}");
        assert_eq!(send(&app, Method::POST, "/acme/resume", "").await.status, 200);
    }

    async fn the_first_tenant_stays(app: TestApp) {
        let answer = send(&app, Method::DELETE, "/main", "").await;
        assert_eq!(code(&answer), (409, "tenant.first".to_owned()));
        let answer = send(&app, Method::POST, "/main/suspend", "").await;
        assert_eq!(code(&answer), (409, "tenant.first".to_owned()));
    }

    /// Whether a name is used is told to nobody but the operator, whatever is asked.
    async fn nobody_else_learns_a_name(app: TestApp) {
        let (_, admin) = tenant(&app, "acme").await;
        for (method, path) in [
            (Method::GET, ""),
            (Method::GET, "/NAME"),
            (Method::PATCH, "/NAME"),
            (Method::DELETE, "/NAME"),
            (Method::POST, "/NAME/suspend"),
            (Method::POST, "/NAME/resume"),
        ] {
            let mut answers = Vec::new();
            for name in ["acme", "main", "nobody"] {
                let path = format!("{TENANTS}{}", path.replace("NAME", name));
                let answer = api(&app, &admin, method.clone(), &path).json("{}").send().await;
                let mut told = answer.json();
                for member in ["requestId", "traceId", "instance"] {
                    told.as_object_mut().unwrap().remove(member);
                }
                answers.push((answer.status, told));
            }
            assert_eq!(answers[0].0, 403, "{method} {path}: {answers:?}");
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        }
    }

    /// What is done to a tenant is in its own log and in that of the installation.
    async fn every_act_is_recorded_twice(app: TestApp) {
        let (_, admin) = tenant(&app, "acme").await;
        send(&app, Method::POST, "/acme/suspend", "").await;
        send(&app, Method::POST, "/acme/suspend", "").await;
        send(&app, Method::POST, "/acme/resume", "").await;
        send(&app, Method::PATCH, "/acme", r#"{"title":"New"}"#).await;
        let expected = ["tenant.renamed", "tenant.resumed", "tenant.suspended", "tenant.created"];
        for key in [&admin, &app.make_key("admin").await] {
            let log = api(&app, key, Method::GET, "/api/v1/audit").send().await.json();
            let data = log["data"].as_array().unwrap();
            let acts: Vec<&str> = data.iter().map(|act| act["act"].as_str().unwrap()).collect();
            let acts: Vec<&str> =
                acts.into_iter().filter(|act| act.starts_with("tenant.")).collect();
            assert_eq!(acts, expected, "{log}");
            let principal = data[0]["principal"].as_str().unwrap();
            assert!(principal.starts_with("key:rk1_"), "{log}");
        }
    }
}

//! What every answer under `/api` carries, and what a refusal says, whoever made it.

use super::kit::{ask, code, send};
use crate::testing::{Answer, TestApp, call, on_both};
use axum::Router;
use axum::routing::get;
use http::Method;

async fn open(app: &TestApp, method: Method, path: &str) -> Answer {
    let router = Router::new()
        .route("/api/v1/panic", get(|| async { panic!("a bug") as () }))
        .route("/elsewhere", get(|| async { "here" }));
    call(app, method, path).header("x-request-id", ID).send_to(router).await
}

const ID: &str = "7e4f4b0c-2b41-4d0a-9f3e-1f5b2b3f9a10";

on_both! {
    /// `progress.md` 2.1: every member, on every surface, also for 404, 405 and a panic.
    async fn a_problem_says_which_request_it_was(app: TestApp) {
        for (method, path, status, name) in [
            (Method::GET, "/api/v1/nothing", 404, "resource.not_found"),
            (Method::POST, "/api/v1/panic", 405, "request.method_not_allowed"),
            (Method::GET, "/api/v1/panic", 500, "internal"),
            (Method::GET, "/nothing", 404, "resource.not_found"),
            (Method::GET, "/xapi/nothing", 404, "resource.not_found"),
        ] {
            let answer = open(&app, method, path).await;
            let said = answer.json();
            assert_eq!(code(&answer), (status, name.to_owned()), "{path}: {answer:?}");
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            assert_eq!(said["type"], format!("/problems/{name}"), "{path}");
            assert_eq!(said["instance"], format!("urn:uuid:{ID}"), "{path}");
            assert_eq!((&said["requestId"], &said["status"]), (&ID.into(), &status.into()));
            assert_eq!(said["traceId"].as_str().unwrap().len(), 32, "{path}");
            assert_eq!(said["retriable"], status == 500, "{path}");
            assert!(said["title"].is_string() && said["detail"].is_string(), "{path}");
            assert_eq!(answer.header("x-request-id"), Some(ID));
            let length = answer.body.len().to_string();
            assert_eq!(answer.header("content-length"), Some(length.as_str()), "{path}");
        }
    }

    /// RFC 9110 9.3.2: HEAD has the headers of GET and no body.
    async fn a_problem_of_head_has_no_body(app: TestApp) {
        let (got, head) = (
            open(&app, Method::GET, "/api/v1/panic").await,
            open(&app, Method::HEAD, "/api/v1/panic").await,
        );
        assert_eq!((head.status.as_u16(), head.body.len()), (500, 0));
        assert_eq!(head.header("content-length"), got.header("content-length"));
    }

    /// `progress.md` 2.2: X-API-Version under `/api` only; the xAPI tree has its own, also there.
    async fn the_version_is_answered_under_api(app: TestApp) {
        for (path, is_api) in [
            ("/api/v1/nothing", true),
            ("/api/v1/panic", true),
            ("/api/xapi/about", false),
            ("/xapi/about", false),
            ("/elsewhere", false),
        ] {
            let answer = open(&app, Method::GET, path).await;
            assert_eq!(answer.header("x-api-version"), is_api.then_some("1.0"), "{path}");
            let is_xapi = path.contains("xapi");
            assert_eq!(answer.header("x-experience-api-version").is_some(), is_xapi, "{path}");
            let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
            assert_eq!(exposed.contains("X-API-Version"), is_api, "{path}");
            assert_eq!(exposed.contains("RateLimit"), is_api || is_xapi, "{path}");
        }
    }

    /// A page of any origin may ask what it may send, without a credential.
    async fn a_preflight_of_the_api_needs_no_credential(app: TestApp) {
        let asked = ask(&app, app.all_key(), Method::OPTIONS, "")
            .without("authorization")
            .header("origin", "https://app.example.com")
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "idempotency-key,x-api-key");
        let answer = send(asked).await;
        assert_eq!(answer.status, 204, "{answer:?}");
        assert!(answer.header("access-control-allow-methods").unwrap().contains("PATCH"));
        let allowed = answer.header("access-control-allow-headers").unwrap();
        assert!(allowed.contains("idempotency-key") && allowed.contains("authorization"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }

    /// RFC 9457 3.1.1: the type of a problem leads to what it means.
    async fn the_type_of_a_problem_can_be_looked_up(app: TestApp) {
        let problem = call(&app, Method::GET, "/nothing").send().await;
        let address = problem.json()["type"].as_str().unwrap().to_owned();
        let answer = call(&app, Method::GET, &address).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        expect_test::expect![[r#"{"code":"resource.not_found","title":"Not found","statuses":[404],"meaning":"There is no such thing, or it belongs to another tenant.","retriable":false}"#]]
            .assert_eq(answer.text());
        assert_eq!(call(&app, Method::GET, "/problems/no.such").send().await.status, 404);
    }

    /// 415, 413 at the limit and one past it, 400 for no JSON, 422 with pointers for the rest.
    async fn a_body_is_read_strictly(app: TestApp) {
        let key = app.make_key("write").await;
        let most = app.limits.api_body_bytes_max;
        let post = |media: &'static str, body: String| {
            send(ask(&app, &key, Method::POST, "").bytes(media, body))
        };
        let sized = |bytes: usize| format!("{{\"name\":\"{}\"}}", "x".repeat(bytes - 11));
        assert_eq!(post("application/json", sized(most)).await.status, 201);
        let over = post("application/json", sized(most + 1)).await;
        assert_eq!(code(&over), (413, "payload.too_large".to_owned()));
        assert_eq!(over.json()["limit"], "api_body_bytes_max");
        let text = post("text/plain", "{}".to_owned()).await;
        assert_eq!(code(&text), (415, "body.media_type".to_owned()));
        for (body, status, name, pointer) in [
            ("{", 400, "body.malformed", None),
            ("{}", 422, "body.invalid", Some("#")),
            (r#"{"name":""}"#, 422, "body.invalid", Some("#/name")),
            (r#"{"name":"a","more":1}"#, 422, "body.invalid", Some("#/more")),
        ] {
            let answer = post("application/json", body.to_owned()).await;
            assert_eq!(code(&answer), (status, name.to_owned()), "{answer:?}");
            let said = answer.json();
            assert_eq!(said["errors"][0]["pointer"].as_str(), pointer, "{answer:?}");
        }
    }
}

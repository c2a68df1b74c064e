//! What the front does for every request, asked of a router with a few routes of its own.

use crate::error::Problem;
use crate::http::server::Front;
use crate::http::{Mount, Precondition, XapiVersion};
use crate::ids::Ids;
use crate::limits::Limits;
use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ALLOW, CONTENT_LENGTH, CONTENT_TYPE,
};
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::BodyExt as _;
use rollbook_xapi::version::Version;
use tower::ServiceExt as _;

async fn echo(
    version: XapiVersion,
    mount: Mount,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> String {
    let version = if version.0 == Version::V1 { "V1" } else { "V2" };
    let credential = headers.get("authorization").map_or("", |value| value.to_str().unwrap());
    format!("{version} {} {method} {uri} [{credential}] {body}", mount.0)
}

fn front() -> Front {
    let router = Router::new()
        .route("/xapi/statements", get(echo).put(echo).post(echo))
        .route("/xapi/about", get(|| async { "about" }))
        .route("/xapi/agents", get(|| async { panic!("a bug") as () }))
        .route("/xapi/activities", get(|| async { Problem::unauthorized("who?") }))
        .route("/xapi/agents/profile", get(|_: Precondition| async { "profile" }))
        .route("/elsewhere", post(|| async { "here" }));
    Front::new(router, Limits { request_bytes_max: 1000, ..Limits::default() }, Ids)
}

async fn ask(request: http::request::Builder, body: &str) -> Response<String> {
    let Ok(response) = front().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await;
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, String::from_utf8(bytes.to_vec()).unwrap())
}

fn v1(request: http::request::Builder) -> http::request::Builder {
    request.header("X-Experience-API-Version", "1.0.3")
}

fn status(response: &Response<String>) -> u16 {
    response.status().as_u16()
}

fn version(response: &Response<String>) -> &str {
    response.headers()["x-experience-api-version"].to_str().unwrap()
}

#[tokio::test]
async fn every_mount_reaches_the_resource_and_says_which_it_was() {
    for (path, mount) in [
        ("/xapi/statements?limit=1", "/xapi"),
        ("/xAPI//statements?limit=1", "/xAPI"),
        ("/api/xapi/statements?limit=1", "/api/xapi"),
        ("/api/xapi/statements/statements/?limit=1", "/api/xapi/statements"),
    ] {
        let response = ask(v1(Request::get(path)), "").await;
        assert_eq!(response.body(), &format!("V1 {mount} GET /xapi/statements?limit=1 [] "));
    }
}

/// `baseres` becomes `base/res`, which is longer by a slash.
#[tokio::test]
async fn a_uri_that_has_no_room_for_its_canonical_path_is_refused() {
    let start = "/xapistatements?";
    for (bytes, expected) in [(65_533, 200), (65_534, 414)] {
        let path = format!("{start}{}", "a".repeat(bytes - start.len()));
        let response = ask(v1(Request::get(path)), "").await;
        assert_eq!((status(&response), version(&response)), (expected, "1.0.3"));
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
}

#[tokio::test]
async fn a_version_is_required_except_by_about_and_always_answered() {
    let response = ask(Request::get("/xapi/statements"), "").await;
    assert_eq!((status(&response), version(&response)), (400, "2.0.0"));
    let response = ask(Request::get("/xapi/about"), "").await;
    assert_eq!((status(&response), version(&response)), (200, "2.0.0"));
    let response = ask(v1(Request::get("/xapi/about")), "").await;
    assert_eq!((status(&response), version(&response)), (200, "1.0.3"));
    let request = Request::get("/xapi/statements").header("X-Experience-API-Version", "2.0");
    let response = ask(request, "").await;
    assert_eq!((status(&response), version(&response)), (200, "2.0.0"));
}

#[tokio::test]
async fn refusals_of_every_kind_carry_the_version_and_can_be_read_by_content() {
    for (method, path, expected) in [
        ("GET", "/xapi/nothing", 404),
        ("DELETE", "/xapi/statements", 405),
        ("GET", "/xapi/agents", 500),
        ("GET", "/xapi/activities", 401),
        ("POST", "/xapi/statements?method=GET&limit=1", 400),
    ] {
        let response = ask(v1(Request::builder().method(method).uri(path)), "").await;
        assert_eq!((status(&response), version(&response)), (expected, "1.0.3"), "{path}");
        let headers = response.headers();
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*", "{path}");
        let exposed = headers[ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap();
        assert!(exposed.contains("X-Experience-API-Consistent-Through"), "{path}");
        assert_eq!(headers[CONTENT_TYPE], "application/problem+json", "{path}");
        assert!(response.body().contains(&format!("\"status\":{expected}")), "{path}");
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_names_those_that_are() {
    let response = ask(v1(Request::delete("/xapi/statements")), "").await;
    let allow = response.headers()[ALLOW].to_str().unwrap();
    assert_eq!(allow, "GET,HEAD,PUT,POST");
}

#[tokio::test]
async fn a_preflight_needs_no_credential_on_any_path() {
    for path in ["/xapi/statements", "/xAPI/nothing", "/api/xapi/statements/activities/state"] {
        let request = Request::options(path)
            .header("Origin", "null")
            .header("Access-Control-Request-Method", "PUT")
            .header("Access-Control-Request-Headers", "authorization,x-other");
        let response = ask(request, "").await;
        assert_eq!(status(&response), 204, "{path}");
        let allowed = response.headers()[ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap();
        assert!(allowed.contains("if-none-match") && allowed.ends_with("x-other"), "{allowed}");
    }
}

#[tokio::test]
async fn the_alternate_syntax_becomes_the_request_that_was_meant() {
    let form = "X-Experience-API-Version=1.0.3&Authorization=Basic+x&statementId=1&content=%7B%7D";
    let response = ask(Request::post("/api/xapi//statements?method=PUT"), form).await;
    let meant = "V1 /api/xapi PUT /xapi/statements?statementId=1 [Basic x] {}";
    assert_eq!((response.body().as_str(), version(&response)), (meant, "1.0.3"));
    let form = "X-Experience-API-Version=0.8&statementId=1&content=%7B%7D";
    let response = ask(Request::post("/xapi/statements?method=PUT"), form).await;
    assert_eq!(status(&response), 400);
    let long = format!("content={}", "x".repeat(1000));
    let response = ask(v1(Request::post("/xapi/statements?method=PUT")), &long).await;
    assert_eq!(status(&response), 413);
}

#[tokio::test]
async fn head_answers_as_get_without_the_body() {
    let got = ask(v1(Request::get("/xapi/statements")), "").await;
    let head = ask(v1(Request::head("/xapi/statements")), "").await;
    assert_eq!((status(&head), head.body().as_str()), (200, ""));
    let length = head.headers()[CONTENT_LENGTH].to_str().unwrap().parse::<usize>().unwrap();
    assert_eq!(length, got.body().len() + "HEAD".len() - "GET".len());
}

#[tokio::test]
async fn a_request_id_is_kept_if_it_is_fit_and_made_otherwise() {
    let kept = ask(Request::get("/xapi/about").header("X-Request-Id", "abc-1"), "").await;
    assert_eq!(kept.headers()["x-request-id"], "abc-1");
    let long = "x".repeat(129);
    for unfit in ["two words", "", long.as_str()] {
        let made = ask(Request::get("/xapi/about").header("X-Request-Id", unfit), "").await;
        assert_eq!(made.headers()["x-request-id"].len(), 36, "{unfit}");
    }
}

#[tokio::test]
async fn outside_the_tree_nothing_of_xapi_is_added() {
    let response = ask(Request::get("/nowhere"), "").await;
    assert_eq!(status(&response), 404);
    assert!(!response.headers().contains_key("x-experience-api-version"));
    let response = ask(Request::get("/elsewhere"), "").await;
    assert_eq!((status(&response), &response.headers()[ALLOW]), (405, &"POST".parse().unwrap()));
}

#[tokio::test]
async fn a_precondition_that_cannot_be_read_is_refused() {
    let request = v1(Request::get("/xapi/agents/profile").header("If-Match", "\"open"));
    assert_eq!(status(&ask(request, "").await), 400);
}

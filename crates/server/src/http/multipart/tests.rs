//! Multipart bodies in and out, over a whole server's parts.

use super::*;
use crate::error::{Code, Problem, Result};
use crate::limits::Limits;
use crate::tenants::FIRST_TENANT;
use crate::testing::TestApp;
use axum::body::Body;
use bytes::Bytes;
use http::Request;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt as _;
use proptest::prelude::*;

const BOUNDARY: &str = "-------314159265358979323846";
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A body of parts, each a head of several lines and contents.
fn body(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, contents) in parts {
        body.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        for line in head.split('|') {
            body.extend_from_slice(format!("{line}\r\n").as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(contents);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn attachment(sha2: &str) -> String {
    format!(
        "Content-Type: text/plain|Content-Transfer-Encoding: binary|X-Experience-API-Hash: {sha2}"
    )
}

const JSON: &str = "Content-Type:application/json";

async fn receive(app: &TestApp, content_type: &str, body: impl Into<Body>) -> Result<Incoming> {
    let request = Request::post("/").header(CONTENT_TYPE, content_type).body(body.into()).unwrap();
    read(app, request).await
}

async fn received(parts: &[(&str, &[u8])]) -> Result<Incoming> {
    let app = TestApp::sqlite().await;
    receive(&app, &format!("multipart/mixed; boundary={BOUNDARY}"), body(parts)).await
}

async fn requirement(parts: &[(&str, &[u8])]) -> &'static str {
    let problem = received(parts).await.unwrap_err();
    assert_eq!(problem.status.as_u16(), 400, "{problem:?}");
    problem.violations.first().expect("a requirement is cited").requirement
}

#[tokio::test]
async fn statements_and_attachments_come_apart() {
    let head = attachment(&ABC.to_uppercase());
    let incoming = received(&[(JSON, b"{\"id\":1}"), (&head, b"abc"), (&head, b"abc")]).await;
    let mut incoming = incoming.unwrap();
    assert_eq!(incoming.text, "{\"id\":1}");
    assert!(incoming.is_multipart);
    let [part] = incoming.parts.as_mut_slice() else { panic!("one content is kept once") };
    assert_eq!((part.sha2.as_str(), part.content_type.as_deref()), (ABC, Some("text/plain")));
    assert_eq!(part.contents.contents().await.unwrap(), "abc");
}

#[tokio::test]
async fn contents_may_hold_anything_but_the_boundary() {
    for contents in [&b"\r\n--\r\n"[..], b"\r\n-------31415926535897932384", b"\0\xFF\r", b"\r\n"] {
        let address = Sha2::parse(ABC).unwrap();
        let mut hasher = address.hasher();
        hasher.update(contents);
        let head = attachment(hasher.finish().as_str());
        let mut incoming = received(&[(JSON, b"[]"), (&head, contents)]).await.unwrap();
        let part = incoming.parts.first_mut().unwrap();
        assert_eq!(part.contents.contents().await.unwrap(), contents);
    }
}

#[tokio::test]
async fn multipart_without_attachments_is_accepted() {
    let incoming = received(&[(JSON, b"[]")]).await.unwrap();
    assert_eq!((incoming.text.as_str(), incoming.parts.len()), ("[]", 0));
}

#[tokio::test]
async fn an_encoding_that_is_not_named_is_binary() {
    let head = format!("X-Experience-API-Hash: {EMPTY}");
    assert_eq!(received(&[(JSON, b"[]"), (&head, b"")]).await.unwrap().parts.len(), 1);
}

/// XAPI-00130 to XAPI-00135: what is wrong is named by its requirement.
#[tokio::test]
async fn each_broken_rule_is_cited() {
    let fine = attachment(ABC);
    assert_eq!(requirement(&[("Content-Type: text/plain", b"{}")]).await, "XAPI-00134");
    assert_eq!(requirement(&[("X: y", b"{}")]).await, "XAPI-00134");
    assert_eq!(requirement(&[]).await, "XAPI-00134");
    assert_eq!(requirement(&[(JSON, b"{}"), (&fine, b"abd")]).await, "XAPI-00132");
    assert_eq!(requirement(&[(JSON, b"{}"), ("Content-Type: a/b", b"abc")]).await, "XAPI-00132");
    assert_eq!(requirement(&[(JSON, b"{}"), (&attachment("abc"), b"abc")]).await, "XAPI-00132");
    let encoded = fine.replace("binary", "base64");
    assert_eq!(requirement(&[(JSON, b"{}"), (&encoded, b"abc")]).await, "XAPI-00135");
    assert_eq!(requirement(&[(JSON, b"{}"), ("no header", b"abc")]).await, "XAPI-00130");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let app = TestApp::sqlite().await;
    let kind = format!("multipart/mixed; boundary=\"{BOUNDARY}\"");
    let whole = body(&[(JSON, b"{}"), (&attachment(ABC), b"abc")]);
    for length in 0..whole.len() - 4 {
        let problem = receive(&app, &kind, whole[..length].to_vec()).await.unwrap_err();
        assert_eq!(problem.status.as_u16(), 400, "{length}");
    }
    assert!(receive(&app, &kind, whole[..whole.len() - 2].to_vec()).await.is_ok());
}

#[tokio::test]
async fn types_that_carry_no_statements_are_refused() {
    let app = TestApp::sqlite().await;
    for kind in
        ["multipart/form-data; boundary=x", "text/plain", "application/json; charset=latin1"]
    {
        let problem = receive(&app, kind, "{}").await.unwrap_err();
        assert_eq!(problem.violations[0].requirement, "XAPI-00127", "{kind}");
    }
    for kind in
        ["multipart/mixed", "multipart/mixed; boundary=", "multipart/mixed; boundary=\"a \""]
    {
        let problem = receive(&app, kind, "{}").await.unwrap_err();
        assert_eq!(problem.violations[0].requirement, "XAPI-00131", "{kind}");
    }
    assert_eq!(receive(&app, "application/json;charset=utf-8", "{}").await.unwrap().text, "{}");
}

async fn limited(limits: Limits, parts: &[(&str, &[u8])]) -> Result<Incoming, Problem> {
    let app = TestApp::sqlite().await.with_limits(limits).await;
    receive(&app, &format!("multipart/mixed; boundary={BOUNDARY}"), body(parts)).await
}

/// Each limit holds at its edge and is named one past it.
#[tokio::test]
async fn limits_are_named() {
    let tiny = || Limits {
        request_bytes_max: 4,
        attachment_bytes_max: 3,
        attachments_max: 2,
        attachments_bytes_max: 3,
        ..Limits::default()
    };
    let (abc, empty) = (attachment(ABC), attachment(EMPTY));
    let at_the_edge = [(JSON, &b"[{}]"[..]), (&abc, b"abc"), (&empty, b"")];
    assert!(limited(tiny(), &at_the_edge).await.is_ok());
    for (limit, parts) in [
        ("request_bytes_max", vec![(JSON, &b"[{} ]"[..])]),
        ("attachment_bytes_max", vec![(JSON, b"[]"), (&abc, b"abcd")]),
        ("attachments_bytes_max", vec![(JSON, b"[]"), (&abc, b"abc"), (&abc, b"a")]),
        ("attachments_max", vec![(JSON, b"[]"), (&abc, b"abc"), (&empty, b""), (&empty, b"")]),
    ] {
        let problem = limited(tiny(), &parts).await.unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.code), (413, Code::PayloadTooLarge));
        assert_eq!(*problem.members, [("limit", limit.into())]);
    }
}

/// A preamble or a part's header without an end is refused before it fills the memory.
#[tokio::test]
async fn nothing_without_an_end_is_gathered() {
    let app = TestApp::sqlite().await;
    let kind = format!("multipart/mixed; boundary={BOUNDARY}");
    for start in ["preamble ", &format!("--{BOUNDARY}\r\nX: ")] {
        let pieces = std::iter::once(Bytes::from(start.to_owned()))
            .chain(std::iter::repeat_n(Bytes::from(vec![b'x'; 1 << 20]), 64));
        let endless = futures_util::stream::iter(pieces.map(Ok::<_, std::io::Error>));
        let problem = receive(&app, &kind, Body::from_stream(endless)).await.unwrap_err();
        assert_eq!(problem.violations[0].requirement, "XAPI-00130");
        assert!(problem.detail.contains("longer than"), "{}", problem.detail);
    }
}

/// What is answered can be read again, has the length that it says, and leaves out what is not here.
#[tokio::test]
async fn an_answer_is_a_body_that_we_would_accept() {
    let app = TestApp::sqlite().await;
    let large = vec![b'\r'; 1_000_000];
    let mut hasher = Sha2::parse(ABC).unwrap().hasher();
    hasher.update(&large);
    let large_sha2 = hasher.finish();
    for (sha2, contents) in [(Sha2::parse(ABC).unwrap(), &b"abc"[..]), (large_sha2.clone(), &large)]
    {
        let mut spool = app.blobs.spool();
        spool.write(contents).await.unwrap();
        app.blobs.put(FIRST_TENANT, &sha2, &mut spool).await.unwrap();
    }
    let attached = |sha2: &str, content_type: &str| Attached {
        sha2: sha2.to_owned(),
        content_type: content_type.to_owned(),
    };
    let attached = vec![
        attached(&ABC.to_uppercase(), "text/plain; charset=ascii"),
        attached(large_sha2.as_str(), "bad\r\nX-Injected: 1"),
        attached(EMPTY, "text/plain"),
        attached(ABC, "text/plain"),
    ];
    let response = reply(&app, FIRST_TENANT, "{\"a\":1}".to_owned(), attached).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    assert_eq!(parts.headers[CONTENT_LENGTH], body.len().to_string());
    let kind = parts.headers[CONTENT_TYPE].to_str().unwrap();
    let text = String::from_utf8_lossy(&body);
    assert!(text.contains(&format!("X-Experience-API-Hash: {}\r\n", ABC.to_uppercase())));
    assert!(!text.contains("X-Injected"));
    let mut incoming = receive(&app, kind, body).await.unwrap();
    assert_eq!((incoming.text.as_str(), incoming.parts.len()), ("{\"a\":1}", 2));
    assert_eq!(incoming.parts[0].content_type.as_deref(), Some("text/plain; charset=ascii"));
    assert_eq!(incoming.parts[1].content_type.as_deref(), Some("application/octet-stream"));
    assert_eq!(incoming.parts[1].contents.contents().await.unwrap(), large);
}

proptest! {
    /// No bytes make the reader panic, or answer with more than its limits.
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, cut in 0..400_usize, noise: u8) {
        fuzz("b", &bytes);
        let mut near = body(&[(JSON, b"{}"), (&attachment(ABC), b"abc")]);
        let at = cut.min(near.len() - 1);
        near[at] = noise;
        fuzz(BOUNDARY, &near);
        near.truncate(at);
        fuzz(BOUNDARY, &near);
    }
}

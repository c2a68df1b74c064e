//! Structures and packages, and how they are sent.

use crate::app::App;
use crate::content;
use crate::http::server::Front;
use crate::tenants::NewKey;
use crate::testing::{Answer, Call, TestApp, VERSION, call};
use axum::body::Body;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;
use std::io::{Cursor, Write as _};
use tower::ServiceExt as _;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub(crate) const COURSES: &str = "/api/v1/courses";

/// A structure around `parts`, with this id.
pub(super) fn structure_of(id: &str, parts: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
<course id="{id}"><title><langstring lang="en">Course 🎓</langstring></title><description><langstring>All of it</langstring></description></course>
{parts}
</courseStructure>"#
    )
}

pub(super) fn structure(parts: &str) -> String {
    structure_of("https://p.example/course", parts)
}

/// A unit with this id, attributes and URL.
pub(super) fn au(id: &str, attributes: &str, url: &str) -> String {
    format!(
        r#"<au id="https://p.example/{id}" {attributes}><title><langstring lang="en">Unit</langstring></title><description><langstring lang="en">One</langstring></description><url>{url}</url></au>"#
    )
}

/// A zip of these files.
pub(super) fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    zipped_with(files, SimpleFileOptions::default())
}

pub(super) fn zipped_with(files: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in files {
        zip.start_file(*name, options).unwrap();
        zip.write_all(contents).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A package with one unit and this text on its page.
pub(super) fn package(id: &str, text: &str) -> Vec<u8> {
    let structure = structure_of(id, &au("au", "", "index.html"));
    zipped(&[
        ("cmi5.xml", structure.as_bytes()),
        ("index.html", text.as_bytes()),
        ("Media/My Clip.mp4", b"0123456789"),
        ("empty.txt", b""),
    ])
}

/// A structure with this id and title.
pub(crate) fn structure_titled(id: &str, title: &str) -> String {
    let unit = au("au", "", "https://c.example/a");
    structure_of(id, &unit).replace("Course 🎓", title)
}

/// A package with this id and title, and this text on its page.
pub(crate) fn package_titled(id: &str, title: &str, text: &str) -> Vec<u8> {
    let structure = structure_of(id, &au("au", "", "index.html")).replace("Course 🎓", title);
    zipped(&[("cmi5.xml", structure.as_bytes()), ("index.html", text.as_bytes())])
}

/// A call to the API.
pub(crate) fn api(app: &App, key: &NewKey, method: Method, path: &str) -> Call {
    call(app, method, path).key(key).without(VERSION)
}

/// Uploads a body of this type.
pub(super) async fn upload(app: &TestApp, media: &str, bytes: impl Into<bytes::Bytes>) -> Answer {
    api(app, app.manager().await, Method::POST, COURSES).bytes(media, bytes).send().await
}

/// Uploads a package that is good; the course.
pub(crate) async fn imported(app: &TestApp, bytes: Vec<u8>) -> Value {
    let answer = upload(app, "application/zip", bytes).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

/// The requirements, or else codes, of a refusal.
#[track_caller]
pub(super) fn refused(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 422, "{answer:?}");
    let json = answer.json();
    assert_eq!(json["code"], "package.invalid", "{answer:?}");
    let text = |error: &Value, name| error[name].as_str().map(str::to_owned);
    let errors = json["errors"].as_array().expect("errors are listed");
    for error in errors {
        assert!(!error["detail"].as_str().unwrap_or_default().is_empty(), "{answer:?}");
        assert!(!error["fix"].as_str().unwrap_or_default().is_empty(), "{answer:?}");
    }
    errors.iter().filter_map(|error| text(error, "code").or(text(error, "requirement"))).collect()
}

/// How many rows there are of courses and blobs.
pub(super) async fn rows(app: &App) -> [i64; 4] {
    rollbook_db::sql! {
        /// Every tenant: a test counts.
        COURSES = "select count(*) from course";
        /// Every tenant: a test counts.
        VERSIONS = "select count(*) from course_version";
        /// Every tenant: a test counts.
        FILES = "select count(*) from course_file";
        /// Every tenant: a test counts.
        BLOBS = "select count(*) from blob";
    }
    let mut counts = [0; 4];
    for (count, sql) in counts.iter_mut().zip([&COURSES, &VERSIONS, &FILES, &BLOBS]) {
        let found: Option<i64> = app.db.every().read(move |tx| tx.one(sql, &[])).await.unwrap();
        *count = found.unwrap();
    }
    counts
}

/// The address of the top of a version, without its origin.
pub(crate) async fn top(app: &App, key: &NewKey, course: &Value, version: i64) -> String {
    let id = course["id"].as_str().unwrap();
    let path = format!("{COURSES}/{id}/versions/{version}/preview");
    let answer = api(app, key, Method::GET, &path).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let url = answer.json()["url"].as_str().unwrap().to_owned();
    url.get(url.find("/c/").unwrap()..).unwrap().to_owned()
}

/// Asks the content origin.
pub(crate) async fn content(app: &App, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(content::front(app), Method::GET, path, headers).await
}

/// Asks one server of content, which remembers what it read.
pub(crate) async fn ask(
    front: Front,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let Ok(response) = front.oneshot(request.body(Body::empty()).unwrap()).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let headers: HeaderMap = parts.headers;
    Answer { status: parts.status, headers, body }
}

//! JSON bodies of the API, read strictly: 415 for another type, 413 past the limit, 400 for what is
//! no JSON, and 422, with a JSON pointer, for JSON that is not what this takes.
//!
//! Types that are read derive `Deserialize` with `deny_unknown_fields`. What they cannot say is
//! gathered in [`Faults`], so that all of it is told at once.

use super::idempotent::BodyDigest;
use crate::app::App;
use crate::error::{Code, Fault, Place, Problem, Result};
use crate::http::body;
use crate::http::media::MediaType;
use axum::extract::{FromRequest, Request};
use rollbook_xapi::json::Node;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_path_to_error::{Path, Segment, Track};
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

/// The body of a request. Take it last.
#[derive(Clone, Copy, Debug)]
pub struct ApiJson<T>(pub T);

/// What is wrong with a body that was read.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl<T: DeserializeOwned> FromRequest<App> for ApiJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let (parts, body) = request.into_parts();
        if !MediaType::of(&parts.headers).is_some_and(|media| media.is_json()) {
            let detail = "the body must be JSON: send Content-Type: application/json";
            return Err(Problem::of(Code::BodyMediaType, detail));
        }
        let most = app.limits.api_body_bytes_max;
        let text = body::read_text(body, most, "api_body_bytes_max").await?;
        if let Some(digest) = parts.extensions.get::<BodyDigest>() {
            digest.note(text.as_bytes());
        }
        read(&text).map(Self)
    }
}

/// The value of a JSON text.
fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    // It sees what serde lets pass: a member that is twice in an object.
    let node = rollbook_xapi::json::parse_opened(text).map_err(|malformed| {
        let rollbook_xapi::json::Malformed { offset, message } = malformed;
        let detail = format!("the body is not JSON: {message} at byte {offset}");
        Problem::of(Code::BodyMalformed, detail)
    })?;
    if has_twice(&node) {
        let detail = "an object of the body names a member twice";
        return Err(Problem::of(Code::BodyMalformed, detail));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = Track::new();
    object(serde_path_to_error::Deserializer::new(&mut json, &mut track)).map_err(|error| {
        let detail = without_place(&error.to_string());
        Problem::faults(vec![Fault { place: Place::Body(pointer(&track.path())), detail }])
    })
}

/// Reads an object as an object only: to serde, a list of its members' values is one too. For the
/// members that are objects themselves: `#[serde(deserialize_with = "api::object")]`.
///
/// # Errors
/// Whatever is no object, or not the right one.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(members))
        }
    }

    value.deserialize_map(Object(PhantomData))
}

fn has_twice(node: &Node<'_>) -> bool {
    let mut seen = HashSet::new();
    let members = node.as_object().unwrap_or_default();
    members.iter().any(|member| !seen.insert(&member.key) || has_twice(&member.node))
        || node.as_array().unwrap_or_default().iter().any(has_twice)
}

/// A JSON pointer in a fragment (RFC 6901 6), as RFC 9457 3 writes it.
fn pointer(path: &Path) -> String {
    let mut pointer = "#".to_owned();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.extend(["/", &index.to_string()]),
            Segment::Map { key } => pointer.extend(["/", &escaped(key)]),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// A member's name in a pointer in a fragment.
pub fn escaped(name: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &percent_encoding::AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');
    utf8_percent_encode(&name.replace('~', "~0").replace('/', "~1"), KEPT).to_string()
}

/// The message of serde without line and column: the pointer says where.
fn without_place(message: &str) -> String {
    message.split_once(" at line ").map_or(message, |(what, _)| what).to_owned()
}

impl Faults {
    /// Notes a fault at a JSON pointer, such as `#/scopes/0`, unless the condition holds.
    pub fn unless(&mut self, holds: bool, pointer: &str, detail: impl Into<String>) {
        if !holds {
            let place = Place::Body(pointer.to_owned());
            self.0.push(Fault { place, detail: detail.into() });
        }
    }

    /// 422 with every fault, if there is one.
    pub fn into_result(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::faults(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Wish {
        #[expect(dead_code, reason = "only whether it can be read is asked")]
        name: String,
        #[serde(default)]
        #[expect(dead_code, reason = "only whether it can be read is asked")]
        addresses: Vec<std::net::IpAddr>,
    }

    fn refused(text: &str) -> (u16, Code, String) {
        let problem = read::<Wish>(text).unwrap_err();
        let pointer = match &*problem.faults {
            [Fault { place: Place::Body(pointer), .. }] => pointer.clone(),
            _ => String::new(),
        };
        (problem.status.as_u16(), problem.code, format!("{pointer} {}", problem.detail))
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        assert!(read::<Wish>(r#"{"name":"a","addresses":["::1"]}"#).is_ok());
        for text in ["", "{", "{'name':1}", "{\"name\":\"a\"}x", r#"{"name":"a","name":"b"}"#] {
            let (status, code, detail) = refused(text);
            assert_eq!((status, code), (400, Code::BodyMalformed), "{text}: {detail}");
        }
    }

    #[test]
    fn what_is_not_taken_is_pointed_at() {
        for (text, start) in [
            ("{}", "# missing field `name`"),
            ("[1]", "#"),
            (r#"["a"]"#, "# invalid type: sequence, expected an object"),
            (r#"{"name":1}"#, "#/name invalid type: integer `1`, expected a string"),
            (r#"{"name":"a","nmae":1}"#, "#/nmae unknown field `nmae`, expected `name` or"),
            (r#"{"name":"a","addresses":["::1","x"]}"#, "#/addresses/1 invalid IP address"),
        ] {
            let (status, code, said) = refused(text);
            assert_eq!((status, code), (422, Code::BodyInvalid), "{text}");
            assert!(said.starts_with(start) && !said.contains(" line "), "{text}: {said}");
        }
    }

    #[test]
    fn a_pointer_is_escaped() {
        assert_eq!(escaped("a/b~c é"), "a~1b~0c%20%C3%A9");
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let mut faults = Faults::default();
        faults.unless(true, "#/a", "fine");
        faults.unless(false, "#/b", "too long");
        faults.unless(false, "#/c", "too short");
        let problem = faults.into_result().unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.faults.len()), (422, 2));
        assert!(Faults::default().into_result().is_ok());
    }
}

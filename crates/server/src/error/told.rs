//! The wire form of a problem (RFC 9457 3).

use super::{Code, Fault, PackagePlace, Place};
use crate::http::trace::RequestIds;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use rollbook_xapi::violation::Violation;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a problem says, kept beside its answer: the front adds which request it was, and whoever
/// keeps a log of requests reads the reason.
#[derive(Clone, Debug)]
pub struct Told(Arc<Saying>);

#[derive(Debug)]
struct Saying {
    status: StatusCode,
    code: Code,
    detail: String,
    errors: Vec<Entry>,
    members: Box<[(&'static str, serde_json::Value)]>,
}

impl Told {
    pub(super) fn new(
        status: StatusCode,
        code: Code,
        detail: String,
        members: Box<[(&'static str, serde_json::Value)]>,
        (violations, faults): (Vec<Violation>, Box<[Fault]>),
    ) -> Self {
        let violations = violations.into_iter().map(Entry::from);
        let errors = violations.chain(faults.into_iter().map(Entry::from)).collect();
        Self(Arc::new(Saying { status, code, detail, errors, members }))
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The text for the client.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The body, of a request that is known or not.
    pub(super) fn text(&self, ids: Option<&RequestIds>) -> Vec<u8> {
        let Saying { status, code, detail, errors, members } = &*self.0;
        let body = Wire {
            r#type: code.address(),
            title: code.title(),
            status: status.as_u16(),
            code: code.name(),
            detail,
            instance: ids.and_then(RequestIds::instance),
            request_id: ids.map(|ids| &*ids.request),
            trace_id: ids.map(|ids| &*ids.trace),
            retriable: code.is_retriable(),
            members: members.iter().map(|(name, value)| (*name, value)).collect(),
            errors,
        };
        serde_json::to_vec(&body).expect("a problem is plain text and numbers")
    }
}

/// The wire form of a problem.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    retriable: bool,
    #[serde(flatten)]
    members: BTreeMap<&'a str, &'a serde_json::Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Entry],
}

/// The wire form of one violation or fault.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Entry {
    Violation {
        pointer: String,
        requirement: &'static str,
        clause: &'static str,
        detail: String,
        fix: String,
    },
    Body {
        pointer: String,
        detail: String,
    },
    Query {
        parameter: String,
        detail: String,
    },
    Package {
        #[serde(skip_serializing_if = "str::is_empty")]
        code: &'static str,
        #[serde(skip_serializing_if = "str::is_empty")]
        requirement: &'static str,
        #[serde(skip_serializing_if = "str::is_empty")]
        clause: &'static str,
        #[serde(skip_serializing_if = "String::is_empty")]
        path: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        column: Option<u32>,
        detail: String,
        fix: String,
    },
}

impl From<Violation> for Entry {
    fn from(violation: Violation) -> Self {
        let Violation { requirement, clause, pointer, message, fix } = violation;
        Self::Violation { pointer, requirement, clause, detail: message, fix }
    }
}

impl From<Fault> for Entry {
    fn from(Fault { place, detail }: Fault) -> Self {
        match place {
            Place::Body(pointer) => Self::Body { pointer, detail },
            Place::Query(parameter) => Self::Query { parameter, detail },
            Place::Package(place) => {
                let PackagePlace { code, requirement, clause, path, line, column, fix } = *place;
                let [line, column] = [line, column].map(|number| Some(number).filter(|n| *n > 0));
                Self::Package { code, requirement, clause, path, line, column, detail, fix }
            }
        }
    }
}

/// Adds to a problem which request it was; other answers stay as they are. A body that was taken
/// away, because the request was HEAD, stays away.
pub fn identify(response: &mut Response, ids: &RequestIds, has_body: bool) {
    let Some(told) = response.extensions().get::<Told>() else { return };
    let text = told.text(Some(ids));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
    if has_body {
        *response.body_mut() = Body::from(text);
    }
}

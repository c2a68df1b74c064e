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

#[derive(Clone, Debug)]
struct Saying {
    status: StatusCode,
    code: Code,
    detail: String,
    errors: Vec<Wrong>,
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
        let violations = violations.into_iter().map(Wrong::from);
        let errors = violations.chain(faults.into_iter().map(Wrong::from)).collect();
        Self(Arc::new(Saying { status, code, detail, errors, members }))
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// A further member of the answer.
    pub fn member(&self, name: &str) -> Option<&serde_json::Value> {
        self.0.members.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The same with further members in its answer.
    #[must_use]
    pub fn with(
        self,
        members: impl IntoIterator<Item = (&'static str, serde_json::Value)>,
    ) -> Self {
        let mut saying = Arc::unwrap_or_clone(self.0);
        saying.members = saying.members.into_iter().chain(members).collect();
        Self(Arc::new(saying))
    }

    /// The text for the client.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Everything that is wrong.
    pub fn errors(&self) -> &[Wrong] {
        &self.0.errors
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
            trace_id: ids.map(|ids| ids.trace.to_string()),
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
    trace_id: Option<String>,
    retriable: bool,
    #[serde(flatten)]
    members: BTreeMap<&'a str, &'a serde_json::Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Wrong],
}

/// One thing that is wrong, as it is told.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Wrong {
    /// A rule of the standard is broken.
    Violation {
        /// Where, as a JSON pointer.
        pointer: String,
        /// The requirement's id.
        requirement: &'static str,
        /// The clause of the standard.
        clause: &'static str,
        /// What is wrong.
        detail: String,
        /// What would mend it.
        fix: String,
    },
    /// A part of the body is not accepted.
    Body {
        /// Where, as a JSON pointer in a fragment.
        pointer: String,
        /// What is wrong.
        detail: String,
    },
    /// A parameter of the query is not accepted.
    Query {
        /// Its name.
        parameter: String,
        /// What is wrong.
        detail: String,
    },
    /// Something in an uploaded package is not accepted.
    Package {
        /// The code of what is wrong with an archive.
        #[serde(skip_serializing_if = "str::is_empty")]
        code: &'static str,
        /// The requirement's id.
        #[serde(skip_serializing_if = "str::is_empty")]
        requirement: &'static str,
        /// The clause of the standard.
        #[serde(skip_serializing_if = "str::is_empty")]
        clause: &'static str,
        /// The file, or the element and attribute of the structure.
        #[serde(skip_serializing_if = "String::is_empty")]
        path: String,
        /// The line there.
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u32>,
        /// The column there.
        #[serde(skip_serializing_if = "Option::is_none")]
        column: Option<u32>,
        /// What is wrong.
        detail: String,
        /// What would mend it.
        fix: String,
    },
}

impl From<Violation> for Wrong {
    fn from(violation: Violation) -> Self {
        let Violation { requirement, clause, pointer, message, fix } = violation;
        Self::Violation { pointer, requirement, clause, detail: message, fix }
    }
}

impl From<Fault> for Wrong {
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

//! One entry of the log, as it is stored: secrets masked, everything bounded.

use super::heard::{Answered, Heard, secrets};
use super::mask::{Known, is_secret};
use crate::error::{Told, Wrong};
use crate::tenants::Masked;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Errors that one entry lists; a batch may have thousands.
const ERRORS_MAX: usize = 100;

/// Headers that are kept. Whatever is not here may hold a secret, or a learner in a `Referer`.
const HEADERS: &[&str] = &[
    "accept",
    "accept-language",
    "content-encoding",
    "content-length",
    "content-transfer-encoding",
    "content-type",
    "expect",
    "host",
    "if-match",
    "if-none-match",
    "origin",
    "traceparent",
    "transfer-encoding",
    "x-api-version",
    "x-experience-api-hash",
    "x-experience-api-version",
    "x-tenant-id",
];

/// A row without its bodies.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    pub(super) id: Uuid,
    pub(super) at: i64,
    pub(super) status: i64,
    pub(super) code: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) key: String,
    /// [`Details`] as JSON.
    pub(super) entry: String,
}

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) summary: Summary,
    pub(super) request_body: Option<String>,
    pub(super) response_body: Option<String>,
}

/// What an entry says beside its columns.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestDetails)]
pub(super) struct Details {
    /// The id of the request, as its answer had it in `X-Request-Id`.
    pub(super) request_id: String,
    /// Whether the credential was right. If not, anybody may have sent this in the tenant's name.
    pub(super) authenticated: bool,
    /// The parameters of the query, in order.
    pub(super) query: Vec<Field>,
    /// Why it was refused, as the client was told.
    pub(super) detail: Option<String>,
    /// What was wrong, each with its place; at most 100.
    pub(super) errors: Vec<Fault>,
    /// Bytes of the request's body, as far as they are known.
    pub(super) request_bytes: Option<u64>,
    /// Bytes of the answer's body that were sent.
    pub(super) response_bytes: u64,
    /// Milliseconds from the head of the request to the head of its answer.
    pub(super) duration_ms: f64,
    /// The client's address.
    pub(super) client: Option<String>,
    /// What the client calls itself.
    pub(super) user_agent: Option<String>,
    /// Headers of the request that can hold no secret.
    pub(super) headers: BTreeMap<String, String>,
}

/// A parameter of the query.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RequestField)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: String,
    /// Its value.
    pub(super) value: String,
}

/// One thing that was wrong.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = RequestFault)]
pub(super) struct Fault {
    /// Where in the body, as a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pointer: Option<String>,
    /// Where in the query: the name of a parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameter: Option<String>,
    /// The requirement's id, if a standard is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) requirement: Option<String>,
    /// The clause of the standard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) clause: Option<String>,
    /// What is wrong.
    pub(super) detail: String,
    /// What would mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
}

impl Row {
    /// The entry for a request that was answered.
    pub(super) fn of(answered: &Answered, id: Uuid) -> Self {
        let heard = &answered.heard;
        let mut known = Known::default();
        for secret in secrets(&heard.headers) {
            known.add(&secret);
        }
        let refusal = answered.refusal.as_ref();
        let details = details(answered, refusal, &known);
        let entry = serde_json::to_string(&details).expect("an entry is plain text and numbers");
        let text = |value: Option<&HeaderValue>| {
            value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let passed = heard.body.as_ref().map(super::body::Glimpse::passed);
        let request_type = text(heard.headers.get(CONTENT_TYPE)).unwrap_or_default();
        let response_type = text(answered.response_type.as_ref()).unwrap_or_default();
        let request_body = passed.filter(|passed| answered.bodies && passed.bytes > 0);
        let response = &answered.response;
        let response_body = (answered.bodies && response.bytes > 0).then_some(&response.start);
        Self {
            summary: Summary {
                id,
                at: answered.at,
                status: answered.status.as_u16().into(),
                code: refusal.map_or(String::new(), |refusal| refusal.code().name().to_owned()),
                method: heard.method.to_string(),
                path: storable(&known.text(heard.uri.path())),
                key: answered.key.as_deref().map_or(String::new(), |key| Masked(key).to_string()),
                entry,
            },
            request_body: request_body.map(|passed| body(&passed.start, &request_type, &known)),
            response_body: response_body.map(|start| body(start, &response_type, &known)),
        }
    }
}

fn details(answered: &Answered, refusal: Option<&Told>, known: &Known) -> Details {
    let heard = &answered.heard;
    let agent = heard.headers.get(USER_AGENT);
    let agent = agent.map(|value| known.text(&String::from_utf8_lossy(value.as_bytes())));
    let errors = refusal.map_or(&[][..], Told::errors);
    Details {
        request_id: known.text(&heard.id),
        authenticated: answered.authenticated,
        query: query(heard, known),
        detail: refusal.map(|refusal| known.text(refusal.detail())),
        errors: errors.iter().take(ERRORS_MAX).map(|one| fault(one, known)).collect(),
        request_bytes: request_bytes(heard),
        response_bytes: answered.response.bytes,
        duration_ms: answered.took.as_secs_f64() * 1_000.0,
        client: heard.client.map(|client| client.to_string()),
        user_agent: agent,
        headers: headers(&heard.headers, known),
    }
}

fn query(heard: &Heard, known: &Known) -> Vec<Field> {
    let fields = form_urlencoded::parse(heard.uri.query().unwrap_or_default().as_bytes());
    fields
        .map(|(name, value)| Field { name: known.text(&name), value: known.value(&name, &value) })
        .collect()
}

fn fault(wrong: &Wrong, known: &Known) -> Fault {
    match wrong {
        Wrong::Violation { pointer, requirement, clause, detail, fix } => Fault {
            pointer: Some(pointer.clone()),
            parameter: None,
            requirement: Some((*requirement).to_owned()),
            clause: Some((*clause).to_owned()),
            detail: known.text(detail),
            fix: Some(known.text(fix)),
        },
        Wrong::Body { pointer, detail } => Fault {
            pointer: Some(known.text(pointer)),
            detail: known.text(detail),
            ..Fault::default()
        },
        Wrong::Query { parameter, detail } => Fault {
            parameter: Some(known.text(parameter)),
            detail: known.text(detail),
            ..Fault::default()
        },
    }
}

/// What the head says, or what passed by.
fn request_bytes(heard: &Heard) -> Option<u64> {
    let said =
        heard.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    said.or_else(|| heard.body.as_ref().map(|body| body.passed().bytes))
}

fn headers(headers: &HeaderMap, known: &Known) -> BTreeMap<String, String> {
    let kept = HEADERS.iter().filter(|name| !is_secret(name)).filter_map(|name| {
        let value = headers.get(*name)?;
        Some(((*name).to_owned(), known.text(&String::from_utf8_lossy(value.as_bytes()))))
    });
    kept.collect()
}

/// The beginning of a body as text that can be stored.
fn body(start: &[u8], content_type: &str, known: &Known) -> String {
    let text = String::from_utf8_lossy(start);
    let form = content_type.starts_with("application/x-www-form-urlencoded");
    storable(&if form { known.form(&text) } else { known.text(&text) })
}

/// Text without U+0000, which no database keeps.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

//! One entry of the log, as it is stored: secrets masked, everything bounded.

use super::body::Passed;
use super::heard::{Answered, Heard, secrets};
use super::mask::{Known, is_secret};
use crate::error::{Told, Wrong};
use crate::http::media::MediaType;
use crate::tenants::Masked;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Errors that one entry lists; a batch may have thousands.
const ERRORS_MAX: usize = 100;

/// Bytes of the path.
const PATH_BYTES_MAX: usize = 2 << 10;
/// Parameters of the query.
const FIELDS_MAX: usize = 64;
/// Bytes of all names and values of the query.
const QUERY_BYTES_MAX: usize = 8 << 10;
/// Bytes of any other text: a header, the name or value of a parameter, what was wrong.
const TEXT_BYTES_MAX: usize = 1 << 10;
/// Bytes of the method, which may be any word.
const METHOD_BYTES_MAX: usize = 32;

/// Headers that are kept. Whatever is not here may hold a secret, or a learner in a `Referer`.
pub(super) const HEADERS: &[&str] = &[
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
    /// Where in a package: a file, or an element of its structure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
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
        let passed = heard.body.as_ref().map(super::body::Glimpse::passed);
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
        let request_type = text(heard.headers.get(CONTENT_TYPE)).unwrap_or_default();
        let response_type = text(answered.response_type.as_ref()).unwrap_or_default();
        let request_body = passed.filter(|passed| answered.bodies && passed.bytes > 0);
        let response = &answered.response;
        let response_body = (answered.bodies && response.bytes > 0).then_some(response);
        Self {
            summary: Summary {
                id,
                at: answered.at,
                status: answered.status.as_u16().into(),
                code: refusal.map_or(String::new(), |refusal| refusal.code().name().to_owned()),
                method: cut(heard.method.to_string(), METHOD_BYTES_MAX),
                path: storable(&cut(known.sent(heard.uri.path()), PATH_BYTES_MAX)),
                key: answered.key.as_deref().map_or(String::new(), |key| Masked(key).to_string()),
                entry,
            },
            request_body: request_body.map(|passed| {
                let form = is_form(&request_type) || heard.is_alternate();
                body(&passed, form, &known)
            }),
            response_body: response_body
                .map(|passed| body(passed, is_form(&response_type), &known)),
        }
    }
}

fn details(answered: &Answered, refusal: Option<&Told>, known: &Known) -> Details {
    let heard = &answered.heard;
    let agent = heard.headers.get(USER_AGENT).map(|value| header(value, known));
    let errors = refusal.map_or(&[][..], Told::errors);
    Details {
        request_id: short(known.text(&heard.id)),
        authenticated: answered.authenticated,
        query: query(heard, known),
        detail: refusal.map(|refusal| short(known.text(refusal.detail()))),
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
    let mut room = QUERY_BYTES_MAX;
    let masked = fields.take(FIELDS_MAX).map(|(name, value)| Field {
        name: short(known.sent(&name)),
        value: short(known.value(&name, &value)),
    });
    masked
        .take_while(|Field { name, value }| {
            let left = room.checked_sub(name.len() + value.len());
            room = left.unwrap_or(0);
            left.is_some()
        })
        .collect()
}

fn fault(wrong: &Wrong, known: &Known) -> Fault {
    let told = |text: &str| short(known.text(text));
    match wrong {
        Wrong::Violation { pointer, requirement, clause, detail, fix } => Fault {
            pointer: Some(told(pointer)),
            parameter: None,
            path: None,
            requirement: Some((*requirement).to_owned()),
            clause: Some((*clause).to_owned()),
            detail: told(detail),
            fix: Some(told(fix)),
        },
        Wrong::Body { pointer, detail } => {
            Fault { pointer: Some(told(pointer)), detail: told(detail), ..Fault::default() }
        }
        Wrong::Query { parameter, detail } => {
            Fault { parameter: Some(told(parameter)), detail: told(detail), ..Fault::default() }
        }
        Wrong::Package { requirement, clause, path, detail, fix, .. } => {
            let named = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            Fault {
                path: Some(told(path)).filter(|path| !path.is_empty()),
                requirement: named(requirement),
                clause: named(clause),
                detail: told(detail),
                fix: Some(told(fix)),
                ..Fault::default()
            }
        }
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
        Some(((*name).to_owned(), header(value, known)))
    });
    kept.collect()
}

fn header(value: &HeaderValue, known: &Known) -> String {
    short(known.sent(&String::from_utf8_lossy(value.as_bytes())))
}

fn is_form(content_type: &str) -> bool {
    MediaType::parse(content_type).essence == "application/x-www-form-urlencoded"
}

/// The beginning of a body as text that can be stored.
fn body(passed: &Passed, form: bool, known: &Known) -> String {
    let text = String::from_utf8_lossy(&passed.start);
    storable(&if form {
        // What stands in quotes first: it may reach across fields.
        known.form(&known.text(&text))
    } else if passed.bytes > passed.start.len() as u64 {
        known.beginning(&text)
    } else {
        known.sent(&text)
    })
}

/// A text that is not the whole story if it is long.
fn short(text: String) -> String {
    cut(text, TEXT_BYTES_MAX)
}

/// The beginning of a text. It is cut once it is masked: half a secret would not be found.
fn cut(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        text.push('…');
    }
    text
}

/// Text without U+0000, which no database keeps.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

//! What administrators are shown.

use super::entry::{Details, Row, Summary};
use super::store::Switch;
use crate::error::{Problem, Result};
use rollbook_xapi::timestamp::format_micros;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an administrator wishes.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RequestLogWish)]
pub(super) struct Wish {
    /// For how long, in minutes; at most a day unless the operator set otherwise.
    #[schema(minimum = 1)]
    pub(super) minutes: u64,
    /// Whether the beginnings of bodies are kept as well.
    #[serde(default)]
    pub(super) bodies: bool,
}

/// Whether the log is on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestLog)]
pub(super) struct Shown {
    /// Whether it is on.
    pub(super) on: bool,
    /// Since when; none if it is off.
    pub(super) since: Option<String>,
    /// Until when; none if it is off.
    pub(super) until: Option<String>,
    /// Whether the beginnings of bodies are kept.
    pub(super) bodies: bool,
}

/// One request.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestEntry)]
pub(crate) struct Entry {
    /// Under which it can be read alone.
    pub(super) id: String,
    /// When it was answered.
    pub(super) at: String,
    /// The method.
    pub(super) method: String,
    /// The path, as it was sent.
    pub(super) path: String,
    /// The status of the answer.
    pub(super) status: i64,
    /// The code of the problem, if it was refused.
    pub(super) code: Option<String>,
    /// The first characters of the key, if it was one.
    pub(super) key: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub(super) details: Details,
    /// The beginning of the request's body, if bodies are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_body: Option<String>,
    /// The beginning of the answer's body, if bodies are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_body: Option<String>,
}

impl Shown {
    /// A switch as it stands at `now`.
    pub(super) fn of(switch: Option<Switch>, now: i64) -> Self {
        match switch.filter(|switch| switch.until > now) {
            Some(Switch { tenant: _, began, until, bodies }) => Self {
                on: true,
                since: Some(format_micros(began)),
                until: Some(format_micros(until)),
                bodies,
            },
            None => Self { on: false, since: None, until: None, bodies: false },
        }
    }
}

impl Entry {
    /// An entry in a list: without headers.
    pub(super) fn in_list(summary: Summary) -> Result<Self> {
        let mut entry = Self::of(Row { summary, request_body: None, response_body: None })?;
        entry.details.headers.clear();
        Ok(entry)
    }

    /// An entry alone.
    pub(super) fn of(row: Row) -> Result<Self> {
        let Row { summary, request_body, response_body } = row;
        let Summary { id, at, status, code, method, path, key, entry } = summary;
        let some = |text: String| if text.is_empty() { None } else { Some(text) };
        Ok(Self {
            id: id.to_string(),
            at: format_micros(at),
            method,
            path,
            status,
            code: some(code),
            key: some(key),
            details: serde_json::from_str(&entry).map_err(Problem::internal)?,
            request_body,
            response_body,
        })
    }
}

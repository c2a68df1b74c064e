//! Allowances and preferences as JSON.

use super::allowance::{Allowance, Measure};
use super::bucket::Level;
use super::store::{Chosen, Stored};
use crate::http::api;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// The largest limit: the largest number that both engines, and JSON, keep exactly.
const MOST_MAX: u64 = (1 << 53) - 1;

/// Statements in a page, whatever a tenant wishes (`decisions.md` 4).
const PAGE_STATEMENTS_MAX: i64 = 1_000;

/// What may be set; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Rates {
    /// Statements stored, each second.
    #[serde(default, deserialize_with = "most", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    statements_per_second: Option<u64>,
    /// Bytes of request bodies, each minute.
    #[serde(default, deserialize_with = "most", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    bytes_per_minute: Option<u64>,
    /// Queries of statements, each minute.
    #[serde(default, deserialize_with = "most", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    queries_per_minute: Option<u64>,
    /// Other requests that store no statements, each minute.
    #[serde(default, deserialize_with = "most", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    requests_per_minute: Option<u64>,
    /// Requests at the same moment.
    #[serde(default, deserialize_with = "most", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    concurrent_requests: Option<u64>,
}

/// What may be set for a tenant as a whole; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TenantRates {
    /// Statements stored, each second.
    #[serde(default, deserialize_with = "most", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    statements_per_second: Option<u64>,
    /// Bytes of request bodies, each minute.
    #[serde(default, deserialize_with = "most", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    bytes_per_minute: Option<u64>,
    /// Queries of statements, each minute.
    #[serde(default, deserialize_with = "most", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    queries_per_minute: Option<u64>,
    /// Other requests that store no statements, each minute.
    #[serde(default, deserialize_with = "most", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    requests_per_minute: Option<u64>,
    /// Requests at the same moment.
    #[serde(default, deserialize_with = "most", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    concurrent_requests: Option<u64>,
    /// Bytes of statements as they are kept, documents and attachments.
    #[serde(default, deserialize_with = "most", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    storage_bytes: Option<u64>,
}

/// What is set for a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TenantLimitsSet {
    /// Everybody together.
    #[serde(default, deserialize_with = "api::object")]
    #[schema(inline)]
    pub(super) tenant: TenantRates,
    /// Each API key.
    #[serde(default, deserialize_with = "api::object")]
    #[schema(inline)]
    pub(super) key: Rates,
    /// Each user of an issuer of tokens.
    #[serde(default, deserialize_with = "api::object")]
    #[schema(inline)]
    pub(super) user: Rates,
}

/// What a tenant may use.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TenantLimits {
    /// The tenant's name.
    pub(super) name: String,
    /// Everybody together.
    #[schema(inline)]
    pub(super) tenant: TenantRates,
    /// Each API key for which nothing less is set.
    #[schema(inline)]
    pub(super) key: Rates,
    /// Each user of an issuer of tokens.
    #[schema(inline)]
    pub(super) user: Rates,
    /// What of it is set for this tenant; the rest is as the installation's settings say.
    #[schema(inline)]
    pub(super) set: TenantLimitsSet,
}

/// What a key may use.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyLimits {
    /// The key's public part.
    pub(super) key: String,
    /// What it may use.
    #[schema(inline)]
    pub(super) limits: Rates,
    /// What of it is set for this key.
    #[schema(inline)]
    pub(super) set: Rates,
}

/// What a tenant has set for itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Preferences {
    /// The tenant's name.
    name: String,
    /// Whether a PUT of a state without If-Match and If-None-Match may replace a document under
    /// xAPI 2.0: `spec` answers 409, `lenient` stores it.
    state_preconditions: String,
    /// Statements in one page; none where the installation's setting holds.
    page_statements: Option<i64>,
}

/// What changes of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PreferencesPatch {
    /// `spec` or `lenient`.
    #[serde(default)]
    #[schema(inline)]
    pub(super) state_preconditions: Option<StatePreconditions>,
    /// 1 to 1,000, or null for the installation's setting.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1000)]
    pub(super) page_statements: PagePatch,
}

/// What becomes of the size of a page: absent, null and a number are three things.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum PagePatch {
    /// It stays.
    #[default]
    Kept,
    /// It is this, or the installation's.
    Set(Option<i64>),
}

impl<'de> Deserialize<'de> for PagePatch {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        let size: Option<i64> = Option::deserialize(value)?;
        if size.is_some_and(|size| !(1..=PAGE_STATEMENTS_MAX).contains(&size)) {
            let detail = format!("a page has 1 to {PAGE_STATEMENTS_MAX} statements, or null");
            return Err(D::Error::custom(detail));
        }
        Ok(Self::Set(size))
    }
}

/// A limit that may be set.
fn most<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u64>, D::Error> {
    let most: Option<u64> = Option::deserialize(value)?;
    if most.is_some_and(|most| most > MOST_MAX) {
        return Err(D::Error::custom(format!("a limit is at most {MOST_MAX}")));
    }
    Ok(most)
}

/// Whether a state may be replaced unseen under xAPI 2.0.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum StatePreconditions {
    /// No: 409.
    Spec,
    /// Yes, for old authoring tools.
    Lenient,
}

/// One limit and what is left of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Standing {
    /// The policy's name, as in the header `RateLimit`.
    pub(super) name: String,
    /// What this node admits in a window, or at once.
    pub(super) limit: u64,
    /// What is left of it.
    pub(super) remaining: u64,
    /// The window; none for requests at once.
    pub(super) window_seconds: Option<u64>,
    /// Seconds until all of it is there again.
    pub(super) reset_seconds: u64,
}

/// What a tenant keeps.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names on the wire end in their unit")]
pub(super) struct StorageUsed {
    /// Bytes that it may keep; none without a limit.
    limit_bytes: Option<u64>,
    /// Bytes that it keeps.
    used_bytes: u64,
    /// Bytes of statements, compressed as they are.
    statement_bytes: u64,
    /// Bytes of documents.
    document_bytes: u64,
    /// Bytes of attachments, each content once.
    attachment_bytes: u64,
}

/// What may be used, and what is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UsageNow {
    /// Each limit of the tenant and of this caller.
    #[schema(inline)]
    pub(super) limits: Vec<Standing>,
    /// What is kept.
    #[schema(inline)]
    pub(super) storage: StorageUsed,
}

impl Rates {
    pub(super) fn of(get: impl Fn(Measure) -> Option<u64>) -> Self {
        Self {
            statements_per_second: get(Measure::Statements),
            bytes_per_minute: get(Measure::Bytes),
            queries_per_minute: get(Measure::Queries),
            requests_per_minute: get(Measure::Requests),
            concurrent_requests: get(Measure::Concurrent),
        }
    }

    /// What is given, by measure.
    pub(super) fn given(self) -> Vec<(Measure, u64)> {
        let Self {
            statements_per_second,
            bytes_per_minute,
            queries_per_minute,
            requests_per_minute,
            concurrent_requests,
        } = self;
        let all = [
            (Measure::Statements, statements_per_second),
            (Measure::Bytes, bytes_per_minute),
            (Measure::Queries, queries_per_minute),
            (Measure::Requests, requests_per_minute),
            (Measure::Concurrent, concurrent_requests),
        ];
        all.into_iter().filter_map(|(measure, most)| Some((measure, most?))).collect()
    }
}

impl TenantRates {
    pub(super) fn of(get: impl Fn(Measure) -> Option<u64>) -> Self {
        Self {
            statements_per_second: get(Measure::Statements),
            bytes_per_minute: get(Measure::Bytes),
            queries_per_minute: get(Measure::Queries),
            requests_per_minute: get(Measure::Requests),
            concurrent_requests: get(Measure::Concurrent),
            storage_bytes: get(Measure::Storage),
        }
    }

    /// What is given, by measure.
    pub(super) fn given(self) -> Vec<(Measure, u64)> {
        let Self {
            statements_per_second,
            bytes_per_minute,
            queries_per_minute,
            requests_per_minute,
            concurrent_requests,
            storage_bytes,
        } = self;
        let rates = Rates {
            statements_per_second,
            bytes_per_minute,
            queries_per_minute,
            requests_per_minute,
            concurrent_requests,
        };
        let storage = storage_bytes.map(|bytes| (Measure::Storage, bytes));
        rates.given().into_iter().chain(storage).collect()
    }
}

impl From<Allowance> for Rates {
    fn from(allowance: Allowance) -> Self {
        Self::of(|measure| Some(allowance.of(measure).unwrap_or(0)))
    }
}

impl From<Allowance> for TenantRates {
    fn from(allowance: Allowance) -> Self {
        Self::of(|measure| Some(allowance.of(measure).unwrap_or(0)))
    }
}

impl From<Chosen> for Preferences {
    fn from(chosen: Chosen) -> Self {
        let Chosen { name, state_preconditions, page_statements } = chosen;
        Self { name, state_preconditions, page_statements }
    }
}

impl StatePreconditions {
    /// As it stands in the table.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Lenient => "lenient",
        }
    }
}

impl Standing {
    pub(super) fn new(name: String, limit: u64, window: Option<u64>, level: Level) -> Self {
        Self {
            name,
            limit,
            remaining: level.remaining,
            window_seconds: window.map(|micros| micros / 1_000_000),
            reset_seconds: level.reset.div_ceil(1_000_000),
        }
    }
}

impl StorageUsed {
    pub(super) fn new(limit_bytes: Option<u64>, stored: Stored) -> Self {
        let Stored { statements, documents, attachments } = stored;
        Self {
            limit_bytes,
            used_bytes: stored.total(),
            statement_bytes: statements,
            document_bytes: documents,
            attachment_bytes: attachments,
        }
    }
}

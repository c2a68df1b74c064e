//! How statements are answered: format, version, multipart, headers.

use super::define;
use super::page::Read;
use super::query::Format;
use super::routes::consistent;
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::multipart;
use crate::http::reply::last_modified;
use crate::tenants::{SessionCaller, TenantId};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, header};
use rollbook_db::Tx;
use rollbook_xapi::format::{self, LanguageRange};
use rollbook_xapi::version::Version;
use std::collections::HashMap;

/// How to show statements.
#[derive(Clone, Default)]
pub(super) struct Shown {
    pub(super) format: Format,
    /// 2.0: timestamps in UTC (9274.1.1 4.2.7).
    pub(super) utc: bool,
    pub(super) languages: Vec<LanguageRange>,
}

/// The languages asked for, from a `more` link or from the header.
pub(super) fn languages(carried: Option<&str>, headers: &HeaderMap) -> Vec<LanguageRange> {
    let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    carried.or(header).map(format::parse_accept_language).unwrap_or_default()
}

/// Whether a statement's authority is one of these keys.
pub(super) fn authority_is(text: &str, keys: &[String]) -> bool {
    let Ok(node) = rollbook_xapi::json::parse(text) else { return false };
    let agent = node.get("authority").map(|node| super::receive::authority_keys(node.raw));
    agent.and_then(Result::ok).is_some_and(|own| own.iter().any(|key| keys.contains(key)))
}

/// Whether a statement is of the learner and the registration of a session.
pub(super) fn is_of(text: &str, session: &SessionCaller) -> bool {
    let Ok(node) = rollbook_xapi::json::parse(text) else { return false };
    let Ok(statement) = rollbook_xapi::validate::statement(&node, Version::V2, "")
        .or_else(|_other| rollbook_xapi::validate::statement(&node, Version::V1, ""))
    else {
        return false;
    };
    let own = statement.actor.ifi().is_some_and(|ifi| ifi.key() == session.agent_key);
    own && statement.context.is_some_and(|it| it.registration == Some(session.registration))
}

impl Shown {
    /// One statement in this form.
    pub(super) fn one(&self, tx: &mut Tx<'_>, tenant: TenantId, read: Read) -> Result<Read> {
        let shown = self.page(tx, tenant, vec![read])?.pop();
        shown.ok_or_else(|| Problem::internal(anyhow::anyhow!("one statement in, one out")))
    }

    /// A page of statements in this form.
    pub(super) fn page(
        &self,
        tx: &mut Tx<'_>,
        tenant: TenantId,
        mut statements: Vec<Read>,
    ) -> Result<Vec<Read>> {
        let definitions = match self.format {
            Format::Canonical => define::definitions_of(
                tx,
                tenant,
                statements.iter().map(|read| read.text.as_str()),
            )?,
            Format::Exact | Format::Ids => HashMap::new(),
        };
        for read in &mut statements {
            if self.utc && read.not_utc {
                read.text = rollbook_xapi::complete::utc(&read.text).into_owned();
            }
            match self.format {
                Format::Exact => {}
                Format::Ids => read.text = format::ids(&read.text),
                Format::Canonical => {
                    read.text = format::canonical(&read.text, &self.languages, &|activity| {
                        definitions.get(activity).cloned()
                    });
                }
            }
        }
        Ok(statements)
    }
}

/// Answers one statement.
pub(super) async fn reply_one(
    app: &App,
    tenant: TenantId,
    read: Read,
    attachments: bool,
    through: i64,
) -> Result<Response> {
    let position = read.position;
    let response = if attachments {
        let positions = vec![read.position];
        multipart::reply(app, tenant, read.text, super::attach::of(app, tenant, positions).await?)
            .await?
    } else {
        json(read.text)
    };
    Ok(finish(response, Some(position), through))
}

/// Answers a page of statements.
pub(super) async fn reply_page(
    app: &App,
    tenant: TenantId,
    statements: Vec<Read>,
    more: Option<String>,
    attachments: bool,
    through: i64,
) -> Result<Response> {
    let text = result(&statements, more.as_deref())?;
    let newest = statements.iter().map(|read| read.position).max();
    let response = if attachments {
        let positions = statements.iter().map(|read| read.position).collect();
        multipart::reply(app, tenant, text, super::attach::of(app, tenant, positions).await?)
            .await?
    } else {
        json(text)
    };
    Ok(finish(response, newest, through))
}

/// A `StatementResult` (Data 2.5).
pub(super) fn result(statements: &[Read], more: Option<&str>) -> Result<String> {
    let texts: usize = statements.iter().map(|read| read.text.len() + 1).sum();
    let mut text = String::with_capacity(texts + 64);
    text.push_str("{\"statements\":[");
    for (at, read) in statements.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&read.text);
    }
    text.push_str("],\"more\":");
    let more = serde_json::to_string(more.unwrap_or_default()).map_err(Problem::internal)?;
    text.push_str(&more);
    text.push('}');
    Ok(text)
}

fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}

/// `Last-Modified` is the newest `stored` (Communication 2.1.3).
fn finish(mut response: Response, modified: Option<i64>, through: i64) -> Response {
    response.headers_mut().extend(modified.map(last_modified));
    response.headers_mut().extend([consistent(through)]);
    response
}

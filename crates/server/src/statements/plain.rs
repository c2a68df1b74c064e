//! Statements for surfaces that are not xAPI: stored in the name of an account, found by plain
//! words. The record and its rules are the same.

use super::query;
use super::receive::Envelope;
use super::routes::{self, Stored};
use super::show::{self, Shown};
use crate::app::App;
use crate::error::Result;
use crate::http::authority::{StatementReader, StatementWriter};
use axum::extract::Request;
use http::Uri;
use rollbook_xapi::version::Version;

/// Stores what a request holds by the rules of 1.0.3. If `account` is given (JSON), the statements
/// are of it, whatever they say.
pub(crate) async fn store(
    app: &App,
    who: StatementWriter,
    account: Option<String>,
    request: Request,
) -> Result<Stored> {
    let envelope =
        Envelope { version: Version::V1, put: None, may_define: who.may_define, actor: account };
    routes::store(app, who.caller, envelope, request).await
}

/// A page of what the query of the contract of `creatiq` asks for, as a `StatementResult`.
pub(crate) async fn find(app: &App, who: &StatementReader, uri: &Uri) -> Result<String> {
    let limits = app.usage.limits(who.caller.tenant).await?;
    let query = query::creatiq(uri.query().unwrap_or_default(), &limits)?;
    let page = routes::page_of(app, who, query, Shown::default()).await?;
    let address = uri.path_and_query().map_or(uri.path(), |address| address.as_str());
    let more = page.next.map(|position| query::more(address, position, None));
    show::result(&page.statements, more.as_deref())
}

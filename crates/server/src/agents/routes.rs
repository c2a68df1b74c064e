//! GET /xapi/agents (1.0.3 Communication 2.4, 9274.1.1 4.1.6.3).

use super::store;
use crate::app::App;
use crate::cmi5;
use crate::error::Result;
use crate::http::authority::AgentReader;
use crate::http::parameters::{AgentParameter, invalid, missing};
use crate::http::reply::Json;
use crate::http::{Parameters, XapiVersion, conditional};
use crate::statements;
use axum::extract::{RawQuery, State};
use rollbook_db::Tx;

/// The Person that an agent is; an agent whom nobody has heard of is one too (XAPI-00247).
pub(super) async fn get(
    State(app): State<App>,
    who: AgentReader,
    XapiVersion(version): XapiVersion,
    RawQuery(query): RawQuery,
) -> Result<Json> {
    let given = Parameters::parse(&query.unwrap_or_default(), &["agent"])?;
    let agent = given.agent("agent", version)?.ok_or_else(|| missing("agent"))?;
    let AgentParameter { key, is_group, text } = agent;
    if is_group {
        return Err(invalid("agent", "an Agent, not a Group"));
    }
    cmi5::agent(&who.caller, &key)?;
    let (tenant, actor) = (who.caller.tenant, key.clone());
    let job = move |tx: &mut Tx<'_>| store::names(tx, tenant, &actor);
    let known = app.db.of(tenant.0).read_anywhere(statements::mark(tenant), job).await?;
    let person = super::person(key, known, &text);
    let etag = conditional::header(&conditional::digest(person.as_bytes()));
    Ok(Json::new(person).with(etag))
}

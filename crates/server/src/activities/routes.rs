//! GET /xapi/activities (1.0.3 Communication 2.5, 9274.1.1 4.1.6.4).

use super::store;
use crate::app::App;
use crate::error::{Problem, Result};
use crate::http::authority::ActivityReader;
use crate::http::parameters::missing;
use crate::http::reply::Json;
use crate::http::{Parameters, XapiVersion, conditional};
use crate::statements;
use axum::extract::{RawQuery, State};
use rollbook_db::Tx;
use serde::Serialize;
use serde_json::value::RawValue;

/// An Activity as it is shown.
#[derive(Serialize)]
struct Activity<'a> {
    #[serde(rename = "objectType")]
    object_type: &'static str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<Box<RawValue>>,
}

/// The Activity with its canonical definition; one that nobody has heard of is one too.
pub(super) async fn get(
    State(app): State<App>,
    who: ActivityReader,
    XapiVersion(_): XapiVersion,
    RawQuery(query): RawQuery,
) -> Result<Json> {
    let given = Parameters::parse(&query.unwrap_or_default(), &["activityId"])?;
    let id = given.iri("activityId")?.ok_or_else(|| missing("activityId"))?;
    who.caller.activities().admit(id, "")?;
    let (tenant, activity) = (who.caller.tenant, id.to_owned());
    let job = move |tx: &mut Tx<'_>| store::definition(tx, tenant, &activity);
    let stored = app.db.of(tenant.0).read_anywhere(statements::mark(tenant), job).await?;
    let definition = stored.map(RawValue::from_string).transpose().map_err(Problem::internal)?;
    let activity = Activity { object_type: "Activity", id, definition };
    let text = serde_json::to_string(&activity).map_err(Problem::internal)?;
    let etag = conditional::header(&conditional::digest(text.as_bytes()));
    Ok(Json::new(text).with(etag))
}

//! Documents that a feature keeps or reads in a transaction that does more.

use super::decide;
use super::document::{Document, Found};
use super::key::{Context, Key, Resource};
use super::store;
use crate::error;
use crate::http::Precondition;
use crate::tenants::TenantId;
use rollbook_db::{Result, Tx};
use uuid::Uuid;

/// Stores a state document in JSON, whatever is there. The transaction must hold the tenant, sooner or
/// later.
pub(crate) fn keep_state(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (activity, agent, registration): (&str, &str, Uuid),
    name: &str,
    text: String,
    now: i64,
) -> Result<()> {
    let key = Key { context: state(activity, agent, registration), name: name.to_owned() };
    let document = Document::new("application/json".to_owned(), text.into_bytes(), now);
    store::put(tx, tenant, &key, &document)?;
    Ok(())
}

/// Deletes the state documents of an activity and an agent in a registration.
pub(crate) fn drop_states(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (activity, agent, registration): (&str, &str, Uuid),
) -> Result<()> {
    store::delete_all(tx, tenant, &state(activity, agent, registration))?;
    Ok(())
}

/// A profile of an agent, if there is one.
pub(crate) fn profile_of(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (agent, name): (&str, &str),
) -> Result<Option<Found>> {
    store::get(tx, tenant, &profile(agent, name))
}

/// Stores a profile of an agent in JSON if what is there meets `seen`. The tenant must be held.
///
/// # Errors
/// 412 if a precondition fails.
pub(crate) fn keep_profile(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (agent, name): (&str, &str),
    (text, now): (String, i64),
    seen: &Precondition,
) -> error::Result<()> {
    let key = profile(agent, name);
    let document = Document::new("application/json".to_owned(), text.into_bytes(), now);
    // Without a precondition it is stored over whatever is there.
    let is_kept = store::put_if_seen(tx, tenant, &key, &document, seen)?;
    if is_kept { Ok(()) } else { Err(decide::precondition_failed()) }
}

/// Deletes a profile of an agent if what is there meets `seen`; that there is none is no error.
///
/// # Errors
/// 412 if a precondition fails.
pub(crate) fn drop_profile(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (agent, name): (&str, &str),
    seen: &Precondition,
) -> error::Result<()> {
    decide::delete(tx, tenant, &profile(agent, name), seen)
}

fn state(activity: &str, agent: &str, registration: Uuid) -> Context {
    Context {
        resource: Resource::State,
        activity: activity.to_owned(),
        agent: agent.to_owned(),
        registration: Some(registration),
    }
}

fn profile(agent: &str, name: &str) -> Key {
    let context = Context {
        resource: Resource::AgentProfile,
        activity: String::new(),
        agent: agent.to_owned(),
        registration: None,
    };
    Key { context, name: name.to_owned() }
}

//! Documents that a feature keeps or reads in a transaction that does more.

use super::document::Document;
use super::key::{Context, Key, Resource};
use super::store;
use crate::tenants::TenantId;
use rollbook_db::{Result, Tx};
use uuid::Uuid;

/// Stores a state document in JSON, whatever is there. The tenant must be held.
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

/// The bytes of a profile of an agent, if there is one.
pub(crate) fn profile_of(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    agent: &str,
    name: &str,
) -> Result<Option<Vec<u8>>> {
    let found = store::get(tx, tenant, &profile(agent, name))?;
    Ok(found.map(|found| found.body))
}

/// Stores a profile of an agent in JSON, whatever is there. The tenant must be held.
pub(crate) fn keep_profile(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (agent, name): (&str, &str),
    text: String,
    now: i64,
) -> Result<()> {
    let document = Document::new("application/json".to_owned(), text.into_bytes(), now);
    store::put(tx, tenant, &profile(agent, name), &document)?;
    Ok(())
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

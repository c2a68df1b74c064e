//! What launched content may touch besides statements: its own learner's documents, in its own
//! registration (8.1.3, 8.1.4, 10.2.1, 11).

use super::store;
use crate::app::App;
use crate::documents::{Resource, Touched};
use crate::error::{Code, Problem, Result};
use crate::tenants::{Caller, SessionCaller, TenantId, life};
use rollbook_cmi5::rules::preferences;
use rollbook_cmi5::terms::{LAUNCH_DATA, LEARNER_PREFERENCES};
use rollbook_db::Tx;

/// Refuses what is not of the session's learner, registration and unit.
pub(crate) fn document(session: &SessionCaller, touched: &Touched<'_>) -> Result<()> {
    let Touched { resource, activity, agent, registration, name, writes } = *touched;
    if resource != Resource::ActivityProfile && agent != session.agent_key {
        let requirement = match resource {
            Resource::AgentProfile => "11.0.0.0-1",
            Resource::State | Resource::ActivityProfile => "8.1.3.0-3",
        };
        return Err(broken(requirement, "the agent is not the learner who was launched"));
    }
    match resource {
        Resource::State => {
            if registration.is_some_and(|registration| registration != session.registration) {
                return Err(broken("8.1.4.0-3", "the registration is not the one of this launch"));
            }
            // Without one, documents of other units and of all registrations would be reached.
            let own = activity == session.activity || activity == session.publisher_id;
            if registration.is_none() && (name.is_none() || !own) {
                return Err(broken("8.1.4.0-3", "say the registration of this launch"));
            }
            if writes && name.is_none_or(|name| name == LAUNCH_DATA) {
                let detail = "content reads LMS.LaunchData and does not write or delete it";
                return Err(broken("10.2.1.0-5", detail));
            }
        }
        Resource::AgentProfile => {}
        Resource::ActivityProfile => {
            if activity != session.activity && activity != session.publisher_id {
                let detail = "content reads and writes the profile of its own unit";
                return Err(broken("8.1.5.0-6", detail));
            }
        }
    }
    Ok(())
}

/// Refuses what launched content writes if its session is over, or removed, by the time that it is
/// written (8.1.2). Until the transaction ends the session is not removed, nor what is written.
pub(crate) fn lasts(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    session: Option<&SessionCaller>,
) -> Result<()> {
    let Some(session) = session else { return Ok(()) };
    // The tenant first, as everybody.
    life::hold(tx, tenant)?;
    let found: Option<Option<i64>> =
        tx.one(&store::ENDED, &[tenant.0.into(), session.id.into()])?;
    if found == Some(None) { Ok(()) } else { Err(ended()) }
}

/// Refuses what is no document of preferences (11).
pub(crate) fn contents(touched: &Touched<'_>, content_type: &str, body: &[u8]) -> Result<()> {
    if touched.resource != Resource::AgentProfile || touched.name != Some(LEARNER_PREFERENCES) {
        return Ok(());
    }
    preferences::check(content_type, body).map_err(|(requirement, what)| broken(requirement, what))
}

/// Refuses an agent who is not the session's learner.
pub(crate) fn agent(caller: &Caller, key: &str) -> Result<()> {
    match &caller.session {
        Some(session) if session.agent_key != key => {
            Err(broken("8.1.3.0-3", "the agent is not the learner who was launched"))
        }
        _ => Ok(()),
    }
}

/// Notes that the learner's preferences were read, which comes before anything else (11.0.0.0-3).
pub(crate) async fn read(app: &App, caller: &Caller, touched: &Touched<'_>) -> Result<()> {
    let Some(session) = &caller.session else { return Ok(()) };
    let is_preferences =
        touched.resource == Resource::AgentProfile && touched.name == Some(LEARNER_PREFERENCES);
    if !is_preferences || session.preferences_read {
        return Ok(());
    }
    let args = [caller.tenant.0.into(), session.id.into(), app.clock.now_micros().into()];
    let job = move |tx: &mut Tx<'_>| tx.run(&store::NOTE_PREFERENCES, &args);
    app.db.of(caller.tenant.0).write(job).await?;
    Ok(())
}

/// 403: a requirement of the standard is broken.
pub(crate) fn broken(requirement: &'static str, detail: &str) -> Problem {
    Problem::forbidden(Code::Cmi5RuleBroken, detail)
        .with("error", detail)
        .with("violatedReqId", requirement)
}

/// 403: the session has ended, and with it its token (8.1.2).
pub(crate) fn ended() -> Problem {
    let detail = "this session has ended: launch again";
    Problem::forbidden(Code::Cmi5SessionEnded, detail)
        .with("error", detail)
        .with("violatedReqId", "8.1.2.0-2")
}

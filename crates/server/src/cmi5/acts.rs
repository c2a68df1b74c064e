//! Acts that people ask for: done once, and those that others may ask about with their entry in the
//! audit log, whatever interface they come through.

use super::AbandonedBy;
use super::desk::Desk;
use super::launch::UnitName;
use super::row::Registration;
use crate::app::App;
use crate::audit::{self, By};
use crate::error::Result;
use crate::http::api::{Idempotent, Reply};
use crate::tenants::TenantId;
use axum::response::Response;
use rollbook_db::Tx;
use serde_json::json;
use uuid::Uuid;

impl Desk {
    /// Does an act at a desk of its own, once for each `Idempotency-Key`.
    pub(crate) async fn once(
        app: &App,
        tenant: TenantId,
        once: Idempotent,
        act: impl FnOnce(&Self, &mut Tx<'_>) -> Result<Reply> + Send + 'static,
    ) -> Result<Response> {
        let desk = Self::open(app, tenant).await?;
        let own = desk.clone();
        let response = once.run(app, tenant, move |tx| act(&own, tx)).await?;
        desk.committed();
        Ok(response)
    }

    /// Removes a registration.
    pub(crate) fn remove(&self, tx: &mut Tx<'_>, id: Uuid, by: &By) -> Result<()> {
        let detail = json!({"contentId": self.delete(tx, id)?.content_id});
        let (object, now) = (format!("registration:{id}"), self.now());
        audit::record(tx, self.tenant(), by, "registration.deleted", &object, &detail, now)?;
        Ok(())
    }

    /// Excuses a learner from a unit.
    pub(crate) fn waive_by(
        &self,
        tx: &mut Tx<'_>,
        id: Uuid,
        (unit, reason): (&UnitName, &str),
        by: &By,
    ) -> Result<Registration> {
        let registration = self.waive(tx, id, unit, reason)?;
        let detail = match unit {
            UnitName::Index(place) => json!({"unit": place}),
            UnitName::Id(id) => json!({"unitId": id}),
        };
        let (object, now) = (format!("registration:{id}"), self.now());
        audit::record(tx, self.tenant(), by, "registration.waived", &object, &detail, now)?;
        Ok(registration)
    }

    /// Abandons a session; one that is over is let be.
    pub(crate) fn end(
        &self,
        tx: &mut Tx<'_>,
        (registration, session): (Uuid, Uuid),
        by: &By,
    ) -> Result<()> {
        if self.abandon(tx, registration, Some(session), AbandonedBy::Api)?.is_none() {
            return Ok(());
        }
        let (object, detail) =
            (format!("session:{session}"), json!({"registration": registration}));
        audit::record(tx, self.tenant(), by, "session.abandoned", &object, &detail, self.now())?;
        Ok(())
    }
}

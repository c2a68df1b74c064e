//! Documents on their way from one store to another, and the check that they are what they say.
//!
//! A document keeps the time of its last change. Where a newer one is there already, that one stays:
//! importing twice, or importing an old export, undoes nothing.

use super::document::Document;
use super::key::{Context, Key, Resource};
use super::merge;
use super::store;
use crate::error::Result;
use crate::http::conditional;
use crate::limits::Limits;
use crate::tenants::{Scope, TenantId, life};
use rollbook_db::{Db, FromRow, Row, Tx, Value, sql};
use uuid::Uuid;

sql! {
    /// Documents in the order of their keys.
    PAGE = sqlite: "select context, registration, name, resource, activity, agent, content_type, etag,
            updated, body from document
            where tenant = $1 and context >= $2 and (context, registration, name) > ($2, $3, $4)
            order by context, registration, name limit $5",
        postgres: "select context, registration, name, resource, activity, agent, content_type, etag,
            updated, body from document where tenant = $1 and context >= $2
                and (context, registration collate \"C\", name collate \"C\") > ($2, $3, $4)
            order by context, registration collate \"C\", name collate \"C\" limit $5";

    /// Stores a document that comes from elsewhere, unless a newer one is there.
    RESTORE = "insert into document (tenant, context, registration, name, content_type, etag,
            updated, body, resource, activity, agent)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (tenant, context, registration, name) do update set
            content_type = excluded.content_type, etag = excluded.etag, body = excluded.body,
            updated = excluded.updated
        where document.updated < excluded.updated";
}

/// Documents read at once.
const PER_PAGE: i64 = 16;

/// A document with its key, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// `state`, `agent profile` or `activity profile`.
    pub(crate) resource: String,
    /// The activity's IRI; empty for agent profiles.
    pub(crate) activity: String,
    /// The agent's inverse functional identifier; empty for activity profiles.
    pub(crate) agent: String,
    /// The registration of a state; empty if there is none.
    pub(crate) registration: String,
    /// `stateId` or `profileId`.
    pub(crate) name: String,
    /// The Content-Type it came with.
    pub(crate) content_type: String,
    /// The SHA-1 of its bytes.
    pub(crate) etag: String,
    /// When it was last stored, in microseconds since 1970 UTC.
    pub(crate) updated: i64,
    /// Its bytes.
    pub(crate) body: Vec<u8>,
}

/// Tells `each` every document in the order of its key; stops when it answers false.
pub(crate) fn export(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    each: &mut dyn FnMut(Kept) -> bool,
) -> rollbook_db::Result<()> {
    let mut after = Place::default();
    loop {
        let rows = page(tx, tenant, &after, PER_PAGE)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = last.clone();
        for (_, kept) in rows {
            if !each(kept) {
                return Ok(());
            }
        }
    }
}

/// Stores documents that came from elsewhere, all or none, each unless a newer one is there.
pub(crate) async fn import(
    db: &Db,
    tenant: TenantId,
    documents: Vec<(Key, Document)>,
) -> Result<()> {
    let job = move |tx: &mut Tx<'_>| {
        life::hold(tx, tenant)?;
        for (key, document) in &documents {
            restore(tx, tenant, key, document)?;
        }
        Ok(())
    };
    db.of(tenant.0).write(job).await
}

/// How many documents a tenant has, and what is wrong with them.
pub(crate) fn examine(
    tx: &mut Tx<'_>,
    tenant: TenantId,
) -> rollbook_db::Result<(u64, Vec<String>)> {
    let (mut count, mut faults) = (0, Vec::new());
    let mut after = Place::default();
    loop {
        let rows = page(tx, tenant, &after, PER_PAGE)?;
        let Some((last, _)) = rows.last() else { return Ok((count, faults)) };
        after = last.clone();
        for (place, kept) in rows {
            count += 1;
            let Kept { resource, name, .. } = &kept;
            match kept.clone().checked() {
                Ok((key, _)) if key.context.digest() == place.context => {}
                Ok(_) => faults.push(format!("the {resource} document {name:?} is filed wrongly")),
                Err(fault) => faults.push(format!("the {resource} document {name:?}: {fault}")),
            }
        }
    }
}

/// Where a document stands in the order of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    context: Vec<u8>,
    registration: String,
    name: String,
}

/// The documents after a place, in the order of their keys.
fn page(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    after: &Place,
    size: i64,
) -> rollbook_db::Result<Vec<(Place, Kept)>> {
    let Place { context, registration, name } = after.clone();
    let args =
        [tenant.0.into(), context.into(), registration.into(), name.into(), Value::Int(size)];
    let rows: Vec<Filed> = tx.all(&PAGE, &args)?;
    Ok(rows.into_iter().map(|Filed(place, kept)| (place, kept)).collect())
}

/// Stores a document that comes from elsewhere, unless a newer one is there.
fn restore(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    key: &Key,
    document: &Document,
) -> rollbook_db::Result<()> {
    tx.run(&RESTORE, &store::row(tenant, key, document))?;
    Ok(())
}

impl Kept {
    /// Whose scope it takes to store it.
    pub(crate) fn scope(&self) -> Scope {
        if self.resource == Resource::State.title() { Scope::State } else { Scope::Profile }
    }

    /// Its key and its contents, if they fit together.
    pub(crate) fn checked(self) -> Result<(Key, Document), String> {
        let Self {
            resource,
            activity,
            agent,
            registration,
            name,
            content_type,
            etag,
            updated,
            body,
        } = self;
        let resource = Resource::named(&resource).ok_or("there is no such resource")?;
        let (of_activity, of_agent) = match resource {
            Resource::State => (true, true),
            Resource::AgentProfile => (false, true),
            Resource::ActivityProfile => (true, false),
        };
        if activity.is_empty() == of_activity || agent.is_empty() == of_agent {
            return Err("its activity and agent do not fit its resource".to_owned());
        }
        let registration = match (registration.as_str(), resource) {
            ("", _) => None,
            (text, Resource::State) => {
                Some(Uuid::parse_str(text).map_err(|_no_uuid| "its registration is no UUID")?)
            }
            _ => return Err("only states have a registration".to_owned()),
        };
        let context = Context { resource, activity, agent, registration };
        let limits = Limits { document_name_bytes_max: usize::MAX, ..Limits::default() };
        let key = context.named(name, &limits).map_err(|problem| problem.detail)?;
        if conditional::digest(&body) != etag {
            return Err("its etag is not the SHA-1 of its contents".to_owned());
        }
        if merge::is_json_type(&content_type) && !merge::is_json(&body) {
            return Err("it says that it is JSON and is not".to_owned());
        }
        Ok((key, Document { content_type, etag, updated, body }))
    }
}

impl Resource {
    const NAMES: [(&'static str, Self); 3] = [
        ("state", Self::State),
        ("agent profile", Self::AgentProfile),
        ("activity profile", Self::ActivityProfile),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, resource)| *resource)
    }

    fn of(number: i64) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known as i64 == number).map(|(_, known)| *known)
    }

    fn title(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, resource)| *resource == self);
        named.map(|(name, _)| *name).expect("every resource is in NAMES")
    }
}

/// A document and where it stands.
struct Filed(Place, Kept);

impl FromRow for Filed {
    fn from_row(row: &Row<'_>) -> rollbook_db::Result<Self> {
        let (registration, name): (String, String) = (row.get(1)?, row.get(2)?);
        let resource = Resource::of(row.get(3)?).map_or("unknown", Resource::title).to_owned();
        let kept = Kept {
            resource,
            activity: row.get(4)?,
            agent: row.get(5)?,
            registration: registration.clone(),
            name: name.clone(),
            content_type: row.get(6)?,
            etag: row.get(7)?,
            updated: row.get(8)?,
            body: row.get(9)?,
        };
        Ok(Self(Place { context: row.get(0)?, registration, name }, kept))
    }
}

//! A tenant as it is stored and as it is told.

use crate::tenants::TenantId;
use rollbook_db::{FromRow, Result, Row};
use rollbook_xapi::timestamp::format_micros;
use serde::Serialize;
use utoipa::ToSchema;

/// A tenant. All times are microseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its number, which every row of it carries.
    pub number: TenantId,
    /// What it is known by outside; unique.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// When it was made.
    pub created: i64,
    /// Since when nobody is let in.
    pub suspended: Option<i64>,
    /// Since when it is being deleted.
    pub deleting: Option<i64>,
}

/// A tenant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tenant)]
pub(super) struct Told {
    /// What it is known by in tokens, headers and paths; unique in the installation.
    name: String,
    /// Its number, which its keys begin with; never given out again.
    number: i64,
    /// What people call it.
    title: String,
    /// When it was made.
    created: String,
    /// Since when nobody is let in; null if they are.
    suspended: Option<String>,
    /// Since when it is being deleted; null if it is not.
    deleting: Option<String>,
}

impl Tenant {
    /// As JSON, in the API and at the command line.
    pub fn in_json(&self) -> serde_json::Value {
        serde_json::to_value(Told::from(self)).expect("a tenant is texts and a number")
    }

    /// In one word: `active`, `suspended` or `deleting`.
    pub fn state(&self) -> &'static str {
        match self {
            Self { deleting: Some(_), .. } => "deleting",
            Self { suspended: Some(_), .. } => "suspended",
            _ => "active",
        }
    }
}

impl From<&Tenant> for Told {
    fn from(tenant: &Tenant) -> Self {
        let Tenant { number, name, title, created, suspended, deleting } = tenant;
        Self {
            name: name.clone(),
            number: number.0,
            title: title.clone(),
            created: format_micros(*created),
            suspended: suspended.map(format_micros),
            deleting: deleting.map(format_micros),
        }
    }
}

impl FromRow for Tenant {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            number: TenantId(row.get(0)?),
            name: row.get(1)?,
            title: row.get(2)?,
            created: row.get(3)?,
            suspended: row.get(4)?,
            deleting: row.get(5)?,
        })
    }
}

//! A key as it is shown: everything but its secrets.

use super::super::{Restrictions, Scopes};
use rollbook_db::{FromRow, Row};

/// A key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The public part.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// What people want to remember of it.
    pub notes: String,
    /// What it may do.
    pub scopes: Scopes,
    /// What it is restricted to.
    pub restrictions: Restrictions,
    /// When it was made. All times are microseconds since 1970 UTC.
    pub created: i64,
    /// When it ends.
    pub expires: Option<i64>,
    /// When it was revoked.
    pub revoked: Option<i64>,
    /// When it was last used, give or take a minute.
    pub last_used: Option<i64>,
    /// When it last got a new secret.
    pub rotated: Option<i64>,
    /// Until when the secret before that works.
    pub old_until: Option<i64>,
}

impl Listed {
    /// Whether it is neither revoked nor expired.
    pub fn is_live(&self, now: i64) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|end| end > now)
    }
}

impl FromRow for Listed {
    fn from_row(row: &Row<'_>) -> rollbook_db::Result<Self> {
        Ok(Self {
            key: row.get(0)?,
            name: row.get(1)?,
            scopes: Scopes::from_bits(row.get(2)?),
            created: row.get(3)?,
            expires: row.get(4)?,
            revoked: row.get(5)?,
            last_used: row.get(6)?,
            notes: row.get(7)?,
            rotated: row.get(8)?,
            old_until: row.get(9)?,
            restrictions: restrictions(row, 10)?,
        })
    }
}

/// The restrictions in three columns from `first` on.
pub(in crate::tenants) fn restrictions(
    row: &Row<'_>,
    first: usize,
) -> rollbook_db::Result<Restrictions> {
    let list = |column| {
        let text: Option<String> = row.get(column)?;
        // A list that cannot be read restricts to nothing at all rather than to nothing less.
        let unreadable = || vec![String::new()];
        Ok(text.map_or_else(Vec::new, |text| {
            serde_json::from_str(&text).unwrap_or_else(|_no_list| unreadable())
        }))
    };
    let addresses: rollbook_db::Result<Vec<String>> = list(first);
    let addresses = addresses?;
    let networks: Vec<_> = addresses.iter().filter_map(|text| text.parse().ok()).collect();
    let unreadable = networks.len() != addresses.len();
    Ok(Restrictions {
        addresses: if unreadable { vec![super::super::restrictions::nowhere()] } else { networks },
        origins: list(first + 1)?,
        activities: list(first + 2)?,
    })
}

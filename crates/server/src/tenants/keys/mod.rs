//! API keys: made, listed, changed, rotated and revoked.
//!
//! A secret is told once, to whoever makes it. A revoked key stays listed and is never removed, so
//! that the authority of what it stored can still be explained. What is done in a transaction that
//! does more is in [`act`]; the functions here are transactions of their own.

pub mod act;
mod first;
mod listed;

pub(super) use act::authority_of_user;
#[cfg(test)]
pub(crate) use first::ensure_tenant;
pub use first::{FIRST_TENANT_NAME, all, ensure_first_tenant, open_store, tenant_named};
pub use listed::Listed;
pub(super) use listed::restrictions as restrictions_of;

use super::{
    FIRST_TENANT, Masked, RestrictionError, Restrictions, Scope, ScopeError, Scopes, TenantId, key,
};
use crate::clock::Clock;
use crate::ids::Ids;
use rollbook_db::{Db, Value};
use std::time::Duration;

/// Characters in a key's name.
const NAME_CHARS_MAX: usize = 200;

/// Characters in the notes on a key.
const NOTES_CHARS_MAX: usize = 2_000;

/// How long an old secret may work beside a new one.
const OVERLAP_MAX: Duration = Duration::from_hours(90 * 24);

/// What can go wrong with keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store failed.
    #[error("the store could not be read or written")]
    Store(#[from] rollbook_db::Error),
    /// A scope is not known.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// A restriction cannot be set.
    #[error(transparent)]
    Restriction(#[from] RestrictionError),
    /// The name cannot be used.
    #[error("a key's name has 1 to {NAME_CHARS_MAX} characters and no control characters")]
    Name,
    /// The notes cannot be kept.
    #[error("the notes on a key have at most {NOTES_CHARS_MAX} characters and no U+0000")]
    Notes,
    /// Only the first tenant runs the installation.
    #[error("only keys of the first tenant may hold the scope operator")]
    Operator,
    /// The old secret would work for too long.
    #[error("an old secret works for at most {days} days beside a new one", days = OVERLAP_MAX.as_secs() / 86_400)]
    Overlap,
    /// A revoked key stays as it is.
    #[error("the key {0} is revoked")]
    Revoked(String),
    /// There is no such key in this tenant.
    #[error("there is no key {0}")]
    Unknown(String),
    /// There is no such tenant.
    #[error("there is no tenant {0:?}")]
    Tenant(String),
}

impl KeyError {
    /// Whether what was asked for cannot be, whatever is stored.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Store(_) | Self::Revoked(_) | Self::Unknown(_) | Self::Tenant(_))
    }
}

/// What a new key shall be.
#[derive(Debug, Clone)]
pub struct KeyWish {
    /// What people call it; it is also the name of the authority.
    pub name: String,
    /// What people want to remember of it.
    pub notes: String,
    /// What it may do.
    pub scopes: Scopes,
    /// What it is restricted to.
    pub restrictions: Restrictions,
    /// When it ends, in microseconds since 1970 UTC; never if none.
    pub expires: Option<i64>,
    /// The server's public address, under which the authority's account is unique.
    pub home_page: String,
}

/// What shall change about a key; nothing where there is none.
#[derive(Debug, Clone, Default)]
pub struct KeyChange {
    /// What people call it. The authority of what it stores keeps the first name.
    pub name: Option<String>,
    /// What people want to remember of it.
    pub notes: Option<String>,
    /// What it may do.
    pub scopes: Option<Scopes>,
    /// What it is restricted to.
    pub restrictions: Option<Restrictions>,
    /// When it ends; `Some(None)` means never.
    pub expires: Option<Option<i64>>,
}

/// A key that was just made: the only moment at which its secret is known.
#[derive(Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The public part: the user name of Basic authentication.
    pub key: String,
    /// The secret part: the password.
    pub secret: String,
    /// What it may do.
    pub scopes: Scopes,
}

/// A secret that was just made in place of another.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSecret {
    /// The public part, which stays.
    pub key: String,
    /// The new secret.
    pub secret: String,
    /// When the old secret ends, in microseconds since 1970 UTC.
    pub old_until: i64,
}

impl KeyWish {
    /// A key without an end, notes or restrictions.
    pub fn new(name: impl Into<String>, scopes: Scopes, home_page: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            notes: String::new(),
            scopes,
            restrictions: Restrictions::default(),
            expires: None,
            home_page: home_page.into(),
        }
    }

    /// The texts of such a key of `tenant`; the key is made by [`act::create`].
    pub fn draft(&self, ids: &Ids, tenant: TenantId) -> Result<NewKey, KeyError> {
        check_name(&self.name)?;
        check_notes(&self.notes)?;
        check_scopes(self.scopes, tenant)?;
        let (key, secret) = (key::new_key(ids, tenant), key::new_secret(ids));
        Ok(NewKey { key, secret, scopes: self.scopes })
    }
}

impl KeyChange {
    fn check(&self, tenant: TenantId) -> Result<(), KeyError> {
        self.name.as_deref().map_or(Ok(()), check_name)?;
        self.notes.as_deref().map_or(Ok(()), check_notes)?;
        self.scopes.map_or(Ok(()), |scopes| check_scopes(scopes, tenant))
    }
}

/// The text of a new secret, for [`act::rotate`].
pub fn new_secret(ids: &Ids) -> String {
    key::new_secret(ids)
}

/// Makes a key.
pub async fn create(
    db: &Db,
    clock: &Clock,
    ids: &Ids,
    tenant: TenantId,
    wish: KeyWish,
) -> Result<NewKey, KeyError> {
    let now = clock.now_micros();
    let made = wish.draft(ids, tenant)?;
    let told = made.clone();
    db.of(tenant.0).write(move |tx| act::create(tx, tenant, &wish, &made, now)).await?;
    tracing::info!(key = %Masked(&told.key), scopes = %told.scopes, "Key created");
    Ok(told)
}

/// Every key of a tenant, oldest first, revoked ones too.
pub async fn list(db: &Db, tenant: TenantId) -> Result<Vec<Listed>, KeyError> {
    db.of(tenant.0).read(move |tx| act::list(tx, tenant)).await
}

/// One key.
pub async fn get(db: &Db, tenant: TenantId, key: &str) -> Result<Listed, KeyError> {
    let key = key.to_owned();
    db.of(tenant.0).read(move |tx| act::get(tx, tenant, &key)).await
}

/// Changes a key and says what it is now.
pub async fn update(
    db: &Db,
    tenant: TenantId,
    key: &str,
    change: KeyChange,
) -> Result<Listed, KeyError> {
    let told = key.to_owned();
    let listed = db.of(tenant.0).write(move |tx| act::update(tx, tenant, &told, &change)).await?;
    tracing::info!(key = %Masked(key), "Key changed");
    Ok(listed)
}

/// Gives a key a new secret; the one it had works for `overlap` longer.
pub async fn rotate(
    db: &Db,
    clock: &Clock,
    ids: &Ids,
    tenant: TenantId,
    key: &str,
    overlap: Duration,
) -> Result<NewSecret, KeyError> {
    let now = clock.now_micros();
    let (key, secret) = (key.to_owned(), key::new_secret(ids));
    let job =
        move |tx: &mut rollbook_db::Tx<'_>| act::rotate(tx, tenant, &key, secret, overlap, now);
    let made = db.of(tenant.0).write(job).await?;
    tracing::info!(key = %Masked(&made.key), "Key rotated");
    Ok(made)
}

/// Revokes a key and says since when it is revoked. Doing it twice changes nothing.
pub async fn revoke(db: &Db, clock: &Clock, tenant: TenantId, key: &str) -> Result<i64, KeyError> {
    let (told, now) = (key.to_owned(), clock.now_micros());
    let revoked = db.of(tenant.0).write(move |tx| act::revoke(tx, tenant, &told, now)).await?;
    tracing::info!(key = %Masked(key), "Key revoked");
    Ok(revoked)
}

fn check_name(name: &str) -> Result<(), KeyError> {
    let chars = name.chars().count();
    let fits = (1..=NAME_CHARS_MAX).contains(&chars) && !name.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(KeyError::Name) }
}

fn check_notes(notes: &str) -> Result<(), KeyError> {
    let fits = notes.chars().count() <= NOTES_CHARS_MAX && !notes.contains('\0');
    if fits { Ok(()) } else { Err(KeyError::Notes) }
}

fn check_scopes(scopes: Scopes, tenant: TenantId) -> Result<(), KeyError> {
    if scopes == Scopes::NONE {
        return Err(ScopeError::None.into());
    }
    let held = scopes.any(&[Scope::Operator]);
    if held && tenant != FIRST_TENANT { Err(KeyError::Operator) } else { Ok(()) }
}

/// A key as an argument, unless no key reads like this: then the store need not be asked, and
/// U+0000 cannot be asked.
fn argument(key: &str) -> Result<Value, KeyError> {
    let shaped = key::tenant_of(key).is_some();
    shaped.then(|| Value::from(key)).ok_or_else(|| KeyError::Unknown(key.to_owned()))
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey")
            .field("key", &Masked(&self.key).to_string())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSecret")
            .field("key", &Masked(&self.key).to_string())
            .finish_non_exhaustive()
    }
}

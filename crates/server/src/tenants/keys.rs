//! Making, listing and revoking API keys, and making the tenant that a new store starts with.
//!
//! A secret is told once, to whoever makes the key. A revoked key stays listed and is never
//! removed, so that the authority of what it stored can still be explained.

use super::{FIRST_TENANT, Masked, ScopeError, Scopes, TenantId, key, store};
use crate::clock::Clock;
use crate::ids::Ids;
use rollbook_db::{Db, FromRow, Row, Tx, Value};
use serde::Serialize;

/// The name of the tenant that a new store starts with.
pub const FIRST_TENANT_NAME: &str = "main";

/// Characters in a key's name.
const NAME_CHARS_MAX: usize = 200;

/// What can go wrong with keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store failed.
    #[error("the store could not be read or written")]
    Store(#[from] rollbook_db::Error),
    /// A scope is not known.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The name cannot be used.
    #[error("a key's name has 1 to {NAME_CHARS_MAX} characters and no control characters")]
    Name,
    /// There is no such key in this tenant.
    #[error("there is no key {0}")]
    Unknown(String),
    /// There is no such tenant.
    #[error("there is no tenant {0:?}")]
    Tenant(String),
}

/// What a new key shall be.
#[derive(Debug, Clone)]
pub struct KeyWish {
    /// What people call it; it is also the name of the authority.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it ends, in microseconds since 1970 UTC; never if none.
    pub expires: Option<i64>,
    /// The server's public address, under which the authority's account is unique.
    pub home_page: String,
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

/// A key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The public part.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was made. All times are microseconds since 1970 UTC.
    pub created: i64,
    /// When it ends.
    pub expires: Option<i64>,
    /// When it was revoked.
    pub revoked: Option<i64>,
    /// When it was last used, give or take a minute.
    pub last_used: Option<i64>,
}

/// Makes the first tenant, and a key for it if that tenant is new: then the key is returned.
///
/// Both happen in one transaction, so of many servers that start at once one tells a key.
pub async fn open_store(
    db: &Db,
    clock: &Clock,
    ids: &Ids,
    first: KeyWish,
) -> Result<Option<NewKey>, KeyError> {
    let now = clock.now_micros();
    let made = draft(ids, FIRST_TENANT, &first)?;
    db.every()
        .write(move |tx| {
            if !add_first_tenant(tx, now)? {
                return Ok(None);
            }
            add(tx, FIRST_TENANT, &first, &made, now)?;
            Ok(Some(made))
        })
        .await
}

/// Makes the first tenant unless it is there.
pub async fn ensure_first_tenant(db: &Db, clock: &Clock) -> Result<(), KeyError> {
    let now = clock.now_micros();
    db.every().write(move |tx| add_first_tenant(tx, now)).await?;
    Ok(())
}

/// The tenant of that name; the first one if no name is given.
pub async fn tenant_named(db: &Db, name: Option<&str>) -> Result<TenantId, KeyError> {
    let Some(name) = name else { return Ok(FIRST_TENANT) };
    let wanted = Value::from(name);
    let found: Option<i64> =
        db.every().read(move |tx| tx.one(&store::TENANT_NAMED, &[wanted])).await?;
    found.map(TenantId).ok_or_else(|| KeyError::Tenant(name.to_owned()))
}

/// Every tenant with its name.
pub async fn all(db: &Db) -> Result<Vec<(TenantId, String)>, KeyError> {
    let rows: Vec<(i64, String)> = db.every().read(|tx| tx.all(&store::TENANTS, &[])).await?;
    Ok(rows.into_iter().map(|(number, name)| (TenantId(number), name)).collect())
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
    let made = draft(ids, tenant, &wish)?;
    let told = made.clone();
    db.of(tenant.0).write(move |tx| add(tx, tenant, &wish, &made, now)).await?;
    tracing::info!(key = %Masked(&told.key), scopes = %told.scopes, "Key created");
    Ok(told)
}

/// Every key of a tenant, oldest first, revoked ones too.
pub async fn list(db: &Db, tenant: TenantId) -> Result<Vec<Listed>, KeyError> {
    Ok(db.of(tenant.0).read(move |tx| tx.all(&store::CREDENTIALS, &[tenant.0.into()])).await?)
}

/// Revokes a key and says since when it is revoked. Doing it twice changes nothing.
pub async fn revoke(db: &Db, clock: &Clock, tenant: TenantId, key: &str) -> Result<i64, KeyError> {
    // A text that cannot be a key is not worth asking the store about, and U+0000 cannot be asked.
    if key::tenant_of(key).is_none() {
        return Err(KeyError::Unknown(key.to_owned()));
    }
    let args = [tenant.0.into(), Value::from(key), clock.now_micros().into()];
    let revoked: Option<i64> =
        db.of(tenant.0).write(move |tx| tx.one(&store::REVOKE, &args)).await?;
    let revoked = revoked.ok_or_else(|| KeyError::Unknown(key.to_owned()))?;
    tracing::info!(key = %Masked(key), "Key revoked");
    Ok(revoked)
}

/// The texts of a key that is about to be stored.
fn draft(ids: &Ids, tenant: TenantId, wish: &KeyWish) -> Result<NewKey, KeyError> {
    let chars = wish.name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX || wish.name.chars().any(char::is_control) {
        return Err(KeyError::Name);
    }
    Ok(NewKey { key: key::new_key(ids, tenant), secret: key::new_secret(ids), scopes: wish.scopes })
}

fn add_first_tenant(tx: &mut Tx<'_>, now: i64) -> rollbook_db::Result<bool> {
    let args = [FIRST_TENANT.0.into(), FIRST_TENANT_NAME.into(), now.into()];
    Ok(tx.run(&store::ADD_TENANT, &args)? == 1)
}

fn add(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    wish: &KeyWish,
    made: &NewKey,
    now: i64,
) -> Result<(), KeyError> {
    let KeyWish { name, scopes, expires, home_page } = wish;
    let NewKey { key, secret, scopes: _ } = made;
    let args = [
        tenant.0.into(),
        key.into(),
        name.into(),
        Value::Bytes(key::digest(secret).to_vec()),
        scopes.bits().into(),
        authority(name, home_page, key).into(),
        now.into(),
        (*expires).into(),
    ];
    tx.run(&store::ADD_CREDENTIAL, &args)?;
    Ok(())
}

/// The Agent that vouches for statements stored with a key (1.0.3 Data 2.4.9).
fn authority(name: &str, home_page: &str, key: &str) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Agent<'a> {
        object_type: &'a str,
        name: &'a str,
        account: Account<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Account<'a> {
        home_page: &'a str,
        name: &'a str,
    }
    let account = Account { home_page, name: key };
    let agent = Agent { object_type: "Agent", name, account };
    serde_json::to_string(&agent).expect("an agent is plain text")
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
        })
    }
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey")
            .field("key", &Masked(&self.key).to_string())
            .finish_non_exhaustive()
    }
}

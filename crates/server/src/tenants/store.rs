//! SQL of tenants and credentials. Private to this folder.

use rollbook_db::sql;

sql! {
    /// Makes a tenant unless it is there.
    ADD_TENANT = "insert into tenant (tenant, name, created) values ($1, $2, $3)
        on conflict (tenant) do nothing";

    /// Every tenant: finds one by its name, if it is not being deleted.
    TENANT_NAMED = "select tenant from tenant where name = $1 and deleting is null
        order by tenant limit 1";

    /// Every tenant: `rollbook doctor` looks at each in turn.
    TENANTS = "select tenant, name from tenant where deleting is null order by tenant";

    /// Adds a credential.
    ADD_CREDENTIAL = "insert into credential (tenant, key, name, digest, scopes, authority, created, expires)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";

    /// What is needed to resolve a credential.
    CREDENTIAL = "select digest, scopes, authority, expires, revoked, last_used
        from credential where tenant = $1 and key = $2";

    /// A tenant's credentials, oldest first.
    CREDENTIALS = "select key, name, scopes, created, expires, revoked, last_used
        from credential where tenant = $1 order by created, key";

    /// Revokes a credential; keeps the first moment when done twice.
    REVOKE = "update credential set revoked = coalesce(revoked, $3) where tenant = $1 and key = $2
        returning revoked";

    /// Notes that a credential was used, unless that was noted after `$4`.
    NOTE_USE = "update credential set last_used = $3
        where tenant = $1 and key = $2 and (last_used is null or last_used <= $4)";
}

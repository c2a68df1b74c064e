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

    /// Every tenant: a token names its tenant, if that one is not being deleted.
    TENANT_OF_TOKEN = "select tenant, name, suspended from tenant
        where name = $1 and deleting is null order by tenant limit 1";

    /// Adds a credential.
    ADD_CREDENTIAL = "insert into credential (tenant, key, name, digest, scopes, authority, created, expires,
            notes, addresses, origins, activities)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    /// What is needed to resolve a credential. Those of a tenant that is being deleted are unknown.
    CREDENTIAL = "select c.digest, c.scopes, c.authority, c.expires, c.revoked, c.last_used,
            c.previous, c.previous_until, t.name, t.suspended, c.addresses, c.origins, c.activities
        from credential c join tenant t on t.tenant = c.tenant
        where c.tenant = $1 and c.key = $2 and t.deleting is null";

    /// How many credentials of a tenant are neither revoked nor expired, as far as it matters.
    COUNT_LIVE = "select count(*) from (
        select 1 from credential
        where tenant = $1 and revoked is null and (expires is null or expires > $2) limit $3) as live";

    /// A page of a tenant's credentials behind one, oldest first; `$5`, `$6` and `$7` say whether those
    /// that are active, expired and revoked at `$4` are wanted.
    PAGE = "select key, name, scopes, created, expires, revoked, last_used, notes, rotated, previous_until,
            addresses, origins, activities
        from credential where tenant = $1 and (created, key) > ($2, $3)
            and (($5 = 1 and revoked is null and (expires is null or expires > $4))
                or ($6 = 1 and revoked is null and expires <= $4)
                or ($7 = 1 and revoked is not null))
        order by created, key limit $8";

    /// The same, newest first.
    PAGE_DOWN = "select key, name, scopes, created, expires, revoked, last_used, notes, rotated, previous_until,
            addresses, origins, activities
        from credential where tenant = $1 and (created, key) < ($2, $3)
            and (($5 = 1 and revoked is null and (expires is null or expires > $4))
                or ($6 = 1 and revoked is null and expires <= $4)
                or ($7 = 1 and revoked is not null))
        order by created desc, key desc limit $8";

    /// A tenant's credentials, oldest first.
    CREDENTIALS = "select key, name, scopes, created, expires, revoked, last_used, notes, rotated, previous_until,
            addresses, origins, activities
        from credential where tenant = $1 order by created, key";

    /// One credential as it is listed.
    LISTED = "select key, name, scopes, created, expires, revoked, last_used, notes, rotated, previous_until,
            addresses, origins, activities
        from credential where tenant = $1 and key = $2";

    /// Changes a credential that is not revoked; `$6` and `$10` say whether what follows them counts.
    CHANGE = "update credential set name = coalesce($3, name), notes = coalesce($4, notes),
            scopes = coalesce($5, scopes),
            addresses = case when $6 = 1 then $7 else addresses end,
            origins = case when $6 = 1 then $8 else origins end,
            activities = case when $6 = 1 then $9 else activities end,
            expires = case when $10 = 1 then $11 else expires end
        where tenant = $1 and key = $2 and revoked is null";

    /// Gives a credential another secret; the one it had works until `$5`.
    ROTATE = "update credential set previous = digest, previous_until = $5, digest = $3, rotated = $4
        where tenant = $1 and key = $2 and revoked is null";

    /// Revokes a credential; keeps the first moment when done twice.
    REVOKE = "update credential set revoked = coalesce(revoked, $3) where tenant = $1 and key = $2
        returning revoked";

    /// Notes that a credential was used, unless that was noted after `$4`.
    NOTE_USE = "update credential set last_used = $3
        where tenant = $1 and key = $2 and (last_used is null or last_used <= $4)";
}

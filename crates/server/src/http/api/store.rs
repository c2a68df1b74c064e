//! SQL of tenants' secrets and of answers that are kept. Private to this folder.

use rollbook_db::sql;

sql! {
    /// A tenant's secret.
    SECRET = "select bytes from secret where tenant = $1 and name = $2";

    /// Makes a tenant's secret; answers the one that is there if somebody was faster.
    MAKE_SECRET = "insert into secret (tenant, name, bytes, created) values ($1, $2, $3, $4)
        on conflict (tenant, name) do update set name = excluded.name
        returning bytes";

    /// Claims a key for this transaction, also if what it was used for has expired. Another one that
    /// claims the same key waits for the end of this one.
    CLAIM_KEY = "insert into idempotency (tenant, key, fingerprint, answer, expires)
        values ($1, $2, $3, null, $5)
        on conflict (tenant, key) do update
            set fingerprint = excluded.fingerprint, answer = null, expires = excluded.expires
            where idempotency.expires <= $4";

    /// How many answers are kept, as far as it matters.
    COUNT_KEPT = "select count(*) from (
        select 1 from idempotency where tenant = $1 and expires > $2 limit $3) as kept";

    /// What a key was used for.
    KEPT_ANSWER = "select fingerprint, answer from idempotency where tenant = $1 and key = $2";

    /// Keeps the answer of a key that this transaction claimed.
    KEEP_ANSWER = "update idempotency set answer = $3 where tenant = $1 and key = $2";

    /// Forgets some answers that have expired.
    FORGET_ANSWERS = "delete from idempotency where tenant = $1 and key in (
        select key from idempotency where tenant = $1 and expires <= $2 order by expires limit $3)";
}

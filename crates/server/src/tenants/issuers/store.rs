//! SQL of issuers. Private to this folder.

use rollbook_db::sql;

sql! {
    /// Every tenant: a token names its issuer and not its tenant.
    EVERY = "select t.tenant, t.name, t.suspended, i.iss, i.audience, i.jwks_url, i.algorithms,
            i.tenant_claim, i.scope_claim, i.subject_claim, i.scopes, i.activities
        from issuer i join tenant t on t.tenant = i.tenant
        where t.deleting is null order by i.tenant, i.id";

    /// A tenant's issuers, oldest first.
    ISSUERS = "select id, name, iss, audience, jwks_url, algorithms, tenant_claim, scope_claim, subject_claim,
            scopes, activities, created
        from issuer where tenant = $1 order by created, id";

    /// One issuer.
    ISSUER = "select id, name, iss, audience, jwks_url, algorithms, tenant_claim, scope_claim, subject_claim,
            scopes, activities, created
        from issuer where tenant = $1 and id = $2";

    /// Adds an issuer, unless the tenant has one of that name for that audience.
    ADD = "insert into issuer (tenant, id, name, iss, audience, jwks_url, algorithms, tenant_claim, scope_claim,
            subject_claim, scopes, activities, created)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict do nothing";

    /// Another issuer of that name for that audience.
    ANOTHER = "select id from issuer where tenant = $1 and iss = $2 and audience = $3 and id <> $4";

    /// Replaces an issuer.
    REPLACE = "update issuer set name = $3, iss = $4, audience = $5, jwks_url = $6, algorithms = $7,
            tenant_claim = $8, scope_claim = $9, subject_claim = $10, scopes = $11, activities = $12
        where tenant = $1 and id = $2";

    /// Deletes an issuer.
    DELETE = "delete from issuer where tenant = $1 and id = $2";

    /// How many issuers a tenant has.
    COUNT = "select count(*) from issuer where tenant = $1";
}

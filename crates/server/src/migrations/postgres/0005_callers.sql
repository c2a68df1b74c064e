-- Issuers of tokens, and what a key is restricted to. Times are microseconds since 1970 UTC.

-- Since when a tenant is suspended, and since when it is being deleted; then nobody is let in.
alter table tenant add column suspended bigint;
alter table tenant add column deleting bigint;

-- While a secret is being replaced, `previous` is the digest of the old one, good until `previous_until`.
alter table credential add column previous bytea;
alter table credential add column previous_until bigint;
alter table credential add column rotated bigint;
alter table credential add column notes text not null default '';

-- What a key is restricted to, each a list as JSON; without one there is no restriction.
alter table credential add column addresses text;
alter table credential add column origins text;
alter table credential add column activities text;

-- Who vouches for a tenant's people. Only public keys, fetched from `jwks_url`: no secret is stored.
create table issuer (
    tenant        bigint not null,
    id            uuid not null,
    name          text not null,
    iss           text not null,
    audience      text not null,
    jwks_url      text not null,
    algorithms    text not null, -- separated by commas
    tenant_claim  text, -- if there is one, it must name the tenant
    scope_claim   text not null,
    subject_claim text not null,
    scopes        bigint not null, -- what its people may do at most
    activities    text, -- and with which activities: a list as JSON; any without one
    created       bigint not null,
    primary key (tenant, id)
);

-- Keys are listed in the order in which they were made.
create index credential_created on credential (tenant, created, key);

create unique index issuer_name on issuer (tenant, iss, audience);

-- Tenants, and the credentials by which callers are known. Times are microseconds since 1970 UTC.
create table tenant (
    tenant  bigint not null primary key,
    name    text not null,
    created bigint not null
);

-- `key` is the public part and starts with the tenant's number, so that a lookup always knows its tenant.
-- `digest` is SHA-256 of the 256-bit secret, which is shown once and kept nowhere.
create table credential (
    tenant    bigint not null,
    key       text not null,
    name      text not null,
    digest    bytea not null,
    scopes    bigint not null,
    authority text not null, -- the Agent that vouches for what this credential stores, as JSON; fixed when it is made
    created   bigint not null,
    expires   bigint,
    revoked   bigint,
    last_used bigint,
    primary key (tenant, key)
);

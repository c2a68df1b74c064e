-- Tenants, and the credentials by which callers are known. Times are microseconds since 1970 UTC.
create table tenant (
    tenant  integer not null primary key,
    name    text not null,
    created integer not null
) strict, without rowid;

-- `key` is the public part and starts with the tenant's number, so that a lookup always knows its tenant.
-- `digest` is SHA-256 of the 256-bit secret, which is shown once and kept nowhere.
create table credential (
    tenant    integer not null,
    key       text not null,
    name      text not null,
    digest    blob not null,
    scopes    integer not null,
    authority text not null, -- the Agent that vouches for what this credential stores, as JSON; fixed when it is made
    created   integer not null,
    expires   integer,
    revoked   integer,
    last_used integer,
    primary key (tenant, key)
) strict, without rowid;

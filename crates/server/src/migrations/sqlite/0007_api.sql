-- Secrets of a tenant that sign what clients hand back, and answers kept for Idempotency-Key.
create table secret (
    tenant  integer not null,
    name    text not null,
    bytes   blob not null,
    created integer not null,
    primary key (tenant, name)
) strict, without rowid;

-- `key` is a digest of the principal, the method, the path and the Idempotency-Key, which is kept nowhere;
-- `answer` is sealed with a key that is derived from it. It is null only while its transaction runs.
create table idempotency (
    tenant      integer not null,
    key         blob not null,
    fingerprint blob not null, -- SHA-256 of the request: the same key with another request is refused
    answer      blob,
    expires     integer not null,
    primary key (tenant, key)
) strict;

create index idempotency_expires on idempotency (tenant, expires);

-- Secrets of a tenant that sign what clients hand back, and answers kept for Idempotency-Key.
create table secret (
    tenant  bigint not null,
    name    text not null,
    bytes   bytea not null,
    created bigint not null,
    primary key (tenant, name)
);

-- `key` is a digest of the principal, the method, the path and the Idempotency-Key, which is kept nowhere;
-- `answer` is sealed with a key that is derived from it. It is null only while its transaction runs.
create table idempotency (
    tenant      bigint not null,
    key         bytea not null,
    fingerprint bytea not null, -- SHA-256 of the request: the same key with another request is refused
    answer      bytea,
    expires     bigint not null,
    primary key (tenant, key)
);

create index idempotency_expires on idempotency (tenant, expires);

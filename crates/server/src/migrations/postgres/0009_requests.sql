-- A tenant's log of requests, while it is switched on. Times are microseconds since 1970 UTC.

-- Whether a tenant's log is on. A row stays until the last entry has been removed.
create table request_log (
    tenant bigint not null primary key,
    began  bigint not null,
    until  bigint not null, -- from then on it is off by itself
    bodies bigint not null  -- whether the beginnings of bodies are kept: 0 or 1
);

-- One request, secrets masked. `id` grows with `at`, so the newest is the last.
create table request (
    tenant        bigint not null,
    id            uuid not null,
    at            bigint not null,
    status        bigint not null,
    code          text not null, -- why it was refused; empty if it was not
    method        text not null,
    path          text not null,
    key           text not null, -- the first characters of the key; empty if there was none
    entry         text not null, -- everything else but the bodies, as JSON
    request_body  text,
    response_body text,
    stranger      bigint not null, -- whether the credential was not right: 0 or 1
    primary key (tenant, id)
);

create index request_strangers on request (tenant, id) where stranger = 1;

-- Documents of the State and Profile resources, whole, one row each.

-- `context` is SHA-256 of `resource`, `activity` and `agent`: those may be longer than an entry of an
-- index may be. An empty `activity`, `agent` or `registration` stands for none, because a key has no nulls.
-- The primary key serves one document, the ids of a context, and what is deleted with a context.
create table document (
    tenant       integer not null,
    context      blob not null,
    registration text not null, -- a UUID in lower case
    name         text not null, -- stateId or profileId
    resource     integer not null, -- 1 state, 2 agent profile, 3 activity profile
    activity     text not null,
    agent        text not null, -- the actor's inverse functional identifier
    content_type text not null,
    etag         text not null, -- SHA-1 of the body, lower-case hexadecimal
    updated      integer not null, -- microseconds since 1970 UTC; grows with every change of the row
    body         blob not null,
    primary key (tenant, context, registration, name)
) strict;

-- Whether a State PUT without If-Match and If-None-Match may replace a document under 2.0:
-- `spec` answers 409 as the ADL suite wants, `lenient` keeps old authoring tools alive.
alter table tenant add column state_preconditions text not null default 'spec';

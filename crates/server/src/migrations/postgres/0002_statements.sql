-- The record: an append-only log of statements for each tenant, and what they are found by.

-- The end of each tenant's log. Every statement write locks this row first, so positions are given
-- out in commit order: nobody ever sees a position and later a smaller one.
create table head (
    tenant      bigint not null primary key,
    position    bigint not null, -- the last position given out, microseconds since 1970 UTC
    term        bigint not null, -- the last term number given out
    definitions bigint not null  -- counts changes of canonical definitions, so that nodes drop their caches
);

-- One statement. `position` is its `stored` time in microseconds: unique and increasing in a tenant.
create table statement (
    tenant     bigint not null,
    position   bigint not null,
    id         uuid not null,
    flags      bigint not null, -- 1 voided, 2 voiding, 4 timestamp not in UTC, 8 received as 2.0, 16 imported `stored` text differs
    dictionary bigint not null, -- which compression dictionary the body needs
    body       bytea not null,
    primary key (tenant, position)
);

create table statement_id (
    tenant   bigint not null,
    id       uuid not null,
    position bigint not null,
    primary key (tenant, id)
);

-- Verbs, actors (by inverse functional identifier), activities and registrations as small numbers.
create table term (
    tenant bigint not null,
    kind   bigint not null, -- 1 verb, 2 actor, 3 activity, 4 registration
    name   text not null,
    term   bigint not null,
    primary key (tenant, kind, name)
);

-- Which statements a term finds. `key` is term * 4 + role (0 direct, 1 related, 2 authority).
create table posting (
    tenant   bigint not null,
    key      bigint not null,
    position bigint not null,
    primary key (tenant, key, position)
);

-- What a statement is found by through the statements it refers to (1.0.3 Communication 2.1.3).
-- All filters must hold on the same `source`, the position of the statement in the chain.
create table inherited (
    tenant   bigint not null,
    key      bigint not null,
    position bigint not null,
    source   bigint not null,
    primary key (tenant, key, position, source)
);

-- Statements whose Object is a StatementRef, by the id referred to, stored already or not.
create table reference (
    tenant   bigint not null,
    target   uuid not null,
    position bigint not null,
    voiding  boolean not null,
    primary key (tenant, target, position)
);

-- The canonical definition of an activity, merged from the statements that define it.
create table activity (
    tenant     bigint not null,
    term       bigint not null,
    definition text not null,
    primary key (tenant, term)
);

-- Every name seen with an actor, for the Person object.
create table actor_name (
    tenant bigint not null,
    term   bigint not null,
    name   text not null,
    primary key (tenant, term, name)
);

-- Attachments of statements by content address.
create table attachment (
    tenant   bigint not null,
    position bigint not null, -- of the statement
    sha2     text not null,
    primary key (tenant, position, sha2)
);

-- Compression dictionaries trained on a tenant's own statements.
create table dictionary (
    tenant   bigint not null,
    number   bigint not null,
    contents bytea not null,
    primary key (tenant, number)
);

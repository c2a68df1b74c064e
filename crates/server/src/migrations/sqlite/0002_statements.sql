-- The record: an append-only log of statements for each tenant, and what they are found by.

-- The end of each tenant's log. Every statement write locks this row first, so positions are given
-- out in commit order: nobody ever sees a position and later a smaller one.
create table head (
    tenant      integer not null primary key,
    position    integer not null, -- the last position given out, microseconds since 1970 UTC
    term        integer not null, -- the last term number given out
    definitions integer not null  -- counts changes of canonical definitions, so that nodes drop their caches
) strict, without rowid;

-- One statement. `position` is its `stored` time in microseconds: unique and increasing in a tenant.
create table statement (
    tenant     integer not null,
    position   integer not null,
    id         blob not null,
    flags      integer not null, -- 1 voided, 2 voiding, 4 timestamp not in UTC, 8 received as 2.0, 16 imported `stored` text differs
    dictionary integer not null, -- which compression dictionary the body needs
    body       blob not null,
    primary key (tenant, position)
) strict, without rowid;

create table statement_id (
    tenant   integer not null,
    id       blob not null,
    position integer not null,
    primary key (tenant, id)
) strict, without rowid;

-- Verbs, actors (by inverse functional identifier), activities and registrations as small numbers.
create table term (
    tenant integer not null,
    kind   integer not null, -- 1 verb, 2 actor, 3 activity, 4 registration
    name   text not null,
    term   integer not null,
    primary key (tenant, kind, name)
) strict, without rowid;

-- Which statements a term finds. `key` is term * 4 + role (0 direct, 1 related, 2 authority).
create table posting (
    tenant   integer not null,
    key      integer not null,
    position integer not null,
    primary key (tenant, key, position)
) strict, without rowid;

-- What a statement is found by through the statements it refers to (1.0.3 Communication 2.1.3).
-- All filters must hold on the same `source`, the position of the statement in the chain.
create table inherited (
    tenant   integer not null,
    key      integer not null,
    position integer not null,
    source   integer not null,
    primary key (tenant, key, position, source)
) strict, without rowid;

-- Statements whose Object is a StatementRef, by the id referred to, stored already or not.
create table reference (
    tenant   integer not null,
    target   blob not null,
    position integer not null,
    voiding  integer not null,
    primary key (tenant, target, position)
) strict, without rowid;

-- The canonical definition of an activity, merged from the statements that define it.
create table activity (
    tenant     integer not null,
    term       integer not null,
    definition text not null,
    primary key (tenant, term)
) strict, without rowid;

-- Every name seen with an actor, for the Person object.
create table actor_name (
    tenant integer not null,
    term   integer not null,
    name   text not null,
    primary key (tenant, term, name)
) strict, without rowid;

-- Attachments of statements by content address.
create table attachment (
    tenant   integer not null,
    position integer not null, -- of the statement
    sha2     text not null,
    primary key (tenant, position, sha2)
) strict, without rowid;

-- Compression dictionaries trained on a tenant's own statements.
create table dictionary (
    tenant   integer not null,
    number   integer not null,
    contents blob not null,
    primary key (tenant, number)
) strict, without rowid;

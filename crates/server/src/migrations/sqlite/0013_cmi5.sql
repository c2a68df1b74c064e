-- Who is registered for what, launched when, and has satisfied what (cmi5). Times are microseconds since 1970 UTC.
-- The first table has the names of the Creatiq cmi5 contract.
create table cmi5_registrations (
    tenant        integer not null,
    id            blob not null,
    profile       text not null, -- `cmi5` or `creatiq`: whose letter counts where they differ
    course        blob, -- the course and its version, which never changes;
    version       integer,
    structure     text, -- or the one unit that it consists of, as JSON
    base          text not null, -- what generated ids of activities begin with
    content_id    text not null,
    learner_id    text not null,
    actor_account text not null, -- `{"homePage": …, "name": …}`
    home_page     text not null,
    name          text not null,
    subject       blob, -- SHA-256 of content and learner, where there is one registration at a time
    status        text not null,
    session_id    text,
    score         text,
    launch_mode   text not null,
    created_at    integer not null,
    updated_at    integer not null,
    satisfied_at  integer,
    primary key (tenant, id)
) strict, without rowid;

create unique index cmi5_registrations_subject on cmi5_registrations (tenant, subject) where subject is not null;
create index cmi5_registrations_created on cmi5_registrations (tenant, created_at, id);
create index cmi5_registrations_content on cmi5_registrations (tenant, content_id, created_at, id);
create index cmi5_registrations_learner on cmi5_registrations (tenant, learner_id, created_at, id);

-- One launch of a unit, until it is terminated or abandoned.
create table cmi5_session (
    tenant        integer not null,
    id            blob not null,
    registration  blob not null,
    unit          integer not null, -- its place among the units of the course
    activity      text not null, -- its generated id
    publisher     text not null, -- its publisher's id
    mode          text not null,
    move_on       text not null,
    mastery_score text,
    fetch_token   blob not null, -- SHA-256 of the token in the fetch URL
    fetch_expires integer not null,
    token         blob, -- SHA-256 of the token that it handed out
    token_expires integer,
    expires       integer not null,
    launched      integer not null,
    fetched       integer,
    preferences   integer, -- when they were read
    initialized   integer,
    completed     integer,
    passed        integer,
    failed        integer,
    terminated    integer,
    abandoned     integer,
    abandoned_by  text,
    returned      integer, -- when the learner came back
    ended         integer,
    last_request  integer not null,
    score         text,
    events        integer not null, -- how many are kept
    primary key (tenant, id)
) strict, without rowid;

create unique index cmi5_session_fetch on cmi5_session (tenant, fetch_token);
create unique index cmi5_session_token on cmi5_session (tenant, token) where token is not null;
create index cmi5_session_registration on cmi5_session (tenant, registration, launched, id);
-- A registration has one session at a time (9.3.6).
create unique index cmi5_session_active on cmi5_session (tenant, registration) where ended is null;
create index cmi5_session_idle on cmi5_session (tenant, last_request) where ended is null;

-- What is known of one unit in one registration, over all sessions; no row if nothing is.
create table cmi5_unit (
    tenant        integer not null,
    registration  blob not null,
    unit          integer not null,
    attempted     integer,
    completed     integer,
    passed        integer,
    failed        integer,
    waived        integer,
    waived_reason text,
    satisfied     integer,
    score         text,
    primary key (tenant, registration, unit)
) strict, without rowid;

-- Blocks that are satisfied.
create table cmi5_block (
    tenant       integer not null,
    registration blob not null,
    block        integer not null, -- its place among the blocks of the course
    satisfied    integer not null,
    primary key (tenant, registration, block)
) strict, without rowid;

-- What was asked in a session, and what was answered.
create table cmi5_event (
    tenant      integer not null,
    session     blob not null,
    id          blob not null, -- in the order of time
    at          integer not null,
    method      text not null,
    resource    text not null,
    status      integer not null,
    requirement text,
    detail      text not null,
    primary key (tenant, session, id)
) strict, without rowid;

-- How strict a course is taken.
create table cmi5_course (
    tenant  integer not null,
    course  blob not null,
    lenient integer not null,
    primary key (tenant, course)
) strict, without rowid;

-- Who is registered for what, launched when, and has satisfied what (cmi5). Times are microseconds since 1970 UTC.
-- The first table has the names of the Creatiq cmi5 contract.
create table cmi5_registrations (
    tenant        bigint not null,
    id            uuid not null,
    profile       text not null, -- `cmi5` or `creatiq`: whose letter counts where they differ
    course        uuid, -- the course and its version, which never changes;
    version       bigint,
    structure     text, -- or the one unit that it consists of, as JSON
    base          text not null, -- what generated ids of activities begin with
    content_id    text not null,
    learner_id    text not null,
    actor_account text not null, -- `{"homePage": …, "name": …}`
    home_page     text not null,
    name          text not null,
    subject       bytea, -- SHA-256 of content and learner, where there is one registration at a time
    status        text not null,
    session_id    text,
    score         text,
    launch_mode   text not null,
    created_at    bigint not null,
    updated_at    bigint not null,
    satisfied_at  bigint,
    primary key (tenant, id)
);

create unique index cmi5_registrations_subject on cmi5_registrations (tenant, subject) where subject is not null;
create index cmi5_registrations_created on cmi5_registrations (tenant, created_at, id);
create index cmi5_registrations_content on cmi5_registrations (tenant, content_id, created_at, id);
create index cmi5_registrations_learner on cmi5_registrations (tenant, learner_id, created_at, id);

-- One launch of a unit, until it is terminated or abandoned.
create table cmi5_session (
    tenant        bigint not null,
    id            uuid not null,
    registration  uuid not null,
    unit          bigint not null, -- its place among the units of the course
    activity      text not null, -- its generated id
    publisher     text not null, -- its publisher's id
    mode          text not null,
    move_on       text not null,
    mastery_score text,
    fetch_token   bytea not null, -- SHA-256 of the token in the fetch URL
    fetch_expires bigint not null,
    token         bytea, -- SHA-256 of the token that it handed out
    token_expires bigint,
    expires       bigint not null,
    launched      bigint not null,
    fetched       bigint,
    preferences   bigint, -- when they were read
    initialized   bigint,
    completed     bigint,
    passed        bigint,
    failed        bigint,
    terminated    bigint,
    abandoned     bigint,
    abandoned_by  text,
    returned      bigint, -- when the learner came back
    ended         bigint,
    last_request  bigint not null,
    score         text,
    events        bigint not null, -- how many are kept
    primary key (tenant, id)
);

create unique index cmi5_session_fetch on cmi5_session (tenant, fetch_token);
create unique index cmi5_session_token on cmi5_session (tenant, token) where token is not null;
create index cmi5_session_registration on cmi5_session (tenant, registration, launched, id);
-- A registration has one session at a time (9.3.6).
create unique index cmi5_session_active on cmi5_session (tenant, registration) where ended is null;
create index cmi5_session_idle on cmi5_session (tenant, last_request) where ended is null;

-- What is known of one unit in one registration, over all sessions; no row if nothing is.
create table cmi5_unit (
    tenant        bigint not null,
    registration  uuid not null,
    unit          bigint not null,
    attempted     bigint,
    completed     bigint,
    passed        bigint,
    failed        bigint,
    waived        bigint,
    waived_reason text,
    satisfied     bigint,
    score         text,
    primary key (tenant, registration, unit)
);

-- Blocks that are satisfied.
create table cmi5_block (
    tenant       bigint not null,
    registration uuid not null,
    block        bigint not null, -- its place among the blocks of the course
    satisfied    bigint not null,
    primary key (tenant, registration, block)
);

-- What was asked in a session, and what was answered.
create table cmi5_event (
    tenant      bigint not null,
    session     uuid not null,
    id          uuid not null, -- in the order of time
    at          bigint not null,
    method      text not null,
    resource    text not null,
    status      bigint not null,
    requirement text,
    detail      text not null,
    primary key (tenant, session, id)
);

-- How strict a course is taken.
create table cmi5_course (
    tenant  bigint not null,
    course  uuid not null,
    lenient boolean not null,
    primary key (tenant, course)
);

select rollbook_wall('cmi5_registrations');
select rollbook_wall('cmi5_session');
select rollbook_wall('cmi5_unit');
select rollbook_wall('cmi5_block');
select rollbook_wall('cmi5_event');
select rollbook_wall('cmi5_course');

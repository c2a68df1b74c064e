-- Courses, each version of them with the files of its package. Times are microseconds since 1970 UTC.
create table course (
    tenant         integer not null,
    course         blob not null,
    kind           text not null, -- `cmi5`
    publisher      text not null, -- the publisher's id
    publisher_hash blob not null, -- SHA-256 of it: an id may be longer than what an index takes
    title          text not null,
    created        integer not null,
    current        integer not null, -- the number of the newest version
    deleted        integer,
    primary key (tenant, course)
) strict, without rowid;

-- A publisher's id is one course until that is deleted.
create unique index course_publisher on course (tenant, publisher_hash) where deleted is null;
create index course_created on course (tenant, created, course);

-- One package as it was uploaded. Neither this nor its files ever change.
create table course_version (
    tenant    integer not null,
    course    blob not null,
    version   integer not null, -- 1, 2, 3 ...
    form      text not null, -- `zip`, or `xml` for a structure without a package
    sha2      text not null, -- of the upload, which is a blob
    bytes     integer not null,
    files     integer not null,
    units     integer not null, -- assignable units
    structure text not null, -- as JSON
    warnings  text not null, -- a JSON list
    created   integer not null,
    creator   text not null,
    primary key (tenant, course, version)
) strict, without rowid;

-- The same bytes are the same version.
create unique index course_version_sha2 on course_version (tenant, course, sha2);

create table course_file (
    tenant  integer not null,
    course  blob not null,
    version integer not null,
    path    text not null,
    folded  text not null, -- the path in lower case
    sha2    text not null, -- of the contents, which are a blob
    bytes   integer not null,
    primary key (tenant, course, version, path)
) strict, without rowid;

create index course_file_folded on course_file (tenant, course, version, folded);

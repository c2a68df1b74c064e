-- SQLite has no row-level security: every text is scoped by the tenant, and this file is one program's.

-- Counts what is appended to a tenant's log, so that a replica can tell whether it has all of it.
alter table head add column appends integer not null default 0;

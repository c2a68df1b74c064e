-- The life of a tenant, and the audit log of administrative acts. Times are microseconds since 1970 UTC.

-- What people call it; empty if that is its name.
alter table tenant add column title text not null default '';

-- Tenants that were deleted: their numbers are never given out again.
create table tenant_gone (
    tenant  integer not null primary key,
    gone    integer not null, -- when its last row was removed
    settled integer           -- when it was looked at again for what stragglers may have left
) strict, without rowid;

-- Administrative acts, in order. `hash` is SHA-256 of the row and of the hash before it, so that
-- what is changed or removed is noticed.
create table audit (
    tenant    integer not null,
    position  integer not null, -- 1, 2, 3 ... in a tenant, without gaps
    at        integer not null,
    principal text not null,
    address   text, -- where the request came from, if it was one
    act       text not null,
    object    text not null,
    detail    text not null, -- a JSON object
    previous  blob not null,
    hash      blob not null,
    primary key (tenant, position)
) strict, without rowid;

-- The end of each tenant's chain. An act locks this row first, so that positions have no gaps.
create table audit_head (
    tenant   integer not null primary key,
    position integer not null,
    hash     blob not null
) strict, without rowid;

-- Nothing in the log is changed, and nothing is removed but with its tenant: once `tenant.deleting`
-- is set, or the tenant is gone.
create trigger audit_unchanged before update on audit
begin
    select raise(abort, 'the audit log is append-only');
end;

create trigger audit_kept before delete on audit
when exists (select 1 from tenant where tenant.tenant = old.tenant and tenant.deleting is null)
begin
    select raise(abort, 'the audit log is append-only');
end;

-- The life of a tenant, and the audit log of administrative acts. Times are microseconds since 1970 UTC.

-- What people call it; empty if that is its name.
alter table tenant add column title text not null default '';

-- Tenants that were deleted: their numbers are never given out again.
create table tenant_gone (
    tenant  bigint not null primary key,
    gone    bigint not null, -- when its last row was removed
    settled bigint           -- when it was looked at again for what stragglers may have left
);

-- Administrative acts, in order. `hash` is SHA-256 of the row and of the hash before it, so that
-- what is changed or removed is noticed.
create table audit (
    tenant    bigint not null,
    position  bigint not null, -- 1, 2, 3 ... in a tenant, without gaps
    at        bigint not null,
    principal text not null,
    address   text, -- where the request came from, if it was one
    act       text not null,
    object    text not null,
    detail    text not null, -- a JSON object
    previous  bytea not null,
    hash      bytea not null,
    primary key (tenant, position)
);

-- The end of each tenant's chain. An act locks this row first, so that positions have no gaps.
create table audit_head (
    tenant   bigint not null primary key,
    position bigint not null,
    hash     bytea not null
);

-- Nothing in the log is changed, and nothing is removed but with its tenant: once `tenant.deleting`
-- is set, or the tenant is gone.
create function audit_refused() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        perform 1 from tenant where tenant.tenant = old.tenant and tenant.deleting is null;
        if not found then
            return old;
        end if;
    end if;
    raise exception 'the audit log is append-only';
end;
$$;

create trigger audit_unchanged before update or delete on audit
    for each row execute function audit_refused();

create trigger audit_kept before truncate on audit
    for each statement execute function audit_refused();

-- Row-level security: a second wall between tenants. Each transaction says whose rows it is about by
-- `set local rollbook.tenant`, a number or `every`; a transaction that says nothing sees no rows.

-- Walls a table with a column `tenant`. Every table that a later step makes is walled by that step:
-- `select rollbook_wall('name')`; a test finds the one that was forgotten. The owner is bound too.
-- The setting is read once per statement, by the two subselects, and the condition is none that an
-- index serves, so that the planner sees the texts' own conditions as if there were no wall.
create function rollbook_wall(walled text) returns void language plpgsql as $$
begin
    execute format('alter table %I enable row level security', walled);
    execute format('alter table %I force row level security', walled);
    execute format($policy$
        create policy wall on %I using (
            tenant = (select nullif(nullif(current_setting('rollbook.tenant', true), ''), 'every')::bigint)
            or (select current_setting('rollbook.tenant', true) = 'every'))
        $policy$, walled);
end
$$;

-- Every table that there is.
do $$
declare
    walled text;
begin
    for walled in
        select relname from pg_class join pg_attribute on attrelid = pg_class.oid
        where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
            and attname = 'tenant' and not attisdropped
    loop
        perform rollbook_wall(walled);
    end loop;
end
$$;

-- Counts what is appended to a tenant's log, so that a replica can tell whether it has all of it.
alter table head add column appends bigint not null default 0;

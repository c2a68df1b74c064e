//! SQL of the life of tenants. Private to this folder.

use rollbook_db::sql;

sql! {
    /// Lets one transaction at a time give out names and numbers: the first tenant's row is held,
    /// which keeps nobody from writing what refers to it.
    LOCK_REGISTER =
        sqlite: "select tenant from tenant where tenant = $1",
        postgres: "select tenant from tenant where tenant = $1 for no key update";

    /// Every tenant: the largest number that was ever given out.
    LAST_NUMBER = "select coalesce(max(tenant), 0) from (
        select tenant from tenant union all select tenant from tenant_gone) as given";

    /// Adds a tenant.
    ADD = "insert into tenant (tenant, name, title, created) values ($1, $2, $3, $4)";

    /// Every tenant: finds one by its name, also while it is being deleted.
    FIND = "select tenant, name, title, created, suspended, deleting from tenant where name = $1
        order by tenant limit 1";

    /// One tenant, held so that nobody changes it and nobody writes what is its own meanwhile.
    LOCK =
        sqlite: "select tenant, name, title, created, suspended, deleting from tenant
            where tenant = $1",
        postgres: "select tenant, name, title, created, suspended, deleting from tenant
            where tenant = $1 for update";

    /// Every tenant: a page of them, in the order of their numbers.
    LIST = "select tenant, name, title, created, suspended, deleting from tenant
        where tenant > $1 order by tenant limit $2";

    /// Every tenant: a page of them from the largest number down.
    LIST_DOWN = "select tenant, name, title, created, suspended, deleting from tenant
        where tenant < $1 order by tenant desc limit $2";

    /// Names and describes a tenant.
    RENAME = "update tenant set name = $2, title = $3 where tenant = $1";

    /// Suspends a tenant, or resumes it.
    SUSPEND = "update tenant set suspended = $2 where tenant = $1";

    /// Marks a tenant as being deleted.
    MARK = "update tenant set deleting = $2 where tenant = $1";

    /// The keys of a tenant that is being deleted stop at once.
    STOP_KEYS = "delete from credential where tenant = $1";

    /// Since when a tenant is being deleted.
    DELETING = "select deleting from tenant where tenant = $1";

    /// The same for whoever removes its rows, one transaction at a time. It keeps nobody from writing
    /// what refers to the tenant, who may hold a row that is to be removed.
    HOLD_DELETING =
        sqlite: "select deleting from tenant where tenant = $1",
        postgres: "select deleting from tenant where tenant = $1 for no key update";

    /// The same of one that is gone.
    HOLD_GONE =
        sqlite: "select gone from tenant_gone where tenant = $1",
        postgres: "select gone from tenant_gone where tenant = $1 for no key update";

    /// Since when a tenant is being deleted, held against deletion until the transaction ends, as a foreign key would hold it.
    HOLD =
        sqlite: "select deleting from tenant where tenant = $1",
        postgres: "select deleting from tenant where tenant = $1 for key share";

    /// Every tenant: the next that is being deleted, or that went before a moment and was not looked
    /// at since. Numbers of tenants that are gone are never given out again.
    NEXT_DUE = "select tenant from (
            select tenant from tenant where deleting is not null
            union all
            select tenant from tenant_gone where settled is null and gone <= $2) as due
        where tenant > $1 order by tenant limit 1";

    /// Keeps the number of a tenant that is gone.
    BURY = "insert into tenant_gone (tenant, gone) values ($1, $2) on conflict (tenant) do nothing";

    /// Removes the last row of a tenant.
    REMOVE = "delete from tenant where tenant = $1 and deleting is not null";

    /// Notes that a tenant that is gone was looked at again.
    SETTLE = "update tenant_gone set settled = $2 where tenant = $1 and gone <= $3";
}

//! SQL of the audit log. Private to this folder.

use rollbook_db::sql;

sql! {
    /// Begins a tenant's log.
    OPEN_HEAD = "insert into audit_head (tenant, position, hash) values ($1, 0, $2)
        on conflict (tenant) do nothing";

    /// Locks the end of a tenant's log until commit; on SQLite the one writer is lock enough.
    LOCK_HEAD =
        sqlite: "select position, hash from audit_head where tenant = $1",
        postgres: "select position, hash from audit_head where tenant = $1 for update";

    /// The end of a tenant's log.
    HEAD = "select position, hash from audit_head where tenant = $1";

    /// Moves the end of a tenant's log.
    MOVE_HEAD = "update audit_head set position = $2, hash = $3 where tenant = $1";

    /// Adds an act.
    ADD = "insert into audit
            (tenant, position, at, principal, address, act, object, detail, previous, hash)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    /// Acts after position $2, oldest first; an empty text filters nothing.
    LIST_UP = "select position, at, principal, address, act, object, detail, hash from audit
        where tenant = $1 and position > $2 and ($3 = '' or act = $3)
            and ($4 = '' or principal = $4) and at >= $5 and at < $6
        order by position limit $7";

    /// Acts before position $2, newest first; an empty text filters nothing.
    LIST = "select position, at, principal, address, act, object, detail, hash from audit
        where tenant = $1 and position < $2 and ($3 = '' or act = $3)
            and ($4 = '' or principal = $4) and at >= $5 and at < $6
        order by position desc limit $7";

    /// Acts after position $2 in order, with the hash that each follows.
    CHAIN = "select position, at, principal, address, act, object, detail, hash, previous
        from audit where tenant = $1 and position > $2 order by position limit $3";
}

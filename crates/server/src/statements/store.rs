//! The record's SQL. Private to this folder.
//!
//! Each text is scoped by tenant. `many` texts run once per row of their columns: SQLite executes
//! the single-row form in a loop, PostgreSQL takes each column as one array.

use rollbook_db::sql;

sql! {
    /// Makes sure that a tenant has a log.
    OPEN_HEAD = "insert into head (tenant, position, term, definitions) values ($1, $2, 0, 0)
        on conflict (tenant) do nothing";

    /// Locks the end of the log until commit; on SQLite the one writer is lock enough.
    LOCK_HEAD =
        sqlite: "select position, term, definitions from head where tenant = $1",
        postgres: "select position, term, definitions from head where tenant = $1 for update";

    /// Reads the end of the log.
    READ_HEAD = "select position, definitions from head where tenant = $1";

    /// Moves the end of the log.
    MOVE_HEAD = "update head set position = $2, term = $3, definitions = $4 where tenant = $1";

    /// Promises that nothing will ever be stored at or before a moment. Only forwards.
    ADVANCE_HEAD = "update head set position = $2 where tenant = $1 and position < $2";

    /// Appends statements.
    APPEND =
        sqlite: "insert into statement (tenant, position, id, flags, dictionary, body)
            values ($1, $2, $3, $4, $5, $6)",
        postgres: "insert into statement (tenant, position, id, flags, dictionary, body)
            select $1::bigint, * from unnest($2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bytea[])";

    /// Registers statement ids.
    APPEND_IDS =
        sqlite: "insert into statement_id (tenant, id, position) values ($1, $2, $3)",
        postgres: "insert into statement_id (tenant, id, position)
            select $1::bigint, * from unnest($2::uuid[], $3::bigint[])";

    /// Appends what statements are found by.
    APPEND_POSTINGS =
        sqlite: "insert into posting (tenant, key, position) values ($1, $2, $3)",
        postgres: "insert into posting (tenant, key, position)
            select $1::bigint, * from unnest($2::bigint[], $3::bigint[])";

    /// Adds what statements are found by through the statements they refer to.
    ADD_INHERITED =
        sqlite: "insert into inherited (tenant, key, position, source) values ($1, $4, $2, $3)
            on conflict do nothing",
        postgres: "insert into inherited (tenant, key, position, source)
            select $1::bigint, k, $2::bigint, $3::bigint from unnest($4::bigint[]) as k on conflict do nothing";

    /// Notes which ids statements refer to.
    ADD_REFERENCES =
        sqlite: "insert into reference (tenant, target, position, voiding) values ($1, $2, $3, $4)",
        postgres: "insert into reference (tenant, target, position, voiding)
            select $1::bigint, * from unnest($2::uuid[], $3::bigint[], $4::boolean[])";

    /// Finds who refers to given ids.
    REFERRERS =
        sqlite: "select target, position, voiding from reference where tenant = $1 and target = $2",
        postgres: "select target, position, voiding from reference where tenant = $1 and target = any($2::uuid[])";

    /// Finds the positions of given ids.
    POSITIONS =
        sqlite: "select id, position from statement_id where tenant = $1 and id = $2",
        postgres: "select id, position from statement_id where tenant = $1 and id = any($2::uuid[])";

    /// Reads statements by position.
    STATEMENTS =
        sqlite: "select position, id, flags, dictionary, body from statement
            where tenant = $1 and position = $2",
        postgres: "select position, id, flags, dictionary, body from statement
            where tenant = $1 and position = any($2::bigint[])";

    /// Which positions are taken, for imports that keep their `stored`.
    TAKEN =
        sqlite: "select position from statement where tenant = $1 and position = $2",
        postgres: "select position from statement where tenant = $1 and position = any($2::bigint[])";

    /// Marks a statement as voided.
    VOID = "update statement set flags = flags | 1 where tenant = $1 and position = $2";

    /// Numbers of terms.
    TERMS =
        sqlite: "select kind, name, term from term where tenant = $1 and kind = $2 and name = $3",
        postgres: "select t.kind, t.name, t.term from unnest($2::bigint[], $3::text[]) as w (kind, name)
            join term t on t.tenant = $1::bigint and t.kind = w.kind and t.name = w.name";

    /// Gives numbers to new terms.
    ADD_TERMS =
        sqlite: "insert into term (tenant, kind, name, term) values ($1, $2, $3, $4)",
        postgres: "insert into term (tenant, kind, name, term)
            select $1::bigint, * from unnest($2::bigint[], $3::text[], $4::bigint[])";

    /// The number of one term.
    TERM = "select term from term where tenant = $1 and kind = $2 and name = $3";

    /// Canonical definitions by activity term.
    DEFINITIONS =
        sqlite: "select term, definition from activity where tenant = $1 and term = $2",
        postgres: "select term, definition from activity where tenant = $1 and term = any($2::bigint[])";

    /// Keeps a canonical definition.
    SET_DEFINITION =
        sqlite: "insert into activity (tenant, term, definition) values ($1, $2, $3)
            on conflict (tenant, term) do update set definition = excluded.definition",
        postgres: "insert into activity (tenant, term, definition)
            select $1::bigint, * from unnest($2::bigint[], $3::text[])
            on conflict (tenant, term) do update set definition = excluded.definition";

    /// Keeps the names seen with an actor.
    ADD_NAMES =
        sqlite: "insert into actor_name (tenant, term, name) values ($1, $2, $3) on conflict do nothing",
        postgres: "insert into actor_name (tenant, term, name)
            select $1::bigint, * from unnest($2::bigint[], $3::text[]) on conflict do nothing";

    /// Ties attachments to their statement.
    ADD_ATTACHMENTS =
        sqlite: "insert into attachment (tenant, position, sha2) values ($1, $2, $3) on conflict do nothing",
        postgres: "insert into attachment (tenant, position, sha2)
            select $1::bigint, * from unnest($2::bigint[], $3::text[]) on conflict do nothing";

    /// The log itself, newest first.
    LOG_BEFORE = "select position from statement where tenant = $1 and position < $2 and position > $3
        order by position desc limit $4";

    /// The log itself, oldest first.
    LOG_AFTER = "select position from statement where tenant = $1 and position > $2 and position < $3
        order by position limit $4";

    /// One term's statements, newest first.
    POSTINGS_BEFORE = "select position from posting
        where tenant = $1 and key = $2 and position < $3 and position > $4
        order by position desc limit $5";

    /// One term's statements, oldest first.
    POSTINGS_AFTER = "select position from posting
        where tenant = $1 and key = $2 and position > $3 and position < $4
        order by position limit $5";

    /// Which of the given statements a term finds.
    POSTED =
        sqlite: "select position from posting where tenant = $1 and key = $2 and position = $3",
        postgres: "select position from posting where tenant = $1 and key = $2 and position = any($3::bigint[])";

    /// One term's statements through references, newest first.
    INHERITED_BEFORE = "select position, source from inherited
        where tenant = $1 and key = $2 and (position, source) < ($3, $4) and position > $5
        order by position desc, source desc limit $6";

    /// One term's statements through references, oldest first.
    INHERITED_AFTER = "select position, source from inherited
        where tenant = $1 and key = $2 and (position, source) > ($3, $4) and position < $5
        order by position, source limit $6";

    /// Which of the given pairs a term finds.
    INHERITS =
        sqlite: "select position, source from inherited
            where tenant = $1 and key = $2 and position = $3 and source = $4",
        postgres: "select i.position, i.source from unnest($3::bigint[], $4::bigint[]) as w (position, source)
            join inherited i on i.tenant = $1::bigint and i.key = $2::bigint
                and i.position = w.position and i.source = w.source";

    /// Trained dictionaries.
    DICTIONARY = "select contents from dictionary where tenant = $1 and number = $2";

    /// The newest dictionary of a tenant.
    NEWEST_DICTIONARY = "select coalesce(max(number), 0) from dictionary where tenant = $1";

    /// Keeps a trained dictionary.
    ADD_DICTIONARY = "insert into dictionary (tenant, number, contents) values ($1, $2, $3)
        on conflict (tenant, number) do nothing";
}

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

    /// How much was appended to the log, and where it ends.
    MARK = "select appends, position from head where tenant = $1";

    /// Moves the end of the log.
    MOVE_HEAD = "update head set position = $2, term = $3, definitions = $4, bytes = bytes + $5,
            appends = appends + 1
        where tenant = $1";

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
        sqlite: "insert into inherited (tenant, key, position, source) values ($1, $3, $4, $2)
            on conflict do nothing",
        postgres: "insert into inherited (tenant, key, position, source)
            select $1::bigint, h.key, h.position, $2::bigint
            from unnest($3::bigint[], $4::bigint[]) as h (key, position) on conflict do nothing";

    /// Ids of statements by position.
    IDS =
        sqlite: "select id from statement where tenant = $1 and position = $2",
        postgres: "select id from statement where tenant = $1 and position = any($2::bigint[])";

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

    /// Files actors by the names of their accounts.
    ADD_ACCOUNTS =
        sqlite: "insert into actor_account (tenant, name, term) values ($1, $2, $3)",
        postgres: "insert into actor_account (tenant, name, term)
            select $1::bigint, * from unnest($2::text[], $3::bigint[])";

    /// Actors whose account has a name.
    ACCOUNTS = "select term from actor_account where tenant = $1 and name = $2 limit $3";

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

    /// The log with its bodies, oldest first.
    LOG_ROWS = "select position, id, flags, dictionary, body from statement
        where tenant = $1 and position > $2 and position <= $3 order by position limit $4";

    /// Where the log begins.
    FIRST = "select min(position) from statement where tenant = $1";

    /// Where the log ends.
    LAST = "select max(position) from statement where tenant = $1";

    /// The contents that statements came with.
    ATTACHED =
        sqlite: "select position, sha2 from attachment where tenant = $1 and position = $2 order by sha2",
        postgres: "select position, sha2 from attachment
            where tenant = $1 and position = any($2::bigint[]) order by position, sha2";

    /// One page of canonical definitions by activity, in the order of bytes.
    DEFINITIONS_BY_NAME =
        sqlite: "select term.name, activity.definition from term
            join activity on activity.tenant = term.tenant and activity.term = term.term
            where term.tenant = $1 and term.kind = 3 and term.name > $2 order by term.name limit $3",
        postgres: "select term.name, activity.definition from term
            join activity on activity.tenant = term.tenant and activity.term = term.term
            where term.tenant = $1 and term.kind = 3 and term.name collate \"C\" > $2
            order by term.name collate \"C\" limit $3";

    /// One page of actors' names by actor, in the order of bytes.
    NAMES_BY_ACTOR =
        sqlite: "select term.name, actor_name.name from term
            join actor_name on actor_name.tenant = term.tenant and actor_name.term = term.term
            where term.tenant = $1 and term.kind = 2 and term.name >= $2
                and (term.name, actor_name.name) > ($2, $3)
            order by term.name, actor_name.name limit $4",
        postgres: "select term.name, actor_name.name from term
            join actor_name on actor_name.tenant = term.tenant and actor_name.term = term.term
            where term.tenant = $1 and term.kind = 2 and term.name collate \"C\" >= $2
                and (term.name collate \"C\", actor_name.name collate \"C\") > ($2, $3)
            order by term.name collate \"C\", actor_name.name collate \"C\" limit $4";

    /// The end of the log and the last number of a term, for doctor.
    HEAD = "select position, term from head where tenant = $1";

    /// Bytes of statements, as the head says and as they are, for doctor.
    BYTES =
        sqlite: "select bytes, (select cast(coalesce(sum(length(body)), 0) as integer)
                from statement where statement.tenant = $1) from head where tenant = $1",
        postgres: "select bytes, (select coalesce(sum(octet_length(body)), 0)::bigint
                from statement where statement.tenant = $1) from head where tenant = $1";

    /// How many terms there are, how many numbers they have, and the largest.
    TERM_NUMBERS = "select count(*), count(distinct term), coalesce(max(term), 0) from term where tenant = $1";

    /// How many definitions there are, and how many belong to an activity.
    DEFINED = "select count(*), (select count(*) from activity
            join term on term.tenant = activity.tenant and term.term = activity.term and term.kind = 3
            where activity.tenant = $1) from activity where tenant = $1";

    /// How many names there are, and how many belong to an actor.
    NAMED = "select count(*), (select count(*) from actor_name
            join term on term.tenant = actor_name.tenant and term.term = actor_name.term and term.kind = 2
            where actor_name.tenant = $1) from actor_name where tenant = $1";

    /// How many accounts there are, and how many are filed under their names.
    ACCOUNTED = "select count(*), (select count(*) from actor_account
            join term on term.tenant = actor_account.tenant and term.term = actor_account.term and term.kind = 2
            where actor_account.tenant = $1)
        from term where tenant = $1 and kind = 2 and substr(name, 1, 8) = 'account:'";

    /// How many contents statements came with.
    ATTACHMENTS = "select count(*) from attachment where tenant = $1";

    /// Every posting, page by page.
    SCAN_POSTINGS = "select key, position from posting
        where tenant = $1 and (key, position) > ($2, $3) order by key, position limit $4";

    /// Every registered id, page by page.
    SCAN_IDS = "select id, position from statement_id where tenant = $1 and id > $2 order by id limit $3";

    /// Every reference, page by page.
    SCAN_REFERENCES = "select target, position, voiding from reference
        where tenant = $1 and (target, position) > ($2, $3) order by target, position limit $4";

    /// Every inherited posting, page by page.
    SCAN_INHERITED = "select key, position, source from inherited
        where tenant = $1 and (key, position, source) > ($2, $3, $4)
        order by key, position, source limit $5";
}

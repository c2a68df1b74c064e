//! Every table with rows of tenants, and how they are removed: the one list of them.
//!
//! A table that is not here outlives its tenant, so a test compares this list with the schema. The
//! two that are missing are `tenant` and `tenant_gone`, which the deletion itself ends with.

use rollbook_db::Sql;

/// One table.
pub(super) struct Table {
    /// Its name.
    #[cfg_attr(not(test), expect(dead_code, reason = "the test of this list compares it"))]
    pub(super) name: &'static str,
    /// Removes at most `$2` rows of tenant `$1`.
    pub(super) erase: &'static Sql,
    /// Counts the rows of tenant `$1`.
    pub(super) count: &'static Sql,
}

/// Names each table and the rest of its key behind the tenant (the tenant itself if that is all).
macro_rules! tables {
    ($($name:ident $key:literal)+) => {
        $(mod $name {
            use rollbook_db::Sql;

            const ERASE_TEXT: &str = concat!(
                "delete from ", stringify!($name), " where tenant = $1 and (", $key, ") in (select ",
                $key, " from ", stringify!($name), " where tenant = $1 limit $2)"
            );
            const COUNT_TEXT: &str =
                concat!("select count(*) from ", stringify!($name), " where tenant = $1");

            pub(super) static ERASE: Sql = Sql::new(
                concat!("ERASE ", stringify!($name)),
                "Removes some rows of a tenant.",
                ERASE_TEXT,
                ERASE_TEXT,
            );
            pub(super) static COUNT: Sql = Sql::new(
                concat!("COUNT ", stringify!($name)),
                "Counts the rows of a tenant.",
                COUNT_TEXT,
                COUNT_TEXT,
            );
        })+

        /// In the order in which their rows go.
        pub(super) static TABLES: &[Table] = &[$(Table {
            name: stringify!($name),
            erase: &$name::ERASE,
            count: &$name::COUNT,
        },)+];

        /// Every statement of this file.
        pub(super) static ALL: &[&Sql] = &[$(&$name::ERASE, &$name::COUNT,)+];
    };
}

tables! {
    credential "key"
    issuer "id"
    allowance "subject, measure"
    idempotency "key"
    request "id"
    request_log "tenant"
    secret "name"
    posting "key, position"
    inherited "key, position, source"
    reference "target, position"
    attachment "position, sha2"
    statement_id "id"
    statement "position"
    activity "term"
    actor_name "term, name"
    actor_account "name, term"
    course_unit "unit, course"
    term "kind, name"
    dictionary "number"
    cmi5_event "session, id"
    cmi5_session "id"
    cmi5_unit "registration, unit"
    cmi5_block "registration, block"
    cmi5_registrations "id"
    cmi5_course "course"
    document "context, registration, name"
    course_file "course, version, path"
    course_version "course, version"
    course "course"
    blob "sha2"
    head "tenant"
    audit "position"
    audit_head "tenant"
}

//! SQL by which the content of a registration is found. Private to this folder.

use rollbook_db::sql;

sql! {
    /// The course of this id.
    COURSE = "select course from course where tenant = $1 and course = $2 and deleted is null";

    /// The course of this publisher's id, by its hash.
    PUBLISHER = "select course from course
        where tenant = $1 and publisher_hash = $2 and deleted is null";

    /// The newest course in whose structure this text stands.
    MENTION =
        sqlite: "select c.course from course c join course_version v
                on v.tenant = c.tenant and v.course = c.course and v.version = c.current
            where c.tenant = $1 and c.deleted is null and instr(v.structure, $2) > 0
            order by c.created desc, c.course desc limit 1",
        postgres: "select c.course from course c join course_version v
                on v.tenant = c.tenant and v.course = c.course and v.version = c.current
            where c.tenant = $1 and c.deleted is null and position($2::text in v.structure) > 0
            order by c.created desc, c.course desc limit 1";

    /// The columns that the page prints, in its order: whoever reads the table finds them.
    PRINTED = "select id, content_id, learner_id, actor_account, status, session_id, score,
            launch_mode, created_at, updated_at
        from cmi5_registrations where tenant = $1";
}

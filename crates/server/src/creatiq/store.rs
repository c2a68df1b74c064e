//! SQL by which the content of a registration is found. Private to this folder.

use rollbook_db::sql;

sql! {
    /// The course of this id.
    COURSE = "select course from course where tenant = $1 and course = $2 and deleted is null";

    /// The course of this publisher's id, by its hash.
    PUBLISHER = "select course from course
        where tenant = $1 and publisher_hash = $2 and deleted is null";

    /// The newest course that has a unit of this publisher's id.
    UNIT = "select c.course from course_unit u
            join course c on c.tenant = u.tenant and c.course = u.course
        where u.tenant = $1 and u.unit = $2 and c.deleted is null
        order by c.created desc, c.course desc limit 1";

    /// The columns that the page prints, in its order: whoever reads the table finds them.
    PRINTED = "select id, content_id, learner_id, actor_account, status, session_id, score,
            launch_mode, created_at, updated_at
        from cmi5_registrations where tenant = $1";
}

//! SQL of CATAPULT's interface: ids by numbers. Private to this folder.

use rollbook_db::sql;

sql! {
    /// The course among these ids.
    COURSE = "select course from course
        where tenant = $1 and course between $2 and $3 and deleted is null order by course limit 1";

    /// The registration among these ids.
    REGISTRATION = "select id from cmi5_registrations
        where tenant = $1 and id between $2 and $3 order by id limit 1";

    /// The session among these ids.
    SESSION = "select id from cmi5_session
        where tenant = $1 and id between $2 and $3 order by id limit 1";
}

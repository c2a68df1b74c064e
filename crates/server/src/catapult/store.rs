//! SQL of CATAPULT's interface: ids by numbers, and what it alone tells. Private to this folder.

use rollbook_db::sql;

sql! {
    /// The courses among these ids.
    COURSE = "select course from course
        where tenant = $1 and course between $2 and $3 and deleted is null";

    /// The registrations among these ids.
    REGISTRATION = "select id from cmi5_registrations
        where tenant = $1 and id between $2 and $3";

    /// The sessions among these ids.
    SESSION = "select id from cmi5_session where tenant = $1 and id between $2 and $3";

    /// The seconds that sessions lasted which ended by their own word, by unit and mode.
    LASTED = "select unit, mode,
            cast(sum((terminated - coalesce(initialized, launched)) / 1000000) as bigint)
        from cmi5_session where tenant = $1 and registration = $2 and terminated is not null
        group by unit, mode";
}

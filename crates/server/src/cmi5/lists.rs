//! SQL of the listings of registrations, sessions and events: a text for each filter that has an
//! index, so that a page costs what is on it. Private to this folder.
//!
//! No time is null: `coalesce` keeps SQLite from taking the index of times for its two bounds.

use rollbook_db::sql;

sql! {
    /// Registrations after a place, oldest first.
    ALL_UP = "select id, profile, course, version, structure, base, content_id, learner_id,
            home_page, name, status, session_id, score, launch_mode, created_at, updated_at,
            satisfied_at, case when subject is null then 0 else 1 end
        from cmi5_registrations
        where tenant = $1 and (created_at, id) > ($2, $3) and created_at <= $4
            and (cast($5 as bigint) = 0 or (cast($5 as bigint) = 1 and satisfied_at is not null)
                or (cast($5 as bigint) = 2 and satisfied_at is null))
        order by created_at, id limit $6";

    /// Registrations before a place, newest first.
    ALL_DOWN = "select id, profile, course, version, structure, base, content_id, learner_id,
            home_page, name, status, session_id, score, launch_mode, created_at, updated_at,
            satisfied_at, case when subject is null then 0 else 1 end
        from cmi5_registrations
        where tenant = $1 and (created_at, id) < ($2, $3) and created_at <= $4
            and (cast($5 as bigint) = 0 or (cast($5 as bigint) = 1 and satisfied_at is not null)
                or (cast($5 as bigint) = 2 and satisfied_at is null))
        order by created_at desc, id desc limit $6";

    /// Those for one content, oldest first; an empty learner is any.
    CONTENT_UP = "select id, profile, course, version, structure, base, content_id, learner_id,
            home_page, name, status, session_id, score, launch_mode, created_at, updated_at,
            satisfied_at, case when subject is null then 0 else 1 end
        from cmi5_registrations
        where tenant = $1 and content_id = $7 and (created_at, id) > ($2, $3)
            and coalesce(created_at, 0) <= $4 and ($8 = '' or learner_id = $8)
            and (cast($5 as bigint) = 0 or (cast($5 as bigint) = 1 and satisfied_at is not null)
                or (cast($5 as bigint) = 2 and satisfied_at is null))
        order by created_at, id limit $6";

    /// Those for one content, newest first; an empty learner is any.
    CONTENT_DOWN = "select id, profile, course, version, structure, base, content_id, learner_id,
            home_page, name, status, session_id, score, launch_mode, created_at, updated_at,
            satisfied_at, case when subject is null then 0 else 1 end
        from cmi5_registrations
        where tenant = $1 and content_id = $7 and (created_at, id) < ($2, $3)
            and coalesce(created_at, 0) <= $4 and ($8 = '' or learner_id = $8)
            and (cast($5 as bigint) = 0 or (cast($5 as bigint) = 1 and satisfied_at is not null)
                or (cast($5 as bigint) = 2 and satisfied_at is null))
        order by created_at desc, id desc limit $6";

    /// Those of one learner, oldest first.
    LEARNER_UP = "select id, profile, course, version, structure, base, content_id, learner_id,
            home_page, name, status, session_id, score, launch_mode, created_at, updated_at,
            satisfied_at, case when subject is null then 0 else 1 end
        from cmi5_registrations
        where tenant = $1 and learner_id = $7 and (created_at, id) > ($2, $3)
            and coalesce(created_at, 0) <= $4
            and (cast($5 as bigint) = 0 or (cast($5 as bigint) = 1 and satisfied_at is not null)
                or (cast($5 as bigint) = 2 and satisfied_at is null))
        order by created_at, id limit $6";

    /// Those of one learner, newest first.
    LEARNER_DOWN = "select id, profile, course, version, structure, base, content_id, learner_id,
            home_page, name, status, session_id, score, launch_mode, created_at, updated_at,
            satisfied_at, case when subject is null then 0 else 1 end
        from cmi5_registrations
        where tenant = $1 and learner_id = $7 and (created_at, id) < ($2, $3)
            and coalesce(created_at, 0) <= $4
            and (cast($5 as bigint) = 0 or (cast($5 as bigint) = 1 and satisfied_at is not null)
                or (cast($5 as bigint) = 2 and satisfied_at is null))
        order by created_at desc, id desc limit $6";

    /// Sessions of a registration after a place, oldest first.
    SESSIONS_UP = "select id, registration, unit, activity, publisher, mode, move_on, mastery_score,
            launched, fetched, preferences, initialized, completed, passed, failed, terminated,
            abandoned, abandoned_by, last_request, score, expires
        from cmi5_session
        where tenant = $1 and registration = $2 and (launched, id) > ($3, $4)
        order by launched, id limit $5";

    /// Sessions of a registration before a place, newest first.
    SESSIONS_DOWN = "select id, registration, unit, activity, publisher, mode, move_on,
            mastery_score, launched, fetched, preferences, initialized, completed, passed, failed,
            terminated, abandoned, abandoned_by, last_request, score, expires
        from cmi5_session
        where tenant = $1 and registration = $2 and (launched, id) < ($3, $4)
        order by launched desc, id desc limit $5";

    /// Events of a session after a place, oldest first.
    EVENTS_UP = "select id, at, method, resource, status, requirement, detail from cmi5_event
        where tenant = $1 and session = $2 and id > $3 order by id limit $4";

    /// Events of a session before a place, newest first.
    EVENTS_DOWN = "select id, at, method, resource, status, requirement, detail from cmi5_event
        where tenant = $1 and session = $2 and id < $3 order by id desc limit $4";
}

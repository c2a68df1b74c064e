//! SQL of registrations, sessions and what is known of units. Private to this folder.

use rollbook_db::sql;

sql! {
    /// Whether a tenant is served.
    TENANT = "select tenant from tenant
        where tenant = $1 and suspended is null and deleting is null";

    /// The newest version of a course.
    COURSE = "select current from course where tenant = $1 and course = $2 and deleted is null";

    /// Whether there is such a version of a course.
    VERSION = "select v.version from course_version v
            join course c on c.tenant = v.tenant and c.course = v.course
        where v.tenant = $1 and v.course = $2 and v.version = $3 and c.deleted is null";

    /// The structure of a version of a course.
    STRUCTURE = "select structure from course_version
        where tenant = $1 and course = $2 and version = $3";

    /// How strict a course is taken.
    LENIENT = "select lenient from cmi5_course where tenant = $1 and course = $2";

    /// Says how strict a course is taken.
    SET_LENIENT = "insert into cmi5_course (tenant, course, lenient) values ($1, $2, $3)
        on conflict (tenant, course) do update set lenient = excluded.lenient";

    /// Adds a registration, unless there is one of that id, or one at a time and there is one.
    ADD_REGISTRATION = "insert into cmi5_registrations (tenant, id, profile, course, version,
            structure, base, content_id, learner_id, actor_account, home_page, name, subject,
            status, launch_mode, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'initialized', 'Normal',
            $14, $14)
        on conflict do nothing";

    /// One registration.
    REGISTRATION = "select id, profile, course, version, structure, base, content_id, learner_id,
            home_page, name, status, session_id, score, launch_mode, created_at, updated_at,
            satisfied_at, case when subject is null then 0 else 1 end
        from cmi5_registrations where tenant = $1 and id = $2";

    /// One registration, held until the transaction ends: whatever changes its sessions and facts takes it first.
    LOCK_REGISTRATION =
        sqlite: "select id, profile, course, version, structure, base, content_id, learner_id,
                home_page, name, status, session_id, score, launch_mode, created_at, updated_at,
                satisfied_at, case when subject is null then 0 else 1 end
            from cmi5_registrations where tenant = $1 and id = $2",
        postgres: "select id, profile, course, version, structure, base, content_id, learner_id,
                home_page, name, status, session_id, score, launch_mode, created_at, updated_at,
                satisfied_at, case when subject is null then 0 else 1 end
            from cmi5_registrations where tenant = $1 and id = $2 for update";

    /// The registration that counts now for a content and a learner.
    CURRENT = "select id from cmi5_registrations where tenant = $1 and subject = $2";

    /// Every registration after one, in the order of ids.
    ALL_REGISTRATIONS = "select id, profile, course, version, structure, base, content_id,
            learner_id, home_page, name, status, session_id, score, launch_mode, created_at,
            updated_at, satisfied_at, case when subject is null then 0 else 1 end
        from cmi5_registrations where tenant = $1 and id > $2 order by id limit $3";

    /// How many registrations there are.
    COUNT_REGISTRATIONS = "select count(*) from cmi5_registrations where tenant = $1";

    /// Keeps what became of a registration.
    SAVE_REGISTRATION = "update cmi5_registrations set status = $3, session_id = $4, score = $5,
            launch_mode = $6, updated_at = $7, satisfied_at = $8
        where tenant = $1 and id = $2";

    /// Another registration may count from now on.
    ARCHIVE = "update cmi5_registrations set subject = null, updated_at = $3
        where tenant = $1 and id = $2";

    /// Removes a registration.
    DELETE_REGISTRATION = "delete from cmi5_registrations where tenant = $1 and id = $2";

    /// Removes what is known of its units.
    DELETE_UNITS = "delete from cmi5_unit where tenant = $1 and registration = $2";

    /// Removes its satisfied blocks.
    DELETE_BLOCKS = "delete from cmi5_block where tenant = $1 and registration = $2";

    /// Removes its sessions; which they were, and about what.
    DELETE_SESSIONS = "delete from cmi5_session where tenant = $1 and registration = $2
        returning id, activity, publisher";

    /// Removes the log of a session.
    DELETE_EVENTS = "delete from cmi5_event where tenant = $1 and session = $2";

    /// Adds a session.
    ADD_SESSION = "insert into cmi5_session (tenant, id, registration, unit, activity, publisher,
            mode, move_on, mastery_score, fetch_token, fetch_expires, expires, launched, last_request,
            events)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, 0)";

    /// One session.
    SESSION = "select id, registration, unit, activity, publisher, mode, move_on, mastery_score,
            launched, fetched, preferences, initialized, completed, passed, failed, terminated,
            abandoned, abandoned_by, last_request, score, expires
        from cmi5_session where tenant = $1 and id = $2";

    /// The session of a registration that has not ended.
    ACTIVE = "select id, registration, unit, activity, publisher, mode, move_on, mastery_score,
            launched, fetched, preferences, initialized, completed, passed, failed, terminated,
            abandoned, abandoned_by, last_request, score, expires
        from cmi5_session where tenant = $1 and registration = $2 and ended is null";

    /// How many sessions of a registration are kept as not ended.
    COUNT_OPEN = "select count(*) from cmi5_session
        where tenant = $1 and registration = $2 and ended is null";

    /// The sessions of a registration, oldest first.
    SESSIONS = "select id, registration, unit, activity, publisher, mode, move_on, mastery_score,
            launched, fetched, preferences, initialized, completed, passed, failed, terminated,
            abandoned, abandoned_by, last_request, score, expires
        from cmi5_session where tenant = $1 and registration = $2
        order by launched, id";

    /// What the last session of each unit of a registration was told satisfies the unit.
    ASKED = "select unit, move_on from (select unit, move_on, row_number()
                over (partition by unit order by launched desc, id desc) as place
            from cmi5_session where tenant = $1 and registration = $2) as sessions
        where place = 1";

    /// Keeps what happened in a session.
    SAVE_SESSION = "update cmi5_session set initialized = $3, completed = $4, passed = $5,
            failed = $6, terminated = $7, abandoned = $8, abandoned_by = $9, ended = $10,
            score = $11, last_request = case when last_request < $12 then $12 else last_request end
        where tenant = $1 and id = $2";

    /// Hands out the token of a session, once.
    TAKE_TOKEN = "update cmi5_session set token = $4, token_expires = $5, fetched = $3,
            last_request = $3
        where tenant = $1 and fetch_token = $2 and fetched is null and ended is null
            and fetch_expires > $3 and expires > $3";

    /// The session of a fetch URL.
    FETCH = "select s.id, s.registration, r.profile, s.fetched, s.ended, s.fetch_expires,
            s.expires, s.events
        from cmi5_session s
            join cmi5_registrations r on r.tenant = s.tenant and r.id = s.registration
            join tenant t on t.tenant = s.tenant
        where s.tenant = $1 and s.fetch_token = $2 and t.suspended is null and t.deleting is null";

    /// The session of a token, with whose it is.
    TOKEN = "select s.id, s.registration, s.activity, s.publisher, s.ended, s.preferences,
            s.last_request, s.token_expires, s.expires, r.home_page, r.name, t.name, t.suspended,
            s.events
        from cmi5_session s
            join cmi5_registrations r on r.tenant = s.tenant and r.id = s.registration
            join tenant t on t.tenant = s.tenant
        where s.tenant = $1 and s.token = $2 and t.deleting is null";

    /// When a session ended, which stays until the transaction ends; no row if it was removed.
    ENDED =
        sqlite: "select ended from cmi5_session where tenant = $1 and id = $2",
        postgres: "select ended from cmi5_session where tenant = $1 and id = $2 for key share";

    /// Notes that a session is alive.
    NOTE_REQUEST = "update cmi5_session set last_request = $3
        where tenant = $1 and id = $2 and last_request < $3";

    /// Notes that the learner's preferences were read.
    NOTE_PREFERENCES = "update cmi5_session set preferences = $3
        where tenant = $1 and id = $2 and preferences is null";

    /// Whether it is still to be noted that the learner came back.
    MAY_RETURN = "select 1 from cmi5_session
        where tenant = $1 and id = $2 and returned is null and ended is null";

    /// Notes that the learner came back.
    NOTE_RETURN = "update cmi5_session set returned = $3
        where tenant = $1 and id = $2 and returned is null and ended is null";

    /// Every tenant: sessions that nobody used for long, that are too old, or whose learner came back a while ago.
    DUE = "select cmi5_session.tenant, registration, id, case when returned < $3 then 3 when expires <= $2 then 2
            else 1 end
        from cmi5_session
        where ended is null and (last_request < $1 or expires <= $2 or returned < $3)
            and not exists (select 1 from tenant
                where tenant.tenant = cmi5_session.tenant and tenant.deleting is not null)
        order by last_request limit $4";

    /// What is known of the units of a registration.
    UNITS = "select unit, attempted, completed, passed, failed, waived, waived_reason, satisfied,
            score
        from cmi5_unit where tenant = $1 and registration = $2 order by unit";

    /// What is known of one unit.
    UNIT = "select unit, attempted, completed, passed, failed, waived, waived_reason, satisfied,
            score
        from cmi5_unit where tenant = $1 and registration = $2 and unit = $3";

    /// Keeps what is known of one unit.
    SAVE_UNIT = "insert into cmi5_unit (tenant, registration, unit, attempted, completed, passed,
            failed, waived, waived_reason, satisfied, score)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (tenant, registration, unit) do update set attempted = excluded.attempted,
            completed = excluded.completed, passed = excluded.passed, failed = excluded.failed,
            waived = excluded.waived, waived_reason = excluded.waived_reason,
            satisfied = excluded.satisfied, score = excluded.score";

    /// How many units in a part of a course are satisfied.
    COUNT_SATISFIED = "select count(*) from cmi5_unit
        where tenant = $1 and registration = $2 and unit >= $3 and unit < $4
            and satisfied is not null";

    /// Which they are.
    SATISFIED_UNITS = "select unit from cmi5_unit
        where tenant = $1 and registration = $2 and unit >= $3 and unit < $4
            and satisfied is not null";

    /// Whether a block is satisfied.
    BLOCK = "select block from cmi5_block where tenant = $1 and registration = $2 and block = $3";

    /// The blocks that are satisfied.
    BLOCKS = "select block from cmi5_block where tenant = $1 and registration = $2";

    /// Notes that a block is satisfied.
    ADD_BLOCK = "insert into cmi5_block (tenant, registration, block, satisfied)
        values ($1, $2, $3, $4)";

    /// Makes room for one more event of a session.
    COUNT_EVENT = "update cmi5_session set events = events + 1
        where tenant = $1 and id = $2 and events < $3";

    /// Adds an event.
    ADD_EVENT = "insert into cmi5_event
            (tenant, session, id, at, method, resource, status, requirement, detail)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
}

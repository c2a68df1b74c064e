//! SQL of courses. Private to this folder.

use rollbook_db::sql;

sql! {
    /// Makes a course, without a version, unless the publisher's id is one already.
    ADD_COURSE = "insert into course
            (tenant, course, kind, publisher, publisher_hash, title, created, current)
        values ($1, $2, 'cmi5', $3, $4, $5, $6, 0)
        on conflict (tenant, publisher_hash) where deleted is null do nothing";

    /// The course of a publisher's id, held until commit.
    LOCK_PUBLISHER =
        sqlite: "select course from course
            where tenant = $1 and publisher_hash = $2 and deleted is null",
        postgres: "select course from course
            where tenant = $1 and publisher_hash = $2 and deleted is null for update";

    /// The publisher's id of a course, which is held until commit.
    LOCK_COURSE =
        sqlite: "select publisher from course
            where tenant = $1 and course = $2 and deleted is null",
        postgres: "select publisher from course
            where tenant = $1 and course = $2 and deleted is null for update";

    /// The publisher's id of a course.
    PUBLISHER = "select publisher from course
        where tenant = $1 and course = $2 and deleted is null";

    /// The version that has these bytes, by the publisher's id.
    KNOWN = "select v.version from course_version v
            join course c on c.tenant = v.tenant and c.course = v.course
        where v.tenant = $1 and c.publisher_hash = $2 and c.deleted is null and v.sha2 = $3";

    /// The version of a course that has these bytes.
    SAME = "select version from course_version where tenant = $1 and course = $2 and sha2 = $3";

    /// Gives out the number of the next version.
    NEXT_VERSION = "update course set title = $3, current = 1 + (
            select coalesce(max(version), 0) from course_version where tenant = $1 and course = $2)
        where tenant = $1 and course = $2 returning current";

    /// Makes a version the current one, if it is not.
    CHOOSE = "update course set current = $3, title = $4
        where tenant = $1 and course = $2 and current <> $3";

    /// Adds a version.
    ADD_VERSION = "insert into course_version (tenant, course, version, form, sha2, bytes, files,
            units, structure, warnings, created, creator)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    /// Adds the files of a version.
    ADD_FILES =
        sqlite: "insert into course_file (tenant, course, version, path, folded, sha2, bytes)
            values ($1, $2, $3, $4, $5, $6, $7)",
        postgres: "insert into course_file (tenant, course, version, path, folded, sha2, bytes)
            select $1::bigint, $2::uuid, $3::bigint, *
            from unnest($4::text[], $5::text[], $6::text[], $7::bigint[])";

    /// Deletes a course: it is neither served nor launched any more. Its rows stay, with what they name.
    DELETE = "update course set deleted = $3 where tenant = $1 and course = $2 and deleted is null";

    /// What is in the versions of a course: its uploads and their files.
    CONTENTS = "select sha2 from course_file where tenant = $1 and course = $2
        union select sha2 from course_version where tenant = $1 and course = $2";

    /// What of it others need: courses that are there, and statements.
    NEEDED = "with own as (
            select sha2 from course_file where tenant = $1 and course = $2
            union select sha2 from course_version where tenant = $1 and course = $2)
        select f.sha2 from course_file f join course c on c.tenant = f.tenant and c.course = f.course
            where f.tenant = $1 and c.deleted is null and f.sha2 in (select sha2 from own)
        union select v.sha2 from course_version v join course c on c.tenant = v.tenant and c.course = v.course
            where v.tenant = $1 and c.deleted is null and v.sha2 in (select sha2 from own)
        union select sha2 from attachment where tenant = $1 and sha2 in (select sha2 from own)";

    /// One course with its current version.
    COURSE = "select c.course, c.kind, c.publisher, c.title, c.created,
            v.version, v.form, v.sha2, v.bytes, v.files, v.units, v.warnings, v.created, v.creator
        from course c join course_version v
            on v.tenant = c.tenant and v.course = c.course and v.version = c.current
        where c.tenant = $1 and c.course = $2 and c.deleted is null";

    /// Courses after a place, oldest first; an empty text filters nothing.
    LIST_UP = "select c.course, c.kind, c.publisher, c.title, c.created,
            v.version, v.form, v.sha2, v.bytes, v.files, v.units, v.warnings, v.created, v.creator
        from course c join course_version v
            on v.tenant = c.tenant and v.course = c.course and v.version = c.current
        where c.tenant = $1 and c.deleted is null and (c.created, c.course) > ($2, $3)
            and c.created <= $4 and ($5 = '' or c.publisher = $5)
        order by c.created, c.course limit $6";

    /// Courses before a place, newest first; an empty text filters nothing.
    LIST = "select c.course, c.kind, c.publisher, c.title, c.created,
            v.version, v.form, v.sha2, v.bytes, v.files, v.units, v.warnings, v.created, v.creator
        from course c join course_version v
            on v.tenant = c.tenant and v.course = c.course and v.version = c.current
        where c.tenant = $1 and c.deleted is null and (c.created, c.course) < ($2, $3)
            and c.created <= $4 and ($5 = '' or c.publisher = $5)
        order by c.created desc, c.course desc limit $6";

    /// Versions after a number, oldest first.
    VERSIONS_UP = "select version, form, sha2, bytes, files, units, warnings, created, creator
        from course_version where tenant = $1 and course = $2 and version > $3
        order by version limit $4";

    /// Versions before a number, newest first.
    VERSIONS = "select version, form, sha2, bytes, files, units, warnings, created, creator
        from course_version where tenant = $1 and course = $2 and version < $3
        order by version desc limit $4";

    /// One version of a course.
    VERSION = "select v.version, v.form, v.sha2, v.bytes, v.files, v.units, v.warnings, v.created,
            v.creator
        from course_version v join course c on c.tenant = v.tenant and c.course = v.course
        where v.tenant = $1 and v.course = $2 and v.version = $3 and c.deleted is null";

    /// The structure of a version.
    STRUCTURE = "select structure from course_version
        where tenant = $1 and course = $2 and version = $3";

    /// How many files and uploads of versions the blob store does not keep: none, if all is well.
    UNKEPT = "select count(*) from (
            select f.sha2 from course_file f join course c on c.tenant = f.tenant and c.course = f.course
                where f.tenant = $1 and c.deleted is null
            union select v.sha2 from course_version v join course c on c.tenant = v.tenant and c.course = v.course
                where v.tenant = $1 and c.deleted is null) as needed
        where not exists (select 1 from blob b
            where b.tenant = $1 and b.sha2 = needed.sha2 and b.state = 1)";

    /// Files that a path may mean, in any case, if the tenant is served at all; what is spelled exactly so comes first.
    FILES = "select f.path, f.sha2, f.bytes from course_file f
            join course c on c.tenant = f.tenant and c.course = f.course
            join tenant t on t.tenant = f.tenant
        where f.tenant = $1 and f.course = $2 and f.version = $3 and f.folded in ($4, $5, $6, $7)
            and c.deleted is null and t.suspended is null and t.deleting is null
        order by f.path in ($8, $9, $10, $11) desc, f.path limit 16";

    /// When a session ended; no row if it was deleted.
    SESSION = "select ended from cmi5_session where tenant = $1 and id = $2";

    /// Forgets what units of a course are called.
    DROP_UNITS = "delete from course_unit where tenant = $1 and course = $2";

    /// Files a course under the names of its units.
    ADD_UNITS =
        sqlite: "insert into course_unit (tenant, unit, course) values ($1, $3, $2)",
        postgres: "insert into course_unit (tenant, unit, course)
            select $1::bigint, unit, $2::uuid from unnest($3::text[]) unit";
}

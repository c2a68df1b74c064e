-- What Creatiq asks for by a name that is no key: actors by the names of their accounts alone,
-- whatever their home pages, and courses by what publishers call their units.

create table actor_account (
    tenant bigint not null,
    name   text not null,
    term   bigint not null,
    primary key (tenant, name, term)
);

insert into actor_account (tenant, name, term)
select tenant, substr(name, strpos(name, ' ') + 1), term from term where kind = 2 and name like 'account:%';

create table course_unit (
    tenant bigint not null,
    unit   text not null, -- the publisher's id, as the current version of the course has it
    course uuid not null,
    primary key (tenant, unit, course)
);

insert into course_unit (tenant, unit, course)
select distinct course.tenant, part #>> '{}', course.course
from course join course_version v
        on v.tenant = course.tenant and v.course = course.course and v.version = course.current
    cross join jsonb_path_query(v.structure::jsonb, '$.**?(@.type == "au").id') part
where course.deleted is null;

select rollbook_wall('actor_account');
select rollbook_wall('course_unit');

-- What Creatiq asks for by a name that is no key: actors by the names of their accounts alone,
-- whatever their home pages, and courses by what publishers call their units.

create table actor_account (
    tenant integer not null,
    name   text not null,
    term   integer not null,
    primary key (tenant, name, term)
) strict, without rowid;

insert into actor_account (tenant, name, term)
select tenant, substr(name, instr(name, ' ') + 1), term from term where kind = 2 and name like 'account:%';

create table course_unit (
    tenant integer not null,
    unit   text not null, -- the publisher's id, as the current version of the course has it
    course blob not null,
    primary key (tenant, unit, course)
) strict, without rowid;

insert into course_unit (tenant, unit, course)
select distinct course.tenant, json_extract(part.value, '$.id'), course.course
from course join course_version v
        on v.tenant = course.tenant and v.course = course.course and v.version = course.current
    join json_tree(v.structure) part
where part.type = 'object' and json_extract(part.value, '$.type') = 'au' and course.deleted is null;

-- Actors with an account by its name alone, whatever its home page: Creatiq asks for them so.

create table actor_account (
    tenant integer not null,
    name   text not null,
    term   integer not null,
    primary key (tenant, name, term)
) strict, without rowid;

insert into actor_account (tenant, name, term)
select tenant, substr(name, instr(name, ' ') + 1), term from term where kind = 2 and name like 'account:%';

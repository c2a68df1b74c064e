-- Actors with an account by its name alone, whatever its home page: Creatiq asks for them so.

create table actor_account (
    tenant bigint not null,
    name   text not null,
    term   bigint not null,
    primary key (tenant, name, term)
);

insert into actor_account (tenant, name, term)
select tenant, substr(name, strpos(name, ' ') + 1), term from term where kind = 2 and name like 'account:%';

select rollbook_wall('actor_account');

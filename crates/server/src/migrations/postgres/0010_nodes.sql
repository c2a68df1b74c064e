-- The servers that share this database, and who does which background work. All of it belongs to
-- the installation, tenant 0. Times are microseconds since 1970 UTC by the database's clock.
create table node (
    tenant  bigint not null,
    node    text not null, -- made anew at each start
    started bigint not null,
    seen    bigint not null, -- when it was last heard of
    version text not null,
    address text not null, -- by which an operator knows it
    primary key (tenant, node)
);

-- One row for each kind of work that one node at a time does. It is never deleted: the token grows
-- with each holder, so that an old one can be told from the present one.
create table lease (
    tenant bigint not null,
    name   text not null,
    holder text not null, -- a node, past or present
    token  bigint not null,
    until  bigint not null, -- when the holder has lost it, unless it renews it
    due    bigint not null, -- when the work is to be done next
    primary key (tenant, name)
);

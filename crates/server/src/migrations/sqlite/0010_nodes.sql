-- The servers that share this database, and who does which background work. All of it belongs to
-- the installation, tenant 0. Times are microseconds since 1970 UTC by the database's clock.
create table node (
    tenant  integer not null,
    node    text not null, -- made anew at each start
    started integer not null,
    seen    integer not null, -- when it was last heard of
    version text not null,
    address text not null, -- by which an operator knows it
    primary key (tenant, node)
) strict, without rowid;

-- One row for each kind of work that one node at a time does. It is never deleted: the token grows
-- with each holder, so that an old one can be told from the present one.
create table lease (
    tenant integer not null,
    name   text not null,
    holder text not null, -- a node, past or present
    token  integer not null,
    until  integer not null, -- when the holder has lost it, unless it renews it
    due    integer not null, -- when the work is to be done next
    primary key (tenant, name)
) strict, without rowid;

-- What tenants, keys and users may use, and what they have used.

-- What was set in place of the settings' defaults. `subject` is 'tenant', 'key' or 'user' for what
-- the operator set for everybody together, for each key and for each user of the tenant, or 'key:'
-- and a key for what the tenant lowered for that one.
create table allowance (
    tenant  bigint not null,
    subject text not null,
    measure text not null, -- such as statements_per_second
    most    bigint not null, -- 0 is no limit
    primary key (tenant, subject, measure)
);

-- Statements in one page of an answer; null is the installation's setting.
alter table tenant add column page_statements bigint;

-- Bytes of the tenant's statements as they are kept: grows in the transaction that moves the head.
alter table head add column bytes bigint not null default 0;

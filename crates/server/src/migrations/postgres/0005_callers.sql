-- Issuers of tokens, and what a key is restricted to. Times are microseconds since 1970 UTC.

-- Since when a tenant is suspended, and since when it is being deleted; then nobody is let in.
alter table tenant add column suspended bigint;
alter table tenant add column deleting bigint;

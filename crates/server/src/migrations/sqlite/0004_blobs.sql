-- Files by content address. A row is here before its file is written, so no crash leaves a file
-- that nothing knows of; a statement that needs the file makes the row `stored` as it is stored.
create table blob (
    tenant  integer not null,
    sha2    text not null, -- of the contents, lower-case hexadecimal; SHA-224, 256, 384 or 512 by its length
    bytes   integer not null,
    state   integer not null, -- 0 uploading, 1 stored, 2 being removed
    touched integer not null, -- when the upload or the removal began
    primary key (tenant, sha2)
) strict, without rowid;

-- The few that are not settled, for the sweep.
create index blob_unsettled on blob (tenant, touched) where state <> 1;

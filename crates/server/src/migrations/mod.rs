//! The schema, one numbered text per step and engine.

use rollbook_db::Migrations;

/// Every step, in order, for both engines.
pub const MIGRATIONS: Migrations = Migrations {
    sqlite: &[
        ("0001_tenants", include_str!("sqlite/0001_tenants.sql")),
        ("0002_statements", include_str!("sqlite/0002_statements.sql")),
        ("0003_documents", include_str!("sqlite/0003_documents.sql")),
        ("0004_blobs", include_str!("sqlite/0004_blobs.sql")),
    ],
    postgres: &[
        ("0001_tenants", include_str!("postgres/0001_tenants.sql")),
        ("0002_statements", include_str!("postgres/0002_statements.sql")),
        ("0003_documents", include_str!("postgres/0003_documents.sql")),
        ("0004_blobs", include_str!("postgres/0004_blobs.sql")),
    ],
};

//! The schema, one numbered text per step and engine.

#[cfg(test)]
mod tests;

use rollbook_db::Migrations;

/// Every step, in order, for both engines.
pub const MIGRATIONS: Migrations = Migrations {
    sqlite: &[
        ("0001_tenants", include_str!("sqlite/0001_tenants.sql")),
        ("0002_statements", include_str!("sqlite/0002_statements.sql")),
        ("0003_documents", include_str!("sqlite/0003_documents.sql")),
        ("0004_blobs", include_str!("sqlite/0004_blobs.sql")),
        ("0005_callers", include_str!("sqlite/0005_callers.sql")),
        ("0006_tenants", include_str!("sqlite/0006_tenants.sql")),
        ("0007_api", include_str!("sqlite/0007_api.sql")),
        ("0008_usage", include_str!("sqlite/0008_usage.sql")),
        ("0009_requests", include_str!("sqlite/0009_requests.sql")),
        ("0010_nodes", include_str!("sqlite/0010_nodes.sql")),
        ("0011_walls", include_str!("sqlite/0011_walls.sql")),
        ("0012_content", include_str!("sqlite/0012_content.sql")),
        ("0013_cmi5", include_str!("sqlite/0013_cmi5.sql")),
        ("0014_names", include_str!("sqlite/0014_names.sql")),
    ],
    postgres: &[
        ("0001_tenants", include_str!("postgres/0001_tenants.sql")),
        ("0002_statements", include_str!("postgres/0002_statements.sql")),
        ("0003_documents", include_str!("postgres/0003_documents.sql")),
        ("0004_blobs", include_str!("postgres/0004_blobs.sql")),
        ("0005_callers", include_str!("postgres/0005_callers.sql")),
        ("0006_tenants", include_str!("postgres/0006_tenants.sql")),
        ("0007_api", include_str!("postgres/0007_api.sql")),
        ("0008_usage", include_str!("postgres/0008_usage.sql")),
        ("0009_requests", include_str!("postgres/0009_requests.sql")),
        ("0010_nodes", include_str!("postgres/0010_nodes.sql")),
        ("0011_walls", include_str!("postgres/0011_walls.sql")),
        ("0012_content", include_str!("postgres/0012_content.sql")),
        ("0013_cmi5", include_str!("postgres/0013_cmi5.sql")),
        ("0014_names", include_str!("postgres/0014_names.sql")),
    ],
};

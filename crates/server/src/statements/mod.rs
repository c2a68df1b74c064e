//! Being written.

use crate::http::Feature;

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature { name: "statements", endpoints: &[], sql: &[] };

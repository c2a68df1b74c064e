//! Activities: the canonical definition that the statements about an activity add up to
//! (1.0.3 Communication 2.5; 9274.1.1 4.1.6.4).

mod store;

use crate::http::Feature;

/// This feature's endpoints and SQL.
pub const FEATURE: Feature = Feature { name: "activities", endpoints: &[], sql: &[store::ALL] };

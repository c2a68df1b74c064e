//! The canonical definitions of activities.

use crate::nul::without_nul;
use crate::tenants::TenantId;
use rollbook_db::{Result, Tx, Value, sql};

sql! {
    /// The canonical definition of an activity.
    DEFINITION = "select activity.definition
        from term join activity on activity.tenant = term.tenant and activity.term = term.term
        where term.tenant = $1 and term.kind = 3 and term.name = $2";
}

/// The canonical definition of the activity with this IRI, as JSON.
///
/// # Errors
/// When the database fails.
pub(super) fn definition(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    activity: &str,
) -> Result<Option<String>> {
    let activity = without_nul(activity).into_owned();
    tx.one(&DEFINITION, &[Value::Int(tenant.0), Value::from(activity)])
}

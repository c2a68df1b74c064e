//! The names that statements gave to an actor.

use crate::nul::{with_nul, without_nul};
use crate::tenants::TenantId;
use rollbook_db::{Result, Tx, Value, sql};

sql! {
    /// Every name seen with an actor, who is found by the inverse functional identifier.
    NAMES = "select actor_name.name
        from term join actor_name on actor_name.tenant = term.tenant and actor_name.term = term.term
        where term.tenant = $1 and term.kind = 2 and term.name = $2";
}

/// Every name seen with the actor of this key, in no order.
///
/// # Errors
/// When the database fails.
pub(super) fn names(tx: &mut Tx<'_>, tenant: TenantId, actor: &str) -> Result<Vec<String>> {
    let actor = without_nul(actor).into_owned();
    let names: Vec<String> = tx.all(&NAMES, &[Value::Int(tenant.0), Value::from(actor)])?;
    Ok(names.iter().map(|name| with_nul(name).into_owned()).collect())
}

//! What a caller may give away: what it holds, and nothing more.

use crate::error::{Code, Problem, Result};
use crate::tenants::{Caller, Restrictions, Scope, Scopes};
use ipnet::IpNet;

impl Scopes {
    /// The set with all that its scopes let one do.
    pub(in crate::tenants) fn with_implied(self) -> Self {
        const RECORD: &[Scope] = &[
            Scope::StatementsWrite,
            Scope::StatementsReadMine,
            Scope::StatementsRead,
            Scope::State,
            Scope::Define,
            Scope::Profile,
            Scope::AllRead,
        ];
        let implied: &[(Scope, &[Scope])] = &[
            (Scope::All, RECORD),
            (Scope::AllRead, &[Scope::StatementsRead]),
            (Scope::StatementsRead, &[Scope::StatementsReadMine]),
            (Scope::Admin, &[Scope::Write]),
            (Scope::Write, &[Scope::Read]),
        ];
        let add = |held: Self, (one, others): &(Scope, &[Scope])| {
            let others: &[Scope] = if held.any(&[*one]) { others } else { &[] };
            others.iter().fold(held, |held, other| held.with(*other))
        };
        implied.iter().fold(self, add)
    }

    /// Whether a holder of this set may do all that a holder of `other` may.
    pub fn cover(self, other: Self) -> bool {
        other.0 & !self.with_implied().0 == 0
    }
}

/// Refuses to give, or to lay hands on, what the caller does not hold itself.
pub(in crate::tenants) fn may_give(caller: &Caller, scopes: Scopes) -> Result<()> {
    if caller.scopes.cover(scopes) {
        return Ok(());
    }
    let held = caller.scopes.with_implied();
    let missing = Scopes(scopes.0 & !held.0);
    let detail = format!("this credential does not hold {missing} itself, so it cannot give it");
    Err(Problem::forbidden(Code::AuthScopeEscalation, detail))
}

/// Refuses places, pages and activities beyond those that the caller is restricted to itself.
pub(in crate::tenants) fn may_open(caller: &Caller, restrictions: &Restrictions) -> Result<()> {
    let own = caller.bounds.as_deref().map(|bounds| &bounds.restrictions);
    let inside = own.is_none_or(|own| {
        let Restrictions { addresses, origins, activities: _ } = restrictions;
        let address = |wanted: &IpNet| own.addresses.iter().any(|own| own.contains(wanted));
        let origin = |wanted: &String| own.origins.iter().any(|own| own == wanted);
        within(&own.addresses, addresses, address) && within(&own.origins, origins, origin)
    });
    if !inside {
        let detail = "this credential is restricted to certain addresses or origins, and so must \
                      the key be, to those or some of them (ipRanges, origins)";
        return Err(Problem::forbidden(Code::AuthScopeEscalation, detail));
    }
    let own = caller.activities();
    let include = |prefix: &String| own.include(prefix);
    let activities = &restrictions.activities;
    if own.are_all() || (!activities.is_empty() && activities.iter().all(include)) {
        return Ok(());
    }
    let detail = "this credential is restricted to certain activities, and so must the key be, to \
                  those or some of them (activityPrefixes)";
    Err(Problem::forbidden(Code::AuthScopeEscalation, detail))
}

/// Refuses a later end than that of the caller's own key.
pub(in crate::tenants) fn may_outlast(caller: &Caller, expires: Option<i64>) -> Result<()> {
    let own = caller.bounds.as_deref().and_then(|bounds| bounds.expires);
    if own.is_none_or(|own| expires.is_some_and(|end| end <= own)) {
        return Ok(());
    }
    let detail = "the key that this was sent with has an end, so it cannot give what ends later \
                  (expires)";
    Err(Problem::forbidden(Code::AuthScopeEscalation, detail))
}

/// Whether a list restricts to what an own list does, or to less. An empty one restricts nothing.
fn within<T>(own: &[T], wanted: &[T], inside: impl Fn(&T) -> bool) -> bool {
    own.is_empty() || (!wanted.is_empty() && wanted.iter().all(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_what_it_implies_and_no_more() {
        for (held, wanted, expected) in [
            ("all,admin", "all,admin,read,write,statements/read/mine,xapi:read,xapi:write", true),
            ("all", "read", false),
            ("admin", "all", false),
            ("admin", "statements/read", false),
            ("admin", "operator", false),
            ("operator", "admin", false),
            ("all/read", "statements/read/mine", true),
            ("all/read", "state", false),
            ("write", "read", true),
            ("read", "write", false),
        ] {
            let [held, wanted] = [held, wanted].map(|text| Scopes::parse(text).unwrap());
            assert_eq!(held.cover(wanted), expected, "{held} {wanted}");
        }
    }
}

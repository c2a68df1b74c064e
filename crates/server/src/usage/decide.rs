//! What is set of limits and preferences: programs of whole transactions, which record the act.

use super::Measure;
use super::store;
use super::terms::{self, Terms};
use super::wire::{
    KeyLimits, PagePatch, Preferences, PreferencesPatch, Rates, TenantLimits, TenantLimitsSet,
    TenantRates,
};
use crate::audit::{self, By};
use crate::error::{Code, Problem, Result};
use crate::limits::Limits;
use crate::tenants::TenantId;
use crate::tenants::life::{self, Tenant};
use rollbook_db::Tx;
use serde_json::json;

/// What a tenant may use, and what of it is set.
pub(super) fn of_tenant(tx: &mut Tx<'_>, limits: &Limits, tenant: &Tenant) -> Result<TenantLimits> {
    let set = store::allowances(tx, tenant.number)?;
    let most = |subject: &'static str| {
        let set = &set;
        move |measure| {
            let of = |(of, what, _): &&store::Setting| of == subject && *what == measure;
            set.iter().find(of).map(|(_, _, most)| *most)
        }
    };
    let told = TenantLimitsSet {
        tenant: TenantRates::of(most(terms::TENANT)),
        key: Rates::of(most(terms::KEY)),
        user: Rates::of(most(terms::USER)),
    };
    let Terms { tenant: together, key, user, .. } = Terms::new(limits, set, None);
    Ok(TenantLimits {
        name: tenant.name.clone(),
        tenant: together.into(),
        key: key.into(),
        user: user.into(),
        set: told,
    })
}

/// Sets what a tenant that is held may use. The transaction must reach every tenant.
pub(super) fn set_for_tenant(
    tx: &mut Tx<'_>,
    tenant: &Tenant,
    set: TenantLimitsSet,
    by: &By,
    now: i64,
) -> Result<()> {
    let detail = json!({ "set": set });
    let TenantLimitsSet { tenant: together, key, user } = set;
    let subjects =
        [(terms::TENANT, together.given()), (terms::KEY, key.given()), (terms::USER, user.given())];
    for (subject, measures) in subjects {
        store::replace(tx, tenant.number, subject, &measures)?;
    }
    let object = format!("tenant:{}", tenant.name);
    let act = "limits.changed";
    Ok(audit::record_for_operator(tx, tenant.number, by, act, &object, &detail, now)?)
}

/// What a key may use, and what of it is set.
pub(super) fn of_key(
    tx: &mut Tx<'_>,
    limits: &Limits,
    tenant: TenantId,
    key: String,
) -> Result<KeyLimits> {
    let terms = terms_of(tx, limits, tenant)?;
    let lowered = |measure| {
        let of = |(what, _): &&(Measure, u64)| *what == measure;
        terms.lowered(&key).iter().find(of).map(|(_, most)| *most)
    };
    let (limits, set) = (terms.of_key(&key).into(), Rates::of(lowered));
    Ok(KeyLimits { key, limits, set })
}

/// Lowers what a key may use.
pub(super) fn set_for_key(
    tx: &mut Tx<'_>,
    limits: &Limits,
    (tenant, key): (TenantId, &str),
    set: Rates,
    by: &By,
    now: i64,
) -> Result<()> {
    life::hold(tx, tenant)?;
    must_have_key(tx, tenant, key)?;
    let terms = terms_of(tx, limits, tenant)?;
    let (detail, measures) = (json!({ "set": set }), set.given());
    measures.iter().try_for_each(|(measure, most)| must_lower(&terms, *measure, *most))?;
    store::replace(tx, tenant, &terms::of_key(key), &measures)?;
    Ok(audit::record(tx, tenant, by, "limits.changed", &format!("key:{key}"), &detail, now)?)
}

/// 404 unless the tenant has that key.
pub(super) fn must_have_key(tx: &mut Tx<'_>, tenant: TenantId, key: &str) -> Result<()> {
    // No key holds U+0000, and PostgreSQL cannot be asked for one.
    if !key.contains('\0') && store::has_key(tx, tenant, key)? {
        return Ok(());
    }
    Err(Problem::not_found("there is no such key"))
}

/// What a tenant has set for itself.
pub(super) fn preferences(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Preferences> {
    store::chosen(tx, tenant)?.map(Preferences::from).ok_or_else(no_tenant)
}

/// Changes what is given of a tenant's preferences.
pub(super) fn change(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    patch: &PreferencesPatch,
    by: &By,
    now: i64,
) -> Result<Preferences> {
    let before = store::hold(tx, tenant)?.ok_or_else(no_tenant)?;
    life::alive(tx, tenant)?;
    let mut chosen = before.clone();
    if let Some(preconditions) = patch.state_preconditions {
        preconditions.word().clone_into(&mut chosen.state_preconditions);
    }
    if let PagePatch::Set(page) = patch.page_statements {
        chosen.page_statements = page;
    }
    if chosen != before {
        store::choose(tx, tenant, &chosen)?;
        let (object, act) = (format!("tenant:{}", chosen.name), "tenant.settings.changed");
        let [from, to] = [before, chosen.clone()].map(Preferences::from);
        audit::record(tx, tenant, by, act, &object, &json!({ "from": from, "to": to }), now)?;
    }
    Ok(chosen.into())
}

fn terms_of(tx: &mut Tx<'_>, limits: &Limits, tenant: TenantId) -> Result<Terms> {
    Ok(Terms::new(limits, store::allowances(tx, tenant)?, None))
}

fn must_lower(terms: &Terms, measure: Measure, most: u64) -> Result<()> {
    match terms.key.of(measure) {
        Some(before) if most == 0 || most > before => Err(Problem::of(
            Code::LimitsRaised,
            format!(
                "this tenant's keys may have {before} {measure}, and one key no more than that"
            ),
        )),
        _ => Ok(()),
    }
}

fn no_tenant() -> Problem {
    Problem::not_found("there is no such tenant")
}

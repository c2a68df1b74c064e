//! What another store learned from its statements: canonical definitions and names of actors.
//!
//! They are set, not merged: there they came about in the order in which requests arrived and with
//! the scopes of whoever sent them, which the statements themselves do not tell.

use crate::error::Result;
use crate::nul::without_nul;
use crate::statements::memory::Memory;
use crate::statements::terms::{Kind, Numbers, TermName};
use crate::statements::{append, store};
use rollbook_db::{Column, Tx, Value};
use std::collections::HashMap;

/// Sets definitions and adds names; answers the numbers of their terms, to be cached once this is
/// committed.
pub(super) fn learn(
    tx: &mut Tx<'_>,
    tenant: i64,
    now: i64,
    definitions: &[(String, String)],
    names: &[(String, String)],
    memory: &Memory,
) -> Result<HashMap<TermName, i64>> {
    let mut head = append::lock(tx, tenant, now)?;
    let activity = |name: &String| TermName::new(Kind::Activity, name);
    let actor = |name: &String| TermName::new(Kind::Actor, name);
    let activities = definitions.iter().map(|(name, _)| activity(name));
    let terms: Vec<TermName> =
        activities.chain(names.iter().map(|(name, _)| actor(name))).collect();
    let numbers = Numbers::resolve(tx, tenant, terms.iter(), &memory.terms, &mut head.term)?;
    let args = [Value::Int(tenant)];
    if !definitions.is_empty() {
        let of = |(name, text): &(String, String)| (numbers.of(&activity(name)), text.clone());
        // Once each: PostgreSQL changes no row twice in one statement.
        let set: HashMap<i64, String> = definitions.iter().map(of).collect();
        let (terms, texts) = set.into_iter().unzip();
        let columns = [Column::Int(terms), Column::Text(texts)];
        tx.many(&store::SET_DEFINITION, &args, &columns)?;
        head.definitions += 1;
    }
    if !names.is_empty() {
        let of = |(actor_name, name): &(String, String)| {
            (numbers.of(&actor(actor_name)), without_nul(name).into_owned())
        };
        let (terms, texts) = names.iter().map(of).unzip();
        tx.many(&store::ADD_NAMES, &args, &[Column::Int(terms), Column::Text(texts)])?;
    }
    let end = [tenant, head.position, head.term, head.definitions, 0].map(Value::Int);
    tx.run(&store::MOVE_HEAD, &end)?;
    Ok(numbers.learned)
}

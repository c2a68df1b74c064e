//! Scopes by their names on the wire (1.0.3 Communication 4.2, `decisions.md` 3).
//!
//! A set prints as the names that [`Scopes::parse`] reads back to the same set.

use super::{Scope, Scopes};
use std::fmt;

/// Names that stand for several scopes.
const SYNONYMS: &[(&str, &[Scope])] = &[
    ("xapi:read", &[Scope::AllRead]),
    ("xapi:write", &[Scope::StatementsWrite, Scope::State, Scope::Profile, Scope::Define]),
];

/// A name that no scope has, or no name at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// There is no such scope.
    #[error("there is no scope {0:?}; the scopes are {known}", known = known())]
    Unknown(String),
    /// A credential without a scope could do nothing.
    #[error("at least one scope is needed; the scopes are {known}", known = known())]
    None,
}

impl Scopes {
    /// Reads names that are separated by commas or white space.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let mut scopes = Self::NONE;
        for name in text.split([',', ' ', '\t', '\n']).filter(|name| !name.is_empty()) {
            let found = named(name).ok_or_else(|| ScopeError::Unknown(name.to_owned()))?;
            scopes = found.iter().fold(scopes, |scopes, scope| scopes.with(*scope));
        }
        if scopes == Self::NONE { Err(ScopeError::None) } else { Ok(scopes) }
    }

    /// What the names mean that are known here; the others mean nothing.
    pub(super) fn known_of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let scopes = names.filter_map(named).flatten();
        scopes.fold(Self::NONE, |scopes, scope| scopes.with(*scope))
    }

    /// The names of the scopes in this set, in the order of the standard.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let held = move |scope: &Scope| self.any(std::slice::from_ref(scope));
        Scope::NAMES.iter().filter(move |(_, scope)| held(scope)).map(|(name, _)| *name)
    }

    /// The set as it is stored.
    pub fn bits(self) -> i64 {
        self.0.into()
    }

    /// A set as it was stored. Bits that no scope has grant nothing.
    pub fn from_bits(bits: i64) -> Self {
        Scope::NAMES
            .iter()
            .filter(|(_, scope)| bits & i64::from(*scope as u16) != 0)
            .fold(Self::NONE, |scopes, (_, scope)| scopes.with(*scope))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.names().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

fn named(name: &str) -> Option<&'static [Scope]> {
    let single = Scope::NAMES.iter().find(|(known, _)| *known == name);
    single
        .map(|(_, scope)| std::slice::from_ref(scope))
        .or_else(|| SYNONYMS.iter().find(|(known, _)| *known == name).map(|(_, scopes)| *scopes))
}

/// Every name, for people.
fn known() -> String {
    let single = Scope::NAMES.iter().map(|(name, _)| *name);
    single.chain(SYNONYMS.iter().map(|(name, _)| *name)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_synonyms_are_read() {
        let write = Scopes::parse("xapi:write").unwrap();
        assert_eq!(write.to_string(), "statements/write,state,define,profile");
        assert_eq!(Scopes::parse("state, xapi:read").unwrap().to_string(), "state,all/read");
        assert_eq!(Scopes::parse(&write.to_string()), Ok(write));
    }

    #[test]
    fn an_unknown_name_is_told_the_known_ones() {
        expect_test::expect![[r#"there is no scope "wirte"; the scopes are statements/write, statements/read/mine, statements/read, state, define, profile, all/read, all, read, write, admin, operator, xapi:read, xapi:write"#]]
            .assert_eq(&Scopes::parse("wirte").unwrap_err().to_string());
        assert_eq!(Scopes::parse(" , "), Err(ScopeError::None));
    }

    #[test]
    fn a_set_survives_storage_and_unknown_bits_grant_nothing() {
        for (_, scope) in Scope::NAMES {
            let set = Scopes::NONE.with(*scope);
            assert_eq!(Scopes::from_bits(set.bits()), set);
        }
        assert_eq!(Scopes::from_bits(1 << 40), Scopes::NONE);
    }
}

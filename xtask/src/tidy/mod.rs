//! `cargo xtask tidy`: the house rules that a machine can see, by plain string scanning.
//!
//! A rule is a function from the tree to findings, in a file of its own, with tests that show it
//! catching what it forbids. A finding fails the build; a note does not.

mod dead;
mod directions;
mod docs;
mod leftovers;
mod lengths;
mod migrations;
mod modules;
mod names;
mod rows;
mod rust;
mod scopes;
mod sql;
mod stores;
mod tree;

use std::fmt;
use std::path::Path;

use anyhow::ensure;

use tree::Tree;

/// Something that a rule forbids.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    rule: &'static str,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, what } = self;
        write!(f, "{path}:{line}: {rule}: {what}")
    }
}

/// Every rule. One that is not here does not exist.
const RULES: &[fn(&Tree) -> Vec<Finding>] = &[
    directions::manifests,
    directions::pure_sources,
    lengths::files,
    lengths::functions,
    modules::openings,
    modules::doublings,
    dead::files,
    names::files,
    names::types,
    stores::private,
    leftovers::todos,
    leftovers::macros,
    docs::titles,
    rows::proved,
    rows::there,
    sql::scoped,
    migrations::paired,
    migrations::keyed,
];

/// Prints every finding, and fails if there is one.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let tree = Tree::read(root)?;
    for note in lengths::notes(&tree) {
        println!("note: {note}");
    }
    let findings = check(&tree);
    for finding in &findings {
        println!("{finding}");
    }
    ensure!(findings.is_empty(), "{} house rules broken", findings.len());
    Ok(())
}

/// What every rule finds, in the order of the tree.
fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort();
    findings
}

#[cfg(test)]
mod tests {
    use super::{Finding, Tree, check};

    /// What a rule finds in a tree of these files, each as it would be printed.
    pub(super) fn found(rule: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<String> {
        rule(&Tree::of(files)).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn this_repository_is_tidy() {
        let tree = Tree::read(&crate::root()).unwrap();
        let findings = check(&tree).iter().map(Finding::to_string).collect::<Vec<_>>().join("\n");
        assert!(findings.is_empty(), "\n{findings}");
    }
}

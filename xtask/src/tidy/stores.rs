//! A feature's `store.rs` belongs to its folder alone; others enter by what `mod.rs` offers (style rule 4).

use super::Finding;
use super::rust;
use super::tree::{File, Tree};

const SERVER: &str = "crates/server/src/";

/// No file outside a folder names that folder's store, and no folder offers its own.
pub(super) fn private(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter(|file| file.path.starts_with(SERVER))
        .flat_map(|file| strangers(file).into_iter().chain(offered(file)))
        .collect()
}

fn strangers(file: &File) -> Vec<Finding> {
    paths(&file.code)
        .into_iter()
        .filter_map(|(at, path)| {
            let (owner, _) = path.strip_prefix("crate::")?.split_once("::store")?;
            let folder = format!("{SERVER}{}", owner.replace("::", "/"));
            let inside = file.folder() == folder || file.path.starts_with(&format!("{folder}/"));
            let what = format!("uses the store of `{owner}`; enter by what {owner}/mod.rs offers");
            (!inside).then(|| file.finding(at, "private-store", what))
        })
        .collect()
}

fn offered(file: &File) -> Option<Finding> {
    let at = rust::words(&file.code, "mod").find(|at| {
        let name = file.code.get(at + 3..).map(rust::identifier);
        let before = file.code.get(..*at).and_then(|text| text.lines().next_back());
        name == Some("store") && before.is_some_and(|line| line.trim_start().starts_with("pub"))
    })?;
    let what = "offers its store to others; make it `mod store;`";
    Some(file.finding(at, "private-store", what.into()))
}

/// Every path that starts with `crate::`, with the groups of `use` written out.
fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code.get(at..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_alphanumeric() && !"_:{".contains(c));
        let path = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        match path.split_once('{') {
            Some((prefix, _)) => {
                let inside = rust::block(code, at).and_then(|span| code.get(span));
                expand(prefix, inside.unwrap_or_default(), at, &mut found);
            }
            None => found.push((at, path.into())),
        }
    }
    found
}

/// Writes out one group: `a::{b, c::{d, e}}`.
fn expand(prefix: &str, inside: &str, at: usize, found: &mut Vec<(usize, String)>) {
    let (mut depth, mut part) = (0_usize, String::new());
    for c in inside.chars().chain([',']) {
        depth = match c {
            '{' => depth + 1,
            '}' => depth.saturating_sub(1),
            _ => depth,
        };
        if c != ',' || depth > 0 {
            part.push(c);
            continue;
        }
        let item = part.trim();
        match item.strip_suffix('}').and_then(|item| item.split_once('{')) {
            Some((more, group)) => expand(&format!("{prefix}{more}"), group, at, found),
            None => found.push((at, format!("{prefix}{item}"))),
        }
        part.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    const WHAT: &str = "uses the store of `agents`; enter by what agents/mod.rs offers";

    #[test]
    fn a_strangers_store_is_found_however_it_is_named() {
        for text in [
            "use crate::agents::store;",
            "use crate::agents::store::find;",
            "use crate::{app::App, agents::{Person, store::{find, all}}};",
            "fn f() { crate::agents::store::find() }",
        ] {
            let at = "crates/server/src/statements/query.rs";
            let files = [(at, text)];
            assert!(found(private, &files).iter().any(|f| f.ends_with(WHAT)), "{text}");
        }
    }

    #[test]
    fn a_folder_may_use_its_own_store() {
        let text = "use crate::agents::{Person, store};\nmod store;";
        assert!(found(private, &[("crates/server/src/agents/mod.rs", text)]).is_empty());
    }

    #[test]
    fn a_store_that_is_offered_is_found() {
        let files = [("crates/server/src/agents/mod.rs", "mod a;\npub(crate) mod store;")];
        let what = "private-store: offers its store to others; make it `mod store;`";
        assert_eq!(found(private, &files), [format!("crates/server/src/agents/mod.rs:2: {what}")]);
    }
}

//! No dead files: every Rust file is reached from a crate's root by `mod` lines.

use std::collections::BTreeSet;

use super::Finding;
use super::rust;
use super::tree::{File, Tree};

/// Files that no `mod` line reaches.
pub(super) fn files(tree: &Tree) -> Vec<Finding> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&File> = tree.rust().filter(|file| is_root(tree, file)).collect();
    while let Some(file) = open.pop() {
        if reached.insert(&file.path) {
            open.extend(children(tree, file));
        }
    }
    tree.rust()
        .filter(|file| !reached.contains(&file.path))
        .map(|file| {
            let what = "no `mod` line reaches this file; add one, or delete it";
            file.finding(0, "dead-file", what.into())
        })
        .collect()
}

/// Where the compiler starts: by cargo's habit, or named in the manifest.
fn is_root(tree: &Tree, file: &File) -> bool {
    let by_habit = ["src/main.rs", "src/lib.rs", "build.rs"]
        .iter()
        .any(|end| file.path.strip_suffix(end).is_some_and(|rest| is_crate(tree, rest)))
        || ["src/bin/", "tests/", "benches/", "examples/"]
            .iter()
            .filter_map(|part| file.path.rsplit_once(part))
            .any(|(rest, name)| {
                let name = name.strip_suffix("/main.rs").unwrap_or(name);
                is_crate(tree, rest) && !name.contains('/')
            });
    by_habit
        || tree.files.iter().filter(|manifest| manifest.name() == "Cargo.toml").any(|manifest| {
            let folder = manifest.path.trim_end_matches("Cargo.toml");
            file.path
                .strip_prefix(folder)
                .is_some_and(|path| manifest.text.contains(&format!("path = \"{path}\"")))
        })
}

/// Whether a crate lives in this folder, written with `/` at its end.
fn is_crate(tree: &Tree, folder: &str) -> bool {
    tree.get(&format!("{folder}Cargo.toml")).is_some()
}

/// The files that the `mod` lines of a file name.
fn children<'a>(tree: &'a Tree, file: &File) -> Vec<&'a File> {
    // A root looks for its modules beside it, wherever it is.
    let beside = ["main", "lib", "mod"].contains(&file.stem()) || is_root(tree, file);
    let folder = if beside { file.folder().into() } else { file.path.replace(".rs", "") };
    rust::words(&file.code, "mod")
        .filter_map(|at| {
            let rest = file.code.get(at + 3..)?;
            let name = rust::identifier(rest);
            rest.trim_start().strip_prefix(name)?.trim_start().starts_with(';').then_some(name)
        })
        .filter_map(|name| {
            tree.get(&format!("{folder}/{name}.rs"))
                .or_else(|| tree.get(&format!("{folder}/{name}/mod.rs")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    #[test]
    fn a_file_that_nothing_names_is_found() {
        let tree = [
            ("a/Cargo.toml", "[[bin]]\npath = \"odd/start.rs\"\n"),
            ("a/odd/start.rs", ""),
            ("a/src/lib.rs", "mod one;\n// mod four;\n#[cfg(test)]\nmod tests;"),
            ("a/src/one/mod.rs", "pub(crate) mod two;"),
            ("a/src/one/two.rs", ""),
            ("a/src/one/three.rs", ""),
            ("a/src/four.rs", ""),
            ("a/src/tests.rs", ""),
            ("a/tests/whole/main.rs", "mod part;"),
            ("a/tests/whole/part.rs", ""),
        ];
        let what = "1: dead-file: no `mod` line reaches this file; add one, or delete it";
        let expected = [format!("a/src/one/three.rs:{what}"), format!("a/src/four.rs:{what}")];
        assert_eq!(found(files, &tree), expected);
    }
}

//! The standard's nouns and plain verbs; no word that says nothing (style rule 6).

use super::Finding;
use super::rust;
use super::tree::{File, Tree};

const EMPTY_FILES: &[&str] =
    &["util", "utils", "helper", "helpers", "manager", "managers", "misc", "common"];
const EMPTY_ENDS: &[&str] = &["Manager", "Helper", "Helpers", "Util", "Utils"];

/// No file or folder has a name that says nothing.
pub(super) fn files(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter_map(|file| {
            let path = file.path.trim_end_matches(".rs");
            let word = path.split('/').find(|part| EMPTY_FILES.contains(part))?;
            let what = format!("`{word}` names nothing; name the thing it is about");
            Some(file.finding(0, "empty-name", what))
        })
        .collect()
}

/// No type has a name that says nothing.
pub(super) fn types(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(empty_types).collect()
}

fn empty_types(file: &File) -> Vec<Finding> {
    ["struct", "enum", "trait", "type"]
        .iter()
        .flat_map(|keyword| {
            rust::words(&file.code, keyword).filter_map(|at| {
                let name = rust::identifier(file.code.get(at + keyword.len()..)?);
                EMPTY_ENDS.iter().any(|end| name.ends_with(end)).then(|| {
                    let what = format!("`{name}` names nothing; use the standard's own noun");
                    file.finding(at, "empty-name", what)
                })
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    #[test]
    fn empty_file_names_are_found() {
        let what = "empty-name: `utils` names nothing; name the thing it is about";
        assert_eq!(found(files, &[("src/utils.rs", "")]), [format!("src/utils.rs:1: {what}")]);
        assert_eq!(found(files, &[("src/utils/a.rs", "")]), [format!("src/utils/a.rs:1: {what}")]);
        assert!(found(files, &[("src/statements/query.rs", "")]).is_empty());
    }

    #[test]
    fn empty_type_names_are_found() {
        let text = "struct A;\npub(crate) struct KeyManager<T>(T);\n// struct DocHelper\n";
        let what = "a.rs:2: empty-name: `KeyManager` names nothing; use the standard's own noun";
        assert_eq!(found(types, &[("a.rs", text)]), [what]);
    }
}

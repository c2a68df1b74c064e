//! How files make modules (style rules 2 and 4).

use super::Finding;
use super::tree::Tree;

/// A file opens with `//!`: what it is, the clause it implements, what always holds.
pub(super) fn openings(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| {
            let what = "the file does not open with `//!`; say what it is and what always holds";
            file.finding(0, "opening", what.into())
        })
        .collect()
}

/// A module with children is `foo/mod.rs`; never `foo.rs` beside a folder `foo/`.
pub(super) fn doublings(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter(|file| !["main", "lib", "mod"].contains(&file.stem()))
        .filter(|file| {
            let children = file.path.replace(".rs", "/");
            tree.rust().any(|other| other.path.starts_with(&children))
        })
        .map(|file| {
            let what =
                format!("stands beside a folder of its name; move it to {}/mod.rs", file.stem());
            file.finding(0, "module-twice", what)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    #[test]
    fn a_file_without_an_opening_is_found() {
        let files = [("a.rs", "//! What it is.\n"), ("b.rs", "use a;\n"), ("c.sql", "-- x\n")];
        let what = "the file does not open with `//!`; say what it is and what always holds";
        assert_eq!(found(openings, &files), [format!("b.rs:1: opening: {what}")]);
    }

    #[test]
    fn a_file_beside_its_folder_is_found() {
        let files = [("src/foo.rs", ""), ("src/foo/bar.rs", ""), ("src/main.rs", "")];
        let what = "stands beside a folder of its name; move it to foo/mod.rs";
        assert_eq!(found(doublings, &files), [format!("src/foo.rs:1: module-twice: {what}")]);
        assert!(found(doublings, &[("src/foo/mod.rs", ""), ("src/foo/bar.rs", "")]).is_empty());
    }
}

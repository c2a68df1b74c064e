//! Every page for operators has a title.

use super::Finding;
use super::tree::Tree;

/// A page in docs/ starts with `# `.
pub(super) fn titles(tree: &Tree) -> Vec<Finding> {
    tree.files
        .iter()
        .filter(|file| file.path.starts_with("docs/") && file.is("md"))
        .filter(|file| !file.text.starts_with("# "))
        .map(|file| {
            file.finding(0, "title", "the page does not start with a title; add `# …`".into())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    #[test]
    fn a_page_without_a_title_is_found() {
        let files = [("docs/a.md", "# A\n"), ("docs/b.md", "## B\n"), ("README.md", "x\n")];
        let what = "docs/b.md:1: title: the page does not start with a title; add `# …`";
        assert_eq!(found(titles, &files), [what]);
    }
}

//! Each of the known traps of learning record stores has a proof, and `docs/conformance.md` lists
//! them all.
//!
//! A proof is a test of the server whose doc comment begins with its rows: `Row 7.` or `Rows 7, 9.`

use super::Finding;
use super::tree::{File, Tree};
use std::collections::{BTreeMap, BTreeSet};

const ROWS: u32 = 42;
const PAGE: &str = "docs/conformance.md";
const SOURCES: &str = "crates/server/src/";

/// The names of proofs by row.
type Proofs = BTreeMap<u32, BTreeSet<String>>;

/// Every row has a proof, and the page names exactly the proofs that there are.
pub(super) fn proved(tree: &Tree) -> Vec<Finding> {
    let listed = tree.get(PAGE).map(listed).unwrap_or_default();
    let mut proofs: Proofs = (1..=ROWS).map(|row| (row, BTreeSet::new())).collect();
    for file in tree.rust() {
        if let Some(path) = file.path.strip_prefix(SOURCES) {
            for (row, name) in proofs_in(path, &file.text) {
                proofs.entry(row).or_default().insert(name);
            }
        }
    }
    proofs.into_iter().filter_map(|(row, names)| check(row, &names, listed.get(&row))).collect()
}

/// Every proof that a table of the page names is there.
pub(super) fn there(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.get(PAGE) else { return Vec::new() };
    let files = tree.rust().filter_map(|file| Some((file.path.strip_prefix(SOURCES)?, &file.text)));
    let all: BTreeSet<String> = files
        .flat_map(|(path, text)| functions_in(path, text).into_iter().map(|(_, name)| name))
        .collect();
    let absent = |(at, line): (usize, &str)| {
        let cell = line.strip_prefix('|')?.strip_suffix('|')?.rsplit('|').next()?;
        let mut names = cell.split('`').skip(1).step_by(2).filter(|name| name.contains("::"));
        let name = names.find(|name| !all.contains(*name))?;
        let what = format!("there is no test {name}");
        Some(Finding { path: PAGE.into(), line: at + 1, rule: "unproved", what })
    };
    page.text.lines().enumerate().filter_map(absent).collect()
}

fn check(row: u32, names: &BTreeSet<String>, listed: Option<&(usize, String)>) -> Option<Finding> {
    let finding = |line, what| Some(Finding { path: PAGE.into(), line, rule: "unproved", what });
    let line = listed.map_or(1, |(line, _)| *line);
    if row == 0 || row > ROWS {
        return finding(line, format!("there is no row {row}, but {names:?} cite it"));
    }
    if names.is_empty() {
        return finding(line, format!("row {row} has no test whose doc comment begins with it"));
    }
    let expected = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if listed.is_some_and(|(_, proofs)| *proofs == expected) {
        return None;
    }
    finding(line, format!("row {row} must list its proofs so: {expected}"))
}

/// The last cell of each row of the page's table, with its line, by the number in the first.
fn listed(page: &File) -> BTreeMap<u32, (usize, String)> {
    let row = |(at, line): (usize, &str)| {
        let cells: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').collect();
        let number = cells.first()?.trim().parse().ok()?;
        Some((number, (at + 1, cells.last()?.trim().to_owned())))
    };
    page.text.lines().enumerate().filter_map(row).collect()
}

/// The proofs in a file, by row.
fn proofs_in(path: &str, text: &str) -> Vec<(u32, String)> {
    let functions = functions_in(path, text).into_iter();
    functions
        .flat_map(|(doc, name)| rows(doc).into_iter().map(move |row| (row, name.clone())))
        .collect()
}

/// The functions in a file, each with the first line of its doc comment. `tests` is left out of their
/// names.
fn functions_in<'t>(path: &str, text: &'t str) -> Vec<(&'t str, String)> {
    let modules = path.trim_end_matches(".rs").split('/').filter(|part| *part != "tests");
    let module = modules.collect::<Vec<_>>().join("::");
    let mut first_doc: Option<&str> = None;
    let mut functions = Vec::new();
    for line in text.lines().map(str::trim_start) {
        if let Some(doc) = line.strip_prefix("/// ") {
            first_doc.get_or_insert(doc);
        } else if !line.starts_with("#[") && !line.starts_with("///") {
            let doc = first_doc.take().unwrap_or_default();
            let name = line.split_once("fn ").and_then(|(_, rest)| rest.split_once('('));
            functions.extend(name.map(|(name, _)| (doc, format!("{module}::{name}"))));
        }
    }
    functions
}

/// The rows that a doc comment begins with.
fn rows(doc: &str) -> Vec<u32> {
    let numbers = doc.strip_prefix("Row ").or_else(|| doc.strip_prefix("Rows "));
    let numbers = numbers.and_then(|rest| rest.split_once('.')).map(|(numbers, _)| numbers);
    let numbers = numbers.unwrap_or_default().split(", ");
    numbers.filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    /// A test that cites every row.
    fn all() -> String {
        let rows = (1..=ROWS).map(|row| row.to_string()).collect::<Vec<_>>().join(", ");
        format!("/// Rows {rows}. Why.\n/// More.\n#[test]\nasync fn all() {{}}\n")
    }

    fn page(of: impl Fn(u32) -> &'static str) -> String {
        let lines: Vec<_> =
            (1..=ROWS).map(|row| format!("| {row} | trap | {} |", of(row))).collect();
        lines.join("\n")
    }

    #[test]
    fn a_page_that_lists_every_proof_is_fine() {
        let file = "crates/server/src/statements/tests/all.rs";
        let page = page(|_| "`statements::all::all`");
        assert!(found(proved, &[(file, &all()), (PAGE, &page)]).is_empty());
        let elsewhere = found(proved, &[("xtask/src/all.rs", &all()), (PAGE, &page)]);
        assert_eq!(elsewhere.len(), 42, "only the server's tests count");
    }

    #[test]
    fn a_row_without_proof_or_with_another_is_found() {
        let file = "crates/server/src/about/tests.rs";
        let page = page(|row| if row == 7 { "`about::gone`" } else { "`about::all`" });
        let must = "docs/conformance.md:7: unproved: row 7 must list its proofs so: `about::all`";
        assert_eq!(found(proved, &[(file, &all()), (PAGE, &page)]), [must]);
        let text = all().replace(", 9,", ",");
        let none =
            "docs/conformance.md:9: unproved: row 9 has no test whose doc comment begins with it";
        assert_eq!(found(proved, &[(file, &text), (PAGE, &page)]), [must, none]);
    }

    #[test]
    fn a_proof_that_is_named_and_not_there_is_found() {
        let file = ("crates/server/src/cmi5/tests/fetch.rs", "    async fn once(app: TestApp) {\n");
        let page =
            "`not::here`\n| fault | `cmi5::fetch::once` |\n| other | `cmi5::fetch::twice` |\n";
        let absent = "docs/conformance.md:3: unproved: there is no test cmi5::fetch::twice";
        assert_eq!(found(there, &[file, (PAGE, page)]), [absent]);
    }

    #[test]
    fn only_the_beginning_of_a_doc_comment_cites() {
        assert_eq!(rows("Row 7. XAPI-00001"), [7]);
        assert_eq!(rows("Rows 7, 12. Why"), [7, 12]);
        assert!(rows("See row 7.").is_empty() && rows("Row seven.").is_empty());
        let text = "/// Why.\n/// Row 7.\nfn f() {}\n/// Row 8.\nstruct S;\nfn g() {}\n";
        assert!(proofs_in("a.rs", text).is_empty());
    }
}

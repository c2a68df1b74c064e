//! What is unfinished has an issue (writing habits), and no debugging stays behind.

use super::Finding;
use super::rust::{self, Kind};
use super::tree::{File, Tree};

/// The words that mark something unfinished.
const MARKS: &[&str] = &["TODO", "FIXME", "XXX"];
const MACROS: &[&str] = &["todo", "unimplemented", "dbg"];

/// An unfinished thing names its issue in brackets.
pub(super) fn todos(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(ownerless).collect()
}

fn ownerless(file: &File) -> Vec<Finding> {
    let comments = rust::keep(&file.text, &file.pieces, &[Kind::Comment]);
    MARKS
        .iter()
        .flat_map(|mark| {
            rust::words(&comments, mark)
                .filter(|at| !comments.get(at + mark.len()..).is_some_and(owned))
                .map(|at| {
                    let what = format!("`{mark}` without an issue; write TODO with (#number)");
                    file.finding(at, "ownerless", what)
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Starts with an issue's number in brackets.
fn owned(text: &str) -> bool {
    let number = text.strip_prefix("(#").and_then(|rest| rest.split_once(')'));
    number.is_some_and(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// No macro that stands for code to come, or that prints for its author.
pub(super) fn macros(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .flat_map(|file| {
            MACROS.iter().flat_map(move |name| {
                rust::words(&file.code, name)
                    .filter(|at| {
                        file.code.get(at + name.len()..).is_some_and(|rest| rest.starts_with('!'))
                    })
                    .map(move |at| {
                        file.finding(at, "leftover", format!("`{name}!` stays behind; finish it"))
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
    fn an_unfinished_thing_without_an_issue_is_found() {
        let text = "// TODO: later\n// TODO(#12): later\n// TODO(me)\nlet s = \"TODO\";\n";
        let what = "ownerless: `TODO` without an issue; write TODO with (#number)";
        let expected = [format!("a.rs:1: {what}"), format!("a.rs:3: {what}")];
        assert_eq!(found(todos, &[("a.rs", text)]), expected);
    }

    #[test]
    fn leftover_macros_are_found() {
        let text = "fn f() {\n    dbg!(1);\n    todo!()\n}\nfn todo() {}\n";
        assert_eq!(
            found(macros, &[("a.rs", text)]),
            [
                "a.rs:3: leftover: `todo!` stays behind; finish it",
                "a.rs:2: leftover: `dbg!` stays behind; finish it",
            ]
        );
    }
}

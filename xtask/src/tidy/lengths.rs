//! A file is one idea and a function fits a screen (style rule 1).

use super::Finding;
use super::rust::{self, Kind};
use super::tree::{File, Tree};

const FILE_LINES_MAX: usize = 500;
const FILE_LINES_GOOD: usize = 300;
const FUNCTION_LINES_MAX: usize = 70;

/// No file is over 500 lines.
pub(super) fn files(tree: &Tree) -> Vec<Finding> {
    over(tree, FILE_LINES_MAX, usize::MAX)
}

/// Files that grow; said, not refused.
pub(super) fn notes(tree: &Tree) -> Vec<Finding> {
    over(tree, FILE_LINES_GOOD, FILE_LINES_MAX)
}

fn over(tree: &Tree, least: usize, most: usize) -> Vec<Finding> {
    tree.files
        .iter()
        .filter(|file| ["rs", "js", "mjs", "ts", "sql"].iter().any(|end| file.is(end)))
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| (least + 1..=most).contains(lines))
        .map(|(file, lines)| {
            let what = format!("{lines} lines, more than {least}; split it by idea");
            file.finding(file.text.len() - 1, "file-length", what)
        })
        .collect()
}

/// No function outside tests is over 70 lines; blank lines and comments do not count.
pub(super) fn functions(tree: &Tree) -> Vec<Finding> {
    tree.rust().filter(|file| !file.is_test()).flat_map(long_functions).collect()
}

fn long_functions(file: &File) -> Vec<Finding> {
    let tests = rust::test_blocks(&file.code);
    let uncommented = rust::keep(&file.text, &file.pieces, &[Kind::Code, Kind::Literal]);
    rust::words(&file.code, "fn")
        .filter(|at| !tests.iter().any(|block| block.contains(at)))
        .filter_map(|at| {
            let name = rust::identifier(file.code.get(at + 2..)?);
            if name.is_empty() {
                return None; // the type `fn(…)`
            }
            let body = rust::block(&file.code, body_start(&file.code, at)?)?;
            let lines = uncommented.get(body)?.lines().filter(|l| !l.trim().is_empty()).count();
            (lines > FUNCTION_LINES_MAX).then(|| {
                let what = format!("`{name}` has {lines} lines, more than {FUNCTION_LINES_MAX}");
                file.finding(at, "function-length", what + "; give its steps names")
            })
        })
        .collect()
}

/// Where the body of the function opens; none for a declaration.
fn body_start(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(at),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    #[test]
    fn a_file_of_501_lines_is_refused_and_one_of_301_noted() {
        let lines = |n| "x\n".repeat(n);
        assert!(found(files, &[("a.rs", &lines(500))]).is_empty());
        let what = "a.rs:501: file-length: 501 lines, more than 500; split it by idea";
        assert_eq!(found(files, &[("a.rs", &lines(501))]), [what]);
        assert!(found(notes, &[("a.rs", &lines(300)), ("b.rs", &lines(501))]).is_empty());
        assert_eq!(found(notes, &[("a.rs", &lines(301))]).len(), 1);
    }

    #[test]
    fn a_function_of_71_lines_is_refused_unless_it_is_a_test() {
        let function = |n| format!("fn f(a: [u8; 2]) {{\n// why\n\n{}}}\n", "x;\n".repeat(n));
        assert!(found(functions, &[("a.rs", &function(70))]).is_empty());
        assert_eq!(
            found(functions, &[("a.rs", &function(71))]),
            ["a.rs:1: function-length: `f` has 71 lines, more than 70; give its steps names"]
        );
        assert!(found(functions, &[("src/tests.rs", &function(71))]).is_empty());
        let inside = format!("#[cfg(test)]\nmod tests {{\n{}}}", function(71));
        assert!(found(functions, &[("a.rs", &inside)]).is_empty());
    }

    #[test]
    fn a_declaration_has_no_body() {
        let text = format!("trait T {{ fn f(&self); }}\nstruct S {{\n{}}}", "x: u8,\n".repeat(99));
        assert!(found(functions, &[("a.rs", &text)]).is_empty());
    }
}

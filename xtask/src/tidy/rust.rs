//! Rust text as code, comments and literals; enough to count braces and to find words, no more.

use std::ops::Range;

/// What a piece of Rust text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    Comment,
    /// A string, byte string or character.
    Literal,
}

/// A piece of Rust text. Pieces follow one another without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

/// Splits a file into its pieces.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut code, mut at, mut before) = (0, 0, ' ');
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((kind, length)) = opening(rest, before) {
            if code < at {
                pieces.push(Piece { kind: Kind::Code, span: code..at });
            }
            pieces.push(Piece { kind, span: at..at + length });
            at += length;
            code = at;
            before = ' ';
        } else {
            before = rest.chars().next().expect("the rest is not empty");
            at += before.len_utf8();
        }
    }
    if code < at {
        pieces.push(Piece { kind: Kind::Code, span: code..at });
    }
    pieces
}

/// The text with all other kinds blanked, so that offsets and lines stay.
pub(super) fn keep(text: &str, pieces: &[Piece], kinds: &[Kind]) -> String {
    let mut kept = String::with_capacity(text.len());
    for Piece { kind, span } in pieces {
        let part = text.get(span.clone()).expect("pieces lie inside their text");
        if kinds.contains(kind) {
            kept.push_str(part);
        } else {
            kept.extend(part.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        }
    }
    kept
}

/// The first block at or after an offset of blanked code: what is inside its braces, both excluded.
pub(super) fn block(code: &str, from: usize) -> Option<Range<usize>> {
    let open = from + code.get(from..)?.find('{')?;
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(open + 1..at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Where a word starts in blanked code, each time.
pub(super) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code.get(..*at).and_then(|text| text.chars().next_back());
        let after = code.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// The blocks that only tests see: `#[cfg(test)] mod … { … }`.
pub(super) fn test_blocks(code: &str) -> Vec<Range<usize>> {
    code.match_indices("#[cfg(test)]")
        .filter_map(|(at, mark)| {
            let rest = code.get(at + mark.len()..)?;
            let brace = rest.find('{')?;
            // `mod tests;` and `use …;` end before any brace.
            if rest.get(..brace)?.contains(';') {
                return None;
            }
            block(code, at + mark.len())
        })
        .collect()
}

/// The identifier at the start of a text, after white space.
pub(super) fn identifier(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    text.get(..end).expect("find gives an offset inside the text")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Which comment or literal starts here, and how long it is.
fn opening(rest: &str, before: char) -> Option<(Kind, usize)> {
    if rest.starts_with("//") {
        return Some((Kind::Comment, rest.find('\n').unwrap_or(rest.len())));
    }
    if rest.starts_with("/*") {
        return Some((Kind::Comment, block_comment(rest)));
    }
    if rest.starts_with('"') {
        return Some((Kind::Literal, quoted(rest, '"')));
    }
    if rest.starts_with('\'') {
        return character(rest).map(|length| (Kind::Literal, length));
    }
    if is_word(before) { None } else { raw(rest).map(|length| (Kind::Literal, length)) }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a literal up to its closing mark, escapes skipped.
fn quoted(rest: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == mark => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `'x'` and `'\n'` are characters; `'a` alone is a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut chars = rest.chars().skip(1);
    let first = chars.next()?;
    (first == '\\' || chars.next() == Some('\'')).then(|| quoted(rest, '\''))
}

/// `r"…"`, `r#"…"#`, `br"…"`, `cr"…"`.
fn raw(rest: &str) -> Option<usize> {
    let name = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r')?;
    let body = name.trim_start_matches('#');
    let hashes = name.len() - body.len();
    let body = body.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - body.len();
    Some(body.find(&close).map_or(rest.len(), |end| start + end + close.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code of a text, its white space taken together; every offset stays.
    fn code(text: &str) -> String {
        let code = keep(text, &pieces(text), &[Kind::Code]);
        assert_eq!(code.len(), text.len());
        assert_eq!(code.lines().count(), text.lines().count());
        code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn literals_and_comments_are_blanked_and_nothing_else() {
        assert_eq!(code("a // {\nb"), "a b");
        assert_eq!(code("a /* { /* } */ { */ b"), "a b");
        assert_eq!(code(r#"f("\"{", '{', '\'', b"}")"#), "f( , , , b )");
        assert_eq!(code(r##"x(r#"{"{"#, br"\")"##), "x( , )");
        assert_eq!(code("fn f<'a>(x: &'a str) { r#type }"), "fn f<'a>(x: &'a str) { r#type }");
        assert_eq!(code("\"é{\n\" + c"), "+ c");
    }

    #[test]
    fn blocks_end_at_their_own_brace() {
        let text = "fn f() { if x { y } }\nfn g() {}";
        assert_eq!(block(text, 0).and_then(|span| text.get(span)), Some(" if x { y } "));
        assert_eq!(block("fn f() {", 0), None);
    }

    #[test]
    fn words_are_whole() {
        assert_eq!(words("fn fnord xfn fn", "fn").collect::<Vec<_>>(), [0, 13]);
    }

    #[test]
    fn only_blocks_of_tests_are_test_blocks() {
        let text = "#[cfg(test)]\nmod tests;\nfn a() { b }\n#[cfg(test)]\nmod tests { c }";
        let found = test_blocks(text);
        assert_eq!(found.into_iter().filter_map(|s| text.get(s)).collect::<Vec<_>>(), [" c "]);
    }
}

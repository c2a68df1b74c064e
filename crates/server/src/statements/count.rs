//! How many statements a text holds, told without parsing it.
//!
//! A caller over its limit is refused before its statements cost anything. Where the text is no
//! JSON the count means nothing, and the parser says so.

/// The statements in a body: the items of a list, or one.
pub(super) fn statements(text: &str) -> usize {
    let text = text.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}']);
    let Some(list) = text.strip_prefix('[') else { return 1 };
    let (mut depth, mut items, mut empty) = (0_usize, 1, true);
    let mut bytes = list.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'"' => end_of_string(&mut bytes),
            b'{' | b'[' => depth += 1,
            b']' if depth == 0 => break,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => items += 1,
            _ => {}
        }
        empty = false;
    }
    if empty { 0 } else { items }
}

fn end_of_string(bytes: &mut std::str::Bytes<'_>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_a_list_are_counted() {
        for (text, count) in [
            ("{}", 1),
            (" \n{\"a\":[1,2,3]}", 1),
            ("[]", 0),
            (" [ ] ", 0),
            ("[{}]", 1),
            ("[{\"a\":[1,{\"b\":[]}],\"c\":\"],[\"},{}, {\"d\":\"\\\"],\"}]", 3),
            ("[{},{}] , {}", 2),
            ("[\"\\\\\",1,2]", 3),
            ("", 1),
            ("[{", 1),
            ("[\"", 1),
        ] {
            assert_eq!(statements(text), count, "{text}");
        }
    }
}

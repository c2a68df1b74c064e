//! The name of an entry as it is kept: relative, with `/`, leading nowhere but into the package.

/// Names that mean a device on Windows, whatever follows their first dot.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// The characters of the upper half of code page 437, in which old archives have their names.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The text of a name: UTF-8 where it is that, whatever the flag says; else code page 437.
pub(crate) fn text(raw: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(raw) {
        return text.to_owned();
    }
    let upper: Vec<char> = CP437.chars().collect();
    let one = |byte: &u8| match byte.checked_sub(128) {
        None => char::from(*byte),
        Some(index) => upper.get(usize::from(index)).copied().unwrap_or('\u{fffd}'),
    };
    raw.iter().map(one).collect()
}

/// The name with `/` for `\`, and why it cannot be kept. A folder's name loses its last `/`.
pub(crate) fn cleaned(
    name: &str,
    bytes_max: usize,
    depth_max: usize,
) -> Result<String, &'static str> {
    let name = name.replace('\\', "/");
    if name.len() > bytes_max {
        return Err("the path is too long");
    }
    if name.starts_with('/') {
        return Err("the path is absolute");
    }
    if name.chars().any(char::is_control) {
        return Err("the path has a control character");
    }
    let path = name.strip_suffix('/').unwrap_or(&name);
    let mut steps = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => return Err("the path leads out of the package"),
            step if step.contains(':') => return Err("the path names a drive or a stream"),
            step if step.ends_with(['.', ' ']) => return Err("a name ends with a dot or a space"),
            step if is_device(step) => return Err("a name is that of a device"),
            step => steps.push(step),
        }
    }
    if steps.is_empty() {
        return Err("the path is empty");
    }
    if steps.len() > depth_max + 1 {
        return Err("the path is too deep");
    }
    Ok(steps.join("/"))
}

fn is_device(step: &str) -> bool {
    let before_dot = step.split('.').next().unwrap_or_default();
    DEVICES.iter().any(|device| before_dot.eq_ignore_ascii_case(device))
}

#[cfg(test)]
mod tests {
    use super::{CP437, cleaned, text};

    #[test]
    fn names_that_are_kept() {
        for (name, expected) in [
            ("index.html", "index.html"),
            ("a\\b\\c.html", "a/b/c.html"),
            ("./a//b/./c", "a/b/c"),
            ("folder/", "folder"),
            ("Ünï/日本.html", "Ünï/日本.html"),
            (".hidden", ".hidden"),
            ("console.js", "console.js"),
        ] {
            assert_eq!(cleaned(name, 512, 32).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn names_that_are_not() {
        let (long, deep) = ("a".repeat(513), "a/".repeat(33) + "b");
        for name in [
            "",
            "/",
            "./",
            "../a",
            "a/../../b",
            "a/..",
            "..\\a",
            "/etc/passwd",
            "\\\\host\\a",
            "C:\\a",
            "c:a",
            "a:b",
            "a\0b",
            "a\nb",
            "a.",
            "a ",
            "a./b",
            "nul",
            "NUL.txt",
            "x/com1",
            &long,
            &deep,
        ] {
            assert!(cleaned(name, 512, 32).is_err(), "{name:?}");
        }
        assert!(cleaned(&("a/".repeat(32) + "b"), 512, 32).is_ok(), "32 folders");
        assert!(cleaned(&"a".repeat(512), 512, 32).is_ok());
    }

    #[test]
    fn old_names() {
        assert_eq!(CP437.chars().count(), 128);
        assert_eq!(text(b"caf\x82"), "café");
        assert_eq!(text("café".as_bytes()), "café");
    }
}

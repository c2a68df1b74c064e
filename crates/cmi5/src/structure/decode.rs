//! The text of an XML file, whatever its encoding says (XML 1.0 4.3.3, appendix F).

use std::borrow::Cow;

/// The text without its byte order mark.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // UTF-16 without a mark begins with `<` and a zero.
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes),
        _ => match declared(bytes).as_deref() {
            None | Some("utf-8" | "utf8" | "us-ascii" | "ascii") => utf8(bytes),
            Some("iso-8859-1" | "latin1") => {
                Ok(Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()))
            }
            Some(other) => Err(format!("the encoding {other:?} is not read")),
        },
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    std::str::from_utf8(bytes)
        .map(Cow::Borrowed)
        .map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to()))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, str>, String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("the text is UTF-16 and ends in half a character".to_owned());
    }
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.map(Cow::Owned).map_err(|_half| "the text is not valid UTF-16".to_owned())
}

/// The encoding that the XML declaration names, in lower case.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(200))?;
    let head: String = head.iter().map(|byte| char::from(*byte)).collect();
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?.to_owned();
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(value.split(quote).nth(1)?.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn encodings() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>";
        assert!(text(latin).unwrap().ends_with("<a>ä</a>"));
        let wide: Vec<u8> = "<a>ä🎓</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&wide).unwrap(), "<a>ä🎓</a>");
        let marked: Vec<u8> = [0xfe, 0xff]
            .into_iter()
            .chain("<a/>".encode_utf16().flat_map(u16::to_be_bytes))
            .collect();
        assert_eq!(text(&marked).unwrap(), "<a/>");
        assert_eq!(text(b"\xef\xbb\xbf<a/>").unwrap(), "<a/>");
        assert_eq!(text(b"<a>\xe4</a>").unwrap_err(), "byte 3 is not UTF-8");
        assert!(
            text(b"<?xml version=\"1.0\" encoding=\"EBCDIC\"?><a/>")
                .unwrap_err()
                .contains("ebcdic")
        );
        assert!(text(b"\xff\xfe<\0a").unwrap_err().contains("half"));
    }
}

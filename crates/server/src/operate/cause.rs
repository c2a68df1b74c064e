//! The cause of a failure as a log may show it.
//!
//! What always holds: nothing that a caller sent is in it. Libraries quote: a JSON parser the value
//! that it did not expect, a panic the text that it was about, an object store the answer of its
//! server, an HTTP client the URL. So of their errors only the kind is told, and of ours the text,
//! which quotes nothing (see `rollbook_db::Error`).

use std::error::Error;

/// The chain of causes in one line.
pub fn shown(cause: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for error in cause.chain() {
        match kind(error) {
            Some(kind) => {
                parts.push(kind);
                break; // What lies below is quoted by what lies above, and the other way round.
            }
            None => parts.push(error.to_string()),
        }
    }
    parts.join(": ")
}

/// What may be told of an error of a library that quotes; none of one that does not.
fn kind(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<serde_json::Error>() {
        let (line, column) = (error.line(), error.column());
        return Some(format!("JSON: {:?} error at line {line}, column {column}", error.classify()));
    }
    if let Some(error) = error.downcast_ref::<tokio::task::JoinError>() {
        let what = if error.is_panic() { "panicked" } else { "was cancelled" };
        return Some(format!("a task {what}"));
    }
    if let Some(error) = error.downcast_ref::<object_store::Error>() {
        return Some(format!("the object store failed: {}", variant(error)));
    }
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        let status = error.status().map(|status| format!(", status {}", status.as_u16()));
        let what = if error.is_timeout() {
            "timed out"
        } else if error.is_connect() {
            "could not connect"
        } else {
            "failed"
        };
        return Some(format!("an HTTP request {what}{}", status.unwrap_or_default()));
    }
    if let Some(error) = error.downcast_ref::<std::io::Error>() {
        let code = error.raw_os_error().map(|code| format!(" (os error {code})"));
        return Some(format!("{}{}", error.kind(), code.unwrap_or_default()));
    }
    if error.is::<multer::Error>() || error.is::<axum::Error>() || error.is::<hyper::Error>() {
        return Some("the request's body could not be read".to_owned());
    }
    None
}

/// The name of the variant: the first word of its debug form.
fn variant(error: &object_store::Error) -> String {
    let text = format!("{error:?}");
    let name: String = text.chars().take_while(char::is_ascii_alphanumeric).collect();
    match error.source().and_then(io_kind) {
        Some(kind) => format!("{name} ({kind})"),
        None => name,
    }
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<std::io::ErrorKind> {
    match error.downcast_ref::<std::io::Error>() {
        Some(error) => Some(error.kind()),
        None => error.source().and_then(io_kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    const CANARY: &str = "Ada Canary";

    #[test]
    fn a_parser_does_not_quote_its_text() {
        let error = serde_json::from_str::<u32>(&format!("{CANARY:?}")).unwrap_err();
        assert!(error.to_string().contains(CANARY), "this is why");
        let told = shown(&anyhow::Error::new(error).context("reading a list"));
        assert_eq!(told, "reading a list: JSON: Data error at line 1, column 12");
    }

    #[tokio::test]
    async fn a_panic_does_not_quote_its_text() {
        let task = tokio::task::spawn(async { panic!("{}", CANARY.to_owned()) as () });
        let error = task.await.unwrap_err();
        assert!(error.to_string().contains(CANARY), "this is why");
        assert_eq!(shown(&error.into()), "a task panicked");
    }

    #[test]
    fn a_store_and_a_file_tell_their_kind() {
        let source = std::io::Error::new(std::io::ErrorKind::NotADirectory, CANARY);
        let io = anyhow::Error::new(std::io::Error::new(std::io::ErrorKind::NotFound, CANARY));
        assert_eq!(shown(&io), "entity not found");
        let error = object_store::Error::Generic { store: "S3", source: Box::new(source) };
        let told = shown(&anyhow::Error::new(error));
        assert_eq!(told, "the object store failed: Generic (not a directory)");
    }

    #[test]
    fn our_own_words_are_told() {
        let error = Err::<(), _>(anyhow::anyhow!("inside")).context("outside").unwrap_err();
        assert_eq!(shown(&error), "outside: inside");
    }
}

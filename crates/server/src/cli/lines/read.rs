//! Reading the lines of an export, or the statements of any other store, one a line.
//!
//! A line of ours begins with one of our keys, none of which a statement has; every other line is
//! taken for a statement. Only the contents of an attachment are longer than memory should hold:
//! they are decoded as they come.

use super::{Counts, Document, Name};
use crate::blobs::{Blobs, Sha2, Spool};
use crate::documents;
use crate::statements::import::{Fault, Kept, Line};
use anyhow::{Context as _, Result, anyhow, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rollbook_xapi::timestamp;
use rollbook_xapi::version::Version;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::io::{BufRead, Read as _};
use tokio::runtime::Handle;

/// A line may be this long, an attachment's apart.
const LINE_BYTES_MAX: u64 = 256 << 20;
/// What stands before the contents of an attachment.
const ATTACHMENT: &[u8] = br#"{"attachment""#;
/// Our other keys.
const OURS: [&str; 7] = [
    r#"{"rollbook""#,
    r#"{"statement""#,
    r#"{"text""#,
    r#"{"document""#,
    r#"{"definition""#,
    r#"{"name""#,
    r#"{"end""#,
];

/// What a line holds.
#[derive(Debug)]
pub(in crate::cli) enum Item {
    /// This is an export of Rollbook.
    Header {
        format: u32,
    },
    Statement(Line),
    Attachment {
        line: u64,
        sha2: Sha2,
        contents: Spool,
    },
    Document {
        line: u64,
        document: documents::Kept,
    },
    Definition {
        activity: String,
        definition: String,
    },
    Name {
        actor: String,
        name: String,
    },
    End(Counts),
    /// It cannot be understood.
    Fault(Fault),
}

/// Reads lines; blocks, so it wants a thread of its own.
pub(in crate::cli) struct Reader {
    lines: Box<dyn BufRead + Send>,
    number: u64,
    blobs: Blobs,
    handle: Handle,
}

/// Any line of ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ours<'a> {
    rollbook: Option<String>,
    format: Option<u32>,
    #[serde(borrow)]
    statement: Option<&'a RawValue>,
    text: Option<String>,
    rules: Option<String>,
    #[serde(default)]
    contents: Vec<String>,
    document: Option<Document>,
    definition: Option<Definition>,
    name: Option<Name>,
    end: Option<Counts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    activity: String,
    text: String,
}

/// What stands before the contents of an attachment.
#[derive(Deserialize)]
struct Attachment {
    attachment: Address,
}

#[derive(Deserialize)]
struct Address {
    sha2: String,
    bytes: u64,
}

impl Reader {
    pub(in crate::cli) fn new(
        lines: Box<dyn BufRead + Send>,
        blobs: Blobs,
        handle: Handle,
    ) -> Self {
        Self { lines, number: 0, blobs, handle }
    }

    /// The next thing; none at the end.
    pub(in crate::cli) fn next(&mut self) -> Result<Option<Item>> {
        loop {
            self.number += 1;
            let number = self.number;
            let reading = || format!("reading line {number}");
            let mut line = Vec::new();
            let first = ATTACHMENT.len() as u64;
            self.lines.by_ref().take(first).read_until(b'\n', &mut line).with_context(reading)?;
            if line == ATTACHMENT {
                return self.attachment(line).with_context(reading).map(Some);
            }
            if !line.ends_with(b"\n") {
                let mut rest = self.lines.by_ref().take(LINE_BYTES_MAX);
                rest.read_until(b'\n', &mut line).with_context(reading)?;
            }
            if line.is_empty() {
                return Ok(None);
            }
            ensure!(
                (line.len() as u64) < LINE_BYTES_MAX,
                "line {number} is longer than {LINE_BYTES_MAX} bytes"
            );
            if line.trim_ascii().is_empty() {
                continue;
            }
            let item = match std::str::from_utf8(line.trim_ascii()) {
                Ok(text) => understood(number, text),
                Err(error) => Err(anyhow!("it is not UTF-8: {error}")),
            };
            return Ok(Some(item.unwrap_or_else(|error| fault(number, &error))));
        }
    }

    /// The rest of an attachment's line.
    fn attachment(&mut self, mut start: Vec<u8>) -> Result<Item> {
        let line = self.number;
        while !start.ends_with(br#""content""#) {
            let read = self.lines.by_ref().take(1_024).read_until(b'"', &mut start)?;
            ensure!(read > 0 && start.len() < 1_024, "this is no attachment as an export has it");
        }
        let mut colon = Vec::new();
        self.lines.by_ref().take(64).read_until(b'"', &mut colon)?;
        let colon = colon.into_iter().filter(|byte| !byte.is_ascii_whitespace());
        ensure!(colon.eq(*b":\""), "`content` is no text");
        let meta = start.strip_suffix(br#""content""#).unwrap_or_default().trim_ascii_end();
        let meta = [meta.strip_suffix(b",").unwrap_or(meta), b"}}"].concat();
        let Attachment { attachment: Address { sha2, bytes } } =
            serde_json::from_slice(&meta).context("this is no attachment as an export has it")?;
        let sha2 = Sha2::parse(&sha2).with_context(|| format!("{sha2} is no SHA-2"))?;
        let (found, contents) = self.contents(&sha2)?;
        let mut end = Vec::new();
        self.lines.by_ref().take(64).read_until(b'\n', &mut end)?;
        ensure!(end.trim_ascii() == b"}}", "the line goes on behind the attachment");
        if found != sha2 || contents.bytes() != bytes {
            let error = anyhow!("the contents are not those of attachment {sha2}");
            return Ok(fault(line, &error));
        }
        Ok(Item::Attachment { line, sha2, contents })
    }

    /// Decodes base64 up to the quotation mark; the address of what came, and it.
    fn contents(&mut self, sha2: &Sha2) -> Result<(Sha2, Spool)> {
        let (mut hasher, mut spool) = (sha2.hasher(), self.blobs.spool());
        let mut waiting: Vec<u8> = Vec::new();
        loop {
            let piece = self.lines.fill_buf()?;
            ensure!(!piece.is_empty(), "the file ends within an attachment");
            let end = piece.iter().position(|byte| *byte == b'"');
            let text = piece.get(..end.unwrap_or(piece.len())).unwrap_or(piece);
            waiting.extend_from_slice(text);
            let used = text.len() + usize::from(end.is_some());
            self.lines.consume(used);
            // Four digits are three bytes.
            let whole = if end.is_some() { waiting.len() } else { waiting.len() / 4 * 4 };
            let rest = waiting.split_off(whole);
            let bytes = STANDARD.decode(&waiting).context("the contents are not base64")?;
            hasher.update(&bytes);
            self.handle.block_on(spool.write(&bytes)).context("keeping an attachment")?;
            waiting = rest;
            if end.is_some() {
                return Ok((hasher.finish(), spool));
            }
        }
    }
}

fn fault(line: u64, error: &anyhow::Error) -> Item {
    let (pointer, requirement, message) = (String::new(), None, format!("{error:#}"));
    Item::Fault(Fault { line, pointer, requirement, message })
}

fn understood(number: u64, text: &str) -> Result<Item> {
    if let Some((text, rules)) = usual(text) {
        let kept = Some(Kept { rules, contents: Vec::new() });
        return Ok(Item::Statement(Line { number, text: text.to_owned(), kept }));
    }
    if OURS.iter().any(|key| text.starts_with(key)) {
        return ours(number, serde_json::from_str(text).context("no line of an export")?);
    }
    Ok(Item::Statement(Line { number, text: text.to_owned(), kept: None }))
}

/// The text and the rules of a statement in the usual form.
fn usual(line: &str) -> Option<(&str, Version)> {
    let rest = line.strip_prefix(r#"{"statement":"#)?;
    let v1 = rest.strip_suffix(r#","rules":"1.0.3"}"#).map(|text| (text, Version::V1));
    v1.or_else(|| rest.strip_suffix(r#","rules":"2.0"}"#).map(|text| (text, Version::V2)))
}

fn ours(number: u64, line: Ours<'_>) -> Result<Item> {
    let Ours {
        rollbook,
        format,
        statement,
        text,
        rules,
        contents,
        document,
        definition,
        name,
        end,
    } = line;
    if let Some(text) = statement.map(|text| text.get().to_owned()).or(text) {
        let rules = rules.context("`rules` is missing")?;
        let rules = Version::from_header(&rules).context("`rules` is neither 1.0.3 nor 2.0")?;
        let contents = contents.iter().map(|sha2| sha2.to_ascii_lowercase()).collect();
        return Ok(Item::Statement(Line { number, text, kept: Some(Kept { rules, contents }) }));
    }
    if let Some(document) = document {
        return Ok(Item::Document { line: number, document: kept(document)? });
    }
    if let Some(Definition { activity, text }) = definition {
        let object = rollbook_xapi::json::parse(&text);
        let is_object = object.is_ok_and(|node| node.as_object().is_some());
        ensure!(is_object, "the definition is no JSON object");
        return Ok(Item::Definition { activity, definition: text });
    }
    if let Some(Name { actor, name }) = name {
        return Ok(Item::Name { actor, name });
    }
    if let Some(counts) = end {
        return Ok(Item::End(counts));
    }
    ensure!(rollbook.as_deref() == Some("export"), "this is no export of Rollbook");
    Ok(Item::Header { format: format.context("`format` is missing")? })
}

fn kept(document: Document) -> Result<documents::Kept> {
    let Document {
        resource,
        activity,
        agent,
        registration,
        id,
        content_type,
        etag,
        updated,
        content,
    } = document;
    let updated = timestamp::parse(&updated, Version::V2).map_err(|error| anyhow!(error))?.micros;
    let body = STANDARD.decode(content).context("the document's content is not base64")?;
    let name = id;
    Ok(documents::Kept {
        resource,
        activity,
        agent,
        registration,
        name,
        content_type,
        etag,
        updated,
        body,
    })
}

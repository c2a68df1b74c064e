//! Writing the lines of an export.

use super::{Counts, Document, FORMAT, Name};
use crate::blobs::{Contents, Sha2};
use crate::documents::Kept;
use crate::statements::export::Statement;
use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use futures_util::TryStreamExt as _;
use rollbook_xapi::timestamp::format_micros;
use rollbook_xapi::version::Version;
use std::collections::HashSet;
use std::io::{self, Write};

/// Writes an export, and counts.
pub(in crate::cli) struct Writer<'a> {
    out: &'a mut (dyn Write + Send),
    counts: Counts,
    /// The first 128 bits of the addresses of attachments that are written.
    attached: HashSet<u128>,
}

impl<'a> Writer<'a> {
    /// Writes the first line.
    pub(in crate::cli) fn new(out: &'a mut (dyn Write + Send)) -> io::Result<Self> {
        writeln!(out, r#"{{"rollbook":"export","format":{FORMAT}}}"#)?;
        Ok(Self { out, counts: Counts::default(), attached: HashSet::new() })
    }

    /// Whether an attachment has yet to be written; from now on it counts as written.
    pub(in crate::cli) fn lacks(&mut self, sha2: &Sha2) -> bool {
        let digits = sha2.as_str().get(..32);
        let start = digits.and_then(|digits| u128::from_str_radix(digits, 16).ok());
        self.attached.insert(start.expect("an address has at least 56 hexadecimal digits"))
    }

    /// Writes an attachment's contents, piece by piece.
    pub(in crate::cli) async fn attachment(
        &mut self,
        sha2: &Sha2,
        mut contents: Contents,
    ) -> Result<()> {
        let bytes = contents.bytes;
        write!(self.out, r#"{{"attachment":{{"sha2":"{sha2}","bytes":{bytes},"content":""#)?;
        let mut encoder = EncoderWriter::new(&mut self.out, &STANDARD);
        let mut written = 0;
        let reading = || format!("reading attachment {sha2}");
        while let Some(piece) = contents.stream.try_next().await.with_context(reading)? {
            written += piece.len() as u64;
            encoder.write_all(&piece)?;
        }
        encoder.finish()?;
        drop(encoder);
        ensure!(written == bytes, "attachment {sha2} is damaged: run `rollbook doctor`");
        self.out.write_all(b"\"}}\n")?;
        self.counts.attachments += 1;
        Ok(())
    }

    pub(in crate::cli) fn statement(&mut self, statement: &Statement) -> Result<()> {
        let Statement { position: _, text, rules, contents } = statement;
        // White space in a statement's text may be a line's end, and a line has one only.
        if text.contains(['\n', '\r']) {
            write!(self.out, r#"{{"text":{}"#, serde_json::to_string(text)?)?;
        } else {
            write!(self.out, r#"{{"statement":{text}"#)?;
        }
        let rules = match rules {
            Version::V1 => "1.0.3",
            Version::V2 => "2.0",
        };
        write!(self.out, r#","rules":"{rules}""#)?;
        if !contents.is_empty() {
            write!(self.out, r#","contents":{}"#, serde_json::to_string(contents)?)?;
        }
        self.out.write_all(b"}\n")?;
        self.counts.statements += 1;
        Ok(())
    }

    pub(in crate::cli) fn document(&mut self, document: Kept) -> Result<()> {
        let Kept {
            resource,
            activity,
            agent,
            registration,
            name,
            content_type,
            etag,
            updated,
            body,
        } = document;
        let line = Document {
            resource,
            activity,
            agent,
            registration,
            id: name,
            content_type,
            etag,
            updated: format_micros(updated),
            content: STANDARD.encode(body),
        };
        writeln!(self.out, r#"{{"document":{}}}"#, serde_json::to_string(&line)?)?;
        self.counts.documents += 1;
        Ok(())
    }

    pub(in crate::cli) fn definition(&mut self, activity: &str, definition: &str) -> Result<()> {
        let activity = serde_json::to_string(activity)?;
        // As it may hold line ends, the definition is a text in the line.
        let text = serde_json::to_string(definition)?;
        writeln!(self.out, r#"{{"definition":{{"activity":{activity},"text":{text}}}}}"#)?;
        self.counts.definitions += 1;
        Ok(())
    }

    pub(in crate::cli) fn name(&mut self, actor: String, name: String) -> Result<()> {
        let line = serde_json::to_string(&Name { actor, name })?;
        writeln!(self.out, r#"{{"name":{line}}}"#)?;
        self.counts.names += 1;
        Ok(())
    }

    /// Writes the last line, by which a reader knows that nothing is missing.
    pub(in crate::cli) fn end(self) -> Result<Counts> {
        writeln!(self.out, r#"{{"end":{}}}"#, serde_json::to_string(&self.counts)?)?;
        self.out.flush()?;
        Ok(self.counts)
    }
}

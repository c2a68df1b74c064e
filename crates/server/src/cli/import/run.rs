//! An import under way: lines are read on one thread, checked in batches on another, and a batch is
//! stored while the next one is checked.

use super::Done;
use crate::app::App;
use crate::blobs::{Sha2, Spool};
use crate::cli::lines::{Counts, FORMAT, Item, Reader, Source};
use crate::cli::place::{counted, failed};
use crate::documents;
use crate::statements::import::{Fault, Importer, Line};
use crate::tenants::{Caller, Scope};
use anyhow::{Context as _, Result, bail, ensure};
use indicatif::ProgressBar;
use std::mem::take;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Statements, definitions or names that are stored at once.
const BATCH_MAX: usize = 2_000;
/// Bytes of texts or documents that are stored at once.
const BATCH_BYTES_MAX: usize = 8 << 20;
/// Lines that are read ahead.
const READ_AHEAD_MAX: usize = 512;
/// Faults that are told; the others are counted.
const TOLD_MAX: usize = 100;

/// An import under way.
pub(super) struct Run {
    app: App,
    importer: Importer,
    caller: Caller,
    skip: bool,
    pub(super) bar: ProgressBar,
    /// Waits to be checked.
    lines: Vec<Line>,
    documents: Vec<(documents::Key, documents::Document)>,
    definitions: Vec<(String, String)>,
    names: Vec<(String, String)>,
    bytes: usize,
    /// A batch that is being stored while the next one is checked.
    storing: Option<JoinHandle<crate::error::Result<()>>>,
    seen: Counts,
    pub(super) done: Done,
    /// Whether the export said that it is one, and where it ends.
    header: bool,
    end: Option<Counts>,
}

impl Run {
    pub(super) fn new(app: &App, caller: Caller, skip: bool, bar: ProgressBar) -> Result<Self> {
        let importer = Importer::new(app.clone(), caller.clone()).map_err(failed)?;
        Ok(Self {
            app: app.clone(),
            importer,
            caller,
            skip,
            bar,
            lines: Vec::new(),
            documents: Vec::new(),
            definitions: Vec::new(),
            names: Vec::new(),
            bytes: 0,
            storing: None,
            seen: Counts::default(),
            done: Done::default(),
            header: false,
            end: None,
        })
    }

    /// Imports all lines of a file; stops at the first batch with a line that cannot be imported.
    pub(super) async fn all(&mut self, source: Source) -> Result<()> {
        let (send, mut items) = mpsc::channel(READ_AHEAD_MAX);
        let mut reader = Reader::new(source.lines, self.app.blobs.clone(), Handle::current());
        let reading = tokio::task::spawn_blocking(move || {
            while let Some(item) = reader.next()? {
                // Whoever takes them stops listening when it fails, and says why.
                if send.blocking_send(item).is_err() {
                    break;
                }
            }
            anyhow::Ok(())
        });
        let outcome = async {
            while let Some(item) = items.recv().await {
                self.take(item).await?;
            }
            self.flush().await
        };
        let outcome = outcome.await;
        drop(items);
        let stored = self.settle().await;
        outcome?;
        stored?;
        reading.await.context("reading the lines")??;
        self.whole()
    }

    async fn take(&mut self, item: Item) -> Result<()> {
        match item {
            Item::Header { format } => {
                ensure!(format == FORMAT, "this export was made by a later version of Rollbook");
                self.header = true;
            }
            Item::Statement(line) => {
                self.seen.statements += 1;
                self.bytes += line.text.len();
                self.lines.push(line);
            }
            Item::Attachment { line, sha2, contents } => {
                self.seen.attachments += 1;
                self.attachment(line, &sha2, contents).await?;
            }
            Item::Document { line, document } => self.document(line, document)?,
            Item::Definition { activity, definition } => {
                self.seen.definitions += 1;
                self.definitions.push((activity, definition));
            }
            Item::Name { actor, name } => {
                self.seen.names += 1;
                self.names.push((actor, name));
            }
            Item::End(counts) => self.end = Some(counts),
            Item::Fault(fault) => self.refuse(vec![fault])?,
        }
        let longest = self.lines.len().max(self.definitions.len()).max(self.names.len());
        if longest.max(self.documents.len()) >= BATCH_MAX || self.bytes >= BATCH_BYTES_MAX {
            self.flush().await?;
        }
        Ok(())
    }

    /// Contents are there before the statement that needs them is checked.
    async fn attachment(&mut self, line: u64, sha2: &Sha2, mut contents: Spool) -> Result<()> {
        let put = self.app.blobs.put(self.caller.tenant, sha2, &mut contents).await;
        put.map_err(|problem| failed(problem).context(format!("storing line {line}")))?;
        self.done.attachments += 1;
        Ok(())
    }

    fn document(&mut self, line: u64, document: documents::Kept) -> Result<()> {
        self.seen.documents += 1;
        if !self.caller.scopes.any(&[Scope::All, document.scope()]) {
            self.done.left_out += 1;
            return Ok(());
        }
        let bytes = document.body.len();
        match document.checked() {
            Ok((key, document)) => {
                self.bytes += bytes;
                self.documents.push((key, document));
                Ok(())
            }
            Err(message) => {
                let (pointer, requirement) = ("/document".to_owned(), None);
                self.refuse(vec![Fault { line, pointer, requirement, message }])
            }
        }
    }

    /// Stores what waits.
    async fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        if !self.lines.is_empty() {
            let lines = take(&mut self.lines);
            let checked = self.importer.check(lines).await.map_err(failed)?;
            self.done.known += checked.known;
            self.done.refused += checked.refused;
            self.tell(checked.faults)?;
            self.settle().await?;
            self.done.stored += checked.prepared.len() as u64;
            let importer = self.importer.clone();
            let store = async move { importer.store(checked.prepared).await };
            self.storing = Some(tokio::spawn(store));
        }
        let documents = take(&mut self.documents);
        if !documents.is_empty() {
            self.done.documents += documents.len() as u64;
            documents::import(&self.app.db, self.caller.tenant, documents).await.map_err(failed)?;
        }
        let (definitions, names) = (take(&mut self.definitions), take(&mut self.names));
        if self.importer.keeps() {
            if !definitions.is_empty() || !names.is_empty() {
                self.importer.learn(definitions, names).await.map_err(failed)?;
            }
        } else {
            self.done.left_out += (definitions.len() + names.len()) as u64;
        }
        let stored = counted(self.done.stored + self.done.known, "statement");
        self.bar.set_message(stored);
        Ok(())
    }

    /// Waits until the batch that is being stored is durable.
    async fn settle(&mut self) -> Result<()> {
        let Some(storing) = self.storing.take() else { return Ok(()) };
        storing.await.context("storing statements")?.map_err(failed)
    }

    fn refuse(&mut self, faults: Vec<Fault>) -> Result<()> {
        self.done.refused += 1;
        self.tell(faults)
    }

    /// Keeps what is wrong to be told; an error unless such lines are to be skipped.
    fn tell(&mut self, faults: Vec<Fault>) -> Result<()> {
        let stop = !self.skip && !faults.is_empty();
        let room = TOLD_MAX.saturating_sub(self.done.faults.len());
        self.done.faults.extend(faults.into_iter().take(room));
        if stop {
            bail!(
                "{} cannot be imported; nothing of the same batch was stored. Mend the file, or go \
                 on behind such lines with --skip-invalid",
                counted(self.done.refused, "line")
            );
        }
        Ok(())
    }

    /// An export of Rollbook says how much there is of everything.
    fn whole(&self) -> Result<()> {
        if !self.header || self.done.refused > 0 {
            return Ok(());
        }
        let end = self.end.context(
            "the export is not whole: it has no last line. What it has is stored; get all of it \
             and import it again",
        )?;
        ensure!(
            end == self.seen,
            "the export is not whole: lines are missing. What it has is stored; get all of it and \
             import it again"
        );
        Ok(())
    }
}

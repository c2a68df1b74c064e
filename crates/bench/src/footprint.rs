//! What a server needs: disk, memory, time to start.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::machine::Memory;
use crate::report::{Cell, Table, note};
use crate::server::{Server, Store};

const STARTS: usize = 5;
/// After its start a server settles before its memory is called idle.
const SETTLE: Duration = Duration::from_secs(1);

/// Figures found on the way, for one table at the end.
#[derive(Default)]
pub(crate) struct Footprints(Vec<(String, Cell, &'static str)>);

impl Footprints {
    /// Starts and stops the server a few times on `store`.
    pub(crate) async fn starts(&mut self, name: &str, program: &Path, store: &Store) -> Result<()> {
        note(&format!("starting {STARTS} times: {name}"));
        let mut times = Vec::with_capacity(STARTS);
        let mut idle = Memory::default();
        for start in 0..STARTS {
            let server = Server::start(program, store).await?;
            // The first start may find a cold cache, or migrate: it is told apart.
            if start == 0 {
                let first = Cell::millis(server.ready_after);
                self.0.push((format!("start to ready, {name}, first"), first, "ms"));
            }
            times.push(server.ready_after);
            if start + 1 == STARTS {
                tokio::time::sleep(SETTLE).await;
                idle = Memory::of(server.pid());
            }
            server.stop().await?;
        }
        times.sort_unstable();
        let median = times.get(STARTS / 2).copied().unwrap_or_default();
        self.0.push((format!("start to ready, {name}, median"), Cell::millis(median), "ms"));
        self.memory(&format!("idle, {name}"), idle);
        Ok(())
    }

    /// Memory of the server at some moment.
    pub(crate) fn memory(&mut self, name: &str, memory: Memory) {
        let Memory { resident, own } = memory;
        self.0.push((format!("memory, {name}"), Cell::mebibytes(resident), "MiB resident"));
        self.0.push((format!("memory, {name}"), Cell::mebibytes(own), "MiB of its own"));
    }

    /// The size of the program.
    pub(crate) fn program(&mut self, program: &Path) -> Result<()> {
        let facts = std::fs::metadata(program).context("measuring the program")?;
        self.0.push(("program".to_owned(), Cell::mebibytes(facts.len()), "MiB"));
        Ok(())
    }

    /// All of them.
    pub(crate) fn table(self) -> Table {
        let mut table = Table::new("footprint", "Footprint", &["what", "is", "unit"]);
        for (name, figure, unit) in self.0 {
            table.row(vec![name.into(), figure, unit.into()]);
        }
        table
    }
}

/// Bytes on disk of each table and of all. The server is stopped.
pub(crate) async fn disk(store: &Store) -> Result<Table> {
    note("measuring the disk");
    let found = store.footprint().await?;
    let statements = store.statements();
    let title = format!("Bytes on disk, {statements} statements, indexes included");
    let mut table = Table::new("disk", title, &["table", "bytes", "per statement"]);
    let each = |bytes: u64| Cell::Decimal(bytes as f64 / statements.max(1) as f64, 1);
    // The small ones are in the sum.
    for (name, bytes) in found.tables.iter().take(8) {
        table.row(vec![name.clone().into(), Cell::Count(*bytes as f64), each(*bytes)]);
    }
    let all = Cell::Count(found.bytes as f64);
    table.row(vec!["everything".into(), all, each(found.bytes)]);
    Ok(table)
}

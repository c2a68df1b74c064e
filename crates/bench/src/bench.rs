//! One run: what is measured, in which order, on which store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::args::{Part, Run};
use crate::footprint::{self, Footprints};
use crate::raw::postgres::describe;
use crate::report::{Cell, Report, Table};
use crate::server::{Server, Store};
use crate::world::World;
use crate::{cmi5, ingest, machine, noisy, queries, raw};

/// Body bytes when nobody says and no server stored any.
const BODY_BYTES: usize = 260;

/// What the parts share.
pub(crate) struct Bench {
    pub(crate) args: Run,
    pub(crate) world: Arc<World>,
    pub(crate) report: Report,
    store: Option<Store>,
    /// Statements a second in batches of 500.
    pub(crate) saturated: Option<f64>,
    /// Bytes of the bodies that the server stored.
    stored_body: Option<usize>,
}

/// Measures what `args` ask for.
pub(crate) async fn run(args: Run) -> Result<()> {
    let world = Arc::new(World::new(args.seed));
    let report = Report::default();
    let mut bench = Bench { args, world, report, store: None, saturated: None, stored_body: None };
    let outcome = tokio::select! {
        outcome = bench.parts() => outcome,
        _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
    };
    // The temporary store goes in any case; the first failure is the one to tell.
    let discarded = match bench.store.take() {
        Some(store) => store.discard().await,
        None => Ok(()),
    };
    outcome.and(discarded)?;
    bench.args.json.map_or(Ok(()), |file| bench.report.save(&file))
}

impl Bench {
    /// The store that is measured.
    pub(crate) fn store(&self) -> Result<&Store> {
        self.store.as_ref().context("no store was opened")
    }

    /// Bytes of a raw row's body.
    pub(crate) fn body_bytes(&self) -> usize {
        self.args.body_bytes.or(self.stored_body).unwrap_or(BODY_BYTES)
    }

    async fn parts(&mut self) -> Result<()> {
        let wants = |part| self.args.wants(part);
        let reads = wants(Part::Queries) || wants(Part::Footprint);
        let writes = wants(Part::Ingest) || wants(Part::Noisy) || wants(Part::Cmi5);
        let served = reads || writes;
        let program = if served { Some(program(self.args.rollbook.as_deref())?) } else { None };
        self.facts(program.as_deref()).await?;
        let mut found = Footprints::default();
        if let Some(program) = &program {
            let Run { data, database, seed, .. } = &self.args;
            let store = Store::open(program, data.as_deref(), database.as_deref(), *seed).await?;
            self.store = Some(store);
            self.write(program, &mut found).await?;
            if self.args.wants(Part::Noisy) {
                let table = noisy::measure(self, program).await?;
                self.report.add(&table)?;
            }
            if self.args.wants(Part::Cmi5) {
                let table = cmi5::measure(self, program).await?;
                self.report.add(&table)?;
            }
        }
        if self.args.wants(Part::Raw) {
            raw::measure(self).await?;
        }
        if let Some(program) = program.filter(|_| reads) {
            self.read(&program, &mut found).await?;
        }
        if self.args.wants(Part::Footprint) {
            self.report.add(&found.table())?;
        }
        Ok(())
    }

    async fn facts(&mut self, program: Option<&Path>) -> Result<()> {
        let mut settings = vec![("seed", self.args.seed.to_string())];
        if let Some(program) = program {
            let output = std::process::Command::new(program).arg("--version").output();
            let output = output.with_context(|| format!("starting {}", program.display()))?;
            settings.push(("server", String::from_utf8_lossy(&output.stdout).trim().to_owned()));
        }
        if let Some(url) = &self.args.database {
            settings.extend(describe(url).await?);
        }
        let folder = self.args.data.as_deref().filter(|folder| folder.exists());
        self.report.add(&machine::facts(folder.unwrap_or(Path::new(".")), &settings)?)
    }

    /// What begins on an empty store: the first starts, and ingest.
    async fn write(&mut self, program: &Path, found: &mut Footprints) -> Result<()> {
        if self.args.wants(Part::Footprint) && self.store()?.statements() == 0 {
            found.starts("empty store", program, self.store()?).await?;
        }
        if !self.args.wants(Part::Ingest) {
            return Ok(());
        }
        let server = Server::start(program, self.store()?).await?;
        let target = server.target(self.store()?)?;
        found.memory("most during ingest", ingest::measure(self, &target, server.pid()).await?);
        self.sizes().await?;
        self.stop(server).await
    }

    /// What needs a filled store: queries, and the last starts.
    async fn read(&mut self, program: &Path, found: &mut Footprints) -> Result<()> {
        let server = Server::start(program, self.store()?).await?;
        let target = server.target(self.store()?)?;
        ingest::fill(self, &target).await?;
        if self.args.wants(Part::Queries) {
            queries::measure(self, &target).await?;
        }
        found.memory("after fill and queries", machine::Memory::of(server.pid()));
        self.stop(server).await?;
        if self.args.wants(Part::Footprint) {
            found.starts("filled store", program, self.store()?).await?;
            found.program(program)?;
            let table = footprint::disk(self.store()?).await?;
            self.report.add(&table)?;
        }
        Ok(())
    }

    async fn stop(&mut self, server: Server) -> Result<()> {
        server.stop().await?;
        self.store.as_mut().context("no store was opened")?.save()
    }

    /// How large the rows are that the server stored, so that raw rows are as large.
    async fn sizes(&mut self) -> Result<()> {
        let (body, postings) = self.store()?.row_sizes().await?;
        self.stored_body = Some(format!("{body:.0}").parse().context("a size is a number")?);
        let ours: usize = (0..1_000).map(|n| self.world.statement(n).posting_keys().len()).sum();
        let mut table = Table::new("rows", "Rows of a statement", &["what", "server", "raw"]);
        let raw_body = Cell::Count(self.body_bytes() as f64);
        table.row(vec!["bytes of the body".into(), Cell::Decimal(body, 0), raw_body]);
        let raw_postings = Cell::Decimal(ours as f64 / 1_000.0, 2);
        table.row(vec!["postings".into(), Cell::Decimal(postings, 2), raw_postings]);
        self.report.add(&table)
    }
}

/// The server's program: as given, or beside this one.
fn program(given: Option<&Path>) -> Result<PathBuf> {
    let program = match given {
        Some(path) => path.to_owned(),
        None => std::env::current_exe().context("looking for rollbook")?.with_file_name("rollbook"),
    };
    ensure!(program.is_file(), "there is no {}: say where with --rollbook", program.display());
    Ok(program)
}

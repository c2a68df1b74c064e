//! `rollbook import`: statements from an export of Rollbook, or from any other store.
//!
//! Nothing is remembered between two runs: what is stored already is recognised by its id and its
//! content, so an import that was interrupted is started again and goes on where it was.

mod run;

use super::lines::Source;
use super::log;
use super::place::{self, Place, counted, failed};
use crate::app::App;
use crate::audit::{self, By};
use crate::config::{LogFormat, Settings};
use crate::start;
use crate::statements::import::Fault;
use crate::tenants::{Caller, Credential, Presented, Principal, Scope, Scopes, TenantId};
use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use rollbook_db::Tx;
use run::Run;
use serde_json::{Value, json};
use std::io::{self, Write};

const EXAMPLES: &str = "\
Examples:
  rollbook import record.ndjson.zst --data ./data
      Everything that `rollbook export` wrote, as it was: `stored`, authority, voids and all.
  zcat record.ndjson.gz | rollbook import --data ./data --database postgres://rollbook@db/rollbook
      Without a file name, or with -, it comes from the standard input.
  rollbook import other-lrs.ndjson --data ./data
      Statements of any other store, one a line.
  rollbook import statements.ndjson --data ./data --key rk1_…:rs_… --skip-invalid
      As if the client with this key had sent them: with its authority and the time of now.

Started again after an interruption, it goes on where it was. A line that breaks a rule is told with
its number, the place and the requirement; it stops the import unless --skip-invalid is given.
The lines are described in docs/export.md.";

/// Store what `rollbook export` wrote, or statements of any other store; creates the store if there is none.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Import {
    /// Where from: plain, gzip or zstd, whatever its name; `-` is the standard input
    #[arg(default_value = "-")]
    file: String,
    /// Go on behind lines that cannot be imported
    #[arg(long)]
    skip_invalid: bool,
    /// Store them as the client with this key would [default: as they were, by your authority]
    #[arg(long, value_name = "KEY:SECRET", conflicts_with = "tenant")]
    key: Option<String>,
    /// Into whose record [default: the first tenant's]
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// What became of the lines.
#[derive(Debug, Default)]
struct Done {
    stored: u64,
    known: u64,
    refused: u64,
    attachments: u64,
    documents: u64,
    /// Lines that this key may not store.
    left_out: u64,
    faults: Vec<Fault>,
}

impl Import {
    pub(super) async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        log::start("warn", LogFormat::Text)?;
        let settings = self.place.settings()?;
        let app = start::build(&settings).await?;
        let outcome = self.import(&app, &settings, out).await;
        app.db.clone().close().await;
        outcome
    }

    async fn import(
        &self,
        app: &App,
        settings: &Settings,
        out: &mut (dyn Write + Send),
    ) -> Result<()> {
        let caller = self.caller(app, settings).await?;
        let bar = place::bar("Importing");
        let source = Source::open(&self.file, &bar)?;
        bar.set_length(source.bytes.unwrap_or(0));
        begun(app, &caller).await?;
        let mut run = Run::new(app, caller, self.skip_invalid, bar)?;
        let outcome = run.all(source).await;
        run.bar.finish_and_clear();
        for fault in &run.done.faults {
            // Where the standard error is gone, the exit code still tells.
            drop(writeln!(io::stderr(), "{fault}"));
        }
        if self.place.json {
            writeln!(out, "{}", run.done.in_json(&outcome))?;
        } else if outcome.is_ok() {
            run.done.tell(out)?;
        }
        outcome
    }

    async fn caller(&self, app: &App, settings: &Settings) -> Result<Caller> {
        let Some(pair) = &self.key else {
            let tenant = place::tenant(&app.db, self.tenant.as_deref()).await?;
            return Ok(operator(tenant, &settings.public_url(settings.listen)));
        };
        let basic = STANDARD.encode(pair);
        let caller = app
            .callers
            .resolve(&Presented::alone(Credential::Basic(&basic)))
            .await
            .map_err(failed)?;
        ensure!(
            caller.scopes.any(&[Scope::All, Scope::StatementsWrite]),
            "this key may not store statements: its scopes are {}",
            caller.scopes
        );
        ensure!(
            caller.activities().are_all(),
            "this key is restricted to certain activities; import with one that is not"
        );
        Ok(caller)
    }
}

/// Keeps in the audit log that statements come from elsewhere, before the first one does: an import
/// that is interrupted has stored some.
async fn begun(app: &App, caller: &Caller) -> Result<()> {
    let (tenant, by, now) = (caller.tenant, By::operator(), app.clock.now_micros());
    let detail = match &caller.principal {
        Principal::Key(key) => json!({ "key": &**key }),
        _ => json!({}),
    };
    let write = move |tx: &mut Tx<'_>| {
        audit::record(tx, tenant, by, "record.imported", "record", &detail, now)
    };
    Ok(app.db.of(tenant.0).write(write).await?)
}

/// Whoever may run commands on the store itself.
fn operator(tenant: TenantId, home_page: &str) -> Caller {
    let authority = json!({
        "objectType": "Agent",
        "name": "Operator",
        "account": { "homePage": home_page, "name": "operator" },
    });
    Caller {
        tenant,
        principal: Principal::Operator,
        scopes: Scopes::NONE.with(Scope::All),
        authority: authority.to_string().into(),
        activity_prefixes: None,
        session: None,
        bounds: None,
    }
}

impl Done {
    fn tell(&self, out: &mut dyn Write) -> Result<()> {
        let Self { stored, known, refused, attachments, documents, left_out, faults: _ } = self;
        let statements = counted(*stored, "statement");
        let attachments = counted(*attachments, "attachment");
        let documents = counted(*documents, "document");
        writeln!(out, "Imported {statements}, {attachments} and {documents}.")?;
        if *known > 0 {
            writeln!(out, "{} were stored already.", counted(*known, "statement"))?;
        }
        if *refused > 0 {
            writeln!(out, "{} could not be imported, see above.", counted(*refused, "line"))?;
        }
        if *left_out > 0 {
            let lines = counted(*left_out, "line");
            writeln!(out, "{lines} were left out: this key may not store what they hold.")?;
        }
        Ok(())
    }

    fn in_json(&self, outcome: &Result<()>) -> Value {
        let Self { stored, known, refused, attachments, documents, left_out, faults } = self;
        let fault = |fault: &Fault| {
            let Fault { line, pointer, requirement, message } = fault;
            json!({ "line": line, "pointer": pointer, "requirement": requirement, "message": message })
        };
        json!({
            "stored": stored,
            "known": known,
            "refused": refused,
            "attachments": attachments,
            "documents": documents,
            "left_out": left_out,
            "faults": faults.iter().map(fault).collect::<Vec<_>>(),
            "error": outcome.as_ref().err().map(|error| format!("{error:#}")),
        })
    }
}

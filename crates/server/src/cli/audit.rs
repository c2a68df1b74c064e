//! `rollbook audit`: is the log of administrative acts whole and unchanged?

use super::log;
use super::place::{self, Place, counted};
use crate::audit::{self, Verified};
use crate::config::LogFormat;
use crate::tenants;
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use rollbook_db::Db;
use serde_json::json;
use std::io::Write;

const VERIFY_EXAMPLES: &str = "\
Examples:
  rollbook audit verify --data ./data
      Checks the log of every tenant, and tells the last hash of each.
  rollbook audit verify --data ./data --json
      For scripts. The exit code is 1 when something is wrong.

Whoever can write to the database could make a whole log anew. Keep the hashes elsewhere: a log that
went on from one of them still holds it.";

/// Check the log of administrative acts.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Verify(Verify),
}

/// Check that nothing in the audit logs was changed or removed.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(super) struct Verify {
    #[command(flatten)]
    place: Place,
}

impl Command {
    pub(super) async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        log::start("warn", LogFormat::Text)?;
        let Self::Verify(Verify { place }) = self;
        let db = place::current(&place.settings()?).await?;
        let verified = verify(&db).await;
        db.close().await;
        let verified = verified?;
        if place.json {
            let told = |(name, Verified { entries, last, fault }): &(String, Verified)| json!({ "tenant": name, "entries": entries, "last": last, "fault": fault });
            writeln!(out, "{}", verified.iter().map(told).collect::<serde_json::Value>())?;
        } else {
            let mut rows = vec![["TENANT", "ENTRIES", "LAST HASH"].map(str::to_owned)];
            rows.extend(verified.iter().map(|(name, Verified { entries, last, fault: _ })| {
                [name.clone(), entries.to_string(), last.clone()]
            }));
            place::table(out, &rows)?;
        }
        let faults: Vec<String> = verified
            .into_iter()
            .filter_map(|(name, verified)| Some(format!("tenant {name}: {}", verified.fault?)))
            .collect();
        match faults.first() {
            None => Ok(()),
            Some(first) => {
                let logs = counted(faults.len() as u64, "audit log");
                bail!("{logs} cannot be trusted: {first}")
            }
        }
    }
}

/// The log of each tenant.
pub(super) async fn verify(db: &Db) -> Result<Vec<(String, Verified)>> {
    let mut verified = Vec::new();
    for (tenant, name) in tenants::all(db).await? {
        let one = db.of(tenant.0).read(move |tx| audit::verify(tx, tenant)).await?;
        verified.push((name, one));
    }
    Ok(verified)
}

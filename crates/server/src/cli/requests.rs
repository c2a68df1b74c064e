//! `rollbook requests`: a tenant's log of requests, read where the store is.

use super::log;
use super::place::{self, Place};
use crate::clock::Clock;
use crate::config::{self, LogFormat};
use crate::requests::{recent, turn_on};
use anyhow::{Result, ensure};
use clap::Args;
use std::io::Write;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  rollbook requests --data ./data --on 30m --follow
      Switches the log of the first tenant on and shows each request as it is answered.
  rollbook requests --data ./data --tenant acme --refused
      Shows what was refused lately, and why.";

/// How often `--follow` looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Show a tenant's log of requests: what was sent, and why it was refused.
///
/// It holds what the tenant's clients sent, learners' data included, but no secrets.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Requests {
    /// Whose [default: the first tenant's]
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Switch the log on first, for so long
    #[arg(long, value_name = "TIME", value_parser = config::duration)]
    on: Option<Duration>,
    /// With --on: keep the beginnings of bodies as well
    #[arg(long, requires = "on")]
    bodies: bool,
    /// Show only what was refused or failed
    #[arg(long)]
    refused: bool,
    /// How many of the newest to show
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
    /// Go on with what comes, until Ctrl-C
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    place: Place,
}

impl Requests {
    pub(super) async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        let settings = self.place.settings()?;
        log::start("warn", LogFormat::Text)?;
        let db = place::current(&settings).await?;
        let tenant = place::tenant(&db, self.tenant.as_deref()).await?;
        if let Some(time) = self.on {
            let longest = settings.limits.request_log_on_seconds_max;
            ensure!(time.as_secs() <= longest, "the log may be on for {longest} seconds at most");
            let began = Clock::System.now_micros();
            let until = began.saturating_add(i64::try_from(time.as_micros())?);
            let turned = turn_on(&db, tenant, (began, until), self.bodies).await;
            turned.map_err(place::failed)?;
        }
        let mut last = None;
        loop {
            let found = recent(&db, tenant, self.refused, last, self.limit).await;
            for (id, entry) in found.map_err(place::failed)? {
                if self.place.json {
                    writeln!(out, "{}", serde_json::to_string(&entry)?)?;
                } else {
                    writeln!(out, "{}", entry.told())?;
                }
                last = Some(id);
            }
            out.flush()?;
            if !self.follow {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        db.close().await;
        Ok(())
    }
}

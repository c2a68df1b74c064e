//! The command line: one file for each command.
//!
//! Answers go to the standard output, the log and errors to the standard error. Exit codes: 0 done,
//! 1 failed, 2 asked for something that cannot be understood.

mod archive;
mod audit;
mod backup;
mod demo;
mod doctor;
mod errors;
mod export;
mod import;
mod key;
mod lines;
mod log;
mod openapi;
mod place;
mod requests;
mod restore;
mod serve;
mod settings;
mod stop;
mod tenant;
#[cfg(test)]
mod tests;

use crate::config::ConfigError;
use crate::tenants::{KeyError, ScopeError};
use anyhow::Result;
use clap::{Arg, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  rollbook serve --data ./data
      Serves the store in ./data. The first time it creates the store and prints a key for it.
  rollbook demo
      Serves an example course from a folder of its own, to see what this is.
  rollbook key create --data ./data --name 'Moodle' --scopes xapi:read,xapi:write
      Makes a key for a client.
  rollbook tenant create acme --data ./data
      Makes another tenant, whose record and keys are its own.
  rollbook serve --data ./data --database postgres://rollbook@localhost/rollbook
      Keeps the record in PostgreSQL instead.
  rollbook export record.ndjson.zst --data ./data
      Writes all of the record to a file, which `rollbook import` reads back.
  rollbook backup /backups/today --data ./data
      Copies the store while it is served.

Every flag of `serve` can also be given in the environment or in a file: see `rollbook settings`.";

/// Rollbook keeps learning records: an xAPI store that one command runs.
///
/// Without a command it serves, with the flags of `rollbook serve`.
#[derive(Debug, Parser)]
#[command(name = "rollbook", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Demo(demo::Demo),
    #[command(subcommand)]
    Tenant(tenant::Command),
    #[command(subcommand)]
    Key(key::Key),
    #[command(subcommand)]
    Audit(audit::Command),
    Export(export::Export),
    Import(import::Import),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Doctor(doctor::Doctor),
    Requests(requests::Requests),
    Settings(settings::Show),
    Openapi(openapi::Show),
    Errors(errors::Show),
}

impl Cli {
    /// Reads the command line of this process; ends the process if it cannot be understood.
    fn parse_from_command_line() -> Self {
        // Whoever asks what there is wants to see the commands, not each bound of a server.
        let seldom = |arg: Arg| if arg.is_hide_short_help_set() { arg.hide(true) } else { arg };
        let matches = Self::command().mut_args(seldom).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// Runs the command; `out` is the standard output.
    pub async fn run(self, out: &mut (dyn Write + Send)) -> Result<()> {
        match self.command {
            None => self.serve.run(out, stop::told_to_stop()?).await,
            Some(Command::Serve(serve)) => serve.run(out, stop::told_to_stop()?).await,
            Some(Command::Demo(demo)) => Box::pin(demo.run(out, stop::told_to_stop()?)).await,
            Some(Command::Tenant(tenant)) => Box::pin(tenant.run(out)).await,
            Some(Command::Key(key)) => key.run(out).await,
            Some(Command::Audit(audit)) => audit.run(out).await,
            Some(Command::Export(export)) => export.run(out).await,
            Some(Command::Import(import)) => Box::pin(import.run(out)).await,
            Some(Command::Backup(backup)) => backup.run(out).await,
            Some(Command::Restore(restore)) => restore.run(out).await,
            Some(Command::Doctor(doctor)) => doctor.run(out).await,
            Some(Command::Requests(requests)) => requests.run(out).await,
            Some(Command::Settings(show)) => show.run(out),
            Some(Command::Openapi(openapi::Show {})) => openapi::run(out),
            Some(Command::Errors(show)) => show.run(out),
        }
    }
}

/// Reads the command line, runs the command and says how it went.
pub fn main() -> ExitCode {
    let cli = Cli::parse_from_command_line();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(Box::pin(cli.run(&mut io::stdout()))),
        Err(error) => Err(anyhow::Error::new(error).context("starting threads")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has read enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where the standard error is gone, nobody is left to be told.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            if is_usage(&error) { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.downcast_ref::<io::Error>().is_some_and(broken)
}

/// Whether the caller must ask differently, rather than mend something and ask again.
fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<ConfigError>()
        || error.is::<ScopeError>()
        || error.downcast_ref().is_some_and(KeyError::is_usage)
}

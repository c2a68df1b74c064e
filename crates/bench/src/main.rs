//! `rollbook-bench` measures a Rollbook server over HTTP and the raw engine beneath it.
//!
//! It knows the server only as a program and a protocol: no crate of the server is linked in. The
//! only exceptions are the names of the record's tables, for raw rows and sizes on disk.

#![expect(clippy::cast_precision_loss, reason = "figures are rounded for people anyway")]

mod args;
mod bench;
mod catalog;
mod client;
mod cmi5;
mod footprint;
mod ingest;
mod load;
mod machine;
mod noisy;
mod queries;
mod raw;
mod report;
mod server;
#[cfg(test)]
mod tests;
mod world;

use std::io::{BufWriter, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;

use args::{Cli, Command, Statements};

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(run) => measure(bench::run(*run)),
        Command::Statements(statements) => print(&statements),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::note(&format!("failed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// One thread drives all connections: the client takes as little of the machine as it can.
fn measure(run: impl Future<Output = Result<()>>) -> Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(1).enable_all().build().context("starting the runtime")?.block_on(run)
}

fn print(statements: &Statements) -> Result<()> {
    let world = world::World::new(statements.seed);
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut text = String::new();
    for n in 0..statements.count {
        text.clear();
        world.statement(n).write(&mut text);
        writeln!(out, "{text}").context("writing to standard output")?;
    }
    out.flush().context("writing to standard output")
}

//! What was looked at and what was found, for people and for programs.

use super::{Examined, Report, Tenant};
use crate::cli::place::counted;
use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::io::Write;

impl Report {
    pub(super) fn tell(&self, out: &mut dyn Write) -> Result<()> {
        writeln!(out, "engine       {}", self.engine)?;
        for Tenant { name, examined, documents, registrations, .. } in &self.tenants {
            let Examined { statements, voided, .. } = examined;
            let statements = counted(*statements, "statement");
            let documents = counted(*documents, "document");
            write!(out, "tenant       {name}: {statements} ({voided} voided), {documents}")?;
            match registrations {
                Some(count) => writeln!(out, ", {}", counted(*count, "registration"))?,
                None => writeln!(out)?,
            }
        }
        let files = counted(self.blobs, "file");
        writeln!(out, "attachments  {files}, {}", counted(self.blob_bytes, "byte"))?;
        writeln!(out, "time         {:.1} s", self.seconds)?;
        for note in &self.notes {
            writeln!(out, "note         {note}")?;
        }
        let mut before = "";
        for (fault, remedy) in &self.faults {
            if *remedy != before {
                writeln!(out, "\nTo mend what follows: {remedy}.")?;
                before = remedy;
            }
            writeln!(out, "WRONG        {fault}")?;
        }
        if self.faults.is_empty() {
            writeln!(out, "\nEverything is as it should be.")?;
        }
        Ok(())
    }

    pub(super) fn in_json(&self) -> Value {
        let tenant = |tenant: &Tenant| {
            let Tenant { name, examined, documents, registrations, sessions } = tenant;
            let Examined {
                statements,
                voided,
                postings,
                references,
                inherited,
                attachments,
                faults: _,
            } = examined;
            json!({
                "name": name,
                "statements": statements,
                "voided": voided,
                "postings": postings,
                "references": references,
                "inherited": inherited,
                "attachments": attachments,
                "documents": documents,
                "registrations": registrations,
                "sessions": sessions,
            })
        };
        let fault = |(fault, remedy): &(String, &str)| json!({ "what": fault, "remedy": remedy });
        json!({
            "healthy": self.faults.is_empty(),
            "engine": self.engine,
            "tenants": self.tenants.iter().map(tenant).collect::<Vec<_>>(),
            "blobs": self.blobs,
            "blob_bytes": self.blob_bytes,
            "faults": self.faults.iter().map(fault).collect::<Vec<_>>(),
            "notes": self.notes,
            "seconds": self.seconds,
        })
    }

    /// An error if anything is wrong.
    pub(in crate::cli) fn verdict(&self) -> Result<()> {
        match self.faults.first() {
            None => Ok(()),
            Some((fault, _)) if self.faults.len() == 1 => bail!("one thing is wrong: {fault}"),
            Some((fault, _)) => {
                bail!("{} things are wrong, the first: {fault}", self.faults.len())
            }
        }
    }
}

//! Whole tables out of PostgreSQL and into it again, for backups.
//!
//! A dump is one snapshot; a load is one transaction into a database that is empty. Rows travel as
//! `COPY` writes them in its text format: a row is a line, and columns are separated by tabs.

use bytes::Bytes;

use crate::{Db, Driver, Engine, Error, Migrations, Result};

/// One table of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in the order of the lines.
    pub columns: Vec<String>,
    /// Its rows: about as many when it is dumped, just as many when it is loaded.
    pub rows: u64,
}

/// What a dump is told in pieces.
#[derive(Debug)]
pub enum Piece<'a> {
    /// Every table, before the first.
    Tables(&'a [Table]),
    /// What follows is of this table.
    Table(&'a Table),
    /// Lines, or a part of one.
    Lines(&'a [u8]),
}

impl Db {
    /// Tells every table of a PostgreSQL that the migrations make, as it is now, to `sink`, while
    /// others write. Others' tables in the same schema are left out.
    pub async fn dump<E>(
        &self,
        sets: &Migrations,
        sink: impl FnMut(Piece<'_>) -> Result<(), E> + Send + 'static,
    ) -> Result<(), E>
    where
        E: From<Error> + Send + 'static,
    {
        match &*self.driver {
            Driver::Postgres(postgres) => postgres.dump(sets.postgres, sink).await,
            Driver::Sqlite(_) => Err(unsupported("dump").into()),
        }
    }

    /// Brings an empty PostgreSQL to the first `steps` migrations and puts `tables` into it: their
    /// lines are what `source` gives for each in turn, until it gives none. Until
    /// [`loaded`](Self::loaded), no program takes the database for whole.
    pub async fn load<E>(
        &self,
        sets: &Migrations,
        steps: usize,
        tables: Vec<Table>,
        source: impl FnMut(&Table) -> Result<Option<Bytes>, E> + Send + 'static,
    ) -> Result<(), E>
    where
        E: From<Error> + Send + 'static,
    {
        match &*self.driver {
            Driver::Postgres(postgres) => {
                let set = sets.postgres.get(..steps).unwrap_or(sets.postgres);
                postgres.load(set, tables, source).await
            }
            Driver::Sqlite(_) => Err(unsupported("load").into()),
        }
    }

    /// Says that what was loaded is whole.
    pub async fn loaded(&self) -> Result<()> {
        self.every().write(crate::migrate::unmark_restoring).await
    }

    /// The handle of a restore: it migrates and reads what was loaded before that is called whole.
    #[must_use]
    pub fn restoring(&self) -> Self {
        Self { restoring: true, ..self.clone() }
    }
}

fn unsupported(what: &'static str) -> Error {
    Error::Unsupported { engine: Engine::Sqlite, what }
}

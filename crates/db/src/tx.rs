//! The verbs of a transaction, and what both engines hold callers to.
//!
//! After a failed statement the transaction can only be rolled back, on SQLite as on PostgreSQL.

use crate::row::Cell;
use crate::{Column, Columns, Engine, Error, FromRow, Result, Row, Sql, Value, postgres, sqlite};

/// What reads the rows: answers whether it wants another.
pub(crate) type Sink<'s> = dyn FnMut(&Row<'_>) -> Result<bool> + 's;

/// The arguments of one call. With columns, the statement stands for `rows` executions.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a> {
    pub(crate) values: &'a [Value],
    pub(crate) columns: &'a [Column],
    pub(crate) rows: usize,
}

impl Args<'_> {
    pub(crate) fn count(&self) -> usize {
        self.values.len() + self.columns.len()
    }
}

/// A transaction.
pub struct Tx<'a> {
    driver: Driver<'a>,
    failed: bool,
}

enum Driver<'a> {
    Sqlite(sqlite::Program<'a>),
    Postgres(&'a mut postgres::Program),
}

impl<'a> Tx<'a> {
    pub(crate) fn sqlite(program: sqlite::Program<'a>) -> Self {
        Self { driver: Driver::Sqlite(program), failed: false }
    }

    pub(crate) fn postgres(program: &'a mut postgres::Program) -> Self {
        Self { driver: Driver::Postgres(program), failed: false }
    }

    /// The first row, if there is one.
    pub fn one<R: FromRow>(&mut self, sql: &'static Sql, args: &[Value]) -> Result<Option<R>> {
        let mut found = None;
        self.query(sql, Args { values: args, columns: &[], rows: 1 }, &mut |row| {
            found = Some(R::from_row(row)?);
            Ok(false)
        })?;
        Ok(found)
    }

    /// Every row.
    pub fn all<R: FromRow>(&mut self, sql: &'static Sql, args: &[Value]) -> Result<Vec<R>> {
        let mut found = Vec::new();
        self.query(sql, Args { values: args, columns: &[], rows: 1 }, &mut |row| {
            found.push(R::from_row(row)?);
            Ok(true)
        })?;
        Ok(found)
    }

    /// How many rows the statement changed.
    pub fn run(&mut self, sql: &'static Sql, args: &[Value]) -> Result<u64> {
        self.execute(sql, Args { values: args, columns: &[], rows: 1 })
    }

    /// Runs the statement for each row of the columns; how many rows it changed in all.
    ///
    /// `$1` to `$k` are `args`, the columns follow. SQLite executes its text once a row;
    /// PostgreSQL executes its text once, each column being an array.
    pub fn many(&mut self, sql: &'static Sql, args: &[Value], columns: &[Column]) -> Result<u64> {
        match self.rows(sql, columns)? {
            0 => Ok(0),
            rows => self.execute(sql, Args { values: args, columns, rows }),
        }
    }

    /// Like [`many`](Self::many), and returns the rows: in the order of the columns on SQLite, in
    /// the order that its text says on PostgreSQL.
    pub fn many_all<R: FromRow>(
        &mut self,
        sql: &'static Sql,
        args: &[Value],
        columns: &[Column],
    ) -> Result<Vec<R>> {
        let mut found = Vec::new();
        let rows = self.rows(sql, columns)?;
        if rows > 0 {
            self.query(sql, Args { values: args, columns, rows }, &mut |row| {
                found.push(R::from_row(row)?);
                Ok(true)
            })?;
        }
        Ok(found)
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match &self.driver {
            Driver::Sqlite(_) => Engine::Sqlite,
            Driver::Postgres(_) => Engine::Postgres,
        }
    }

    /// Prepares a statement without running it and says which columns it returns.
    pub fn prepare(&mut self, sql: &'static Sql) -> Result<Columns> {
        self.usable(sql.name())?;
        let outcome = match &mut self.driver {
            Driver::Sqlite(program) => program.prepare(sql),
            Driver::Postgres(program) => program.prepare(sql),
        };
        self.noted(outcome)
    }

    /// Runs a script of several statements; for migrations.
    pub(crate) fn script(&mut self, name: &'static str, text: &str) -> Result<()> {
        self.usable(name)?;
        let outcome = match &mut self.driver {
            Driver::Sqlite(program) => program.script(name, text),
            Driver::Postgres(program) => program.script(name, text),
        };
        self.noted(outcome)
    }

    /// An error if a statement failed, so that what is left of the transaction is not kept.
    pub(crate) fn usable(&self, sql: &'static str) -> Result<()> {
        if self.failed { Err(Error::Aborted { engine: self.engine(), sql }) } else { Ok(()) }
    }

    fn query(&mut self, sql: &'static Sql, args: Args<'_>, sink: &mut Sink<'_>) -> Result<()> {
        self.admit(sql, args)?;
        let outcome = match &mut self.driver {
            Driver::Sqlite(program) => program.query(sql, args, sink),
            Driver::Postgres(program) => program.query(sql, args, sink),
        };
        self.noted(outcome)
    }

    fn execute(&mut self, sql: &'static Sql, args: Args<'_>) -> Result<u64> {
        self.admit(sql, args)?;
        let outcome = match &mut self.driver {
            Driver::Sqlite(program) => program.execute(sql, args),
            Driver::Postgres(program) => program.execute(sql, args),
        };
        self.noted(outcome)
    }

    fn noted<T>(&mut self, outcome: Result<T>) -> Result<T> {
        self.failed |= matches!(outcome, Err(Error::Refused { .. }));
        outcome
    }

    /// Refuses alike on both engines what one of them could not take.
    fn admit(&self, sql: &'static Sql, args: Args<'_>) -> Result<()> {
        self.usable(sql.name())?;
        let nul = |cell: Cell<'_>| matches!(cell, Cell::Text(text) if text.contains('\0'));
        if args.values.iter().any(|value| nul(value.cell()))
            || args.columns.iter().any(|column| column.cells().any(nul))
        {
            return Err(Error::Nul { engine: self.engine(), sql: sql.name() });
        }
        Ok(())
    }

    fn rows(&self, sql: &'static Sql, columns: &[Column]) -> Result<usize> {
        let ragged = || Error::Ragged { engine: self.engine(), sql: sql.name() };
        let rows = columns.first().map(Column::len).ok_or_else(ragged)?;
        if columns.iter().all(|column| column.len() == rows) { Ok(rows) } else { Err(ragged()) }
    }
}

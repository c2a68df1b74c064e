//! The verbs on PostgreSQL, driven from a blocking thread.
//!
//! `begin` travels with the first statement, so that it costs no round trip.

use std::cell::Cell as Flag;
use std::future::Future;
use std::time::Duration;

use deadpool_postgres::Object;
use futures_util::future::join;
use tokio::runtime::Handle;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;
use tracing::debug;

use super::error::{demoted, is_read_only, refused, unanswered};
use crate::row::Cell;
use crate::tx::{Args, Sink};
use crate::{Column, Columns, Engine, Error, Reach, Result, Row, Sql};

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write,
}

/// How a transaction begins. Writers see what others commit meanwhile and meet them at row locks;
/// readers see a snapshot. The transaction says whose rows it is about (see `reach`).
fn begin(mode: Mode, reach: Reach) -> String {
    let start = match mode {
        Mode::Read => "begin isolation level repeatable read read only",
        // A node that stops in the middle lets go of its locks, which others wait for.
        Mode::Write => {
            "begin isolation level read committed;
             set local idle_in_transaction_session_timeout = '60s'"
        }
    };
    match reach {
        Reach::Tenant(tenant) => format!("{start}; set local rollbook.tenant = '{tenant}'"),
        Reach::Every => format!("{start}; set local rollbook.tenant = 'every'"),
    }
}

/// A transaction and the connection that it is on.
pub(crate) struct Program {
    /// Taken out only by `drop`.
    connection: Option<Object>,
    handle: Handle,
    mode: Mode,
    reach: Reach,
    open: bool,
    /// How long each request may take.
    patience: Option<Duration>,
    /// Whether the connection is of no more use to anybody, although it may be open.
    useless: Flag<bool>,
}

impl Program {
    pub(super) fn new(connection: Object, handle: Handle, mode: Mode, reach: Reach) -> Self {
        Self {
            connection: Some(connection),
            handle,
            mode,
            reach,
            open: false,
            patience: None,
            useless: Flag::new(false),
        }
    }

    /// From now on a request that takes longer fails, and the connection with it.
    pub(super) fn wait_no_longer_than(&mut self, patience: Duration) {
        self.patience = Some(patience);
    }

    /// Whether the server is out of reach, or is not what this program was begun for.
    pub(super) fn is_useless(&self) -> bool {
        self.useless.get() || self.connection.as_ref().is_none_or(|open| open.is_closed())
    }

    pub(crate) fn query(
        &mut self,
        sql: &'static Sql,
        args: Args<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let statement = self.statement(sql, Some(args))?;
        let cells = parameters(args);
        let cells = references(&cells);
        let connection = self.connection()?;
        let rows = self.send(sql.name(), connection.query(&statement, &cells));
        self.open = true;
        for row in rows? {
            if !sink(&Row::postgres(sql, &row))? {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn execute(&mut self, sql: &'static Sql, args: Args<'_>) -> Result<u64> {
        let statement = self.statement(sql, Some(args))?;
        let cells = parameters(args);
        let cells = references(&cells);
        let connection = self.connection()?;
        let changed = self.send(sql.name(), connection.execute(&statement, &cells));
        self.open = true;
        changed
    }

    pub(crate) fn prepare(&mut self, sql: &'static Sql) -> Result<Columns> {
        let statement = self.statement(sql, None)?;
        let names = statement.columns().iter().map(|column| column.name().to_owned()).collect();
        Ok(Columns { names })
    }

    pub(crate) fn script(&mut self, name: &'static str, text: &str) -> Result<()> {
        let connection = self.connection()?;
        let done = self.send(name, connection.batch_execute(text));
        self.open = true;
        done
    }

    pub(super) fn commit(&mut self) -> Result<()> {
        self.end("commit")
    }

    /// A connection that cannot roll back is dropped, which rolls back too.
    pub(super) fn rollback(&mut self) {
        if let Err(error) = self.end("rollback") {
            debug!(error = &error as &dyn std::error::Error, "Dropped a connection");
        }
    }

    fn end(&mut self, text: &'static str) -> Result<()> {
        if !self.open {
            return Ok(());
        }
        if self.useless.get() {
            return Err(Error::Closed { engine: Engine::Postgres });
        }
        let connection = self.connection()?;
        self.wait(text, connection.batch_execute(text))?;
        self.open = false;
        Ok(())
    }

    /// Sends a request, `begin` ahead of it if there is no transaction yet.
    fn send<T>(
        &self,
        name: &'static str,
        request: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        if self.open {
            return self.wait(name, request);
        }
        let begin = begin(self.mode, self.reach);
        let begin = self.connection()?.batch_execute(&begin);
        let both = async {
            let (opened, answer) = join(begin, request).await;
            Ok(opened.map_err(|error| refused("begin", error)).map(|()| answer))
        };
        self.wait(name, both)??.map_err(|error| self.failed(name, error))
    }

    /// Waits for an answer of the server, as long as this program may.
    fn wait<T>(
        &self,
        name: &'static str,
        request: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        let answer = match self.patience {
            None => self.handle.block_on(request),
            Some(patience) => {
                // The timer is made within the runtime.
                let timed = async { tokio::time::timeout(patience, request).await };
                self.handle.block_on(timed).map_err(|late| {
                    self.useless.set(true);
                    unanswered(name, late)
                })?
            }
        };
        answer.map_err(|error| self.failed(name, error))
    }

    fn failed(&self, name: &'static str, error: tokio_postgres::Error) -> Error {
        // Was a primary: what follows it, or was made one, is reached by another connection.
        if self.mode == Mode::Write && is_read_only(&error) {
            self.useless.set(true);
            return demoted(name, &error);
        }
        refused(name, error)
    }

    fn statement(&self, sql: &'static Sql, args: Option<Args<'_>>) -> Result<Statement> {
        let prepared = self.connection()?.prepare_cached(sql.postgres());
        let statement = self.wait(sql.name(), prepared)?;
        let expected = statement.params().len();
        match args.map(|args| args.count()) {
            Some(given) if given != expected => {
                let engine = Engine::Postgres;
                Err(Error::Arguments { engine, sql: sql.name(), expected, given })
            }
            _ => Ok(statement),
        }
    }

    pub(super) fn handle(&self) -> Handle {
        self.handle.clone()
    }

    pub(super) fn connection(&self) -> Result<&Object> {
        self.connection.as_ref().ok_or(Error::Closed { engine: Engine::Postgres })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let useless = self.useless.get();
        if (self.open || useless)
            && let Some(connection) = self.connection.take()
        {
            if useless && let Some(pool) = Object::pool(&connection) {
                // The others that wait there lead to the same server.
                pool.retain(|_, _| false);
            }
            // Out of the pool: nobody may inherit an open transaction.
            drop(Object::take(connection));
        }
    }
}

/// A parameter on its way: one value, or a column as an array.
enum Parameter<'a> {
    Cell(Cell<'a>),
    Array(Vec<Cell<'a>>),
}

fn parameters<'a>(args: Args<'a>) -> Vec<Parameter<'a>> {
    let values = args.values.iter().map(|value| Parameter::Cell(value.cell()));
    let array = |column: &'a Column| Parameter::Array(column.cells().collect());
    values.chain(args.columns.iter().map(array)).collect()
}

fn references<'p>(parameters: &'p [Parameter<'_>]) -> Vec<&'p (dyn ToSql + Sync)> {
    let reference = |parameter: &'p Parameter<'_>| match parameter {
        Parameter::Cell(cell) => cell as &(dyn ToSql + Sync),
        Parameter::Array(cells) => cells as &(dyn ToSql + Sync),
    };
    parameters.iter().map(reference).collect()
}

//! The verbs on SQLite. Statements come out of the connection's cache, values are bound in place.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};

use super::connection::refused;
use crate::row::Cell;
use crate::tx::{Args, Sink};
use crate::{Columns, Engine, Error, Result, Row, Sql};

/// A transaction that is open on a connection.
pub(crate) struct Program<'a> {
    connection: &'a Connection,
}

impl<'a> Program<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection }
    }

    pub(crate) fn query(
        &mut self,
        sql: &'static Sql,
        args: Args<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let mut statement = self.bound(sql, args)?;
        for index in 0..args.rows {
            bind_row(&mut statement, sql, args, index)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(|error| refused(sql.name(), error))? {
                if !sink(&Row::sqlite(sql, row))? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    pub(crate) fn execute(&mut self, sql: &'static Sql, args: Args<'_>) -> Result<u64> {
        let mut statement = self.bound(sql, args)?;
        let mut changed = 0;
        for index in 0..args.rows {
            bind_row(&mut statement, sql, args, index)?;
            let before = self.connection.total_changes();
            let mut rows = statement.raw_query();
            while rows.next().map_err(|error| refused(sql.name(), error))?.is_some() {}
            drop(rows);
            // `changes` still holds the count of an earlier statement if this one changed nothing.
            if self.connection.total_changes() != before {
                changed += self.connection.changes();
            }
        }
        Ok(changed)
    }

    pub(crate) fn prepare(&mut self, sql: &'static Sql) -> Result<Columns> {
        let statement = self.statement(sql)?;
        Ok(Columns { names: statement.column_names().map(str::to_owned).collect() })
    }

    pub(crate) fn script(&mut self, name: &'static str, text: &str) -> Result<()> {
        self.connection.execute_batch(text).map_err(|error| refused(name, error))
    }

    fn statement(&self, sql: &'static Sql) -> Result<CachedStatement<'a>> {
        let statement = self.connection.prepare_cached(sql.numbered());
        statement.map_err(|error| refused(sql.name(), error))
    }

    fn bound(&self, sql: &'static Sql, args: Args<'_>) -> Result<CachedStatement<'a>> {
        let mut statement = self.statement(sql)?;
        let (expected, given) = (statement.parameter_count(), args.count());
        if expected != given {
            let engine = Engine::Sqlite;
            return Err(Error::Arguments { engine, sql: sql.name(), expected, given });
        }
        for (index, value) in args.values.iter().enumerate() {
            bind(&mut statement, sql, index + 1, value.cell())?;
        }
        Ok(statement)
    }
}

fn bind_row(
    statement: &mut CachedStatement<'_>,
    sql: &'static Sql,
    args: Args<'_>,
    row: usize,
) -> Result<()> {
    for (index, column) in args.columns.iter().enumerate() {
        bind(statement, sql, args.values.len() + index + 1, column.cell(row))?;
    }
    Ok(())
}

fn bind(
    statement: &mut CachedStatement<'_>,
    sql: &'static Sql,
    position: usize,
    cell: Cell<'_>,
) -> Result<()> {
    statement.raw_bind_parameter(position, cell).map_err(|error| refused(sql.name(), error))
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Bool(value) => ValueRef::Integer((*value).into()),
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
            Self::Uuid(value) => ValueRef::Blob(value.as_bytes()),
        }))
    }
}

/// The value in a column of a row; none if there is no such column or its text is not UTF-8.
pub(crate) fn cell<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> Option<Cell<'a>> {
    Some(match row.get_ref(column).ok()? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Real(value) => Cell::Real(value),
        ValueRef::Text(value) => Cell::Text(std::str::from_utf8(value).ok()?),
        ValueRef::Blob(value) => Cell::Bytes(value),
    })
}

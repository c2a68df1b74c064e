//! `COPY` out of one snapshot and into one transaction.

use std::pin::pin;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::error::refused;
use super::program::{Mode, Program};
use super::{Postgres, connection};
use crate::{Engine, Error, Piece, Reach, Result, Table, Tx, migrate};

crate::sql! {
    /// Every table and its columns, with about as many rows as the planner thinks.
    COLUMNS = sqlite: "select 1", postgres: "select relname::text, attname::text, greatest(reltuples, 0)::bigint
        from pg_class join pg_attribute on attrelid = pg_class.oid
        where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition
            and attnum > 0 and not attisdropped and attgenerated = ''
        order by relname, attnum";
    /// Whether there is anything in the schema.
    OCCUPIED = sqlite: "select 1",
        postgres: "select exists (select 1 from pg_class
            where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p'))";
}

impl Postgres {
    pub(crate) async fn dump<E>(
        &self,
        set: &'static [(&'static str, &'static str)],
        mut sink: impl FnMut(Piece<'_>) -> Result<(), E> + Send + 'static,
    ) -> Result<(), E>
    where
        E: From<Error> + Send + 'static,
    {
        self.copying(Mode::Read, move |program| {
            let mut tables = tables(program)?;
            let ours = migrate::made_by(set);
            tables.retain(|table| ours.contains(table.name.as_str()));
            sink(Piece::Tables(&tables))?;
            for table in &tables {
                sink(Piece::Table(table))?;
                let (columns, name) = (columns(table), quoted(&table.name));
                let text = format!("copy (select {columns} from {name}) to stdout");
                program.copy_out(&text, &mut |lines| sink(Piece::Lines(lines)))?;
            }
            Ok(())
        })
        .await
    }

    pub(crate) async fn load<E>(
        &self,
        set: &'static [(&'static str, &'static str)],
        given: Vec<Table>,
        mut source: impl FnMut(&Table) -> Result<Option<Bytes>, E> + Send + 'static,
    ) -> Result<(), E>
    where
        E: From<Error> + Send + 'static,
    {
        self.copying(Mode::Write, move |program| {
            let mut tx = Tx::postgres(program);
            if tx.one::<bool>(&OCCUPIED, &[])? == Some(true) {
                return Err(Error::Occupied { engine: Engine::Postgres }.into());
            }
            migrate::apply(&mut tx, set, false)?;
            for table in given {
                if table.name == migrate::TABLE {
                    continue; // The steps that ran have told of themselves.
                }
                let (columns, name) = (columns(&table), quoted(&table.name));
                // Nothing is copied past a wall: it is the owner who loads, and whom it binds again
                // before anybody else sees the table.
                let lower =
                    format!("alter table {name} no force row level security; delete from {name}");
                program.script("lower the wall", &lower)?;
                let text = format!("copy {name} ({columns}) from stdin");
                let found = program.copy_in(&text, &mut || source(&table))?;
                if found != table.rows {
                    let Table { name: table, rows: expected, .. } = table;
                    return Err(Error::Incomplete { table, expected, found }.into());
                }
                let raise = format!("alter table {name} force row level security; analyze {name}");
                program.script("raise the wall", &raise)?;
            }
            migrate::mark_restoring(&mut Tx::postgres(program))?;
            Ok(())
        })
        .await
    }

    /// Runs `job` in a transaction on every tenant's rows.
    async fn copying<E>(
        &self,
        mode: Mode,
        job: impl FnOnce(&mut Program) -> Result<(), E> + Send + 'static,
    ) -> Result<(), E>
    where
        E: From<Error> + Send + 'static,
    {
        let connection = connection(&self.pool).await?;
        let running = self.running.clone().read_owned().await;
        let mut program = Program::new(connection, Handle::current(), mode, Reach::Every);
        let run = spawn_blocking(move || {
            let _running = running;
            match job(&mut program) {
                Ok(()) => program.commit().map_err(E::from),
                Err(error) => {
                    program.rollback();
                    Err(error)
                }
            }
        });
        run.await.unwrap_or_else(|stopped| Err(Error::stopped(Engine::Postgres, &stopped).into()))
    }
}

impl Program {
    fn copy_out<E: From<Error>>(
        &mut self,
        text: &str,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error| E::from(refused("copy", error));
        let (handle, connection) = (self.handle(), self.connection()?);
        let mut lines = pin!(handle.block_on(connection.copy_out(text)).map_err(failed)?);
        while let Some(some) = handle.block_on(lines.next()) {
            sink(&some.map_err(failed)?)?;
        }
        Ok(())
    }

    fn copy_in<E: From<Error>>(
        &mut self,
        text: &str,
        source: &mut dyn FnMut() -> Result<Option<Bytes>, E>,
    ) -> Result<u64, E> {
        let failed = |error| E::from(refused("copy", error));
        let (handle, connection) = (self.handle(), self.connection()?);
        let mut lines =
            pin!(handle.block_on(connection.copy_in::<_, Bytes>(text)).map_err(failed)?);
        while let Some(some) = source()? {
            handle.block_on(lines.send(some)).map_err(failed)?;
        }
        handle.block_on(lines.finish()).map_err(failed)
    }
}

fn tables(program: &mut Program) -> Result<Vec<Table>> {
    let mut tables: Vec<Table> = Vec::new();
    let columns = Tx::postgres(program).all::<(String, String, i64)>(&COLUMNS, &[])?;
    for (name, column, rows) in columns {
        match tables.last_mut() {
            Some(table) if table.name == name => table.columns.push(column),
            _ => tables.push(Table { name, columns: vec![column], rows: rows.unsigned_abs() }),
        }
    }
    Ok(tables)
}

fn columns(table: &Table) -> String {
    let quoted: Vec<String> = table.columns.iter().map(|column| quoted(column)).collect();
    quoted.join(", ")
}

/// A name as SQL has it, whatever is in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

//! A row that came back, and what can be read out of it.
//!
//! Columns are read by index, in select order; the kinds are those of [`Value`](crate::Value).

use uuid::Uuid;

use crate::{Engine, Error, Result, Sql};

/// One value, borrowed from an argument or from a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A truth; SQLite returns an integer instead.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating point number.
    Real(f64),
    /// A text.
    Text(&'a str),
    /// A byte string; SQLite returns identifiers as such.
    Bytes(&'a [u8]),
    /// An identifier.
    Uuid(Uuid),
}

impl Cell<'_> {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Real(_) => "real",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Uuid(_) => "uuid",
        }
    }
}

/// No such column, or a type that is none of ours: `numeric`, for one, which is what PostgreSQL makes
/// of `sum(bigint)` unless the text casts it.
const UNREADABLE: &str = "nothing readable";

/// A row of a result, valid while it is read.
pub struct Row<'a> {
    sql: &'static Sql,
    inner: Inner<'a>,
}

enum Inner<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(sql: &'static Sql, row: &'a rusqlite::Row<'a>) -> Self {
        Self { sql, inner: Inner::Sqlite(row) }
    }

    pub(crate) fn postgres(sql: &'static Sql, row: &'a tokio_postgres::Row) -> Self {
        Self { sql, inner: Inner::Postgres(row) }
    }

    /// Reads one column.
    pub fn get<T: FromColumn>(&self, column: usize) -> Result<T> {
        let cell = self.cell(column).ok_or_else(|| self.mismatch(column, T::KIND, UNREADABLE))?;
        T::from_cell(cell).ok_or_else(|| self.mismatch(column, T::KIND, cell.kind()))
    }

    /// Reads a text without copying it.
    pub fn text(&self, column: usize) -> Result<&str> {
        match self.cell(column) {
            Some(Cell::Text(text)) => Ok(text),
            other => Err(self.mismatch(column, "text", other.map_or(UNREADABLE, |c| c.kind()))),
        }
    }

    /// Reads a byte string without copying it.
    pub fn bytes(&self, column: usize) -> Result<&[u8]> {
        match self.cell(column) {
            Some(Cell::Bytes(bytes)) => Ok(bytes),
            other => Err(self.mismatch(column, "bytes", other.map_or(UNREADABLE, |c| c.kind()))),
        }
    }

    /// The value in a column; none if there is no such column or its kind is not one of ours.
    fn cell(&self, column: usize) -> Option<Cell<'_>> {
        match self.inner {
            Inner::Sqlite(row) => crate::sqlite::cell(row, column),
            Inner::Postgres(row) => row.try_get(column).ok(),
        }
    }

    fn mismatch(&self, column: usize, expected: &'static str, found: &'static str) -> Error {
        let engine = match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        };
        Error::Column { engine, sql: self.sql.name(), column, expected, found }
    }
}

/// Something that a column can be read as.
pub trait FromColumn: Sized {
    /// What it is called in an error.
    const KIND: &'static str;

    /// Reads it; none if the cell is of another kind.
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

macro_rules! from_column {
    ($($type:ty, $kind:literal: $($pattern:pat => $value:expr),*;)*) => {
        $(
            impl FromColumn for $type {
                const KIND: &'static str = $kind;

                fn from_cell(cell: Cell<'_>) -> Option<Self> {
                    match cell {
                        $($pattern => $value,)*
                        _ => None,
                    }
                }
            }

            impl FromRow for $type {
                fn from_row(row: &Row<'_>) -> Result<Self> {
                    row.get(0)
                }
            }
        )*
    };
}

from_column! {
    bool, "bool": Cell::Bool(value) => Some(value), Cell::Int(0) => Some(false), Cell::Int(1) => Some(true);
    i64, "int": Cell::Int(value) => Some(value);
    i32, "int": Cell::Int(value) => Self::try_from(value).ok();
    i16, "int": Cell::Int(value) => Self::try_from(value).ok();
    u32, "int": Cell::Int(value) => Self::try_from(value).ok();
    f64, "real": Cell::Real(value) => Some(value);
    String, "text": Cell::Text(value) => Some(value.to_owned());
    Vec<u8>, "bytes": Cell::Bytes(value) => Some(value.to_vec());
    Uuid, "uuid": Cell::Uuid(value) => Some(value), Cell::Bytes(value) => Self::from_slice(value).ok();
}

impl<T: FromColumn> FromColumn for Option<T> {
    const KIND: &'static str = T::KIND;

    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

/// Something that a row can be read as.
pub trait FromRow: Sized {
    /// Reads it.
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

impl<T: FromColumn> FromRow for Option<T> {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        row.get(0)
    }
}

macro_rules! from_tuple {
    ($($name:ident $index:tt),*) => {
        impl<$($name: FromColumn),*> FromRow for ($($name,)*) {
            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(row.get::<$name>($index)?,)*))
            }
        }
    };
}

from_tuple!(A 0);
from_tuple!(A 0, B 1);
from_tuple!(A 0, B 1, C 2);
from_tuple!(A 0, B 1, C 2, D 3);
from_tuple!(A 0, B 1, C 2, D 3, E 4);
from_tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
from_tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
from_tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

//! The kinds that cross into a statement: one value each, or a column of many.
//!
//! Storage forms: uuid is `blob`/`uuid`, time is integer microseconds, bool is `integer`/`boolean`.

use std::borrow::Cow;

use uuid::Uuid;

use crate::row::Cell;

/// One argument of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, of any kind.
    Null,
    /// `integer` 0 or 1, or `boolean`.
    Bool(bool),
    /// `integer`, or `bigint` and its smaller kin.
    Int(i64),
    /// `real`, or `double precision`.
    Real(f64),
    /// `text`; never holds U+0000.
    Text(String),
    /// `blob`, or `bytea`.
    Bytes(Vec<u8>),
    /// `blob` of 16 bytes, or `uuid`.
    Uuid(Uuid),
}

impl Value {
    pub(crate) fn cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Bool(value) => Cell::Bool(*value),
            Self::Int(value) => Cell::Int(*value),
            Self::Real(value) => Cell::Real(*value),
            Self::Text(value) => Cell::Text(value),
            Self::Bytes(value) => Cell::Bytes(value),
            Self::Uuid(value) => Cell::Uuid(*value),
        }
    }
}

macro_rules! value_from {
    ($($from:ty => $make:expr;)*) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                let make: fn($from) -> Self = $make;
                make(value)
            }
        })*
    };
}

value_from! {
    bool => Value::Bool;
    u8 => |value| Value::Int(value.into());
    i16 => |value| Value::Int(value.into());
    i32 => |value| Value::Int(value.into());
    u16 => |value| Value::Int(value.into());
    u32 => |value| Value::Int(value.into());
    i64 => Value::Int;
    f64 => Value::Real;
    String => Value::Text;
    &str => |value| Value::Text(value.to_owned());
    &String => |value| Value::Text(value.clone());
    Cow<'_, str> => |value| Value::Text(value.into_owned());
    Vec<u8> => Value::Bytes;
    &[u8] => |value| Value::Bytes(value.to_vec());
    Uuid => Value::Uuid;
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One argument for each of many rows, in [`many`](crate::Tx::many).
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Integers.
    Int(Vec<i64>),
    /// Integers and nulls.
    OptInt(Vec<Option<i64>>),
    /// Floating point numbers.
    Real(Vec<f64>),
    /// Texts.
    Text(Vec<String>),
    /// Texts and nulls.
    OptText(Vec<Option<String>>),
    /// Byte strings.
    Bytes(Vec<Vec<u8>>),
    /// Byte strings and nulls.
    OptBytes(Vec<Option<Vec<u8>>>),
    /// Identifiers.
    Uuid(Vec<Uuid>),
    /// Identifiers and nulls.
    OptUuid(Vec<Option<Uuid>>),
    /// Truths.
    Bool(Vec<bool>),
}

impl Column {
    /// How many rows it covers.
    pub fn len(&self) -> usize {
        match self {
            Self::Int(rows) => rows.len(),
            Self::OptInt(rows) => rows.len(),
            Self::Real(rows) => rows.len(),
            Self::Text(rows) => rows.len(),
            Self::OptText(rows) => rows.len(),
            Self::Bytes(rows) => rows.len(),
            Self::OptBytes(rows) => rows.len(),
            Self::Uuid(rows) => rows.len(),
            Self::OptUuid(rows) => rows.len(),
            Self::Bool(rows) => rows.len(),
        }
    }

    /// Whether it covers no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The argument for one row; null past the end, which callers never reach.
    pub(crate) fn cell(&self, row: usize) -> Cell<'_> {
        let cell = match self {
            Self::Int(rows) => rows.get(row).map(|value| Cell::Int(*value)),
            Self::OptInt(rows) => rows.get(row).and_then(|value| value.map(Cell::Int)),
            Self::Real(rows) => rows.get(row).map(|value| Cell::Real(*value)),
            Self::Text(rows) => rows.get(row).map(|value| Cell::Text(value)),
            Self::OptText(rows) => rows.get(row).and_then(|value| value.as_deref().map(Cell::Text)),
            Self::Bytes(rows) => rows.get(row).map(|value| Cell::Bytes(value)),
            Self::OptBytes(rows) => {
                rows.get(row).and_then(|value| value.as_deref().map(Cell::Bytes))
            }
            Self::Uuid(rows) => rows.get(row).map(|value| Cell::Uuid(*value)),
            Self::OptUuid(rows) => rows.get(row).and_then(|value| value.map(Cell::Uuid)),
            Self::Bool(rows) => rows.get(row).map(|value| Cell::Bool(*value)),
        };
        cell.unwrap_or(Cell::Null)
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        (0..self.len()).map(|row| self.cell(row))
    }
}

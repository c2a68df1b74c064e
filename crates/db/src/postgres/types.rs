//! How values travel: a cell takes the type that the statement asks for, or is refused by kind.

use std::error::Error as StdError;
use std::fmt;

use bytes::{BufMut as _, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::row::Cell;

type Failure = Box<dyn StdError + Sync + Send>;

/// A value of one kind for a parameter of another; names the kinds and not the value.
#[derive(Debug)]
struct Mismatch {
    kind: &'static str,
    wanted: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of kind {} does not fit type {}", self.kind, self.wanted)
    }
}

impl StdError for Mismatch {}

impl ToSql for Cell<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        let mismatch = || Mismatch { kind: self.kind(), wanted: ty.name().to_owned() };
        match (*self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Bool(value), &Type::BOOL) => value.to_sql(ty, out),
            (Self::Int(value), &Type::INT8) => value.to_sql(ty, out),
            (Self::Int(value), &Type::INT4) => {
                i32::try_from(value).map_err(|_range| mismatch())?.to_sql(ty, out)
            }
            (Self::Int(value), &Type::INT2) => {
                i16::try_from(value).map_err(|_range| mismatch())?.to_sql(ty, out)
            }
            (Self::Real(value), &Type::FLOAT8) => value.to_sql(ty, out),
            (Self::Text(value), &Type::JSONB) => {
                out.put_u8(1); // The version of the format, followed by the text.
                out.put_slice(value.as_bytes());
                Ok(IsNull::No)
            }
            (Self::Text(value), &Type::JSON) => {
                out.put_slice(value.as_bytes());
                Ok(IsNull::No)
            }
            (Self::Text(value), ty) if <&str as ToSql>::accepts(ty) => value.to_sql(ty, out),
            (Self::Bytes(value), &Type::BYTEA) => value.to_sql(ty, out),
            (Self::Uuid(value), &Type::UUID) => value.to_sql(ty, out),
            (Self::Uuid(value), &Type::BYTEA) => value.as_bytes().as_slice().to_sql(ty, out),
            _ => Err(mismatch().into()),
        }
    }

    /// Every type is accepted here, so that `to_sql` can say what does not fit.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        Ok(match *ty {
            Type::BOOL => Self::Bool(bool::from_sql(ty, raw)?),
            Type::INT2 => Self::Int(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => Self::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::FLOAT4 => Self::Real(f32::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Self::Real(f64::from_sql(ty, raw)?),
            Type::BYTEA => Self::Bytes(raw),
            Type::UUID => Self::Uuid(Uuid::from_sql(ty, raw)?),
            _ => Self::Text(std::str::from_utf8(raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::BOOL
                | Type::INT2
                | Type::INT4
                | Type::INT8
                | Type::FLOAT4
                | Type::FLOAT8
                | Type::BYTEA
                | Type::UUID
                | Type::JSON
        ) || <&str as FromSql>::accepts(ty)
    }
}

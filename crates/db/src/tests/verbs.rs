//! What each verb answers, and what every kind of value looks like when it comes back.

use std::error::Error as _;

use uuid::Uuid;

use super::*;
use crate::{Column, ErrorKind, FromRow, Result, Row};

on_both! {
    absent_is_inserted_once, many_rows_at_once, compare_and_swap, every_value_comes_back,
    every_column_comes_back, an_optional_filter, every_text_prepares, errors_have_kinds,
    errors_name_the_statement_and_no_value, wrong_arguments_are_refused, nul_is_refused,
    a_column_of_another_kind_is_an_error, counts_are_of_this_statement,
}

async fn absent_is_inserted_once(db: TestDb) {
    let db = with_tables(db).await;
    let put = |version: i64| {
        db.every().write(move |tx| {
            tx.one::<(String, i64)>(&INSERT_IF_ABSENT, &["a".into(), version.into()])
        })
    };
    assert_eq!(put(1).await.unwrap(), Some(("a".into(), 1)));
    assert_eq!(put(2).await.unwrap(), None);
}

async fn many_rows_at_once(db: TestDb) {
    let db = with_tables(db).await;
    let keys = |range: std::ops::Range<i64>| {
        let names = range.clone().map(|key| format!("{key:02}")).collect();
        [Column::Text(names), Column::Int(range.collect())]
    };
    let (first, more, none) = (keys(0..10), keys(5..15), keys(0..0));
    db.every()
        .write(move |tx| {
            assert_eq!(tx.many(&INSERT_MANY, &["same".into()], &first)?, 10);
            assert_eq!(tx.many(&INSERT_MANY, &["same".into()], &none)?, 0);
            let new = tx.many_all::<String>(&INSERT_MANY_RETURNING, &[], &more)?;
            assert_eq!(new, ["10", "11", "12", "13", "14"]);
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
    let rows =
        db.every().read(|tx| tx.all::<(String, i64, Option<String>)>(&LIST, &[])).await.unwrap();
    assert_eq!(rows.len(), 15);
    assert_eq!(rows[3], ("03".into(), 3, Some("same".into())));
    assert_eq!(rows[14], ("14".into(), 14, None));
}

async fn compare_and_swap(db: TestDb) {
    let db = with_tables(db).await;
    insert(&db, "a").await.unwrap();
    let swap = |from: i64, to: i64| {
        db.every().write(move |tx| tx.run(&SWAP, &["a".into(), from.into(), to.into()]))
    };
    assert_eq!(swap(1, 2).await.unwrap(), 1);
    assert_eq!(swap(1, 3).await.unwrap(), 0);
    assert_eq!(swap(2, 3).await.unwrap(), 1);
}

/// A row of the table `kind`.
#[derive(Debug, Clone, PartialEq)]
struct Kind {
    truth: Option<bool>,
    whole: Option<i64>,
    number: Option<f64>,
    words: Option<String>,
    bytes: Option<Vec<u8>>,
    identity: Option<Uuid>,
}

impl FromRow for Kind {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            truth: row.get(1)?,
            whole: row.get(2)?,
            number: row.get(3)?,
            words: row.get(4)?,
            bytes: row.get(5)?,
            identity: row.get(6)?,
        })
    }
}

fn kinds() -> Vec<Kind> {
    let none =
        Kind { truth: None, whole: None, number: None, words: None, bytes: None, identity: None };
    let kind = |truth, whole, number, words: &str, bytes: &[u8], identity| Kind {
        truth: Some(truth),
        whole: Some(whole),
        number: Some(number),
        words: Some(words.into()),
        bytes: Some(bytes.into()),
        identity: Some(identity),
    };
    vec![
        none,
        kind(true, i64::MAX, f64::MIN_POSITIVE, "Grüße, 世界 🦀", &[0, 255], Uuid::max()),
        kind(false, i64::MIN, f64::INFINITY, "", &[], Uuid::nil()),
        kind(true, 0, -0.1, "quote ' and \\ and \u{1}", b"text", Uuid::from_u128(1)),
    ]
}

async fn every_value_comes_back(db: TestDb) {
    let db = with_tables(db).await;
    for (key, kind) in (0_i64..).zip(kinds()) {
        let Kind { truth, whole, number, words, bytes, identity } = kind;
        let args: [Value; 7] = [
            key.into(),
            truth.into(),
            whole.into(),
            number.into(),
            words.into(),
            bytes.into(),
            identity.into(),
        ];
        db.every().write(move |tx| tx.run(&INSERT_KIND, &args)).await.unwrap();
    }
    let found = db.every().read(|tx| tx.all::<Kind>(&LIST_KINDS, &[])).await.unwrap();
    assert_eq!(found, kinds());
}

fn take<T>(rows: &[Kind], column: impl Fn(Kind) -> T) -> Vec<T> {
    rows.iter().cloned().map(column).collect()
}

async fn every_column_comes_back(db: TestDb) {
    let db = with_tables(db).await;
    let full: Vec<Kind> = kinds().into_iter().skip(1).collect();
    let columns = [
        Column::Int(vec![1, 2, 3]),
        Column::Bool(take(&full, |row| row.truth.unwrap())),
        Column::Int(take(&full, |row| row.whole.unwrap())),
        Column::Real(take(&full, |row| row.number.unwrap())),
        Column::Text(take(&full, |row| row.words.unwrap())),
        Column::Bytes(take(&full, |row| row.bytes.unwrap())),
        Column::Uuid(take(&full, |row| row.identity.unwrap())),
    ];
    let holes = [
        Column::Int(vec![4, 5]),
        Column::Bool(vec![true, true]),
        Column::OptInt(vec![None, Some(7)]),
        Column::Real(vec![0.5, 0.5]),
        Column::OptText(vec![None, Some("seven".into())]),
        Column::OptBytes(vec![None, Some(vec![7])]),
        Column::OptUuid(vec![None, Some(Uuid::from_u128(7))]),
    ];
    db.every()
        .write(move |tx| {
            assert_eq!(tx.many(&INSERT_KINDS, &[], &columns)?, 3);
            tx.many(&INSERT_KINDS, &[], &holes)
        })
        .await
        .unwrap();
    let found = db.every().read(|tx| tx.all::<Kind>(&LIST_KINDS, &[])).await.unwrap();
    assert_eq!(found[..3], full);
    let rest = |row: &Kind| (row.whole, row.words.clone(), row.bytes.clone(), row.identity);
    assert_eq!(rest(&found[3]), (None, None, None, None));
    let seven = Some(Uuid::from_u128(7));
    assert_eq!(rest(&found[4]), (Some(7), Some("seven".into()), Some(vec![7]), seven));
}

async fn an_optional_filter(db: TestDb) {
    let db = with_tables(db).await;
    for key in ["a", "b"] {
        insert(&db, key).await.unwrap();
    }
    let list = |key: Option<&str>| {
        let args = [Value::from(key)];
        db.every().read(move |tx| tx.all::<String>(&FILTER, &args))
    };
    assert_eq!(list(None).await.unwrap(), ["a", "b"]);
    assert_eq!(list(Some("b")).await.unwrap(), ["b"]);
}

async fn every_text_prepares(db: TestDb) {
    let db = with_tables(db).await;
    for sql in ALL.iter().filter(|sql| !["MISSPELT", "NO_TABLE"].contains(&sql.name())) {
        db.prepare(sql).await.unwrap();
    }
    assert_eq!(db.prepare(&LIST).await.unwrap().names, ["key", "version", "body"]);
    assert_eq!(db.prepare(&INSERT_IF_ABSENT).await.unwrap().count(), 2);
    assert_eq!(db.prepare(&INSERT).await.unwrap().count(), 0);
    assert_eq!(db.prepare(&MISSPELT).await.unwrap_err().sql(), Some("MISSPELT"));
}

async fn errors_have_kinds(db: TestDb) {
    let db = with_tables(db).await;
    insert(&db, "a").await.unwrap();
    assert_eq!(insert(&db, "a").await.unwrap_err().kind(), ErrorKind::Conflict);
    let missing = db.every().read(|tx| tx.all::<i64>(&NO_TABLE, &[])).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Missing, "{missing:?}");
    let written = db.every().read(|tx| tx.run(&INSERT, &["b".into(), 1.into(), Value::Null])).await;
    assert_eq!(written.unwrap_err().kind(), ErrorKind::Other);
    assert_eq!(count(&db).await, 1);
    let clone = db.db();
    clone.clone().close().await;
    let closed = clone.every().read(|tx| tx.one::<i64>(&COUNT, &[])).await.unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::Closed);
}

async fn errors_name_the_statement_and_no_value(db: TestDb) {
    let db = with_tables(db).await;
    insert(&db, "ada@example.org").await.unwrap();
    let error = insert(&db, "ada@example.org").await.unwrap_err();
    assert_eq!(error.to_string(), format!("{} refused INSERT (conflict)", db.engine()));
    assert_eq!((error.sql(), error.engine()), (Some("INSERT"), Some(db.engine())));
    let mut told = format!("{error:?}");
    let mut cause = error.source();
    assert!(cause.is_some());
    while let Some(error) = cause {
        told = format!("{told}\n{error}");
        cause = error.source();
    }
    assert!(!told.contains("ada"), "{told}");
}

async fn wrong_arguments_are_refused(db: TestDb) {
    let db = with_tables(db).await;
    let engine = db.engine();
    let few = db.every().write(|tx| tx.run(&INSERT, &["a".into()])).await.unwrap_err();
    let expected = format!("INSERT takes 3 arguments on {engine} and was given 1");
    assert_eq!(few.to_string(), expected);
    let ragged = [Column::Int(vec![1]), Column::Int(vec![])];
    let ragged = db.every().write(move |tx| tx.many(&INSERT_MANY, &["a".into()], &ragged)).await;
    assert!(matches!(ragged, Err(Error::Ragged { sql: "INSERT_MANY", .. })), "{ragged:?}");
    let none =
        db.every().write(|tx| tx.many(&INSERT, &["a".into(), 1.into(), Value::Null], &[])).await;
    assert!(matches!(none, Err(Error::Ragged { .. })), "{none:?}");
}

async fn nul_is_refused(db: TestDb) {
    let db = with_tables(db).await;
    let error = insert(&db, "a\0b").await.unwrap_err();
    assert_eq!(error.to_string(), "a text given to INSERT holds U+0000, which cannot be stored");
    let columns = [Column::Text(vec!["a".into(), "\0".into()]), Column::Int(vec![1, 2])];
    let error = db.every().write(move |tx| tx.many(&INSERT_MANY, &["b".into()], &columns)).await;
    assert!(matches!(error, Err(Error::Nul { .. })), "{error:?}");
    assert_eq!(count(&db).await, 0);
}

async fn a_column_of_another_kind_is_an_error(db: TestDb) {
    let db = with_tables(db).await;
    insert(&db, "a").await.unwrap();
    let told = |error: Error| error.to_string();
    let (engine, list) = (db.engine(), "of LIST where");
    let wrong = db.every().read(|tx| tx.one::<(i64,)>(&LIST, &[])).await.unwrap_err();
    assert_eq!(told(wrong), format!("{engine} returned text in column 0 {list} int was expected"));
    let null = db.every().read(|tx| tx.one::<(String, i64, String)>(&LIST, &[])).await.unwrap_err();
    assert_eq!(told(null), format!("{engine} returned null in column 2 {list} text was expected"));
    let past = db.every().read(|tx| tx.one::<(i64, i64)>(&COUNT, &[])).await.unwrap_err();
    assert!(told(past).contains("returned nothing readable in column 1"));
}

async fn counts_are_of_this_statement(db: TestDb) {
    let db = with_tables(db).await;
    db.every()
        .write(|tx| {
            assert_eq!(tx.run(&INSERT, &["a".into(), 1.into(), Value::Null])?, 1);
            // An earlier count must not stick to a statement that changes nothing.
            assert_eq!(tx.run(&SWAP, &["b".into(), 1.into(), 2.into()])?, 0);
            assert_eq!(tx.run(&COUNT_UP, &["a".into()])?, 1);
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
}

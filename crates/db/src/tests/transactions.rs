//! All or nothing, alone or in company.

use std::collections::BTreeSet;
use std::sync::mpsc::channel;

use super::*;
use crate::{Db, ErrorKind};

on_both! {
    an_error_rolls_back, a_panic_rolls_back, a_failed_statement_cannot_be_kept,
    no_increment_is_lost, a_read_is_one_snapshot, a_rolled_back_connection_is_used_again,
    an_error_of_the_caller_comes_back, closing_finishes_what_was_accepted,
}

async fn an_error_rolls_back(db: TestDb) {
    let db = with_tables(db).await;
    let outcome = db
        .every()
        .write(|tx| {
            tx.run(&INSERT, &["a".into(), 1.into(), Value::Null])?;
            Err::<(), _>(Error::Ragged { engine: tx.engine(), sql: "mine" })
        })
        .await;
    assert!(matches!(outcome, Err(Error::Ragged { sql: "mine", .. })));
    assert_eq!(count(&db).await, 0);
}

async fn a_panic_rolls_back(db: TestDb) {
    let db = with_tables(db).await;
    let outcome = db
        .every()
        .write(|tx| {
            tx.run(&INSERT, &["a".into(), 1.into(), Value::Null])?;
            assert_eq!(count_of(tx)?, 99, "on purpose");
            Ok::<_, Error>(())
        })
        .await;
    assert!(matches!(outcome, Err(Error::Panicked { .. })));
    let read = db.every().read(|_| -> Result<(), Error> { panic!("on purpose") }).await;
    assert!(matches!(read, Err(Error::Panicked { .. })));
    insert(&db, "b").await.unwrap();
    assert_eq!(count(&db).await, 1);
}

fn count_of(tx: &mut crate::Tx<'_>) -> Result<i64, Error> {
    Ok(tx.one::<i64>(&COUNT, &[])?.unwrap_or(0))
}

async fn a_failed_statement_cannot_be_kept(db: TestDb) {
    let db = with_tables(db).await;
    insert(&db, "a").await.unwrap();
    let outcome = db
        .every()
        .write(|tx| {
            tx.run(&INSERT, &["b".into(), 1.into(), Value::Null])?;
            let refused = tx.run(&INSERT, &["a".into(), 1.into(), Value::Null]).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Conflict);
            let later = tx.run(&INSERT, &["c".into(), 1.into(), Value::Null]);
            assert!(matches!(later, Err(Error::Aborted { sql: "INSERT", .. })));
            Ok::<_, Error>(())
        })
        .await;
    assert!(matches!(outcome, Err(Error::Aborted { sql: "commit", .. })), "{outcome:?}");
    assert_eq!(count(&db).await, 1);
}

async fn no_increment_is_lost(db: TestDb) {
    let db = with_tables(db).await;
    insert(&db, "counter").await.unwrap();
    let writers: Vec<_> = (0..32)
        .map(|_| {
            let db = db.db();
            tokio::spawn(async move {
                let mut seen = Vec::new();
                for _ in 0..10 {
                    seen.push(count_up(&db).await);
                }
                seen
            })
        })
        .collect();
    let mut seen = BTreeSet::new();
    for writer in writers {
        seen.extend(writer.await.unwrap());
    }
    assert_eq!(seen, (2..=321).collect());
}

async fn count_up(db: &Db) -> i64 {
    let counted = db.every().write(|tx| tx.one::<i64>(&COUNT_UP, &["counter".into()])).await;
    counted.unwrap().unwrap()
}

async fn a_read_is_one_snapshot(db: TestDb) {
    let db = with_tables(db).await;
    let (started, reading) = channel();
    let (go_on, written) = channel();
    let reader = db.db();
    let read = tokio::spawn(async move {
        let job = move |tx: &mut crate::Tx<'_>| {
            let before = count_of(tx)?;
            started.send(()).unwrap();
            written.recv().unwrap();
            Ok::<_, Error>((before, count_of(tx)?))
        };
        reader.every().read(job).await
    });
    tokio::task::spawn_blocking(move || reading.recv().unwrap()).await.unwrap();
    insert(&db, "a").await.unwrap();
    go_on.send(()).unwrap();
    assert_eq!(read.await.unwrap().unwrap(), (0, 0));
    assert_eq!(count(&db).await, 1);
}

async fn a_rolled_back_connection_is_used_again(db: TestDb) {
    let db = with_tables(db).await;
    let mut options = db.options().clone();
    options.pool_size = 1;
    options.readers = 1;
    let one = Db::open(options).await.unwrap();
    for round in 0..3_i64 {
        let refused = one
            .every()
            .write(move |tx| {
                tx.run(&INSERT, &["a".into(), round.into(), Value::Null])?;
                tx.run(&INSERT, &["a".into(), round.into(), Value::Null])
            })
            .await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
        let read = one.every().read(|tx| tx.all::<i64>(&MISSPELT, &[])).await;
        assert_eq!(read.unwrap_err().kind(), ErrorKind::Other);
        let key = format!("kept {round}");
        one.every()
            .write(move |tx| tx.run(&INSERT, &[key.into(), round.into(), Value::Null]))
            .await
            .unwrap();
    }
    assert_eq!(count(&db).await, 3);
    one.close().await;
}

/// Stands for the error of a caller.
#[derive(Debug, PartialEq)]
enum Refusal {
    Forbidden,
    Database(ErrorKind),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Database(error.kind())
    }
}

async fn an_error_of_the_caller_comes_back(db: TestDb) {
    let db = with_tables(db).await;
    let own = db.every().write(|_| Err::<(), _>(Refusal::Forbidden)).await;
    assert_eq!(own, Err(Refusal::Forbidden));
    let converted = db.every().read(|tx| Ok(tx.one::<i64>(&NO_TABLE, &[])?)).await;
    assert_eq!(converted, Err(Refusal::Database(ErrorKind::Missing)));
}

async fn closing_finishes_what_was_accepted(db: TestDb) {
    let db = with_tables(db).await;
    let second = Db::open(db.options().clone()).await.unwrap();
    let writers: Vec<_> = (0..20)
        .map(|number| {
            let writer = second.clone();
            tokio::spawn(async move {
                let args = [format!("{number}").into(), 1.into(), Value::Null];
                writer.every().write(move |tx| tx.run(&INSERT, &args)).await
            })
        })
        .collect();
    tokio::task::yield_now().await;
    second.close().await;
    let mut acknowledged = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(changed) => acknowledged += i64::try_from(changed).unwrap(),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Closed),
        }
    }
    assert_eq!(count(&db).await, acknowledged);
}

//! Migrations run once, in order, and never over a schema that is not theirs.

use super::*;
use crate::Db;

on_both! { they_run_once, four_runners_run_them_once, a_changed_text_is_refused, a_newer_database_is_refused, a_failure_leaves_nothing }

const FIRST: (&str, &str) = ("0001_a", "create table a (x integer); create table b (x integer);");
const SECOND: (&str, &str) = ("0002_c", "create table c (x integer);");

static ONE: Migrations = Migrations { sqlite: &[FIRST], postgres: &[FIRST] };
static TWO: Migrations = Migrations { sqlite: &[FIRST, SECOND], postgres: &[FIRST, SECOND] };

crate::sql! {
    /// What the database says it is.
    LIST_APPLIED = "select number, name from migration order by number";
    /// Exists if the first ran.
    COUNT_B = "select count(*) from b";
}

async fn they_run_once(db: TestDb) {
    assert_eq!(db.migrate(&ONE).await.unwrap(), 1);
    assert_eq!(db.migrate(&TWO).await.unwrap(), 1);
    assert_eq!(db.migrate(&TWO).await.unwrap(), 0);
    let applied = db.every().read(|tx| tx.all::<(i64, String)>(&LIST_APPLIED, &[])).await.unwrap();
    assert_eq!(applied, [(1, "0001_a".into()), (2, "0002_c".into())]);
}

async fn four_runners_run_them_once(db: TestDb) {
    let runners: Vec<_> = (0..4)
        .map(|_| {
            let options = db.options().clone();
            tokio::spawn(async move {
                let own = Db::open(options).await.unwrap();
                let ran = own.migrate(&TWO).await.unwrap();
                own.close().await;
                ran
            })
        })
        .collect();
    let mut ran = 0;
    for runner in runners {
        ran += runner.await.unwrap();
    }
    assert_eq!(ran, 2);
}

async fn a_changed_text_is_refused(db: TestDb) {
    const CHANGED: (&str, &str) = ("0001_a", "create table a (x integer)");
    static MENDED: Migrations =
        Migrations { sqlite: &[CHANGED, SECOND], postgres: &[CHANGED, SECOND] };
    db.migrate(&ONE).await.unwrap();
    let error = db.migrate(&MENDED).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "migration 1 (0001_a): it was changed after it ran: \
         restore its text and add another migration"
    );
    assert_eq!(db.migrate(&TWO).await.unwrap(), 1);
}

async fn a_newer_database_is_refused(db: TestDb) {
    db.migrate(&TWO).await.unwrap();
    let error = db.migrate(&ONE).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "migration 2 (0002_c): the database is newer than this program: \
         use a later version of it"
    );
}

async fn a_failure_leaves_nothing(db: TestDb) {
    const WRONG: (&str, &str) = ("0002_c", "create table d (x integer); insert into e values (1);");
    static BROKEN: Migrations = Migrations { sqlite: &[FIRST, WRONG], postgres: &[FIRST, WRONG] };
    let error = db.migrate(&BROKEN).await.unwrap_err();
    assert_eq!(error.sql(), Some("0002_c"));
    assert!(db.every().read(|tx| tx.one::<i64>(&COUNT_B, &[])).await.is_err());
    assert_eq!(db.migrate(&TWO).await.unwrap(), 2);
}

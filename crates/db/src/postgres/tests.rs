//! What only the shared engine has: a pool whose connections can be lost.

use std::time::Duration;

use tokio::runtime::Handle;

use super::program::{Mode, Program};
use super::{connection, pool, tls};
use crate::testing::{self, TestDb};
use crate::{Db, Error, ErrorKind, Location, Migrations, Reach, Tx};

crate::sql! {
    SLEEP = sqlite: "select 1", postgres: "select 1::bigint from pg_sleep(60)";
    /// Which connection this is.
    PID = "select pg_backend_pid()";
    /// Ends another connection.
    TERMINATE = "select pg_terminate_backend($1)";
    /// A table to write to.
    INSERT = "insert into number (value) values ($1)";
    /// What is in it.
    LIST = "select value from number";
    /// What the session commits like.
    COMMIT_MODE = "select current_setting('synchronous_commit')";
    /// Takes the row for good.
    TAKE = "update number set value = value where value = $1";
}

static TABLES: Migrations =
    Migrations { sqlite: &[], postgres: &[("number", "create table number (value integer)")] };

fn url(db: &TestDb) -> String {
    match &db.options().location {
        Location::Postgres(url) => url.clone(),
        Location::Sqlite(_) => unreachable!("the database is on PostgreSQL"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_transaction_never_goes_back_to_the_pool() {
    let Some(db) = testing::postgres().await else { return };
    db.migrate(&TABLES).await.unwrap();
    let pool = pool(&tls::config(&url(&db)).unwrap(), 1, db.options().connect_timeout).unwrap();
    let first = connection(&pool).await.unwrap();
    let handle = Handle::current();
    let dropped = tokio::task::spawn_blocking(move || {
        let mut program = Program::new(first, handle, Mode::Write, Reach::Every);
        let mut tx = Tx::postgres(&mut program);
        tx.run(&INSERT, &[1_i64.into()]).unwrap();
        tx.one::<i64>(&PID, &[]).unwrap().unwrap()
    });
    let first = dropped.await.unwrap();
    assert_eq!(pool.status().size, 0, "the connection was taken out of the pool");
    let second = connection(&pool).await.unwrap();
    let pid: i32 = second.query_one(PID.postgres(), &[]).await.unwrap().get(0);
    assert_ne!(i64::from(pid), first);
    assert!(db.every().read(|tx| tx.all::<i64>(&LIST, &[])).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_outlives_a_roll_back() {
    let Some(db) = testing::postgres().await else { return };
    let mut options = db.options().clone();
    options.pool_size = 1;
    let one = Db::open(options).await.unwrap();
    let pid = || one.every().write(|tx| tx.one::<i64>(&PID, &[]));
    let before = pid().await.unwrap();
    let failed = one.every().write(|tx| tx.run(&INSERT, &[1_i64.into()])).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Missing);
    assert_eq!(pid().await.unwrap(), before);
    one.close().await;
}

/// As after a failover, when the address leads to another server than the connections do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_no_writes_is_left() {
    let Some(db) = testing::postgres().await else { return };
    db.migrate(&TABLES).await.unwrap();
    let mut options = db.options().clone();
    options.pool_size = 1;
    let one = Db::open(options).await.unwrap();
    let demote = "set session characteristics as transaction read only";
    one.every().write(move |tx| tx.script("demote", demote)).await.unwrap();
    let insert = || one.every().write(|tx| tx.run(&INSERT, &[1_i64.into()]));
    assert_eq!(insert().await.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(insert().await.unwrap(), 1, "by another connection");
    one.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_answer_in_time_is_left() {
    let Some(db) = testing::postgres().await else { return };
    let pool = pool(&tls::config(&url(&db)).unwrap(), 1, db.options().connect_timeout).unwrap();
    let first = connection(&pool).await.unwrap();
    let handle = Handle::current();
    let asked = tokio::task::spawn_blocking(move || {
        let mut program = Program::new(first, handle, Mode::Read, Reach::Every);
        program.wait_no_longer_than(Duration::from_millis(100));
        let error = Tx::postgres(&mut program).one::<i64>(&SLEEP, &[]).unwrap_err();
        assert!(program.is_useless());
        program.rollback();
        error
    });
    assert_eq!(asked.await.unwrap().kind(), ErrorKind::Closed);
    assert_eq!(pool.status().size, 0, "the connection was taken out of the pool");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_told_and_replaced() {
    let Some(db) = testing::postgres().await else { return };
    db.migrate(&TABLES).await.unwrap();
    let other = db.db();
    let handle = Handle::current();
    let lost = db
        .every()
        .write(move |tx| {
            tx.run(&INSERT, &[1_i64.into()])?;
            let pid = tx.one::<i64>(&PID, &[])?.unwrap();
            handle.block_on(
                other.every().write(move |tx| tx.one::<bool>(&TERMINATE, &[pid.into()])),
            )?;
            tx.run(&INSERT, &[2_i64.into()])
        })
        .await;
    assert_eq!(lost.unwrap_err().kind(), ErrorKind::Closed);
    let rows = db.every().write(|tx| tx.all::<i64>(&LIST, &[])).await.unwrap();
    assert!(rows.is_empty());
}

/// Nobody knows whether such a commit happened, so nobody is told that it did not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_before_the_commit_is_told() {
    let Some(db) = testing::postgres().await else { return };
    db.migrate(&TABLES).await.unwrap();
    let (other, handle) = (db.db(), Handle::current());
    let job = move |tx: &mut Tx<'_>| {
        tx.run(&INSERT, &[1_i64.into()])?;
        let pid = tx.one::<i64>(&PID, &[])?.unwrap();
        let end = other.every().write(move |tx| tx.one::<bool>(&TERMINATE, &[pid.into()]));
        handle.block_on(end).map(drop)
    };
    let lost = db.every().write(job).await.unwrap_err();
    assert_eq!((lost.sql(), lost.kind()), (Some("commit"), ErrorKind::Closed));
    assert!(db.every().read(|tx| tx.all::<i64>(&LIST, &[])).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_closed() {
    let options = crate::Options::postgres("postgres://nobody@127.0.0.1:1/nothing");
    let error = Db::open(options).await.unwrap_err();
    assert_eq!((error.sql(), error.kind()), (Some("connect"), ErrorKind::Closed));
    let options = crate::Options::postgres("postgres://[");
    assert_eq!(Db::open(options).await.unwrap_err().kind(), ErrorKind::Other);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_missing() {
    let Some(db) = testing::postgres().await else { return };
    let options = crate::Options::postgres(format!("{}_nothing", url(&db)));
    assert_eq!(Db::open(options).await.unwrap_err().kind(), ErrorKind::Missing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_a_serialization_failure() {
    let Some(db) = testing::postgres().await else { return };
    db.migrate(&TABLES).await.unwrap();
    for value in [1_i64, 2] {
        db.every().write(move |tx| tx.run(&INSERT, &[value.into()])).await.unwrap();
    }
    let meeting = std::sync::Arc::new(std::sync::Barrier::new(2));
    let take = |first: i64, second: i64| {
        let (db, meeting) = (db.db(), meeting.clone());
        tokio::spawn(async move {
            let job = move |tx: &mut Tx<'_>| {
                tx.run(&TAKE, &[first.into()])?;
                meeting.wait();
                tx.run(&TAKE, &[second.into()])
            };
            db.every().write(job).await
        })
    };
    let (one, two) = (take(1, 2), take(2, 1));
    let outcomes: [Result<u64, Error>; 2] = [one.await.unwrap(), two.await.unwrap()];
    let kinds: Vec<_> = outcomes.iter().filter_map(|o| o.as_ref().err().map(Error::kind)).collect();
    assert_eq!(kinds, [ErrorKind::Serialization]);
}

#[tokio::test]
async fn commits_are_durable() {
    let Some(db) = testing::postgres().await else { return };
    let mode = db.every().write(|tx| tx.one::<String>(&COMMIT_MODE, &[])).await.unwrap();
    assert_eq!(mode.as_deref(), Some("on"));
}

/// Nobody who reads or writes waits long for a migration that waits for somebody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_lets_others_pass() {
    static MORE: Migrations = Migrations {
        sqlite: &[],
        postgres: &[
            ("number", "create table number (value integer)"),
            ("more", "alter table number add column more integer"),
        ],
    };
    let Some(db) = testing::postgres().await else { return };
    db.migrate(&TABLES).await.unwrap();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (begun, reads) = tokio::sync::oneshot::channel();
    let holder = db.db();
    let reading = tokio::spawn(async move {
        let job = move |tx: &mut Tx<'_>| {
            tx.all::<i64>(&LIST, &[])?;
            begun.send(()).unwrap();
            released.recv().unwrap();
            Ok::<_, Error>(())
        };
        holder.every().read(job).await
    });
    reads.await.unwrap();
    let migrating = {
        let db = db.db();
        tokio::spawn(async move { db.migrate(&MORE).await })
    };
    // Some of these wait behind the migration, until it gives way.
    let start = std::time::Instant::now();
    let mut slowest = std::time::Duration::ZERO;
    while start.elapsed() < std::time::Duration::from_secs(4) {
        let asked = std::time::Instant::now();
        db.every().write(|tx| tx.run(&INSERT, &[1_i64.into()])).await.unwrap();
        slowest = slowest.max(asked.elapsed());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(!migrating.is_finished(), "somebody reads the table still");
    assert!(slowest < std::time::Duration::from_secs(10), "{slowest:?}");
    release.send(()).unwrap();
    reading.await.unwrap().unwrap();
    assert_eq!(migrating.await.unwrap().unwrap(), 1);
}

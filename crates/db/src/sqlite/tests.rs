//! What only the embedded engine has: commit groups, two processes on a file, backup, checks.

use std::fs;
use std::sync::mpsc::channel;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::{Check, Column, Db, Error, ErrorKind, Migrations, Options, Value};

crate::sql! {
    /// Stores a number.
    INSERT = "insert into number (value, parent) values ($1, $2)";
    /// The numbers.
    LIST = "select value from number order by value";
}

static TABLES: Migrations = Migrations {
    sqlite: &[(
        "number",
        "create table number (value integer primary key, parent integer
             references number (value) deferrable initially deferred) strict",
    )],
    postgres: &[],
};

async fn open(options: Options) -> Db {
    let db = Db::open(options).await.unwrap();
    db.migrate(&TABLES).await.unwrap();
    db
}

fn place() -> (TempDir, Options) {
    let folder = TempDir::new().unwrap();
    let options = Options::sqlite(folder.path().join("a.sqlite"));
    (folder, options)
}

fn numbers(file: &std::path::Path) -> Vec<i64> {
    let connection = Connection::open(file).unwrap();
    let mut statement = connection.prepare("select value from number order by value").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

async fn list(db: &Db) -> Vec<i64> {
    db.every().read(|tx| tx.all::<i64>(&LIST, &[])).await.unwrap()
}

async fn insert(db: &Db, value: i64, parent: Option<i64>) -> Result<u64, Error> {
    db.every().write(move |tx| tx.run(&INSERT, &[value.into(), parent.into()])).await
}

/// Runs five jobs in one commit: two that fail stand between three that do not. The last one looks
/// at the file from outside, which proves that nothing was committed before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_job_takes_no_neighbour_with_it() {
    let (folder, mut options) = place();
    options.commit_window = Duration::from_mins(1);
    let file = folder.path().join("a.sqlite");
    let db = open(options).await;
    let (started, running) = channel();
    let (go_on, queued) = channel::<()>();
    let put = |value: i64, then: Box<dyn FnOnce() -> Result<(), Error> + Send>| {
        let db = db.clone();
        tokio::spawn(async move {
            let job = move |tx: &mut crate::Tx<'_>| {
                tx.run(&INSERT, &[value.into(), Value::Null])?;
                then()
            };
            db.every().write(job).await
        })
    };
    let wait = move || {
        started.send(()).unwrap();
        queued.recv().unwrap();
        Ok(())
    };
    let engine = db.engine();
    let first = put(1, Box::new(wait));
    tokio::task::spawn_blocking(move || running.recv().unwrap()).await.unwrap();
    let second = put(2, Box::new(move || Err(Error::Closed { engine })));
    let third = put(3, Box::new(|| panic!("on purpose")));
    let fourth = put(4, Box::new(|| Ok(())));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let look = move || {
        assert_eq!(numbers(&file), [] as [i64; 0]);
        Ok(())
    };
    let fifth = put(5, Box::new(look));
    tokio::time::sleep(Duration::from_millis(100)).await;
    go_on.send(()).unwrap();
    assert!(first.await.unwrap().is_ok());
    assert!(matches!(second.await.unwrap(), Err(Error::Closed { .. })));
    assert!(matches!(third.await.unwrap(), Err(Error::Panicked { .. })));
    assert!(fourth.await.unwrap().is_ok());
    fifth.await.unwrap().unwrap();
    assert_eq!(list(&db).await, [1, 4, 5]);
}

#[tokio::test]
async fn a_failed_commit_fails_and_leaves_nothing() {
    let (_folder, options) = place();
    let db = open(options).await;
    let error = insert(&db, 1, Some(99)).await.unwrap_err();
    assert_eq!((error.sql(), error.kind()), (Some("commit"), ErrorKind::Other));
    insert(&db, 2, None).await.unwrap();
    assert_eq!(list(&db).await, [2]);
}

#[tokio::test]
async fn another_writer_is_waited_for_and_then_reported() {
    let (folder, mut options) = place();
    options.busy_timeout = Duration::from_millis(200);
    let db = open(options).await;
    let other = Connection::open(folder.path().join("a.sqlite")).unwrap();
    other.execute_batch("begin immediate; insert into number values (1, null)").unwrap();
    let error = insert(&db, 2, None).await.unwrap_err();
    assert_eq!((error.sql(), error.kind()), (Some("begin"), ErrorKind::Busy));
    // Readers go on meanwhile.
    assert_eq!(list(&db).await, [] as [i64; 0]);
    let commit = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        other.execute_batch("commit").unwrap();
    });
    insert(&db, 2, None).await.unwrap();
    commit.join().unwrap();
    assert_eq!(list(&db).await, [1, 2]);
}

#[tokio::test]
async fn the_file_is_laid_out_for_durable_writes() {
    let (folder, options) = place();
    let db = open(options.clone()).await;
    crate::sql! {
        /// One setting each.
        PAGE = "select page_size from pragma_page_size";
        /// Full is 2.
        SYNC = "select synchronous from pragma_synchronous";
        /// The write-ahead log.
        MODE = "select journal_mode from pragma_journal_mode";
    }
    let page = db.every().write(|tx| tx.one::<i64>(&PAGE, &[])).await.unwrap();
    let sync = db.every().write(|tx| tx.one::<i64>(&SYNC, &[])).await.unwrap();
    let mode = db.every().write(|tx| tx.one::<String>(&MODE, &[])).await.unwrap();
    assert_eq!((page, sync, mode.as_deref()), (Some(4_096), Some(2), Some("wal")));
    assert!(db.version().starts_with("3."));
    insert(&db, 1, None).await.unwrap();
    db.close().await;
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["a.sqlite"], "closing leaves the file alone");
    assert_eq!(list(&Db::open(options).await.unwrap()).await, [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_whole_while_others_write() {
    let (folder, options) = place();
    let db = open(options).await;
    for value in 0..200 {
        insert(&db, value, None).await.unwrap();
    }
    let copy = folder.path().join("copy.sqlite");
    let (told, heard) = channel();
    let writer = db.clone();
    let writing = tokio::spawn(async move {
        for value in 200..260 {
            insert(&writer, value, None).await.unwrap();
        }
    });
    db.backup_to(&copy, move |remaining, total| told.send((remaining, total)).unwrap())
        .await
        .unwrap();
    writing.await.unwrap();
    let steps: Vec<_> = heard.iter().collect();
    assert!(matches!(steps.last(), Some((0, total)) if *total > 0), "{steps:?}");
    let copied = numbers(&copy);
    assert!(copied.len() >= 200 && (0_i64..).zip(&copied).all(|(value, copied)| value == *copied));
    let again = db.backup_to(&copy, |_, _| {}).await.unwrap_err();
    assert!(again.to_string().starts_with("replacing "), "{again}");
    let restored = Db::open(Options::sqlite(&copy)).await.unwrap();
    assert_eq!(restored.check(Check::Full).await.unwrap(), [] as [&str; 0]);
}

#[tokio::test]
async fn damage_is_found() {
    let (folder, options) = place();
    let db = open(options.clone()).await;
    let parents = (0..20_000).map(|value| (value > 0).then_some(value - 1)).collect();
    let columns = [Column::Int((0..20_000).collect()), Column::OptInt(parents)];
    db.every().write(move |tx| tx.many(&INSERT, &[], &columns)).await.unwrap();
    assert_eq!(db.check(Check::Quick).await.unwrap(), [] as [&str; 0]);
    db.close().await;
    let file = folder.path().join("a.sqlite");
    let mut bytes = fs::read(&file).unwrap();
    let pages = bytes.len() / 4_096;
    bytes[(pages - 1) * 4_096..].fill(0xA5);
    fs::write(&file, bytes).unwrap();
    let db = Db::open(options).await.unwrap();
    let found = db.check(Check::Full).await;
    assert!(found.as_ref().map_or(true, |lines| !lines.is_empty()), "{found:?}");
}

#[tokio::test]
async fn a_missing_folder_is_missing() {
    let (folder, _) = place();
    let error = Db::open(Options::sqlite(folder.path().join("no/a.sqlite"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_caller_left_before_it_ran_does_not_run() {
    let (_folder, options) = place();
    let db = open(options).await;
    let (started, running) = channel();
    let (go_on, wait) = channel::<()>();
    let blocker = db.clone();
    let blocking = tokio::spawn(async move {
        let job = move |_: &mut crate::Tx<'_>| {
            started.send(()).unwrap();
            wait.recv().unwrap();
            Ok::<_, Error>(())
        };
        blocker.every().write(job).await
    });
    tokio::task::spawn_blocking(move || running.recv().unwrap()).await.unwrap();
    let left = tokio::time::timeout(Duration::from_millis(50), insert(&db, 1, None)).await;
    assert!(left.is_err());
    go_on.send(()).unwrap();
    blocking.await.unwrap().unwrap();
    insert(&db, 2, None).await.unwrap();
    assert_eq!(list(&db).await, [2]);
}

#[tokio::test]
async fn a_file_has_no_replica() {
    let mut options = crate::Options::sqlite("never.sqlite");
    options.replica = Some(crate::Location::Postgres("postgres://replica".to_owned()));
    let error = crate::Db::open(options).await.unwrap_err();
    assert_eq!(error.to_string(), "SQLite has no replica");
}

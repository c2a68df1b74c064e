//! No error quotes a value: those are learners' data, and errors go to the log.

use std::error::Error as _;

use super::*;

on_both!(an_error_quotes_no_value, work_is_counted);

/// PostgreSQL quotes whole rows in the details of what it refuses.
async fn an_error_quotes_no_value(db: TestDb) {
    let db = with_tables(db).await;
    let taken = [Value::from("canary"), 1.into(), "canary".into()];
    let missing = [Value::from("canary too"), Value::Null, "canary".into()];
    for (args, fails) in [(taken.clone(), false), (taken, true), (missing, true)] {
        let outcome = db.every().write(move |tx| tx.run(&INSERT, &args)).await;
        assert_eq!(outcome.is_err(), fails);
        let Err(error) = outcome else { continue };
        let mut told = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(error) = source {
            told = format!("{told} {error} {error:?}");
            source = error.source();
        }
        assert!(told.contains("INSERT") && !told.contains("canary"), "{told}");
    }
}

async fn work_is_counted(db: TestDb) {
    let db = with_tables(db).await;
    let commits = db.meter().commits.distribution().count;
    let reads = db.meter().reads.distribution().count;
    let args = [Value::from("a"), 1.into(), Value::Null];
    db.every().write(move |tx| tx.run(&INSERT, &args)).await.unwrap();
    assert_eq!(count(&db).await, 1);
    assert_eq!(db.meter().commits.distribution().count, commits + 1);
    assert_eq!(db.meter().group_jobs.distribution().count, commits + 1);
    assert_eq!(db.meter().reads.distribution().count, reads + 1);
    let load = db.usage();
    assert!(load.connections > 0 && load.connections_in_use <= load.connections);
    assert_eq!((load.reads_waiting, load.writes_waiting), (0, 0));
}

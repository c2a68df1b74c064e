//! Writers against a deletion: whoever is acknowledged after it began is nobody.

use super::kit::{assert_gone, mark, tenant, write};
use crate::app::App;
use crate::audit::By;
use crate::error::Problem;
use crate::isolation::rows::rows;
use crate::tenants::life::{self, delete_due, hold};
use crate::testing::on_both;
use rollbook_db::Tx;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

on_both! {
    /// Caches of credentials, of terms and of logs bring nothing back.
    async fn a_write_that_races_a_deletion_leaves_nothing(app: TestApp) {
        let (doomed, key) = tenant(&app, "doomed").await;
        assert_eq!(write(&app, &key, 9_000_000).await, [200, 204, 200]);
        let over = Arc::new(AtomicBool::new(false));
        let nodes = [App::clone(&app), app.node().await];
        let mut writers = Vec::new();
        for writer in 0..4_usize {
            let (node, key, over) = (nodes[writer % 2].clone(), key.clone(), Arc::clone(&over));
            writers.push(tokio::spawn(async move {
                let mut refused = 0;
                for number in 0.. {
                    let before = over.load(Ordering::SeqCst);
                    for status in write(&node, &key, writer * 1_000_000 + number).await {
                        match status {
                            200 | 204 => {}
                            401 => refused += 1,
                            other => panic!("{other}"),
                        }
                        assert!(!before || status == 401, "{status} after the end");
                    }
                    if refused >= 3 && before {
                        break;
                    }
                }
            }));
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        mark(&app, "doomed").await;
        delete_due(&app).await.unwrap();
        over.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.await.unwrap();
        }
        assert_gone(&rows(&app, doomed).await);
    }

    /// On PostgreSQL a writer that was let through is waited for; on SQLite there is but one at a time.
    async fn a_writer_that_was_let_through_is_waited_for(app: TestApp) {
        let (doomed, _) = tenant(&app, "doomed").await;
        let (tell, told) = tokio::sync::oneshot::channel();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let job = move |tx: &mut Tx<'_>| {
            hold(tx, doomed)?;
            tell.send(()).unwrap();
            wait.recv_timeout(Duration::from_secs(20)).unwrap();
            Ok::<_, Problem>(())
        };
        let (db, now) = (app.db.clone(), app.clock.now_micros());
        let writer = tokio::spawn(async move { db.of(doomed.0).write(job).await });
        told.await.unwrap();
        let delete = move |tx: &mut Tx<'_>| life::delete(tx, "doomed", &By::operator(), now);
        let db = app.db.clone();
        let mut deletion = tokio::spawn(async move { db.every().write(delete).await });
        let early = tokio::time::timeout(Duration::from_millis(300), &mut deletion).await;
        assert!(early.is_err(), "the deletion did not wait");
        go.send(()).unwrap();
        writer.await.unwrap().unwrap();
        assert!(deletion.await.unwrap().unwrap().deleting.is_some());
        let late = app.db.of(doomed.0).write(move |tx| hold(tx, doomed)).await;
        assert_eq!(late.unwrap_err().status, 401);
    }
}

//! Deletion: everything of one tenant goes, nothing of another, whatever comes between.

use super::kit::{assert_gone, fill, found, key, mark, tenant, write};
use crate::app::App;
use crate::clock::Clock;
use crate::isolation::rows::{rows, tables};
use crate::tenants::life::{delete_due, erase_some, tables::TABLES};
use crate::testing::{call, on_both};
use http::Method;

async fn to_the_end(app: &App) {
    delete_due(app).await.unwrap();
}

on_both! {
    /// A table that is not in the list would outlive its tenants.
    async fn every_table_of_tenants_is_in_the_list(app: TestApp) {
        let mut listed: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        listed.extend(["tenant", "tenant_gone"]);
        listed.sort_unstable();
        let mut known = tables(&app).await;
        known.sort_unstable();
        assert_eq!(known, listed, "add a new table to tenants/life/tables.rs");
    }

    async fn everything_of_one_tenant_goes_and_nothing_of_another(app: TestApp) {
        let (doomed, their_key) = tenant(&app, "doomed").await;
        let (other, other_key) = tenant(&app, "other").await;
        for (tenant, key) in [(doomed, &their_key), (other, &other_key)] {
            assert_eq!(write(&app, key, 1).await, [200, 204, 200]);
            fill(&app, tenant, 3).await;
        }
        for (table, rows) in rows(&app, doomed).await {
            assert_eq!(rows.is_empty(), table == "tenant_gone", "{table} has no row to remove");
        }
        let before = rows(&app, other).await;
        mark(&app, "doomed").await;
        mark(&app, "doomed").await;
        to_the_end(&app).await;
        assert_gone(&rows(&app, doomed).await);
        // Its own key was used, and that is noted a little later.
        let after = rows(&app, other).await;
        for (before, after) in before.iter().zip(&after).filter(|(row, _)| row.0 != "credential") {
            assert_eq!(before, after);
        }
        assert!(found(&app, "doomed").await.is_none());
        let folder = |number: i64| format!("tenant/{number}");
        assert!(app.blob_folder().join(folder(other.0)).exists());
        assert!(!app.blob_folder().join(folder(doomed.0)).exists(), "its files are gone");
        assert_eq!(write(&app, &other_key, 2).await, [200, 204, 200]);

        let (again, _) = tenant(&app, "doomed").await;
        assert!(again.0 > other.0, "a number is never given out again: {again:?}");
    }

    /// All credentials stop at once, on every node that has not just seen them.
    async fn a_tenant_that_is_marked_is_unknown(app: TestApp) {
        let (number, their_key) = tenant(&app, "doomed").await;
        mark(&app, "doomed").await;
        let node = app.node().await;
        let answer = call(&node, Method::GET, "/xapi/statements").key(&their_key).version("1.0.3");
        assert_eq!(answer.send().await.status, 401);
        assert!(crate::tenants::tenant_named(&app.db, Some("doomed")).await.is_err());
        assert!(crate::tenants::all(&app.db).await.unwrap().iter().all(|(one, _)| *one != number));
    }

    /// Killed after any step, another process goes on.
    async fn a_deletion_that_was_stopped_goes_on(app: TestApp) {
        let (doomed, their_key) = tenant(&app, "doomed").await;
        write(&app, &their_key, 1).await;
        fill(&app, doomed, 900).await;
        mark(&app, "doomed").await;
        let mut steps = 0;
        loop {
            let node = app.node().await; // As after a restart: nothing is remembered.
            let erased = erase_some(&node, doomed).await.unwrap();
            steps += 1;
            assert!(erased.rows <= 2_000 && erased.files <= 256, "{erased:?}");
            if erased.done {
                break;
            }
            assert!(found(&app, "doomed").await.is_some(), "the tenant goes last");
        }
        assert!(steps > 5, "{steps} steps");
        assert_gone(&rows(&app, doomed).await);
        to_the_end(&app).await;
    }

    /// A tenant whose files cannot be removed keeps no other from going.
    async fn one_that_cannot_be_deleted_does_not_block_the_others(app: TestApp) {
        let [(stuck, stuck_key), (doomed, doomed_key)] =
            [tenant(&app, "stuck").await, tenant(&app, "doomed").await];
        assert!(stuck.0 < doomed.0);
        for key in [&stuck_key, &doomed_key] {
            assert_eq!(write(&app, key, 1).await, [200, 204, 200]);
        }
        mark(&app, "stuck").await;
        mark(&app, "doomed").await;
        // Where its folder should be is a file.
        let folder = app.blob_folder().join(format!("tenant/{}", stuck.0));
        let away = app.blob_folder().join("away");
        std::fs::rename(&folder, &away).unwrap();
        std::fs::write(&folder, "").unwrap();
        let problem = delete_due(&app).await.unwrap_err();
        assert_eq!(problem.status, 500, "it is told: {problem:?}");
        assert_gone(&rows(&app, doomed).await);
        assert!(found(&app, "doomed").await.is_none());
        assert!(found(&app, "stuck").await.is_some());
        std::fs::remove_file(&folder).unwrap();
        std::fs::rename(&away, &folder).unwrap();
        to_the_end(&app).await;
        assert_gone(&rows(&app, stuck).await);
        assert!(found(&app, "stuck").await.is_none());
    }

    /// What a straggler left is found an hour later, once.
    async fn a_tenant_that_is_gone_is_looked_at_again(app: TestApp) {
        let now = app.clock.now_micros();
        let app = app.with_clock(Clock::manual(now)).await;
        let (doomed, _) = tenant(&app, "doomed").await;
        mark(&app, "doomed").await;
        to_the_end(&app).await;
        fill(&app, doomed, 3).await;
        let folder = app.blob_folder().join(format!("tenant/{}/ab", doomed.0));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("abc"), "late").unwrap();
        app.clock.advance(3_500_000_000);
        to_the_end(&app).await;
        assert!(folder.exists(), "an upload may still be under way");
        app.clock.advance(200_000_000);
        to_the_end(&app).await;
        assert_gone(&rows(&app, doomed).await);
        assert!(!folder.exists());
        std::fs::create_dir_all(&folder).unwrap();
        to_the_end(&app).await;
        assert!(folder.exists(), "once is enough");
    }

    async fn a_living_tenant_is_never_erased(app: TestApp) {
        let (number, their_key) = tenant(&app, "alive").await;
        fill(&app, number, 1).await;
        let before = rows(&app, number).await;
        // Files are another matter: whoever calls this has made sure.
        assert!(erase_some(&app, number).await.is_err());
        assert_eq!(rows(&app, number).await, before);
        drop((their_key, key(&app, number).await));
    }
}

//! The second wall: a handler whose text forgot the tenant reads nothing of another's, wherever its
//! read goes. Only PostgreSQL has it.

use super::world::{OTHER, OWN};
use crate::statements;
use crate::tenants::TenantId;
use crate::testing::TestApp;
use rollbook_db::{Reached, sql, testing};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(90);

sql! {
    /// Every tenant: the wall alone decides.
    FORGETFUL = "select distinct tenant from statement order by tenant";
}

/// Both tenants store a statement.
async fn store(app: &TestApp) {
    let text = r#"{"actor":{"mbox":"mailto:ada@example.com"},"verb":{"id":"http://example.com/did"},"object":{"id":"http://example.com/a"}}"#;
    for tenant in [OWN, OTHER] {
        let key = app.make_tenant_key(tenant).await;
        let stored = app.post("/xapi/statements").key(&key).json(text).send().await;
        assert_eq!(stored.status, 200, "{stored:?}");
    }
}

/// Whose statements a forgetful handler finds that reads anywhere.
async fn found(reach: Reached, tenant: i64) -> Vec<i64> {
    let mark = statements::mark(TenantId(tenant));
    reach.read_anywhere(mark, |tx| tx.all::<i64>(&FORGETFUL, &[])).await.unwrap()
}

async fn assert_walled(app: &TestApp) {
    for tenant in [OWN, OTHER] {
        assert_eq!(found(app.db.of(tenant), tenant).await, [tenant]);
    }
    assert_eq!(found(app.db.every(), OWN).await, [OWN, OTHER], "the text finds both");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wall_stands_before_reads_anywhere() {
    let Some(app) = TestApp::postgres().await else {
        eprintln!("skipped: TEST_POSTGRES_URL is unset");
        return;
    };
    assert!(!app.db.sees_through_walls(), "tests run as an ordinary role");
    store(&app).await;
    assert_walled(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wall_stands_on_a_replica() {
    let Some((pair, database)) = testing::pair().await else {
        eprintln!("skipped: PostgreSQL's programs are not in /usr/lib/postgresql");
        return;
    };
    let app = TestApp::over(database).await;
    store(&app).await;
    pair.caught_up().await;
    let answered = || app.db.replicated().map_or(0, |counts| counts.answered);
    let (before, began) = (answered(), Instant::now());
    // Three reads each time: all of them by the replica in the end.
    while answered() < before + 3 {
        assert!(began.elapsed() < PATIENCE, "the replica does not answer");
        assert_walled(&app).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.db.clone().close().await;
}

//! Tenants that are suspended, and tenants that are being deleted.

use super::kit::{NOW, SECOND, SECRET, Signer, claims, with_secret};
use super::{bear, present, status};
use crate::clock::Clock;
use crate::testing::{TestApp, basic, on_both};
use rollbook_db::sql;

sql! {
    /// Every tenant: what the operator does, in this test only.
    SUSPEND = "update tenant set suspended = $1";

    /// Every tenant: what the operator does, in this test only.
    START_DELETING = "update tenant set deleting = $1";
}

async fn set(app: &TestApp, sql: &'static rollbook_db::Sql, since: Option<i64>) {
    let job = move |tx: &mut rollbook_db::Tx<'_>| tx.run(sql, &[since.into()]);
    app.db.every().write(job).await.unwrap();
}

on_both! {
    async fn a_suspended_tenant_is_refused_within_five_seconds(app: TestApp) {
        let app = with_secret(app.with_clock(Clock::manual(NOW)).await).await;
        let key = app.make_key("all").await;
        let token = Signer::secret(SECRET.as_bytes()).sign(&claims());
        assert_eq!((status(&app, &key).await, bear(&app, &token).await.status.as_u16()), (200, 200));
        set(&app, &SUSPEND, Some(NOW)).await;
        app.clock.advance(5 * SECOND);
        for answer in [present(&app, &basic(&key.key, &key.secret)).await, bear(&app, &token).await] {
            assert_eq!(answer.status, 403, "{answer:?}");
            assert_eq!(answer.json()["code"], "tenant.suspended");
        }
        assert_eq!(present(&app, &basic(&key.key, "x")).await.status, 401, "strangers learn nothing");
        set(&app, &SUSPEND, None).await;
        app.clock.advance(5 * SECOND);
        assert_eq!((status(&app, &key).await, bear(&app, &token).await.status.as_u16()), (200, 200));
    }

    async fn credentials_of_a_deleted_tenant_are_unknown(app: TestApp) {
        let app = with_secret(app.with_clock(Clock::manual(NOW)).await).await;
        let key = app.make_key("all").await;
        let token = Signer::secret(SECRET.as_bytes()).sign(&claims());
        assert_eq!((status(&app, &key).await, bear(&app, &token).await.status.as_u16()), (200, 200));
        set(&app, &START_DELETING, Some(NOW)).await;
        app.clock.advance(5 * SECOND);
        assert_eq!((status(&app, &key).await, bear(&app, &token).await.status.as_u16()), (401, 401));
    }
}

//! Keys with two secrets, keys that change, and who tries secrets.

use super::kit::{NOW, SECOND};
use super::{present, status};
use crate::clock::Clock;
use crate::ids::Ids;
use crate::tenants::{self, FIRST_TENANT, KeyChange, KeyError, KeyWish, NewKey, Scopes, TenantId};
use crate::testing::{TestApp, basic, on_both};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

async fn rotated(app: &TestApp, key: &NewKey, overlap: Duration) -> NewKey {
    let made = tenants::rotate(&app.db, &app.clock, &Ids, FIRST_TENANT, &key.key, overlap).await;
    NewKey { secret: made.unwrap().secret, ..key.clone() }
}

on_both! {
    async fn an_old_secret_works_until_the_overlap_ends(app: TestApp) {
        let app = app.with_clock(Clock::manual(NOW)).await;
        let old = app.make_key("all").await;
        assert_eq!(status(&app, &old).await, 200);
        let new = rotated(&app, &old, HOUR).await;
        assert_eq!(status(&app, &new).await, 200, "at once, although the key is remembered");
        assert_eq!(status(&app, &old).await, 200, "for a while");
        app.clock.advance(3_600 * SECOND - 1);
        assert_eq!((status(&app, &old).await, status(&app, &new).await), (200, 200));
        app.clock.advance(1);
        let answer = present(&app, &basic(&old.key, &old.secret)).await;
        assert_eq!((answer.status.as_u16(), status(&app, &new).await), (401, 200), "{answer:?}");
        assert_eq!(status(&app.node().await, &old).await, 401, "nor elsewhere");
        let listed = tenants::get(&app.db, FIRST_TENANT, &old.key).await.unwrap();
        assert_eq!((listed.rotated, listed.old_until), (Some(NOW), Some(NOW + 3_600 * SECOND)));
    }

    async fn two_secrets_work_at_most(app: TestApp) {
        let app = app.with_clock(Clock::manual(NOW)).await;
        let first = app.make_key("all").await;
        let second = rotated(&app, &first, HOUR).await;
        let third = rotated(&app, &second, HOUR).await;
        app.clock.advance(5 * SECOND);
        let found = [status(&app, &first).await, status(&app, &second).await, status(&app, &third).await];
        assert_eq!(found, [401, 200, 200]);
        let fourth = rotated(&app, &third, Duration::ZERO).await;
        app.clock.advance(5 * SECOND);
        assert_eq!((status(&app, &third).await, status(&app, &fourth).await), (401, 200), "no overlap");
        let long = Duration::from_hours(90 * 24);
        for (overlap, fits) in [(long, true), (long + Duration::from_secs(1), false)] {
            let made = tenants::rotate(&app.db, &app.clock, &Ids, FIRST_TENANT, &first.key, overlap).await;
            assert_eq!(made.is_ok(), fits, "{made:?}");
        }
    }

    /// Whoever makes up keys waits, and only he: a key that is known is not looked for.
    async fn a_flood_of_made_up_keys_keeps_no_known_key_waiting(app: TestApp) {
        let app = app.with_clock(Clock::manual(NOW)).await;
        let (key, new) = (app.make_key("all").await, app.make_key("all").await);
        assert_eq!(status(&app, &key).await, 200);
        let flood = app.callers.flooded().await;
        app.clock.advance(6 * SECOND);
        assert_eq!(status(&app, &key).await, 200, "also when it is read again");
        for credential in [basic("rk1_madeup", "x"), basic(&new.key, &new.secret)] {
            let answer = present(&app, &credential).await;
            assert_eq!(answer.status, 503, "{answer:?}");
            assert_eq!(answer.json()["code"], "server.busy");
            assert_eq!(answer.headers["retry-after"], "1");
        }
        drop(flood);
        assert_eq!(status(&app, &new).await, 200);
        assert_eq!(present(&app, &basic("rk1_madeup", "x")).await.status, 401);
    }

    /// Whoever tries secrets costs little, and keeps nobody out.
    async fn a_flood_of_wrong_secrets_locks_nobody_out(app: TestApp) {
        let app = app.with_clock(Clock::manual(NOW)).await;
        let key = app.make_key("all").await;
        for round in 0..50 {
            let answer = present(&app, &basic(&key.key, &format!("wrong {round}"))).await;
            assert_eq!(answer.status, 401);
        }
        assert_eq!(status(&app, &key).await, 200);
        // The store is not asked any more: what changes there is seen when the record is old.
        let new = rotated(&app, &key, HOUR).await;
        assert_eq!(status(&app, &new).await, 401, "not read again for each attempt");
        app.clock.advance(5 * SECOND);
        assert_eq!(status(&app, &new).await, 200);
    }

    async fn a_key_changes_and_its_changes_arrive(app: TestApp) {
        let app = app.with_clock(Clock::manual(NOW)).await;
        let key = app.make_key("state").await;
        assert_eq!(status(&app, &key).await, 403);
        let change = KeyChange {
            name: Some("Course 7".to_owned()),
            notes: Some("ask Ada".to_owned()),
            scopes: Some(Scopes::parse("all").unwrap()),
            expires: Some(Some(NOW + 60 * SECOND)),
            restrictions: None,
        };
        let listed = tenants::update(&app.db, FIRST_TENANT, &key.key, change).await.unwrap();
        assert_eq!((listed.name.as_str(), listed.notes.as_str()), ("Course 7", "ask Ada"));
        app.clock.advance(5 * SECOND);
        assert_eq!(status(&app, &key).await, 200);
        let never = KeyChange { expires: Some(None), ..KeyChange::default() };
        let listed = tenants::update(&app.db, FIRST_TENANT, &key.key, never).await.unwrap();
        assert_eq!((listed.name.as_str(), listed.expires), ("Course 7", None), "the rest stays");
        let elsewhere = tenants::update(&app.db, TenantId(2), &key.key, KeyChange::default()).await;
        assert!(matches!(elsewhere, Err(KeyError::Unknown(_))), "{elsewhere:?}");
        tenants::revoke(&app.db, &app.clock, FIRST_TENANT, &key.key).await.unwrap();
        let late = tenants::update(&app.db, FIRST_TENANT, &key.key, KeyChange::default()).await;
        assert!(matches!(late, Err(KeyError::Revoked(_))), "{late:?}");
        let late = tenants::rotate(&app.db, &app.clock, &Ids, FIRST_TENANT, &key.key, HOUR).await;
        assert!(matches!(late, Err(KeyError::Revoked(_))), "{late:?}");
    }

    /// `operator` runs the installation, so no other tenant's key may hold it.
    async fn only_the_first_tenant_has_operators(app: TestApp) {
        app.make_tenant_key(2).await;
        let operator = Scopes::parse("operator").unwrap();
        let wish = KeyWish::new("x", operator, "https://lrs.example.com");
        let made = tenants::create(&app.db, &app.clock, &Ids, TenantId(2), wish.clone()).await;
        assert!(matches!(made, Err(KeyError::Operator)), "{made:?}");
        assert!(tenants::create(&app.db, &app.clock, &Ids, FIRST_TENANT, wish).await.is_ok());
        let key = app.make_tenant_key(2).await;
        let change = KeyChange { scopes: Some(operator), ..KeyChange::default() };
        let changed = tenants::update(&app.db, TenantId(2), &key.key, change).await;
        assert!(matches!(changed, Err(KeyError::Operator)), "{changed:?}");
    }
}

//! API keys: let in, refused, revoked, expired, listed.

use super::{present, send, status};
use crate::app::App;
use crate::clock::Clock;
use crate::ids::Ids;
use crate::tenants::{self, FIRST_TENANT, KeyError, KeyWish, NewKey, Scopes, TenantId};
use crate::testing::{basic, on_both};
use http::header;

const MINUTE: i64 = 60_000_000;

fn wish(name: &str) -> KeyWish {
    KeyWish::new(name, Scopes::parse("all").unwrap(), "https://lrs.example.com")
}

on_both! {
    /// 1.0.3 Communication 4: Basic authentication; RFC 7617, with the padding that some leave out.
    async fn a_key_and_its_secret_are_let_in(app: TestApp) {
        let key = app.make_key("all").await;
        let credential = basic(&key.key, &key.secret);
        for credential in [
            credential.clone(),
            credential.trim_end_matches('=').to_owned(),
            credential.replace("Basic ", "basic   "),
        ] {
            let answer = present(&app, &credential).await;
            assert_eq!(answer.status, 200, "{credential:?} {answer:?}");
        }
    }

    async fn everybody_else_is_a_stranger(app: TestApp) {
        let NewKey { key, secret, scopes: _ } = app.make_key("all").await;
        let other = app.make_key("all").await;
        for credential in [
            basic(&key, &other.secret),
            basic(&key, ""),
            basic(&key, &secret.to_lowercase()),
            basic(&secret, &key),
            basic("", ""),
            basic("rk2_000000000000000000000000", &secret),
            basic(&key.replace("rk1_", "rk2_"), &secret),
            basic("rk1_%", &secret),
            basic("rk1_a\0", &secret),
            "Basic".to_owned(),
            "Basic ?".to_owned(),
            "Basic /w==".to_owned(),
            format!("Bearer {secret}"),
            String::new(),
        ] {
            let answer = present(&app, &credential).await;
            assert_eq!(answer.status, 401, "{credential:?} {answer:?}");
            assert!(answer.header("www-authenticate").unwrap().starts_with("Basic realm="));
            assert!(!answer.text().contains(&secret) && !answer.text().contains(&key));
        }
        let answer = send(app.get("/read").without(header::AUTHORIZATION)).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(answer.json()["code"], "auth.credential.invalid");
    }

    /// 1.0.3 Data 2.4.9: an Agent that the server vouches for.
    async fn the_authority_is_the_key(app: TestApp) {
        let odd = wish("Ada's \"LMS\"");
        let key = tenants::create(&app.db, &app.clock, &Ids, FIRST_TENANT, odd).await.unwrap();
        let answer = send(app.get("/authority").key(&key)).await;
        let expected = format!(
            r#"{{"objectType":"Agent","name":"Ada's \"LMS\"","account":{{"homePage":"https://lrs.example.com","name":"{}"}}}}"#,
            key.key
        );
        assert_eq!(answer.text(), format!("1 {expected}"));
    }

    /// A revocation by another process is a change in the database that nobody tells us about.
    async fn a_revocation_arrives_within_five_seconds(app: TestApp) {
        let app = app.with_clock(Clock::manual(MINUTE)).await;
        let key = app.make_key("all").await;
        assert_eq!(status(&app, &key).await, 200);
        let since = tenants::revoke(&app.db, &Clock::System, FIRST_TENANT, &key.key).await.unwrap();
        app.clock.advance(5_000_000);
        let answer = present(&app, &basic(&key.key, &key.secret)).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(answer.json()["detail"], "this key was revoked");
        let again = tenants::revoke(&app.db, &Clock::System, FIRST_TENANT, &key.key).await.unwrap();
        assert_eq!(again, since, "the first moment is kept");
    }

    async fn a_clock_that_is_set_back_believes_nothing(app: TestApp) {
        let app = app.with_clock(Clock::manual(2 * MINUTE)).await;
        let key = app.make_key("all").await;
        assert_eq!(status(&app, &key).await, 200);
        tenants::revoke(&app.db, &app.clock, FIRST_TENANT, &key.key).await.unwrap();
        app.clock.advance(-MINUTE);
        assert_eq!(status(&app, &key).await, 401);
    }

    async fn a_key_ends_when_it_expires(app: TestApp) {
        let app = app.with_clock(Clock::manual(MINUTE)).await;
        let brief = KeyWish { expires: Some(MINUTE + 1_000), ..wish("brief") };
        let key = tenants::create(&app.db, &app.clock, &Ids, FIRST_TENANT, brief).await.unwrap();
        app.clock.advance(999);
        assert_eq!(status(&app, &key).await, 200);
        app.clock.advance(1);
        assert_eq!(status(&app, &key).await, 401, "also while it is remembered");
        assert_eq!(status(&app.node().await, &key).await, 401, "and by who never saw it");
    }

    async fn use_is_noted_once_a_minute(app: TestApp) {
        let app = app.with_clock(Clock::manual(MINUTE)).await;
        let key = app.make_key("all").await;
        assert_eq!(last_used(&app, &key).await, None);
        status(&app, &key).await;
        noted(&app, &key, MINUTE).await;
        app.clock.advance(MINUTE - 1);
        status(&app, &key).await;
        status(&app.node().await, &key).await;
        assert_eq!(last_used(&app, &key).await, Some(MINUTE));
        app.clock.advance(1 + MINUTE);
        status(&app, &key).await;
        noted(&app, &key, 3 * MINUTE).await;
    }

    async fn a_new_store_tells_one_key(app: TestApp) {
        // The test's own tenant is there already, so nobody is told a key.
        let told = tenants::open_store(&app.db, &app.clock, &Ids, wish("first")).await.unwrap();
        assert_eq!(told, None);
    }

    async fn keys_are_listed_and_revoked(app: TestApp) {
        let app = app.with_clock(Clock::manual(MINUTE)).await;
        let key = app.make_key("state").await;
        let listed = tenants::list(&app.db, FIRST_TENANT).await.unwrap();
        let names: Vec<_> = listed.iter().map(|listed| listed.name.as_str()).collect();
        assert_eq!(names, ["state", "all"], "by when they were made");
        let unknown = |key: &str| KeyError::Unknown(key.to_owned()).to_string();
        for key in ["rk1_nobody", "x\0", ""] {
            let outcome = tenants::revoke(&app.db, &app.clock, FIRST_TENANT, key).await;
            assert_eq!(outcome.unwrap_err().to_string(), unknown(key));
        }
        let elsewhere = tenants::revoke(&app.db, &app.clock, TenantId(2), &key.key).await;
        assert_eq!(elsewhere.unwrap_err().to_string(), unknown(&key.key), "another tenant's");
        for name in ["", "a\nb", &"a".repeat(201)] {
            let outcome = tenants::create(&app.db, &app.clock, &Ids, FIRST_TENANT, wish(name)).await;
            assert!(matches!(outcome, Err(KeyError::Name)), "{name:?}");
        }
        assert_eq!(tenants::tenant_named(&app.db, Some("main")).await.unwrap(), FIRST_TENANT);
        assert_eq!(
            tenants::tenant_named(&app.db, Some("acme")).await.unwrap_err().to_string(),
            "there is no tenant \"acme\""
        );
    }
}

async fn last_used(app: &App, key: &NewKey) -> Option<i64> {
    let keys = tenants::list(&app.db, FIRST_TENANT).await.unwrap();
    keys.into_iter().find(|listed| listed.key == key.key).unwrap().last_used
}

/// Waits for what is written off the request path.
async fn noted(app: &App, key: &NewKey, at: i64) {
    while last_used(app, key).await != Some(at) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[test]
fn a_new_key_is_shown_masked() {
    let key = NewKey {
        key: "rk1_0123456789".to_owned(),
        secret: "s3cr3t".to_owned(),
        scopes: Scopes::NONE,
    };
    assert_eq!(format!("{key:?}"), r#"NewKey { key: "rk1_0123…", .. }"#);
}

/// Of many servers that start at once on a new store, one tells a key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_one_starter_is_told_the_first_key() {
    let database = rollbook_db::testing::sqlite().await;
    only_one_is_told(&database).await;
    match rollbook_db::testing::postgres().await {
        Some(database) => only_one_is_told(&database).await,
        None => eprintln!("skipped the half on PostgreSQL: TEST_POSTGRES_URL is unset"),
    }
}

async fn only_one_is_told(database: &rollbook_db::Db) {
    database.migrate(&crate::migrations::MIGRATIONS).await.unwrap();
    let start = || tenants::open_store(database, &Clock::System, &Ids, wish("first"));
    let (a, b, c, d) = tokio::join!(start(), start(), start(), start());
    let told = [a, b, c, d].map(Result::unwrap).into_iter().flatten().count();
    assert_eq!(told, 1);
    assert_eq!(tenants::list(database, FIRST_TENANT).await.unwrap().len(), 1);
}

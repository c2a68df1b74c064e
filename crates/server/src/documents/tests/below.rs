//! Preconditions, merges and keys on both engines, below HTTP.

use super::bench::{Bench, EVERY, context, document, key, matching, of, silent, unless};
use crate::documents::key::{Context, Key, Resource};
use crate::documents::store;
use crate::http::Precondition;
use crate::tenants::{FIRST_TENANT, TenantId};
use crate::testing::on_both;
use rollbook_xapi::version::Version::{V1, V2};

on_both! {
    /// Row 15. 1.0.3 Communication 3.1 (XAPI-00322), 9274.1.1 4.1.4; `decisions.md` 4.
    async fn a_put_without_headers(app: TestApp) {
        let bench = Bench::of(app);
        let state = key(Resource::State);
        assert_eq!(bench.put(&state, "1", silent(), V1).await, Ok(()));
        assert_eq!(bench.put(&state, "2", silent(), V1).await, Ok(()));
        assert_eq!(bench.put(&state, "3", silent(), V2).await, Err(409));
        assert_eq!(bench.body(&state).await.as_deref(), Some("2"));
        let other = Key { name: "two".to_owned(), ..state };
        assert_eq!(bench.put(&other, "1", silent(), V2).await, Ok(()));
        for profile in [key(Resource::AgentProfile), key(Resource::ActivityProfile)] {
            // XAPI-00273: without any header and without any document, 400 under 1.0.3.
            assert_eq!(bench.put(&profile, "1", silent(), V1).await, Err(400));
            assert_eq!(bench.body(&profile).await, None);
            assert_eq!(bench.put(&profile, "1", silent(), V2).await, Ok(()));
            assert_eq!(bench.put(&profile, "2", silent(), V2).await, Err(409));
            assert_eq!(bench.put(&profile, "2", silent(), V1).await, Err(409));
            assert_eq!(bench.body(&profile).await.as_deref(), Some("1"));
        }
    }

    /// Row 15. `decisions.md` 4: `state_preconditions = lenient`.
    async fn a_lenient_tenant_replaces_states_unseen(app: TestApp) {
        let bench = Bench::of(app);
        rollbook_db::sql! {
            /// A lenient tenant.
            LENIENT = "insert into tenant (tenant, name, created, state_preconditions)
                values ($1, 'lenient', 0, 'lenient')
                on conflict (tenant) do update set state_preconditions = 'lenient'";
        }
        let lenient = |tx: &mut rollbook_db::Tx<'_>| tx.run(&LENIENT, &[FIRST_TENANT.0.into()]);
        bench.app.db.every().write(lenient).await.unwrap();
        let (state, profile) = (key(Resource::State), key(Resource::AgentProfile));
        assert_eq!(bench.put(&state, "1", silent(), V2).await, Ok(()));
        assert_eq!(bench.put(&state, "2", silent(), V2).await, Ok(()));
        assert_eq!(bench.body(&state).await.as_deref(), Some("2"));
        assert_eq!(bench.put(&state, "3", matching(&["1"]), V2).await, Err(412));
        assert_eq!(bench.put(&profile, "1", silent(), V2).await, Ok(()));
        assert_eq!(bench.put(&profile, "2", silent(), V2).await, Err(409));
    }

    /// Row 15. XAPI-00322, 1.0.3 Communication 3.1 "If-Match"; 9274.1.1 4.1.4 for PUT, POST and DELETE.
    async fn if_match_on_every_method(app: TestApp) {
        let bench = Bench::of(app);
        for key in EVERY.map(key) {
            for version in [V1, V2] {
                assert_eq!(bench.put(&key, "{}", matching(&["{}"]), version).await, Err(412));
                assert_eq!(bench.put(&key, "{}", matching(&["*"]), version).await, Err(412));
            }
            assert_eq!(bench.post(&key, "{}", matching(&["*"])).await, Err(412));
            assert_eq!(bench.delete(&key, matching(&["*"])).await, Err(412));
            assert_eq!(bench.body(&key).await, None);

            assert_eq!(bench.post(&key, "{}", silent()).await, Ok(()));
            assert_eq!(bench.put(&key, "1", matching(&["other"]), V2).await, Err(412));
            assert_eq!(bench.put(&key, "1", matching(&[]), V2).await, Err(412));
            assert_eq!(bench.post(&key, "{\"a\":1}", matching(&["other"])).await, Err(412));
            assert_eq!(bench.delete(&key, matching(&["other"])).await, Err(412));
            assert_eq!(bench.body(&key).await.as_deref(), Some("{}"));

            assert_eq!(bench.post(&key, "{\"a\":1}", matching(&["x", "{}"])).await, Ok(()));
            assert_eq!(bench.put(&key, "2", matching(&["{\"a\":1}", "x"]), V1).await, Ok(()));
            assert_eq!(bench.put(&key, "3", matching(&["*"]), V2).await, Ok(()));
            assert_eq!(bench.body(&key).await.as_deref(), Some("3"));
            assert_eq!(bench.delete(&key, matching(&["3"])).await, Ok(()));
            assert_eq!(bench.body(&key).await, None);
            assert_eq!(bench.delete(&key, silent()).await, Ok(()));
        }
    }

    /// Row 15. XAPI-00322, 1.0.3 Communication 3.1 "If-None-Match".
    async fn if_none_match_on_every_method(app: TestApp) {
        let bench = Bench::of(app);
        for key in EVERY.map(key) {
            assert_eq!(bench.delete(&key, unless(&["*"])).await, Ok(()));
            assert_eq!(bench.put(&key, "{}", unless(&["*"]), V1).await, Ok(()));
            assert_eq!(bench.put(&key, "1", unless(&["*"]), V1).await, Err(412));
            assert_eq!(bench.put(&key, "1", unless(&["x", "{}"]), V2).await, Err(412));
            assert_eq!(bench.post(&key, "{\"a\":1}", unless(&["*"])).await, Err(412));
            assert_eq!(bench.delete(&key, unless(&["*"])).await, Err(412));
            assert_eq!(bench.delete(&key, unless(&["{}"])).await, Err(412));
            assert_eq!(bench.body(&key).await.as_deref(), Some("{}"));

            assert_eq!(bench.put(&key, "{\"b\":1}", unless(&["x"]), V1).await, Ok(()));
            assert_eq!(bench.post(&key, "{\"a\":1}", unless(&["x"])).await, Ok(()));
            assert_eq!(bench.body(&key).await.as_deref(), Some("{\"b\":1,\"a\":1}"));
            assert_eq!(bench.delete(&key, unless(&["x"])).await, Ok(()));
            assert_eq!(bench.post(&key, "{}", unless(&["*"])).await, Ok(()));
        }
    }

    /// Row 14. RFC 9110 13.2.2: both must hold.
    async fn both_headers_at_once(app: TestApp) {
        let bench = Bench::of(app);
        let key = key(Resource::State);
        let both = |only: &[&str], none: &[&str]| Precondition {
            if_match: Some(of(only)),
            if_none_match: Some(of(none)),
        };
        assert_eq!(bench.put(&key, "1", both(&["*"], &["*"]), V1).await, Err(412));
        assert_eq!(bench.put(&key, "1", silent(), V1).await, Ok(()));
        assert_eq!(bench.put(&key, "2", both(&["1"], &["*"]), V1).await, Err(412));
        assert_eq!(bench.put(&key, "2", both(&["1"], &["1"]), V1).await, Err(412));
        assert_eq!(bench.put(&key, "2", both(&["1"], &["x"]), V1).await, Ok(()));
        assert_eq!(bench.delete(&key, both(&["2"], &["2"])).await, Err(412));
        assert_eq!(bench.delete(&key, both(&["2"], &["x"])).await, Ok(()));
    }

    /// Row 16. 1.0.3 Communication 2.2 (XAPI-00183, XAPI-00184, XAPI-00234, XAPI-00279).
    async fn a_merge_keeps_what_it_does_not_name(app: TestApp) {
        let bench = Bench::of(app);
        for key in EVERY.map(key) {
            assert_eq!(bench.post(&key, r#"{"n":1.10,"car":{"make":"Ford"}}"#, silent()).await, Ok(()));
            assert_eq!(bench.post(&key, r#"{"car":{"model":"T"},"x":null}"#, silent()).await, Ok(()));
            assert_eq!(
                bench.body(&key).await.as_deref(),
                Some(r#"{"n":1.10,"car":{"model":"T"},"x":null}"#)
            );
        }
    }

    /// Row 16. 1.0.3 Communication 2.2 (XAPI-00229, XAPI-00232, XAPI-00278, XAPI-00281).
    async fn a_merge_of_anything_else_is_refused(app: TestApp) {
        let bench = Bench::of(app);
        for key in EVERY.map(key) {
            assert_eq!(bench.post_as(&key, "text/plain", "{}", silent()).await, Ok(()));
            assert_eq!(bench.post(&key, "{}", silent()).await, Err(400));
            assert_eq!(bench.delete(&key, silent()).await, Ok(()));
            assert_eq!(bench.post(&key, "{\"a\":1}", silent()).await, Ok(()));
            assert_eq!(bench.post_as(&key, "not/json", "abcdefg", silent()).await, Err(400));
            assert_eq!(bench.post_as(&key, "not/json", "{}", silent()).await, Err(400));
            for bad in ["[]", "1", "{", "\"a\"", "null"] {
                assert_eq!(bench.post(&key, bad, silent()).await, Err(400), "{bad}");
            }
            assert_eq!(bench.body(&key).await.as_deref(), Some("{\"a\":1}"));
        }
    }

    /// Row 41. 1.0.3 Communication 2.3: a delete without a registration is of all registrations.
    async fn registrations_keep_documents_apart(app: TestApp) {
        let bench = Bench::of(app);
        let of = |number: Option<u128>, name: &str| {
            let registration = number.map(uuid::Uuid::from_u128);
            Key { context: Context { registration, ..context(Resource::State) }, name: name.to_owned() }
        };
        let every = [(None, "a"), (Some(1), "a"), (Some(1), "b"), (Some(2), "c"), (None, "d")];
        for (number, name) in every {
            let body = format!("\"{number:?}{name}\"");
            assert_eq!(bench.put(&of(number, name), &body, silent(), V1).await, Ok(()));
        }
        assert_eq!(bench.body(&of(None, "a")).await.as_deref(), Some("\"Nonea\""));
        assert_eq!(bench.body(&of(Some(1), "a")).await.as_deref(), Some("\"Some(1)a\""));
        assert_eq!(bench.body(&of(None, "b")).await, None);
        assert_eq!(bench.names(of(Some(1), "").context, i64::MIN).await, ["a", "b"]);
        assert_eq!(bench.names(of(None, "").context, i64::MIN).await, ["a", "a", "b", "c", "d"]);

        assert_eq!(bench.delete(&of(None, "a"), silent()).await, Ok(()));
        assert_eq!(bench.delete_all(of(Some(1), "").context).await, Ok(()));
        assert_eq!(bench.names(of(None, "").context, i64::MIN).await, ["c", "d"]);
        assert_eq!(bench.delete_all(of(None, "").context).await, Ok(()));
        assert!(bench.names(of(None, "").context, i64::MIN).await.is_empty());
    }

    /// `since` is exclusive, so a change must never have the time of the one before it.
    async fn times_grow_though_the_clock_does_not(app: TestApp) {
        let bench = Bench::of(app);
        let (state, about) = (key(Resource::State), context(Resource::State));
        for (body, expected) in [("1", 1_000), ("2", 1_001), ("2", 1_002)] {
            assert_eq!(bench.put(&state, body, silent(), V1).await, Ok(()));
            assert_eq!(bench.names(about.clone(), expected - 1).await, ["one"]);
            assert!(bench.names(about.clone(), expected).await.is_empty());
        }
        assert_eq!(bench.put(&state, "3", matching(&["2"]), V1).await, Ok(()));
        assert_eq!(bench.put(&state, "4", unless(&["2"]), V1).await, Ok(()));
        assert_eq!(bench.names(about.clone(), 1_003).await, ["one"]);
        assert!(bench.names(about, 1_004).await.is_empty());
    }

    /// An index entry of PostgreSQL has 2,704 bytes at most; identifiers have no such bound.
    async fn long_identifiers_are_keys_too(app: TestApp) {
        let bench = Bench::of(app);
        let long = |letter: &str| Key {
            context: Context {
                activity: format!("http://a.example/{}{letter}", "x".repeat(20_000)),
                ..context(Resource::State)
            },
            name: "n".repeat(1_024),
        };
        assert_eq!(bench.put(&long("a"), "1", silent(), V1).await, Ok(()));
        assert_eq!(bench.put(&long("b"), "2", silent(), V1).await, Ok(()));
        assert_eq!(bench.body(&long("a")).await.as_deref(), Some("1"));
    }

    async fn tenants_do_not_see_each_other(app: TestApp) {
        let bench = Bench::of(app);
        let (state, other) = (key(Resource::State), TenantId(2));
        assert_eq!(bench.put(&state, "1", silent(), V1).await, Ok(()));
        let (key, about) = (state.clone(), context(Resource::State));
        let job = move |tx: &mut rollbook_db::Tx<'_>| {
            assert_eq!(store::get(tx, other, &key)?, None);
            assert!(store::names(tx, other, &about, i64::MIN)?.is_empty());
            assert!(!store::delete(tx, other, &key, &Precondition::default())?);
            assert_eq!(store::delete_all(tx, other, &about)?, 0);
            assert!(store::create(tx, other, &key, &document("text/plain", "2"))?);
            Ok::<_, rollbook_db::Error>(())
        };
        bench.app.db.every().write(job).await.unwrap();
        assert_eq!(bench.body(&state).await.as_deref(), Some("1"));
    }
}

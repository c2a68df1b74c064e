//! `Idempotency-Key` (`progress.md` 2.7, draft-ietf-httpapi-idempotency-key-header).

use super::super::{IDEMPOTENCY_KEY, forget};
use super::kit::{ask, code, rows, send, strangers_key};
use crate::app::App;
use crate::clock::Clock;
use crate::tenants::NewKey;
use crate::testing::{Answer, on_both};
use futures_util::future::join_all;
use http::Method;
use rollbook_db::sql;

const DAY_MICROS: i64 = 86_400_000_000;

sql! {
    /// Every byte that is kept.
    KEPT = "select key, fingerprint, answer from idempotency where tenant = $1";
}

async fn post(app: &App, key: &NewKey, once: &str, body: &str) -> Answer {
    let call = ask(app, key, Method::POST, "").json(body).header(IDEMPOTENCY_KEY, once);
    send(call).await
}

const BODY: &str = r#"{"name":"one"}"#;

on_both! {
    /// First → run; again → the same status, headers and body, and `Idempotent-Replayed: true`.
    async fn the_same_request_has_its_effect_once(app: TestApp) {
        let key = app.make_key("write").await;
        let first = post(&app, &key, "\"k-1\"", BODY).await;
        assert_eq!(first.status, 201, "{first:?}");
        assert!(first.header("idempotent-replayed").is_none());
        for node in [&*app, &app.node().await] {
            let again = post(node, &key, "k-1", BODY).await;
            assert_eq!((again.status, &again.body), (first.status, &first.body), "{again:?}");
            for name in ["content-type", "location"] {
                assert_eq!(again.header(name), first.header(name), "{name}");
            }
            assert_eq!(again.header("idempotent-replayed"), Some("true"));
            assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
        }
        assert_eq!(rows(&app, 1).await, 1);
    }

    /// The key is scoped by tenant, principal, method and path, and is a choice where it may be.
    async fn a_key_means_one_thing_to_one_caller(app: TestApp) {
        let (one, two) = (app.make_key("write").await, app.make_key("write").await);
        let (admin, other) = (app.make_key("admin").await, strangers_key(&app, "write").await);
        for key in [&one, &two, &admin] {
            assert_eq!(post(&app, key, "k", BODY).await.status, 201);
        }
        assert_eq!(rows(&app, 1).await, 3);
        let stranger = post(&app, &other, "k", BODY).await;
        assert_eq!((stranger.status.as_u16(), rows(&app, 2).await), (201, 1), "{stranger:?}");
        assert!(stranger.header("idempotent-replayed").is_none(), "{stranger:?}");
        let without = || async { send(ask(&app, &one, Method::POST, "").json(BODY)).await.status };
        assert_eq!((without().await.as_u16(), without().await.as_u16()), (201, 201));
        assert_eq!(rows(&app, 1).await, 5);
        let delete = || ask(&app, &one, Method::DELETE, "");
        assert_eq!(send(delete().header(IDEMPOTENCY_KEY, "k")).await.status, 204);
        let missing = send(delete()).await;
        assert_eq!(code(&missing), (400, "idempotency.key_missing".to_owned()));
    }

    /// Same key, other payload → 422.
    async fn a_key_is_for_one_request(app: TestApp) {
        let key = app.make_key("write").await;
        assert_eq!(post(&app, &key, "k", BODY).await.status, 201);
        let reused = post(&app, &key, "k", r#"{"name":"two"}"#).await;
        assert_eq!(code(&reused), (422, "idempotency.key_reused".to_owned()), "{reused:?}");
        let call = ask(&app, &key, Method::POST, "?x=1").json(BODY).header(IDEMPOTENCY_KEY, "k");
        assert_eq!(code(&send(call).await).0, 422);
        let bad = post(&app, &key, "\"", BODY).await;
        assert_eq!(code(&bad), (400, "idempotency.key_invalid".to_owned()));
        assert_eq!(rows(&app, 1).await, 1);
    }

    /// Twenty at once on each of two nodes: one effect; each other is told to wait, or replayed.
    async fn many_at_once_have_one_effect(app: TestApp) {
        let (key, node) = (app.make_key("write").await, app.node().await);
        let calls = (0..40).map(|number| {
            let app = if number % 2 == 0 { App::clone(&app) } else { node.clone() };
            let key = key.clone();
            tokio::spawn(async move { post(&app, &key, "k", BODY).await })
        });
        let mut ran = 0;
        for answer in join_all(calls).await {
            let answer = answer.unwrap();
            if answer.status == 409 {
                assert_eq!(code(&answer).1, "idempotency.in_progress");
                assert_eq!(answer.header("retry-after"), Some("1"));
                continue;
            }
            assert_eq!(answer.status, 201, "{answer:?}");
            ran += i32::from(answer.header("idempotent-replayed").is_none());
        }
        assert_eq!((ran, rows(&app, 1).await), (1, 1));
        assert_eq!(post(&app, &key, "k", BODY).await.header("idempotent-replayed"), Some("true"));
    }

    /// What did not succeed left nothing, and may be sent again with the same key, mended or not.
    async fn a_failed_effect_leaves_nothing(app: TestApp) {
        let key = app.make_key("write").await;
        for (ends, status) in [("refused", 409), ("broken", 500), ("panicking", 500)] {
            let body = format!(r#"{{"name":"one","ends":"{ends}"}}"#);
            for _ in 0..2 {
                let answer = post(&app, &key, "k", &body).await;
                assert_eq!(answer.status, status, "{answer:?}");
            }
            assert_eq!(rows(&app, 1).await, 0, "{ends}");
        }
        assert_eq!(post(&app, &key, "k", BODY).await.status, 201);
        assert_eq!(rows(&app, 1).await, 1);
    }

    /// An answer is kept for its time and no longer; then the key is new, and the sweep forgets it.
    async fn a_key_expires(app: TestApp) {
        let clock = Clock::manual(1_800_000_000_000_000);
        let app = app.with_clock(clock.clone()).await;
        let key = app.make_key("write").await;
        let is_new = async || {
            let answer = post(&app, &key, "k", BODY).await;
            assert_eq!(answer.status, 201, "{answer:?}");
            answer.header("idempotent-replayed").is_none()
        };
        assert!(is_new().await);
        clock.advance(DAY_MICROS - 1);
        assert!(!is_new().await);
        assert_eq!(forget(&app).await.unwrap(), 0);
        clock.advance(1);
        assert!(is_new().await);
        assert!(!is_new().await);
        clock.advance(DAY_MICROS);
        assert_eq!(forget(&app).await.unwrap(), 1);
        assert!(is_new().await);
    }

    /// Neither the key nor what was answered can be read out of the store.
    async fn nothing_is_kept_in_clear(app: TestApp) {
        let key = app.make_key("write").await;
        assert_eq!(post(&app, &key, "a-key-that-is-found", BODY).await.status, 201);
        let kept = app.db.of(1).read(|tx| {
            tx.all::<(Vec<u8>, Vec<u8>, Vec<u8>)>(&KEPT, &[1_i64.into()])
        });
        let kept: rollbook_db::Result<Vec<_>> = kept.await;
        let (name, fingerprint, answer) = kept.unwrap().remove(0);
        let all = [name, fingerprint, answer].concat();
        for text in ["a-key-that-is-found", "only now", "location"] {
            assert!(!all.windows(text.len()).any(|part| part == text.as_bytes()), "{text}");
        }
    }

    /// An answer is as long as its limit and no longer; one that could not be kept has no effect.
    async fn an_answer_is_kept_within_its_limit(app: TestApp) {
        let limit = |bytes| crate::limits::Limits {
            idempotency_answer_bytes_max: bytes,
            ..crate::limits::Limits::default()
        };
        let app = app.with_limits(limit(100)).await;
        let key = app.make_key("write").await;
        assert_eq!(post(&app, &key, "k", BODY).await.status, 500);
        assert_eq!(rows(&app, 1).await, 0);
        let app = app.with_limits(limit(500)).await;
        assert_eq!(post(&app, &key, "k", BODY).await.status, 201);
    }

    /// As many answers are kept as the limit says; one more waits until one has expired.
    async fn answers_are_kept_as_many_as_the_limit_and_no_more(app: TestApp) {
        let clock = Clock::manual(1_800_000_000_000_000);
        let limits = crate::limits::Limits { idempotency_answers_max: 2, ..crate::limits::Limits::default() };
        let app = app.with_clock(clock.clone()).await.with_limits(limits).await;
        let key = app.make_key("write").await;
        for once in ["a", "b"] {
            assert_eq!(post(&app, &key, once, BODY).await.status, 201);
        }
        let more = post(&app, &key, "c", BODY).await;
        assert_eq!(code(&more), (429, "idempotency.too_many".to_owned()), "{more:?}");
        assert_eq!((more.header("retry-after"), rows(&app, 1).await), (Some("60"), 2));
        assert_eq!(post(&app, &key, "a", BODY).await.header("idempotent-replayed"), Some("true"));
        let stranger = strangers_key(&app, "write").await;
        assert_eq!(post(&app, &stranger, "c", BODY).await.status, 201, "another tenant has its own");
        clock.advance(DAY_MICROS);
        assert_eq!(post(&app, &key, "c", BODY).await.status, 201);
    }
}

//! Every kind of credential, and where it may stand.

use super::{bear, kit, present, send};
use crate::app::App;
use crate::error::Problem;
use crate::tenants::{
    Caller, Callers, FIRST_TENANT, NewKey, Presented, Principal, Scope, Scopes, Session, Sessions,
    Tokens,
};
use crate::testing::{VERSION, basic, call, on_both};
use futures_util::future::BoxFuture;
use http::{Method, Request, header};
use std::sync::Arc;
use tower::ServiceExt as _;

on_both! {
    /// `decisions.md` 3: one key, however it is sent.
    async fn a_key_is_let_in_wherever_it_arrives(app: TestApp) {
        let NewKey { key, secret, scopes: _ } = app.make_key("all").await;
        for (name, value, expected) in [
            (header::AUTHORIZATION.as_str(), basic(&key, &secret), 200),
            ("authorization", format!("Bearer {key}.{secret}"), 200),
            ("authorization", format!("bearer {key}:{secret}"), 200),
            ("x-api-key", format!("{key}.{secret}"), 200),
            ("x-api-key", format!("{key}:{secret}"), 200),
            ("x-api-key", key.clone(), 401),
            ("x-api-key", format!("{key}.{secret}x"), 401),
            ("authorization", format!("Bearer {key}.x"), 401),
            ("authorization", format!("Basic {key}.{secret}"), 401),
        ] {
            let answer = send(call(&app, Method::GET, "/read").header(name, &value)).await;
            assert_eq!(answer.status, expected, "{name}: {answer:?}");
            assert!(!answer.text().contains(&secret));
        }
    }

    async fn of_two_credentials_neither_is_taken(app: TestApp) {
        let NewKey { key, secret, scopes: _ } = app.make_key("all").await;
        let call = call(&app, Method::GET, "/read").header("x-api-key", &format!("{key}.{secret}"));
        let answer = send(call.header(header::AUTHORIZATION, &basic(&key, &secret))).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("more than one credential"), "{detail}");
    }

    /// Nobody learns from an answer whether a key exists.
    async fn an_unknown_key_and_a_wrong_secret_are_told_the_same(app: TestApp) {
        let NewKey { key, secret, scopes: _ } = app.make_key("all").await;
        let wrong = present(&app, &basic(&key, "x")).await;
        let unknown = present(&app, &basic("rk1_000000000000000000000000", &secret)).await;
        let elsewhere = present(&app, &basic("rk99_000000000000000000000000", &secret)).await;
        for other in [unknown, elsewhere] {
            assert_eq!((wrong.status, wrong.json()["detail"].clone()), (other.status, other.json()["detail"].clone()));
        }
    }

    /// Progress contract 3: compared where it is sent; asked for with a token on `/api/v1` only.
    async fn the_tenant_is_compared(app: TestApp) {
        let app = kit::with_secret(app).await;
        let (key, token) = (app.make_key("all,admin").await, kit::Signer::secret(kit::SECRET.as_bytes()).sign(&kit::claims()));
        let (key, token) = (format!("Bearer {}.{}", key.key, key.secret), format!("Bearer {token}"));
        for (credential, path, tenant, status, code) in [
            (&key, "/read", None, 200, ""),
            (&key, "/read", Some("main"), 200, ""),
            (&key, "/read", Some("Main"), 403, "validation.tenant.mismatch"),
            (&key, "/api/v1/read", None, 200, ""),
            (&key, "/api/v1/read", Some("acme"), 403, "validation.tenant.mismatch"),
            (&key, "/api/v1/read", Some("é"), 403, "validation.tenant.mismatch"),
            (&token, "/read", None, 200, ""),
            (&token, "/read", Some("main"), 200, ""),
            (&token, "/read", Some("acme"), 403, "validation.tenant.mismatch"),
            (&token, "/api/v1/read", None, 400, "validation.tenant.missing"),
            (&token, "/api/v1/read", Some("main"), 200, ""),
            (&token, "/api/v1/read", Some("acme"), 403, "validation.tenant.mismatch"),
            (&token, "/api/v1/read", Some(""), 403, "validation.tenant.mismatch"),
        ] {
            let mut call = call(&app, Method::GET, path).header(header::AUTHORIZATION, credential);
            if let Some(tenant) = tenant {
                call = call.header("x-tenant-id", tenant);
            }
            let answer = send(call).await;
            assert_eq!(answer.status, status, "{path} {tenant:?}: {answer:?}");
            if !code.is_empty() {
                assert_eq!(answer.json()["code"], code, "{path} {tenant:?}");
            }
        }
    }

    /// The logs and the limits learn who it was, whatever was answered.
    async fn the_answer_says_who_called(app: TestApp) {
        let key = app.make_key("state").await;
        for (credential, status, known) in [
            (basic(&key.key, &key.secret), 403, true),
            (basic(&key.key, "x"), 401, false),
        ] {
            let front = crate::http::server::service(App::clone(&app));
            let request = Request::get("/xapi/statements")
                .header(header::AUTHORIZATION, credential)
                .header(VERSION, "1.0.3")
                .body(axum::body::Body::empty())
                .unwrap();
            let Ok(response) = front.oneshot(request).await;
            assert_eq!(response.status(), status);
            let caller = response.extensions().get::<Caller>().map(|it| it.principal.clone());
            assert_eq!(caller, known.then(|| Principal::Key(key.key.as_str().into())));
        }
    }

    /// cmi5 8.1.2: the token is the whole credential, so it is looked up before it is decoded.
    async fn a_session_is_looked_up_before_anything_is_decoded(app: TestApp) {
        let NewKey { key, secret, scopes: _ } = app.make_key("all").await;
        let looks_like_a_key = basic(&key, &secret);
        let tokens = vec!["opaque-token".to_owned(), looks_like_a_key.trim_start_matches("Basic ").to_owned()];
        let known = Tokens::new(app.db.clone(), &crate::config::Jwt::default(), &app.limits, "").unwrap();
        let callers = Callers::with_sessions(
            app.db.clone(), app.clock.clone(), known, &app.limits, Arc::new(Launched(tokens)),
        );
        for (credential, session) in [
            ("Basic opaque-token".to_owned(), true),
            (looks_like_a_key, true),
            (format!("Bearer {key}.{secret}"), false),
        ] {
            let request = Request::get("/").header(header::AUTHORIZATION, &credential).body(()).unwrap();
            let (parts, ()) = request.into_parts();
            let caller = callers.resolve(&Presented::of(&parts, None).unwrap()).await.unwrap();
            assert_eq!(caller.scopes == Scopes::NONE.with(Scope::State), session, "{credential}");
        }
        let answer = bear(&app, "opaque-token").await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }
}

/// Sessions whose tokens are known.
struct Launched(Vec<String>);

impl Sessions for Launched {
    fn find<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Option<Session>, Problem>> {
        let known = self.0.iter().any(|token| token == text);
        let session = known.then(|| Session {
            caller: Caller {
                tenant: FIRST_TENANT,
                principal: Principal::Operator,
                scopes: Scopes::NONE.with(Scope::State),
                authority: "{}".into(),
                activity_prefixes: None,
                bounds: None,
                session: None,
            },
            tenant: "main".into(),
            suspended: false,
            expires: i64::MAX,
        });
        Box::pin(std::future::ready(Ok(session)))
    }
}

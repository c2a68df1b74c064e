//! Every endpoint is probed without rights, and every SQL text is prepared on both engines.
//!
//! Both go over the table of features, from which the router is made: what is not probed here does
//! not exist.

use super::{Access, Endpoint};
use crate::tenants::Scope;
use crate::testing::{Call, TestApp, VERSION, basic, call, on_both};
use http::{Method, StatusCode, header};
use std::collections::HashSet;

/// Endpoints that need no credential. This list only shrinks.
///
/// About: 1.0.3 Communication 2.8 says that it should answer strangers. What this interface is, is
/// the same for everybody and no secret.
/// Problems: a type that an answer names must lead somewhere (RFC 9457 3.1.1).
/// Health and readiness: a load balancer has no credential, and they tell nothing.
/// Fetch URLs, the links of learners and the way back: the credential is in the path (cmi5 8.2).
const OPEN: &[(&str, &str)] = &[
    ("GET", "/xapi/about"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/docs/assets/{file}"),
    ("GET", "/problems/{code}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("POST", FETCH),
    ("GET", "/launch/{token}/course"),
    ("POST", "/launch/{token}/units/{unit}"),
    ("PUT", "/launch/{token}/preferences"),
    ("POST", "/return/{code}"),
    ("GET", "/launch/{token}"),
    ("GET", "/return/{code}"),
    ("GET", "/learner/assets/{file}"),
    ("GET", "/api/v1/ping"),
];

/// Where launched content fetches its token: an address that nobody was given is 401 by contract.
const FETCH: &str = "/api/cmi5/fetch/{token}";

fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    crate::FEATURES.iter().flat_map(|feature| feature.endpoints)
}

/// A request to an endpoint, its path filled in, without a credential.
fn probe(app: &TestApp, endpoint: &Endpoint) -> Call {
    let method = Method::from_bytes(endpoint.method.as_bytes()).expect("a method is a token");
    let mut path = String::new();
    for segment in endpoint.path.split('/').skip(1) {
        let id = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee";
        path = format!("{path}/{}", if segment.starts_with('{') { id } else { segment });
    }
    let call = call(app, method, &path);
    // Without a version it is another endpoint, where both have one path.
    if path.starts_with("/xapi/") { call.version("1.0.3") } else { call.without(VERSION) }
}

on_both! {
    /// Row 40. 1.0.3 Communication 3.2: 401 for who is not known, and never for who is.
    async fn strangers_are_refused(app: TestApp) {
        for endpoint in endpoints() {
            let name = format!("{} {}", endpoint.method, endpoint.path);
            let Access::AnyOf(_) = endpoint.access else {
                let answer = probe(&app, endpoint).send().await;
                let is_fetch = endpoint.path == FETCH;
                assert!(is_fetch || !refused(answer.status), "{name} is open: {answer:?}");
                continue;
            };
            let key = app.all_key();
            for credential in [
                None,
                Some(basic("rk1_000000000000000000000000", &key.secret)),
                Some(basic(&key.key, "not the secret")),
            ] {
                let mut probe = probe(&app, endpoint);
                if let Some(credential) = &credential {
                    probe = probe.header(header::AUTHORIZATION, credential);
                }
                let answer = probe.send().await;
                assert_eq!(answer.status, 401, "{name} {credential:?}: {answer:?}");
                assert!(answer.header("www-authenticate").is_some(), "{name}: {answer:?}");
            }
        }
    }

    /// Rows 32, 40. 1.0.3 Communication 3.2 and 4.2: 403 for who is known and may not, for each scope that is
    /// not enough; and each scope that is enough is let in. In every tenant, though only the first may
    /// hold `operator`.
    async fn scopes_decide(app: TestApp) {
        let mut keys = Vec::new();
        for (name, scope) in Scope::NAMES {
            keys.push((name, scope, app.make_key(name).await));
        }
        app.make_tenant_key(2).await;
        for (name, scope) in Scope::NAMES.iter().filter(|(_, scope)| *scope != Scope::Operator) {
            keys.push((name, scope, app.make_tenant_key_with(2, name).await));
        }
        for endpoint in endpoints() {
            let Access::AnyOf(enough) = endpoint.access else { continue };
            for (name, scope, key) in &keys {
                let answer = probe(&app, endpoint).key(key).send().await;
                let place = format!("{} {} with {name}", endpoint.method, endpoint.path);
                if enough.contains(scope) {
                    assert!(!refused(answer.status), "{place}: {answer:?}");
                } else {
                    assert_eq!(answer.status, 403, "{place}: {answer:?}");
                }
            }
            assert!(enough.len() < Scope::NAMES.len(), "{} has no wrong scope", endpoint.path);
        }
    }

    /// The version header is no credential: a stranger without it learns no more.
    async fn every_endpoint_is_routed(app: TestApp) {
        for endpoint in endpoints() {
            let answer = probe(&app, endpoint).key(app.all_key()).without(VERSION).send().await;
            let place = format!("{} {}", endpoint.method, endpoint.path);
            assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{place}: {answer:?}");
        }
    }
}

fn refused(status: StatusCode) -> bool {
    status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN
}

#[test]
fn no_endpoint_is_listed_twice_and_few_are_open() {
    let mut seen = HashSet::new();
    for Endpoint { method, path, access, operation: _, handler: _ } in endpoints() {
        assert!(seen.insert((method, path)), "{method} {path} is listed twice");
        let open = matches!(access, Access::Open);
        assert_eq!(open, OPEN.contains(&(*method, *path)), "{method} {path}: see OPEN");
    }
}

/// A misspelt column, or texts that return different columns, are found on both engines.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_prepares() {
    let sqlite = TestApp::sqlite().await;
    let postgres = TestApp::postgres().await;
    let mut prepared = 0;
    for feature in crate::FEATURES {
        for sql in feature.sql.iter().copied().flatten() {
            let place = format!("{} of {}", sql.name(), feature.name);
            let here = sqlite.db.prepare(sql).await.unwrap_or_else(|e| panic!("{place}: {e:?}"));
            prepared += 1;
            let Some(postgres) = &postgres else { continue };
            let there = postgres.db.prepare(sql).await.unwrap_or_else(|e| panic!("{place}: {e:?}"));
            assert_eq!(here.count(), there.count(), "{place}: {here:?} {there:?}");
        }
    }
    assert!(prepared > 0, "no feature lists its SQL");
    if postgres.is_none() {
        eprintln!("skipped the half on PostgreSQL: TEST_POSTGRES_URL is unset");
    }
}

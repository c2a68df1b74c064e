//! Tenants' own issuers, through HTTP, on both engines.

use super::super::tests::kit::{
    AUD, ISS, NOW, NOW_SECONDS, SECOND, Signer, answer, claims_with, publish, with_jwt,
};
use crate::config::Jwt;
use crate::tenants::NewKey;
use crate::testing::{Answer, TestApp, call, on_both};
use http::{Method, header};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

/// Tests publish keys on this machine.
fn anywhere() -> Jwt {
    Jwt { jwks_anywhere: true, ..Jwt::default() }
}

fn body(jwks: &MockServer) -> Value {
    json!({
        "name": "Campus",
        "issuer": ISS,
        "audience": AUD,
        "jwksUrl": format!("{}/jwks", jwks.uri()),
    })
}

async fn admin(app: &TestApp, tenant: i64) -> NewKey {
    app.make_tenant_key(tenant).await;
    app.make_tenant_key_with(tenant, "all,admin").await
}

async fn make(app: &TestApp, key: &NewKey, body: &Value) -> Answer {
    app.post("/api/v1/issuers").key(key).json(body.to_string()).send().await
}

/// What the record answers to a token.
async fn read(app: &TestApp, token: &str, tenant: Option<&str>) -> u16 {
    let mut call = call(app, Method::GET, "/xapi/statements")
        .version("1.0.3")
        .header(header::AUTHORIZATION, &format!("Bearer {token}"));
    if let Some(tenant) = tenant {
        call = call.header("x-tenant-id", tenant);
    }
    call.send().await.status.as_u16()
}

on_both! {
    async fn an_issuer_is_made_shown_changed_and_deleted(app: TestApp) {
        let jwks = MockServer::start().await;
        let app = with_jwt(app, anywhere()).await;
        let key = admin(&app, 2).await;
        let made = make(&app, &key, &body(&jwks)).await;
        assert_eq!(made.status, 201, "{made:?}");
        let shown = made.json();
        let place = made.header("location").unwrap().to_owned();
        assert_eq!(place, format!("/api/v1/issuers/{}", shown["id"].as_str().unwrap()));
        for (member, expected) in [
            ("algorithms", json!(["RS256", "ES256", "EdDSA"])),
            ("tenantClaim", Value::Null),
            ("scopeClaim", json!("scope")),
            ("subjectClaim", json!("sub")),
            ("scopes", json!(["all", "admin"])),
            ("activityPrefixes", json!([])),
            ("created", json!("2027-01-15T08:00:00.000000Z")),
        ] {
            assert_eq!(shown[member], expected, "{member}");
        }
        let get = async || app.get(&place).key(&key).send().await.json();
        assert_eq!(get().await, shown);
        let listed = app.get("/api/v1/issuers").key(&key).send().await.json();
        assert_eq!(listed["data"], json!([shown]));
        assert_eq!(listed["links"]["next"], Value::Null);
        let patch = json!({ "name": "Other", "tenantClaim": "tid" }).to_string();
        let changed = app.call(Method::PATCH, &place).key(&key).json(patch).send().await;
        assert_eq!((changed.status.as_u16(), &changed.json()["name"]), (200, &json!("Other")), "{changed:?}");
        assert_eq!((&get().await["tenantClaim"], &get().await["issuer"]), (&json!("tid"), &json!(ISS)));
        let replaced = app.put(&place).key(&key).json(body(&jwks).to_string()).send().await;
        assert_eq!(replaced.json(), shown, "what is left out gets its default");
        assert_eq!(make(&app, &key, &body(&jwks)).await.json()["code"], "issuer.exists");
        assert_eq!(app.delete(&place).key(&key).send().await.status, 204);
        for method in [Method::GET, Method::DELETE] {
            assert_eq!(app.call(method, &place).key(&key).send().await.status, 404);
        }
    }

    async fn every_fault_of_an_issuer_is_told(app: TestApp) {
        let key = admin(&app, 2).await;
        let answer = make(&app, &key, &json!({
            "name": "", "issuer": "campus", "audience": "a\n", "jwksUrl": "http://127.0.0.1/jwks",
            "algorithms": ["RS256", "HS256"], "scopeClaim": "",
        })).await;
        assert_eq!(answer.status, 422, "{answer:?}");
        let told = answer.json();
        assert_eq!(told["code"], "body.invalid");
        let pointers: Vec<_> =
            told["errors"].as_array().unwrap().iter().map(|it| it["pointer"].as_str().unwrap().to_owned()).collect();
        assert_eq!(pointers, ["#/algorithms", "#/audience", "#/issuer", "#/jwksUrl", "#/name", "#/scopeClaim"]);
        for (text, status) in [
            ("{", 400), ("[]", 422), ("{\"secret\":\"x\"}", 422), ("{\"name\":7}", 422), ("{}", 422),
        ] {
            let answer = app.post("/api/v1/issuers").key(&key).json(text).send().await;
            assert_eq!(answer.status, status, "{text}: {answer:?}");
        }
        let told = make(&app, &key, &json!({})).await.json();
        let missing: Vec<_> =
            told["errors"].as_array().unwrap().iter().map(|it| it["detail"].as_str().unwrap()).collect();
        assert_eq!(missing, ["this is missing"; 4], "{told}");
        for url in [
            "https://169.254.169.254/jwks", "https://localhost/jwks", "https://[::1]/jwks",
            "https://id.example.com/jwks\u{0}", "https://id.example.com/ jwks",
        ] {
            let body = json!({ "name": "x", "issuer": ISS, "audience": AUD, "jwksUrl": url });
            assert_eq!(make(&app, &key, &body).await.status, 422, "{url}");
        }
    }

    async fn issuers_are_as_many_as_the_limit_and_no_more(app: TestApp) {
        let key = admin(&app, 2).await;
        let body = |n: usize| json!({
            "name": "x", "issuer": ISS, "audience": n.to_string(), "jwksUrl": "https://id.example.com/jwks",
        });
        for n in 0..app.limits.issuers_max {
            assert_eq!(make(&app, &key, &body(n)).await.status, 201);
        }
        let answer = make(&app, &key, &body(100)).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (409, &json!("limit.issuers")));
    }

    async fn an_issuer_of_another_tenant_does_not_exist(app: TestApp) {
        let jwks = MockServer::start().await;
        let app = with_jwt(app, anywhere()).await;
        let (ours, theirs) = (admin(&app, 2).await, admin(&app, 3).await);
        let place = make(&app, &ours, &body(&jwks)).await.header("location").unwrap().to_owned();
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            let mut told = Vec::new();
            for place in [&place, "/api/v1/issuers/6690e6c9-3ef0-4ed3-8b37-7f3964730bee", "/api/v1/issuers/x"] {
                let call = app.call(method.clone(), place).key(&theirs).json(body(&jwks).to_string());
                let answer = call.send().await;
                let mut body = answer.json();
                for own in ["instance", "requestId", "traceId"] {
                    body.as_object_mut().unwrap().remove(own);
                }
                told.push((answer.status.as_u16(), body));
            }
            assert_eq!((told[0].0, &told[0], &told[0]), (404, &told[1], &told[2]), "{method}");
        }
        assert_eq!(app.get("/api/v1/issuers").key(&theirs).send().await.json()["data"], json!([]));
        assert_eq!(make(&app, &theirs, &body(&jwks)).await.status, 201, "they may have the same one");
    }

    /// The issuer decides which tenant it is, never the token.
    async fn a_token_of_a_tenants_issuer_is_of_that_tenant(app: TestApp) {
        let jwks = MockServer::start().await;
        let app = with_jwt(app, anywhere()).await;
        let signer = Signer::p256("a");
        publish(&jwks, &[&signer]).await;
        let key = admin(&app, 2).await;
        let token = signer.sign(&claims_with(json!({ "tid": "main" })));
        assert_eq!(read(&app, &token, None).await, 401, "nobody knows it yet");
        let place = make(&app, &key, &body(&jwks)).await.header("location").unwrap().to_owned();
        app.clock.advance(5 * SECOND);
        assert_eq!(read(&app, &token, None).await, 401, "nothing names its tenant");
        assert_eq!(read(&app, &token, Some("tenant-2")).await, 200);
        assert_eq!(read(&app, &token, Some("main")).await, 401, "whatever it says of itself");
        let admins = call(&app, Method::GET, "/api/v1/issuers").header("x-tenant-id", "tenant-2");
        let answer = admins.header(header::AUTHORIZATION, &format!("Bearer {token}")).send().await;
        assert_eq!(answer.json()["data"].as_array().unwrap().len(), 1, "{answer:?}");
        // Deleted, it dies everywhere within five seconds, also where the token is remembered.
        let node = app.node().await;
        assert_eq!(app.delete(&place).key(&key).send().await.status, 204);
        app.clock.advance(5 * SECOND);
        assert_eq!(read(&app, &token, Some("tenant-2")).await, 401);
        drop(node);
    }

    async fn a_tenant_claim_binds_an_issuer_that_many_share(app: TestApp) {
        let jwks = MockServer::start().await;
        let app = with_jwt(app, anywhere()).await;
        let signer = Signer::p256("a");
        publish(&jwks, &[&signer]).await;
        for tenant in [2, 3] {
            let key = admin(&app, tenant).await;
            let mut body = body(&jwks);
            body["tenantClaim"] = "tid".into();
            assert_eq!(make(&app, &key, &body).await.status, 201);
        }
        app.clock.advance(5 * SECOND);
        for (tid, tenant, expected) in [
            ("tenant-2", None, 200),
            ("tenant-2", Some("tenant-2"), 200),
            ("tenant-2", Some("tenant-3"), 403),
            ("tenant-3", Some("tenant-3"), 200),
            ("main", None, 401),
        ] {
            let token = signer.sign(&claims_with(json!({ "tid": tid })));
            assert_eq!(read(&app, &token, tenant).await, expected, "{tid} {tenant:?}");
        }
    }

    /// Somebody who takes another's name gains nothing, and is in nobody's way.
    async fn an_issuer_in_anothers_name_gains_nothing(app: TestApp) {
        let (jwks, false_jwks) = (MockServer::start().await, MockServer::start().await);
        let app = with_jwt(app, anywhere()).await;
        let (signer, liar) = (Signer::p256("a"), Signer::p256("a"));
        publish(&jwks, &[&signer]).await;
        publish(&false_jwks, &[&liar]).await;
        let (theirs, ours) = (admin(&app, 2).await, admin(&app, 3).await);
        make(&app, &theirs, &body(&false_jwks)).await;
        make(&app, &ours, &body(&jwks)).await;
        app.clock.advance(5 * SECOND);
        let (good, forged) = (signer.sign(&claims_with(json!({}))), liar.sign(&claims_with(json!({}))));
        for (tenant, good_status, forged_status) in
            [(Some("tenant-3"), 200, 401), (Some("tenant-2"), 401, 200), (None, 401, 401)]
        {
            assert_eq!(read(&app, &good, tenant).await, good_status, "{tenant:?}");
            assert_eq!(read(&app, &forged, tenant).await, forged_status, "{tenant:?}");
        }
        // A claim that names the tenant is as good as the header, and is in nobody's way either.
        let third = admin(&app, 4).await;
        let mut claiming = body(&jwks);
        claiming["tenantClaim"] = "tid".into();
        assert_eq!(make(&app, &third, &claiming).await.status, 201);
        app.clock.advance(5 * SECOND);
        let of_third = signer.sign(&claims_with(json!({ "tid": "tenant-4" })));
        assert_eq!(read(&app, &of_third, None).await, 200);
        assert_eq!(read(&app, &good, None).await, 401);
        assert_eq!(read(&app, &good, Some("tenant-4")).await, 401, "its claim names another");
        // Where the keys of theirs do not answer, ours are asked all the same.
        answer(&false_jwks, ResponseTemplate::new(500)).await;
        app.clock.advance(600 * SECOND);
        let good = signer.sign(&claims_with(json!({ "exp": NOW_SECONDS + 3_600 })));
        assert_eq!(read(&app, &good, Some("tenant-3")).await, 200);
        // A header wins over the claims of two; without it nobody is chosen.
        let sixth = admin(&app, 6).await;
        claiming["tenantClaim"] = "other".into();
        make(&app, &sixth, &claiming).await;
        app.clock.advance(5 * SECOND);
        let both = json!({ "tid": "tenant-4", "other": "tenant-6", "exp": NOW_SECONDS + 3_600 });
        let both = signer.sign(&claims_with(both));
        assert_eq!(read(&app, &both, None).await, 401);
        assert_eq!(read(&app, &both, Some("tenant-4")).await, 200);
        assert!(app.clock.now_micros() > NOW);
    }

    /// An issuer's people may do no more than who registered it.
    async fn an_issuer_gives_no_more_than_its_maker_holds(app: TestApp) {
        let jwks = MockServer::start().await;
        let app = with_jwt(app, anywhere()).await;
        let signer = Signer::p256("a");
        publish(&jwks, &[&signer]).await;
        let full = admin(&app, 2).await;
        let weak = app.make_tenant_key_with(2, "admin").await;
        let token = signer.sign(&claims_with(json!({ "scope": "all admin operator" })));
        let made = make(&app, &weak, &body(&jwks)).await;
        assert_eq!(made.json()["scopes"], json!(["admin"]), "{made:?}");
        let place = made.header("location").unwrap().to_owned();
        app.clock.advance(5 * SECOND);
        assert_eq!(read(&app, &token, Some("tenant-2")).await, 403, "it is no key to the record");
        let send = async |key: &NewKey, method: Method, body: Value| {
            let answer = app.call(method, &place).key(key).json(body.to_string()).send().await;
            (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
        };
        let escalation = (403, "auth.scope.escalation".to_owned());
        let wider = json!({ "scopes": ["all"] });
        assert_eq!(send(&weak, Method::PATCH, wider.clone()).await, escalation);
        let operator = json!({ "scopes": ["operator"] });
        assert_eq!(send(&full, Method::PATCH, operator).await.0, 422);
        assert_eq!(send(&full, Method::PATCH, wider).await.0, 200);
        app.clock.advance(5 * SECOND);
        assert_eq!(read(&app, &token, Some("tenant-2")).await, 200);
        // Nor do they seize one whose people may do more.
        for (method, change) in [
            (Method::PATCH, json!({ "jwksUrl": "https://id.example.com/other" })),
            (Method::PUT, body(&jwks)),
            (Method::DELETE, json!({})),
        ] {
            assert_eq!(send(&weak, method.clone(), change).await, escalation, "{method}");
        }
        // Each of its scopes is one that the token holds too.
        let narrow = json!({ "scopes": ["statements/write"], "activityPrefixes": ["http://a.example/"] });
        assert_eq!(send(&full, Method::PATCH, narrow).await.0, 200);
        app.clock.advance(5 * SECOND);
        assert_eq!(read(&app, &token, Some("tenant-2")).await, 403);
        let store = async |activity: &str| {
            let statement = json!({
                "actor": { "mbox": "mailto:a@example.com" },
                "verb": { "id": "http://e.com/v" },
                "object": { "id": activity },
            });
            let call = call(&app, Method::POST, "/xapi/statements").version("1.0.3");
            let call = call.header(header::AUTHORIZATION, &format!("Bearer {token}"));
            call.header("x-tenant-id", "tenant-2").json(statement.to_string()).send().await.status.as_u16()
        };
        assert_eq!((store("http://a.example/1").await, store("http://b.example/1").await), (200, 403));
    }

    /// What the log tells of an issuer is all that whom it trusts depends on.
    async fn acts_on_issuers_are_told_in_full(app: TestApp) {
        let key = admin(&app, 2).await;
        let mut wanted = json!({
            "name": "Campus", "issuer": ISS, "audience": AUD, "jwksUrl": "https://id.example.com/jwks",
        });
        let place = make(&app, &key, &wanted).await.header("location").unwrap().to_owned();
        wanted["tenantClaim"] = "tid".into();
        app.put(&place).key(&key).json(wanted.to_string()).send().await;
        app.delete(&place).key(&key).send().await;
        let log = app.get("/api/v1/audit").key(&key).send().await.json();
        let details: Vec<&Value> =
            log["data"].as_array().unwrap().iter().map(|entry| &entry["detail"]).collect();
        let [deleted, updated, created] = details[..] else { panic!("{log}") };
        assert_eq!((&updated["from"], &updated["to"]), (created, deleted));
        assert_eq!((&created["tenantClaim"], &deleted["tenantClaim"]), (&Value::Null, &json!("tid")));
        for member in ["scopeClaim", "subjectClaim", "scopes", "activityPrefixes", "jwksUrl", "algorithms"] {
            assert!(!created[member].is_null(), "{member}");
        }
    }

    /// Accounts under this server's address are its keys, so nobody vouches for such.
    async fn no_issuer_has_this_servers_name(app: TestApp) {
        let key = admin(&app, 2).await;
        for iss in [app.public_url.clone(), format!("{}/", app.public_url), app.public_url.to_uppercase()] {
            let body = json!({
                "name": "x", "issuer": iss, "audience": AUD, "jwksUrl": "https://id.example.com/jwks",
            });
            let answer = make(&app, &key, &body).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (409, &json!("issuer.reserved")));
        }
    }
}

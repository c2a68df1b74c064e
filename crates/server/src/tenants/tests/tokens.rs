//! Tokens of the installation's issuer: what they may do, attacks, and keys that come and go.

use super::kit::{
    AUD, ISS, NOW, NOW_SECONDS, SECOND, SECRET, Signer, answer, asked, claims, claims_with, encode,
    publish, with_jwks, with_jwt, with_secret,
};
use super::{bear, send};
use crate::config::{Jwt, Secret, Settings};
use crate::testing::{TestApp, call, on_both};
use http::{Method, header};
use serde_json::{Value, json};
use std::time::Duration;
use wiremock::{MockServer, ResponseTemplate};

async fn told(app: &TestApp, token: &str) -> (u16, String) {
    let answer = bear(app, token).await;
    let detail =
        if answer.status == 200 { String::new() } else { answer.json()["detail"].to_string() };
    (answer.status.as_u16(), detail.trim_matches('"').to_owned())
}

async fn status(app: &TestApp, token: &str) -> u16 {
    bear(app, token).await.status.as_u16()
}

on_both! {
    /// 1.0.3 Data 2.4.9: the authority is the account at the issuer.
    async fn a_token_stands_for_an_account_of_its_issuer(app: TestApp) {
        let app = with_secret(app).await;
        app.make_tenant_key(7).await;
        let token = Signer::secret(SECRET.as_bytes()).sign(&claims_with(json!({ "tid": "tenant-7" })));
        let call = call(&app, Method::GET, "/authority");
        let answer = send(call.header(header::AUTHORIZATION, &format!("Bearer {token}"))).await;
        let expected = r#"7 {"objectType":"Agent","account":{"homePage":"https://id.example.com","name":"ada"}}"#;
        assert_eq!(answer.text(), expected);
        // The whole way: a statement of this authority is stored and found as one's own.
        let own = claims_with(json!({ "scope": "statements/write statements/read/mine" }));
        let token = format!("Bearer {}", Signer::secret(SECRET.as_bytes()).sign(&own));
        let statement = r#"{"actor":{"mbox":"mailto:a@example.com"},"verb":{"id":"http://e.com/v"},"object":{"id":"http://e.com/o"}}"#;
        let stored = app.post("/xapi/statements").header(header::AUTHORIZATION, &token).json(statement).send().await;
        assert_eq!(stored.status, 200, "{stored:?}");
        let found = app.get("/xapi/statements").header(header::AUTHORIZATION, &token).send().await;
        assert_eq!(found.json()["statements"][0]["authority"]["account"]["name"], "ada", "{found:?}");
    }

    async fn scopes_of_a_token_are_those_of_the_claim(app: TestApp) {
        let app = with_secret(app).await;
        let signer = Signer::secret(SECRET.as_bytes());
        for (scope, expected) in [
            (json!("all"), "200 403 403 403"),
            (json!(["all/read", "openid"]), "200 403 403 403"),
            (json!("read"), "403 200 403 403"),
            (json!("admin"), "403 200 200 403"),
            (json!("all admin operator"), "200 200 200 403"),
            (json!("openid"), "403 403 403 403"),
            (Value::Null, "403 403 403 403"),
        ] {
            let token = signer.sign(&claims_with(json!({ "scope": scope })));
            let mut found = Vec::new();
            for path in ["/read", "/api/v1/read", "/api/v1/admin", "/api/v1/operator"] {
                let call = call(&app, Method::GET, path).header("x-tenant-id", "main");
                let call = call.header(header::AUTHORIZATION, &format!("Bearer {token}"));
                found.push(send(call).await.status.as_str().to_owned());
            }
            assert_eq!(found.join(" "), expected, "{scope}");
        }
    }

    /// RFC 7519 4.1, each with the leeway of 60 seconds and its edge.
    async fn claims_are_checked(app: TestApp) {
        let app = with_secret(app).await;
        let signer = Signer::secret(SECRET.as_bytes());
        for (changes, status) in [
            (json!({}), 200),
            (json!({ "aud": ["other", AUD] }), 200),
            (json!({ "aud": "other" }), 401),
            (json!({ "aud": null }), 401),
            (json!({ "iss": "https://id.example.com/" }), 401),
            (json!({ "iss": null }), 401),
            (json!({ "exp": null }), 401),
            (json!({ "iat": null }), 401),
            (json!({ "iat": NOW_SECONDS - 86_400 - 59 }), 200),
            (json!({ "iat": NOW_SECONDS - 86_400 - 60 }), 401),
            (json!({ "iat": NOW_SECONDS + 60 }), 200),
            (json!({ "iat": NOW_SECONDS + 61 }), 401),
            (json!({ "exp": "tomorrow" }), 401),
            (json!({ "exp": NOW_SECONDS - 59 }), 200),
            (json!({ "exp": NOW_SECONDS - 60 }), 401),
            (json!({ "nbf": NOW_SECONDS + 60 }), 200),
            (json!({ "nbf": NOW_SECONDS + 61 }), 401),
            (json!({ "sub": null }), 401),
            (json!({ "sub": "a".repeat(256) }), 401),
            (json!({ "tid": null }), 401),
            (json!({ "tid": "acme" }), 401),
            (json!({ "tid": "a\u{0}" }), 401),
            (json!({ "tid": 1 }), 401),
        ] {
            let (found, detail) = told(&app, &signer.sign(&claims_with(changes.clone()))).await;
            assert_eq!(found, status, "{changes} {detail}");
        }
        let (_, detail) = told(&app, &signer.sign(&claims_with(json!({ "exp": 1 })))).await;
        assert_eq!(detail, "this token has expired");
        let stranger = Signer::secret(b"another secret of enough bytes!!").sign(&claims_with(json!({ "exp": 1 })));
        assert_eq!(told(&app, &stranger).await.1, "this token is not known here", "only who signed is told");
    }

    /// What an issuer grants for longer than the setting ends with the setting; 0 is no bound.
    async fn a_token_is_not_good_for_ever(app: TestApp) {
        let secret = Some(Secret(SECRET.to_owned()));
        let jwt = Jwt { secret, issuer: Some(ISS.to_owned()), audience: Some(AUD.to_owned()), ..Jwt::default() };
        let bounded = with_jwt(app, Jwt { max_age: Duration::from_hours(1), ..jwt.clone() }).await;
        let long = claims_with(json!({ "exp": NOW_SECONDS + 1_000_000 }));
        let token = Signer::secret(SECRET.as_bytes()).sign(&long);
        bounded.clock.advance(3_660 * SECOND - 1);
        assert_eq!(status(&bounded, &token).await, 200);
        bounded.clock.advance(1);
        assert_eq!(status(&bounded, &token).await, 401, "while remembered");
        let unbounded = with_jwt(bounded, Jwt { max_age: Duration::ZERO, ..jwt }).await;
        unbounded.clock.advance(900_000 * SECOND);
        assert_eq!(status(&unbounded, &token).await, 200);
        let never = Signer::secret(SECRET.as_bytes()).sign(&claims_with(json!({ "iat": null, "exp": NOW_SECONDS + 1_000_000 })));
        assert_eq!(status(&unbounded, &never).await, 200);
    }

    async fn a_token_never_outlives_itself(app: TestApp) {
        let app = with_secret(app).await;
        let token = Signer::secret(SECRET.as_bytes()).sign(&claims_with(json!({ "exp": NOW_SECONDS + 1 })));
        assert_eq!(status(&app, &token).await, 200);
        app.clock.advance(61 * SECOND - 1);
        assert_eq!(status(&app, &token).await, 200);
        app.clock.advance(1);
        assert_eq!(told(&app, &token).await, (401, "this token has expired".to_owned()), "while remembered");
    }

    /// RFC 8725 2.1, 3.1: the algorithm is the issuer's choice, never the token's.
    async fn the_token_does_not_choose_its_algorithm(app: TestApp) {
        let jwks = MockServer::start().await;
        let (rsa, other) = (Signer::rsa("a"), Signer::rsa("a"));
        let secret = Signer::secret(SECRET.as_bytes());
        publish(&jwks, &[&rsa, &secret]).await;
        let app = with_jwks(app, &jwks).await;
        let claims = claims();
        let good = rsa.sign(&claims);
        let body = good.rsplit_once('.').unwrap().0.to_owned();
        let none = |alg: &str| {
            format!("{}.{}.", encode(format!(r#"{{"alg":"{alg}"}}"#).as_bytes()), body.split_once('.').unwrap().1)
        };
        // The public key, which everybody has, as if it were a secret.
        let confused = Signer::secret(&rsa.public_bytes());
        let header = json!({ "alg": "HS256", "typ": "JWT", "kid": "a" });
        let tampered = format!("{}.{}", encode(br#"{"alg":"RS256","kid":"a","x":1}"#), body.split_once('.').unwrap().1);
        for (name, token, expected) in [
            ("good", good.clone(), 200),
            ("none", none("none"), 401),
            ("None", none("None"), 401),
            ("no signature", format!("{body}."), 401),
            ("another key", other.sign(&claims), 401),
            ("RSA key as a secret", confused.sign_as(&header, &claims), 401),
            ("a published secret", secret.sign(&claims), 401),
            ("not pinned", rsa.sign_as(&json!({ "alg": "RS512", "kid": "a" }), &claims), 401),
            ("another algorithm", rsa.sign_as(&json!({ "alg": "ES256", "kid": "a" }), &claims), 401),
            ("crit", rsa.sign_as(&json!({ "alg": "RS256", "kid": "a", "crit": ["x"] }), &claims), 401),
            ("unknown kid", rsa.sign_as(&json!({ "alg": "RS256", "kid": "b" }), &claims), 401),
            ("no kid", rsa.sign_as(&json!({ "alg": "RS256" }), &claims), 200),
            ("a key of its own", other.sign_as(&json!({ "alg": "RS256", "jwk": other.jwk() }), &claims), 401),
            ("a place of its own", other.sign_as(&json!({ "alg": "RS256", "jku": jwks.uri() }), &claims), 401),
            ("changed", format!("{tampered}.{}", good.rsplit_once('.').unwrap().1), 401),
            ("two parts", body, 401),
        ] {
            let (found, detail) = told(&app, &token).await;
            assert_eq!(found, expected, "{name}: {detail}");
        }
    }

    async fn every_kind_of_public_key_is_known(app: TestApp) {
        let jwks = MockServer::start().await;
        let keys = [Signer::rsa("a"), Signer::p256("b"), Signer::ed25519("c")];
        publish(&jwks, &keys.iter().collect::<Vec<_>>()).await;
        let app = with_jwks(app, &jwks).await;
        for key in &keys {
            assert_eq!(told(&app, &key.sign(&claims())).await, (200, String::new()));
        }
        assert_eq!(asked(&jwks).await, 1, "fetched once");
    }

    async fn keys_rotate_without_being_asked_for_too_often(app: TestApp) {
        let jwks = MockServer::start().await;
        let (old, new) = (Signer::p256("old"), Signer::p256("new"));
        publish(&jwks, &[&old]).await;
        let app = with_jwks(app, &jwks).await;
        assert_eq!(status(&app, &old.sign(&claims())).await, 200);
        publish(&jwks, &[&new]).await;
        for sub in 0..20 {
            let token = new.sign(&claims_with(json!({ "sub": sub.to_string() })));
            assert_eq!(status(&app, &token).await, 401);
        }
        assert_eq!(asked(&jwks).await, 0, "ten seconds have not passed");
        app.clock.advance(10 * SECOND);
        assert_eq!(status(&app, &new.sign(&claims())).await, 200, "fetched because of its kid");
        assert_eq!(status(&app, &old.sign(&claims_with(json!({ "sub": "b" })))).await, 401, "gone");
        assert_eq!(asked(&jwks).await, 1);
        app.clock.advance(600 * SECOND);
        let later = claims_with(json!({ "exp": NOW_SECONDS + 3_600 }));
        assert_eq!(status(&app, &new.sign(&later)).await, 200);
        assert_eq!(asked(&jwks).await, 2, "fetched again because they are old");
    }

    async fn old_keys_are_used_while_the_issuer_is_down_and_not_for_ever(app: TestApp) {
        let jwks = MockServer::start().await;
        let key = Signer::p256("a");
        publish(&jwks, &[&key]).await;
        let app = with_jwks(app, &jwks).await;
        let token = key.sign(&claims_with(json!({ "exp": NOW_SECONDS + 1_000_000 })));
        assert_eq!(status(&app, &token).await, 200);
        answer(&jwks, ResponseTemplate::new(500)).await;
        app.clock.advance(24 * 3_600 * SECOND - 1);
        assert_eq!(status(&app, &token).await, 200, "for a day");
        assert_eq!(asked(&jwks).await, 1, "it was asked");
        app.clock.advance(10 * SECOND);
        let refused = bear(&app, &token).await;
        assert_eq!(refused.status, 503, "{refused:?}");
        assert_eq!(refused.json()["code"], "auth.issuer.unavailable");
        assert_eq!(refused.header("retry-after"), Some("10"));
        publish(&jwks, &[&key]).await;
        assert_eq!(status(&app, &token).await, 503, "not asked again at once");
        app.clock.advance(10 * SECOND);
        assert_eq!(status(&app, &token).await, 200);
    }

    async fn keys_are_taken_from_nowhere_else_and_not_without_end(app: TestApp) {
        let (jwks, elsewhere) = (MockServer::start().await, MockServer::start().await);
        let key = Signer::p256("a");
        publish(&elsewhere, &[&key]).await;
        let app = with_jwks(app, &jwks).await;
        let document = json!({ "keys": [key.jwk()] }).to_string();
        let padded = |bytes: usize| format!("{document}{}", " ".repeat(bytes - document.len()));
        let most = app.limits.jwks_bytes_max;
        let away = ResponseTemplate::new(302)
            .insert_header("location", format!("{}/jwks", elsewhere.uri()));
        for (name, template, expected) in [
            ("redirect", away, 503),
            ("not JSON", ResponseTemplate::new(200).set_body_string("keys"), 503),
            ("too long", ResponseTemplate::new(200).set_body_string(padded(most + 1)), 503),
            ("too slow", ResponseTemplate::new(200).set_delay(Duration::from_secs(30)), 503),
            ("no such key", ResponseTemplate::new(200).set_body_string(r#"{"keys":[{"kty":"x"},7]}"#), 401),
            ("as long as may be", ResponseTemplate::new(200).set_body_string(padded(most)), 200),
        ] {
            answer(&jwks, template).await;
            app.clock.advance(10 * SECOND);
            assert_eq!(status(&app, &key.sign(&claims())).await, expected, "{name}");
        }
        assert_eq!(asked(&elsewhere).await, 0, "no redirect is followed");
    }

    async fn a_token_is_as_long_as_the_limit_and_no_longer(app: TestApp) {
        let app = with_secret(app).await;
        let signer = Signer::secret(SECRET.as_bytes());
        let most = app.limits.token_bytes_max;
        // Base64 grows in steps of one to two characters, so the edge is looked for.
        let long = |pad: usize| signer.sign(&claims_with(json!({ "pad": "x".repeat(pad) })));
        let bytes = most * 3 / 4;
        let pad = (bytes - 600..bytes).rev().find(|pad| long(*pad).len() <= most).unwrap();
        assert_eq!(status(&app, &long(pad)).await, 200);
        let over = (pad..bytes + 600).find(|pad| long(*pad).len() > most).unwrap();
        assert_eq!(status(&app, &long(over)).await, 401);
    }
}

/// What cannot be meant is found out when the server starts.
#[tokio::test]
async fn settings_that_contradict_each_other_are_refused() {
    const HOME: &str = "https://lrs.example.com";
    let app = TestApp::sqlite().await;
    let some = |text: &str| Some(text.to_owned());
    let jwt = Jwt { issuer: some(ISS), audience: some(AUD), ..Jwt::default() };
    let secret = Some(Secret(SECRET.to_owned()));
    for (name, jwt, expected) in [
        ("nothing", Jwt::default(), ""),
        ("secret", Jwt { secret: secret.clone(), ..jwt.clone() }, ""),
        ("keys", Jwt { jwks_url: some("https://id.example.com/jwks"), ..jwt.clone() }, ""),
        ("neither", jwt.clone(), "need jwt.secret or jwt.jwks_url"),
        (
            "both",
            Jwt { secret: secret.clone(), jwks_url: some("https://a.example"), ..jwt.clone() },
            "not both",
        ),
        (
            "no audience",
            Jwt { secret: secret.clone(), audience: None, ..jwt.clone() },
            "jwt.audience",
        ),
        (
            "this server",
            Jwt { secret: secret.clone(), issuer: some("https://LRS.example.com/"), ..jwt.clone() },
            "own address",
        ),
        ("plain", Jwt { jwks_url: some("http://id.example.com"), ..jwt.clone() }, "https only"),
        (
            "a public algorithm with a secret",
            Jwt { secret: secret.clone(), algorithms: vec!["RS256".to_owned()], ..jwt.clone() },
            "jwt.algorithms",
        ),
        (
            "a secret's algorithm with public keys",
            Jwt {
                jwks_url: some("https://id.example.com"),
                algorithms: vec!["RS256".to_owned(), "HS256".to_owned()],
                ..jwt.clone()
            },
            "jwt.algorithms",
        ),
    ] {
        let tokens = crate::tenants::Tokens::new(app.db.clone(), &jwt, &app.limits, HOME);
        let why = tokens.err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(why.contains(expected) && why.is_empty() == expected.is_empty(), "{name}: {why}");
        assert!(!why.contains(SECRET));
    }
    let jwt = Jwt { secret, algorithms: vec!["HS512".to_owned()], ..jwt };
    let app = with_jwt(app, jwt.clone()).await;
    let token = Signer::secret(SECRET.as_bytes()).sign(&claims());
    assert_eq!(status(&app, &token).await, 401, "HS256 is not pinned");
    assert!(!format!("{:?}", Settings { jwt, ..Settings::default() }).contains(SECRET));
    assert_eq!(app.clock.now_micros(), NOW);
}

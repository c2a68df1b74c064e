//! What is made up tells whoever made it up nothing: no key, no issuer and no tenant is known by it.

use super::names::Names;
use super::told::Told;
use super::world::World;
use crate::testing::{basic, call, on_both};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};

/// Credentials that name what these names name, and prove nothing.
fn made_up(world: &World, names: &Names) -> Vec<String> {
    let claims = json!({
        "iss": format!("https://{}.example.com", names.word),
        "aud": "rollbook",
        "sub": "ada",
        "tid": names.tenant,
        "scope": "all admin",
        "iat": world.app.clock.now_micros() / 1_000_000,
        "exp": world.app.clock.now_micros() / 1_000_000 + 3_600,
    });
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!("{}.{}.AAAA", part(json!({ "alg": "RS256", "typ": "JWT" })), part(claims));
    let Names { key, .. } = names;
    vec![
        basic(key, "wrong"),
        format!("Bearer {key}.wrong"),
        format!("Bearer {token}"),
        // A good secret of another key.
        basic(key, &world.own.secret),
    ]
}

on_both! {
    /// 401 and the same words, whether the key, the issuer and the tenant are there or not.
    async fn what_is_made_up_is_unknown(app: TestApp) {
        let world = World::new(app).await;
        let World { app, theirs, absent, .. } = &world;
        for path in ["/xapi/statements", "/api/v1/keys"] {
            let credentials = made_up(&world, theirs).into_iter().zip(made_up(&world, absent));
            for (number, (of_theirs, of_nobody)) in credentials.enumerate() {
                let mut told = Vec::new();
                for (names, credential) in [(theirs, of_theirs), (absent, of_nobody)] {
                    for tenant in [None, Some(&names.tenant)] {
                        let call = call(app, Method::GET, path).version("1.0.3");
                        let mut call = call.header("authorization", &credential);
                        if let Some(tenant) = tenant {
                            call = call.header("x-tenant-id", tenant);
                        }
                        let answer = call.send().await;
                        assert_eq!(answer.status, 401, "{number} {path}: {answer:?}");
                        told.push(Told::of(&answer, names, absent));
                    }
                }
                assert_eq!(told[..2], told[2..], "{number} {path}");
            }
        }
    }

    /// A good credential in the wrong tenant is told the same of every other.
    async fn a_tenant_in_a_header_is_another_or_not(app: TestApp) {
        let world = World::new(app).await;
        for caller in &world.callers().await {
            let mut told = Vec::new();
            for names in [&world.theirs, &world.absent] {
                let call = caller.call(&world.app, Method::GET, "/api/v1/keys");
                let answer = call.header("x-tenant-id", &names.tenant).send().await;
                assert_eq!(answer.status, 403, "{}: {answer:?}", caller.name);
                told.push(Told::of(&answer, names, &world.absent));
            }
            assert_eq!(told[0], told[1], "{}", caller.name);
        }
    }
}

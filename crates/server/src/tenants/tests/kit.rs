//! An issuer of tokens in a test: keys, signatures, and the document that publishes them.

use crate::clock::Clock;
use crate::config::{Jwt, Settings};
use crate::testing::TestApp;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// The name of the issuer.
pub(in crate::tenants) const ISS: &str = "https://id.example.com";
/// Whom its tokens are for.
pub(in crate::tenants) const AUD: &str = "rollbook";
/// What it shares with the server.
pub(in crate::tenants) const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// When tests happen, in seconds and in microseconds since 1970 UTC.
pub(in crate::tenants) const NOW_SECONDS: i64 = 1_800_000_000;
pub(in crate::tenants) const NOW: i64 = NOW_SECONDS * SECOND;
pub(in crate::tenants) const SECOND: i64 = 1_000_000;

/// One key of an issuer.
pub(in crate::tenants) struct Signer {
    kid: &'static str,
    key: Key,
}

enum Key {
    Secret(Vec<u8>),
    Rsa(Box<RsaKeyPair>),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    pub(in crate::tenants) fn secret(secret: &[u8]) -> Self {
        Self { kid: "secret", key: Key::Secret(secret.to_vec()) }
    }

    pub(in crate::tenants) fn rsa(kid: &'static str) -> Self {
        let pair = rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
        Self { kid, key: Key::Rsa(Box::new(pair)) }
    }

    pub(in crate::tenants) fn p256(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { kid, key: Key::P256(pair) }
    }

    pub(in crate::tenants) fn ed25519(kid: &'static str) -> Self {
        Self { kid, key: Key::Ed25519(Ed25519KeyPair::generate().unwrap()) }
    }

    fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Secret(_) => "HS256",
            Key::Rsa(_) => "RS256",
            Key::P256(_) => "ES256",
            Key::Ed25519(_) => "EdDSA",
        }
    }

    /// The public half as everybody may have it.
    pub(in crate::tenants) fn public_bytes(&self) -> Vec<u8> {
        match &self.key {
            Key::Secret(secret) => secret.clone(),
            Key::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Key::P256(pair) => pair.public_key().as_ref().to_vec(),
            Key::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    pub(in crate::tenants) fn jwk(&self) -> Value {
        let public = self.public_bytes();
        let mut jwk = match &self.key {
            Key::Secret(secret) => json!({ "kty": "oct", "k": encode(secret) }),
            Key::Rsa(pair) => {
                let RsaPublicKeyComponents { n, e } =
                    RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "n": encode(&n), "e": encode(&e) })
            }
            Key::P256(_) => {
                let (x, y) = public[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
            }
            Key::Ed25519(_) => json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&public) }),
        };
        jwk["kid"] = self.kid.into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// A token with these claims.
    pub(in crate::tenants) fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({ "alg": self.algorithm(), "typ": "JWT", "kid": self.kid }), claims)
    }

    /// A token with this header, whatever it says.
    pub(in crate::tenants) fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", part(header), part(claims));
        let signature = match &self.key {
            Key::Secret(secret) => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes())
                    .as_ref()
                    .to_vec()
            }
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let random = SystemRandom::new();
                pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
                signature
            }
            Key::P256(pair) => {
                pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec()
            }
            Key::Ed25519(pair) => pair.sign(text.as_bytes()).as_ref().to_vec(),
        };
        format!("{text}.{}", encode(&signature))
    }
}

/// Claims of somebody of the first tenant who may do everything in the record.
pub(in crate::tenants) fn claims() -> Value {
    json!({
        "iss": ISS,
        "aud": AUD,
        "sub": "ada",
        "tid": "main",
        "scope": "all admin",
        "iat": NOW_SECONDS,
        "exp": NOW_SECONDS + 600,
    })
}

/// The same with some of them changed; null takes one away.
pub(in crate::tenants) fn claims_with(changes: Value) -> Value {
    let (mut claims, Value::Object(changes)) = (claims(), changes) else {
        unreachable!("claims are an object")
    };
    let all = claims.as_object_mut().unwrap();
    for (name, value) in changes {
        all.insert(name, value);
    }
    all.retain(|_, value| !value.is_null());
    claims
}

/// A server whose own issuer has a secret, with a clock that stands.
pub(in crate::tenants) async fn with_secret(app: TestApp) -> TestApp {
    let secret = Some(crate::config::Secret(SECRET.to_owned()));
    with_jwt(app, Jwt { secret, ..issuer() }).await
}

/// A server whose own issuer publishes its keys, with a clock that stands.
pub(in crate::tenants) async fn with_jwks(app: TestApp, jwks: &MockServer) -> TestApp {
    with_jwt(app, Jwt { jwks_url: Some(format!("{}/jwks", jwks.uri())), ..issuer() }).await
}

/// A server with these settings of tokens, and a clock that stands.
pub(in crate::tenants) async fn with_jwt(app: TestApp, jwt: Jwt) -> TestApp {
    let app = app.with_clock(Clock::manual(NOW)).await;
    app.with_settings(Settings { jwt, ..Settings::default() }).await
}

fn issuer() -> Jwt {
    Jwt { issuer: Some(ISS.to_owned()), audience: Some(AUD.to_owned()), ..Jwt::default() }
}

/// Publishes these keys from now on, in place of what was published.
pub(in crate::tenants) async fn publish(jwks: &MockServer, keys: &[&Signer]) {
    let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
    answer(jwks, ResponseTemplate::new(200).set_body_json(json!({ "keys": keys }))).await;
}

/// Answers like this from now on.
pub(in crate::tenants) async fn answer(jwks: &MockServer, answer: ResponseTemplate) {
    jwks.reset().await;
    let keys = Mock::given(method("GET")).and(path("/jwks"));
    keys.respond_with(answer).mount(jwks).await;
}

/// How often it was asked since it was last told what to answer.
pub(in crate::tenants) async fn asked(jwks: &MockServer) -> usize {
    jwks.received_requests().await.unwrap().len()
}

fn part(value: &Value) -> String {
    encode(value.to_string().as_bytes())
}

pub(in crate::tenants) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

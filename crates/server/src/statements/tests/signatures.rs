//! Signed statements (1.0.3 Data 2.6; 9274.1.1 4.2.6): a signature is verified when it arrives, by
//! its own certificates, and kept byte for byte.
//!
//! Keys and certificates are those of the tests of `rollbook_xapi::signature`.

use super::kit::{MULTIPART, PATH, found, id, multipart, parts, refusal, sha2, statement, with};
use crate::testing::{Answer, TestApp, on_both};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{hmac, signature::KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

const SIGNER_KEY: &[u8] = include_bytes!("../../../../xapi/src/testdata/signer-key.test.der");
const SIGNER: &[u8] = include_bytes!("../../../../xapi/src/testdata/signer.test.der");
const ROOT: &[u8] = include_bytes!("../../../../xapi/src/testdata/root.test.der");
const STRANGER: &[u8] = include_bytes!("../../../../xapi/src/testdata/stranger.test.der");

fn header(algorithm: &str, chain: &[&[u8]]) -> Value {
    let chain: Vec<String> = chain.iter().map(|der| STANDARD.encode(der)).collect();
    if chain.is_empty() {
        json!({"alg": algorithm})
    } else {
        json!({"alg": algorithm, "x5c": chain})
    }
}

fn unsigned(header: &Value, payload: &str) -> String {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}", encode(&header.to_string()), encode(payload))
}

/// A JWS in compact form by the test signer.
fn sign(encoding: &'static dyn RsaEncoding, header: &Value, payload: &str) -> String {
    let key = RsaKeyPair::from_pkcs8(SIGNER_KEY).unwrap();
    let signed = unsigned(header, payload);
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn signed_well(payload: &Value) -> String {
    sign(&RSA_PKCS1_SHA256, &header("RS256", &[SIGNER, ROOT]), &payload.to_string())
}

/// `statement` with the attachment of a signature.
fn sealed(statement: Value, jws: &str, content_type: &str) -> Value {
    let attachment = json!({
        "usageType": "http://adlnet.gov/expapi/attachments/signature",
        "display": {"en": "Signature"}, "contentType": content_type,
        "length": jws.len(), "sha2": sha2(jws.as_bytes()),
    });
    with(statement, "attachments", json!([attachment]))
}

async fn post(app: &TestApp, version: &str, statement: &Value, jws: &str) -> Answer {
    let body = multipart(&statement.to_string(), &[(&sha2(jws.as_bytes()), jws.as_bytes())]);
    app.post(PATH).version(version).bytes(MULTIPART, body).send().await
}

/// The requirements that a statement with this signature breaks, by both versions' rules.
async fn broken(app: &TestApp, statement: Value, jws: &str) -> Vec<String> {
    let statement = sealed(statement, jws, "application/octet-stream");
    let mut found = Vec::new();
    for version in ["1.0.3", "2.0.0"] {
        let answer = post(app, version, &statement, jws).await;
        assert_eq!(answer.status, 400, "{version}: {answer:?}");
        let errors = answer.json()["errors"].as_array().cloned().unwrap();
        assert!(errors.iter().all(|error| error["pointer"] == "/attachments/0"), "{errors:?}");
        found.push(refusal(&answer).1);
    }
    assert_eq!(found[0], found[1], "both versions refuse the same");
    found.remove(0)
}

on_both! {
    /// Row 8. XAPI-00115 to XAPI-00117, Data 2.6: the three algorithms are accepted by both
    /// versions, with certificates and without, and the signature comes back byte for byte.
    async fn a_sound_signature_is_kept(app: TestApp) {
        let mut number = 0;
        for (encoding, algorithm) in [
            (&RSA_PKCS1_SHA256, "RS256"),
            (&RSA_PKCS1_SHA384, "RS384"),
            (&RSA_PKCS1_SHA512, "RS512"),
        ] {
            for (chain, version) in [(&[SIGNER, ROOT][..], "1.0.3"), (&[], "2.0.0")] {
                number += 1;
                let payload = statement(number);
                let jws = sign(encoding, &header(algorithm, chain), &payload.to_string());
                let sent = sealed(payload, &jws, "application/octet-stream");
                let answer = post(&app, version, &sent, &jws).await;
                assert_eq!(answer.status, 200, "{algorithm} {version}: {answer:?}");
                let path = format!("{PATH}?statementId={}&attachments=true", id(number));
                let (head, content) = parts(&app.get(&path).send().await).pop().unwrap();
                assert_eq!(content, jws.as_bytes());
                assert!(head.contains("Content-Type: application/octet-stream"), "{head}");
            }
        }
    }

    /// Row 8. XAPI-00117: a signature that the first certificate's key did not make is refused.
    async fn a_forged_signature_is_refused(app: TestApp) {
        let payload = statement(1);
        let jws = signed_well(&payload);
        let (signed, signature) = jws.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        let forged = format!("{signed}.{first}{}", signature.split_at(1).1);
        assert_eq!(broken(&app, payload.clone(), &forged).await, ["XAPI-00117"]);
        for chain in [&[STRANGER][..], &[ROOT]] {
            let jws = sign(&RSA_PKCS1_SHA256, &header("RS256", chain), &payload.to_string());
            assert_eq!(broken(&app, payload.clone(), &jws).await, ["XAPI-00117"]);
        }
        let jws =
            sign(&RSA_PKCS1_SHA256, &header("RS256", &[SIGNER, STRANGER]), &payload.to_string());
        assert_eq!(broken(&app, payload, &jws).await, ["XAPI-00115"], "a chain that does not hold");
        assert_eq!(found(&app, &[]).await, [0; 0]);
    }

    /// Row 8. XAPI-00117: HS256, though its key is the public one, `none` and others are refused.
    async fn other_algorithms_are_refused(app: TestApp) {
        let payload = statement(1);
        let signed = unsigned(&header("HS256", &[SIGNER, ROOT]), &payload.to_string());
        let public = RsaKeyPair::from_pkcs8(SIGNER_KEY).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, public.public_key().as_ref());
        let tag = hmac::sign(&key, signed.as_bytes());
        let confused = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(broken(&app, payload.clone(), &confused).await, ["XAPI-00117"]);
        for algorithm in ["none", "PS256", "ES256", "rs256"] {
            let jws = sign(&RSA_PKCS1_SHA256, &header(algorithm, &[SIGNER]), &payload.to_string());
            assert_eq!(broken(&app, payload.clone(), &jws).await, ["XAPI-00117"], "{algorithm}");
        }
        assert_eq!(found(&app, &[]).await, [0; 0]);
    }

    /// Row 8. XAPI-00116, Data 2.3.1: the payload is the statement itself: another one is refused,
    /// the same one written in another way is not.
    async fn the_payload_is_the_statement(app: TestApp) {
        let payload = with(statement(1), "result", json!({"score": {"raw": 7.0}}));
        for other in [
            with(payload.clone(), "actor", json!({"mbox": "mailto:eve@example.org"})),
            with(payload.clone(), "result", json!({"score": {"raw": 8}})),
            with(payload.clone(), "id", json!(id(2))),
            json!({}),
        ] {
            let jws = signed_well(&other);
            assert_eq!(broken(&app, payload.clone(), &jws).await, ["XAPI-00116"], "{other}");
        }
        let jws = sign(&RSA_PKCS1_SHA256, &header("RS256", &[SIGNER]), "no JSON");
        assert_eq!(broken(&app, payload.clone(), &jws).await, ["XAPI-00116"]);
        let spaced = serde_json::to_string_pretty(&payload).unwrap().replace("7.0", "70e-1");
        let jws = sign(&RSA_PKCS1_SHA256, &header("RS256", &[SIGNER]), &spaced);
        let sent = sealed(payload, &jws, "application/octet-stream");
        let answer = post(&app, "1.0.3", &sent, &jws).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Row 8. XAPI-00115: what is no JWS in compact form is refused, so is another content type,
    /// a signature by `fileUrl` only, and one bad signature among good ones.
    async fn a_signature_has_its_form(app: TestApp) {
        let payload = statement(1);
        let jws = signed_well(&payload);
        for malformed in
            ["", "a.b", "{\"payload\":\"e30\"}", &format!("{jws}.AAAA"), &format!("{jws}=")]
        {
            assert_eq!(
                broken(&app, payload.clone(), malformed).await,
                ["XAPI-00115"],
                "{malformed}"
            );
        }
        let answer = post(&app, "1.0.3", &sealed(payload.clone(), &jws, "text/plain"), &jws).await;
        assert_eq!(refusal(&answer), (400, vec!["XAPI-00115".to_owned()]));
        let mut linked = sealed(payload.clone(), &jws, "application/octet-stream");
        linked["attachments"][0]["fileUrl"] = json!("https://example.org/jws");
        let answer = app.post(PATH).json(linked.to_string()).send().await;
        assert_eq!(refusal(&answer), (400, vec!["XAPI-00115".to_owned()]));
        let good = sealed(payload, &jws, "application/octet-stream");
        let bad = sealed(statement(2), &jws, "application/octet-stream");
        let answer = post(&app, "1.0.3", &json!([good, bad]), &jws).await;
        assert_eq!(refusal(&answer), (400, vec!["XAPI-00116".to_owned()]));
        assert_eq!(answer.json()["errors"][0]["pointer"], "/1/attachments/0");
        assert_eq!(found(&app, &[]).await, [0; 0]);
        assert_eq!(post(&app, "1.0.3", &good, &jws).await.status, 200);
    }
}

//! The certificates are for these tests only. They were made once with
//!
//! ```text
//! openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 36500 -subj "/CN=Rollbook test root" \
//!     -keyout root.pem -outform DER -out root.test.der
//! openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out signer.pem
//! openssl pkcs8 -topk8 -nocrypt -in signer.pem -outform DER -out signer-key.test.der
//! openssl req -new -key signer.pem -subj "/CN=Rollbook test signer" -out signer.csr
//! openssl x509 -inform DER -in root.test.der -out root.crt
//! openssl x509 -req -in signer.csr -CA root.crt -CAkey root.pem -CAcreateserial -sha256 \
//!     -days 36500 -outform DER -out signer.test.der
//! ```
//!
//! and two more self-signed ones like the first, `stranger` and (with `-newkey ec -pkeyopt
//! ec_paramgen_curve:P-256`) `elliptic`. `appendix-d` is the example of 1.0.3 Data, appendix D.

use super::{check_signature, check_signatures};
use crate::testing::with_statement;
use crate::version::Version;
use crate::violation::Violation;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::borrow::Cow;

const SIGNER_KEY: &[u8] = include_bytes!("../testdata/signer-key.test.der");
const SIGNER: &[u8] = include_bytes!("../testdata/signer.test.der");
const ROOT: &[u8] = include_bytes!("../testdata/root.test.der");
const STRANGER: &[u8] = include_bytes!("../testdata/stranger.test.der");
const ELLIPTIC: &[u8] = include_bytes!("../testdata/elliptic.test.der");

const PAYLOAD: &str = r#"{"id":"fd41c918-b88b-4b20-a0a5-a4c32391aaa0","actor":{"mbox":"mailto:a@x.example"},"verb":{"id":"http://v.example/did"},"object":{"id":"http://a.example/1"},"result":{"duration":"PT1.12S"}}"#;
const SHA2: &str = "672fa5fa658017f1b72d65036f13379c6ab05d4ab3b6664908d8acf0b6a0c634";

/// The payload's statement as it is sent: with the signature's attachment.
fn sent(content_type: &str) -> String {
    let open = PAYLOAD.strip_suffix('}').expect("the payload is an object");
    format!(
        r#"{open},"attachments":[{{"usageType":"http://u.example/other","display":{{"en":"Other"}},"contentType":"text/plain","length":1,"sha2":"{SHA2}","fileUrl":"http://f.example/"}},{{"usageType":"http://adlnet.gov/expapi/attachments/signature","display":{{"en":"Signature"}},"contentType":"{content_type}","length":7,"sha2":"{SHA2}","fileUrl":"http://f.example/"}}]}}"#
    )
}

fn header(alg: &str, certificates: &[&[u8]]) -> String {
    let list: Vec<_> =
        certificates.iter().map(|der| format!("{:?}", STANDARD.encode(der))).collect();
    match list.as_slice() {
        [] => format!(r#"{{"alg":"{alg}"}}"#),
        _ => format!(r#"{{"alg":"{alg}","x5c":[{}]}}"#, list.join(",")),
    }
}

/// A compact JWS by the test signer.
fn sign(padding: &'static dyn RsaEncoding, header: &str, payload: &str) -> String {
    let key = RsaKeyPair::from_pkcs8(SIGNER_KEY).expect("the test key is PKCS #8");
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encode(header), encode(payload));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(padding, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .expect("an RSA key signs");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The requirements that the signature of the statement breaks.
fn broken(jws: &str) -> Vec<&'static str> {
    let violations = with_statement(&sent("application/octet-stream"), Version::V1, |statement| {
        check_signature(statement, jws.as_bytes(), "/attachments/1").err().unwrap_or_default()
    });
    for violation in &violations {
        assert_eq!(violation.pointer, "/attachments/1");
    }
    violations.iter().map(|violation| violation.requirement).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn each_of_the_three_algorithms_is_verified() {
    for (padding, alg) in
        [(&RSA_PKCS1_SHA256, "RS256"), (&RSA_PKCS1_SHA384, "RS384"), (&RSA_PKCS1_SHA512, "RS512")]
    {
        for chain in [&[][..], &[SIGNER], &[SIGNER, ROOT]] {
            assert_eq!(broken(&sign(padding, &header(alg, chain), PAYLOAD)), NONE, "{alg}");
        }
        let wrong = if alg == "RS256" { "RS512" } else { "RS256" };
        let forged = sign(padding, &header(wrong, &[SIGNER]), PAYLOAD);
        assert_eq!(broken(&forged), ["XAPI-00117"], "{alg} said to be {wrong}");
    }
}

#[test]
fn other_algorithms_are_refused() {
    for alg in ["none", "HS256", "PS256", "ES256", "rs256", ""] {
        let jws = sign(&RSA_PKCS1_SHA256, &header(alg, &[]), PAYLOAD);
        assert_eq!(broken(&jws), ["XAPI-00117"], "{alg}");
        let jws = sign(&RSA_PKCS1_SHA256, &header(alg, &[SIGNER, ROOT]), PAYLOAD);
        assert_eq!(broken(&jws), ["XAPI-00117"], "{alg} with certificates");
    }
    assert_eq!(broken(&sign(&RSA_PKCS1_SHA256, "{}", PAYLOAD)), ["XAPI-00117"]);
    assert_eq!(broken(&sign(&RSA_PKCS1_SHA256, r#"{"alg":256}"#, PAYLOAD)), ["XAPI-00117"]);
}

#[test]
fn a_forged_signature_is_refused() {
    let jws = sign(&RSA_PKCS1_SHA256, &header("RS256", &[SIGNER, ROOT]), PAYLOAD);
    let (signed, signature) = jws.rsplit_once('.').expect("a JWS has dots");
    let (head, tail) = signature.split_at(1);
    let other = if head == "A" { "B" } else { "A" };
    assert_eq!(broken(&format!("{signed}.{other}{tail}")), ["XAPI-00117"]);
    assert_eq!(broken(&format!("{signed}.AAAA")), ["XAPI-00117"]);
}

#[test]
fn the_first_certificate_must_be_the_signers() {
    let refused =
        |chain: &[&[u8]]| broken(&sign(&RSA_PKCS1_SHA256, &header("RS256", chain), PAYLOAD));
    assert_eq!(refused(&[ROOT]), ["XAPI-00117"]);
    assert_eq!(refused(&[STRANGER]), ["XAPI-00117"]);
    assert_eq!(refused(&[ELLIPTIC]), ["XAPI-00115"]);
}

#[test]
fn each_certificate_must_be_signed_by_the_next() {
    let refused =
        |chain: &[&[u8]]| broken(&sign(&RSA_PKCS1_SHA256, &header("RS256", chain), PAYLOAD));
    assert_eq!(refused(&[SIGNER, STRANGER]), ["XAPI-00115"]);
    assert_eq!(refused(&[SIGNER, ROOT, STRANGER]), ["XAPI-00115"]);
    assert_eq!(refused(&[SIGNER, ELLIPTIC]), ["XAPI-00115"]);
    assert_eq!(refused(&[SIGNER, ROOT, ROOT]), NONE, "a root is signed by itself");
    assert_eq!(refused(&[ROOT, SIGNER]), ["XAPI-00115"]);
}

#[test]
fn a_chain_has_a_limit() {
    let chain = |length: usize| {
        let mut chain = vec![ROOT; length];
        chain[0] = SIGNER;
        broken(&sign(&RSA_PKCS1_SHA256, &header("RS256", &chain), PAYLOAD))
    };
    assert_eq!(chain(super::chain::CERTIFICATES_MAX), NONE);
    assert_eq!(chain(super::chain::CERTIFICATES_MAX + 1), ["XAPI-00115"]);
}

#[test]
fn certificates_must_be_readable() {
    let with = |x5c: &str| {
        broken(&sign(&RSA_PKCS1_SHA256, &format!(r#"{{"alg":"RS256","x5c":{x5c}}}"#), PAYLOAD))
    };
    let trailing = STANDARD.encode([SIGNER, b"\0"].concat());
    let url_safe = URL_SAFE_NO_PAD.encode(SIGNER);
    for x5c in ["[]", "7", "[7]", r#"["AAAA"]"#, r#""AAAA""#, r#"["!"]"#] {
        assert_eq!(with(x5c), ["XAPI-00115"], "{x5c}");
    }
    assert_eq!(with(&format!("[{trailing:?}]")), ["XAPI-00115"]);
    assert_eq!(with(&format!("[{url_safe:?}]")), ["XAPI-00115"]);
}

#[test]
fn the_payload_must_be_the_same_statement() {
    let with =
        |payload: &str| broken(&sign(&RSA_PKCS1_SHA256, &header("RS256", &[SIGNER]), payload));
    assert_eq!(with(&PAYLOAD.replace("a@x", "b@x")), ["XAPI-00116"]);
    assert_eq!(with(&PAYLOAD.replace("PT1.12S", "PT1.13S")), ["XAPI-00116"]);
    assert_eq!(with("{}"), ["XAPI-00116"]);
    assert_eq!(with(&PAYLOAD.replacen('"', "'", 1)), ["XAPI-00116"]);
    assert_eq!(with(""), ["XAPI-00116"]);
    // Equal by Data 2.3.1: the domain's case, digits beyond hundredths, what the store assigns.
    assert_eq!(with(&PAYLOAD.replace("a@x.example", "a@X.example")), NONE);
    assert_eq!(with(&PAYLOAD.replace("PT1.12S", "PT1.1237S")), NONE);
    assert_eq!(with(&PAYLOAD.replace(r#""id":"fd41c918-b88b-4b20-a0a5-a4c32391aaa0","#, "")), NONE);
}

#[test]
fn everything_wrong_is_told_at_once() {
    let jws = sign(&RSA_PKCS1_SHA256, &header("none", &[SIGNER, STRANGER]), "{}");
    assert_eq!(broken(&jws), ["XAPI-00117", "XAPI-00116", "XAPI-00115"]);
}

#[test]
fn what_is_no_compact_jws_is_malformed() {
    let jws = sign(&RSA_PKCS1_SHA256, &header("RS256", &[]), PAYLOAD);
    let (signed, _) = jws.rsplit_once('.').expect("a JWS has dots");
    let payload = URL_SAFE_NO_PAD.encode(PAYLOAD);
    for malformed in [
        String::new(),
        "..".to_owned(),
        signed.to_owned(),
        format!("{signed}."),
        format!("{signed}.!!"),
        format!("{jws}="),
        format!("{jws}\n"),
        format!("{jws}.AAAA"),
        format!(r#"{{"payload":"{payload}","signatures":[]}}"#),
        format!("{}.{payload}.AAAA", URL_SAFE_NO_PAD.encode("[1]")),
        format!("{}.{payload}.AAAA", URL_SAFE_NO_PAD.encode("{")),
        format!("{}.{payload}.AAAA", URL_SAFE_NO_PAD.encode([0xff])),
        format!("{}.{payload}.AAAA", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","alg":"RS256"}"#)),
        format!("{}.{payload}.AAAA", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","crit":["b64"]}"#)),
    ] {
        assert_eq!(broken(&malformed), ["XAPI-00115"], "{malformed}");
    }
}

fn found(
    text: &str,
    version: Version,
    content: impl Fn(&str) -> Option<Cow<'static, [u8]>>,
) -> Vec<Violation> {
    with_statement(text, version, |statement| {
        check_signatures(statement, "/3", content).err().unwrap_or_default()
    })
}

#[test]
fn a_signature_must_come_with_the_request() {
    let violations = found(&sent("application/octet-stream"), Version::V2, |_| None);
    let [absent] = violations.as_slice() else { panic!("{violations:?}") };
    assert_eq!(
        (absent.requirement, absent.clause, absent.pointer.as_str()),
        ("XAPI-00115", "9274.1.1 4.2.6", "/3/attachments/1")
    );
}

#[test]
fn a_signature_is_an_octet_stream() {
    let jws = sign(&RSA_PKCS1_SHA256, &header("RS256", &[SIGNER, ROOT]), PAYLOAD);
    let content = |sha2: &str| {
        assert_eq!(sha2, SHA2);
        Some(Cow::Owned(jws.clone().into_bytes()))
    };
    assert_eq!(found(&sent("application/octet-stream"), Version::V1, content), []);
    assert_eq!(found(PAYLOAD, Version::V1, content), [], "nothing is signed");
    let violations = found(&sent("text/plain; charset=ascii"), Version::V1, content);
    let [media_type] = violations.as_slice() else { panic!("{violations:?}") };
    assert_eq!(
        (media_type.requirement, media_type.clause, media_type.pointer.as_str()),
        ("XAPI-00115", "1.0.3 Data 2.6", "/3/attachments/1/contentType")
    );
}

#[test]
fn the_standards_own_example_verifies() {
    let statement = include_str!("../testdata/appendix-d.json");
    let jws = include_str!("../testdata/appendix-d.jws").trim_end();
    let content = |_: &str| Some(Cow::Borrowed(jws.as_bytes()));
    assert_eq!(found(statement, Version::V1, content), []);
    let other = statement.replace("Example Learner", "Another Learner");
    assert_eq!(found(&other, Version::V1, content).len(), 1);
}

//! Attachments (1.0.3 Communication 1.5, Data 2.4.11; 9274.1.1 4.1.3, 4.2.2.6): what was sent comes
//! back byte for byte, and an attachment and its contents meet by hash alone.

use super::kit::{
    MULTIPART, PATH, attachment, found, get, id, multipart, numbers, parts, query, refusal, sha2,
    statement, store, voiding, with,
};
use crate::blobs::Sha2;
use crate::limits::Limits;
use crate::tenants::FIRST_TENANT;
use crate::testing::{Answer, TestApp, on_both, unmetered};
use crate::usage::Allowance;
use serde_json::{Value, json};

/// Bytes that a careless reader of multipart bodies would change or stop at.
const PHOTO: &[u8] = b"\r\n\r\n--between-the-part\r\n\x00\xff\x1a--\r\n";
const NOTE: &[u8] = b"a note";

/// Statement number `number` with attachments of these contents.
fn attached(number: u128, contents: &[&[u8]]) -> Value {
    let attachments: Vec<Value> = contents.iter().map(|content| attachment(content)).collect();
    with(statement(number), "attachments", json!(attachments))
}

async fn post(app: &TestApp, statements: &Value, contents: &[&[u8]]) -> Answer {
    let hashes: Vec<String> = contents.iter().map(|content| sha2(content)).collect();
    let parts: Vec<(&str, &[u8])> =
        hashes.iter().map(String::as_str).zip(contents.iter().copied()).collect();
    app.post(PATH).bytes(MULTIPART, multipart(&statements.to_string(), &parts)).send().await
}

/// How many bytes of `content` are on disk.
async fn on_disk(app: &TestApp, content: &[u8]) -> Option<u64> {
    app.blobs.size(FIRST_TENANT, &Sha2::parse(&sha2(content)).unwrap()).await.unwrap()
}

on_both! {
    with s3

    /// A tenant's quota counts attachments, and what does not fit leaves nothing behind.
    async fn attachments_take_room(app: TestApp) {
        let contents = vec![b'a'; 20_000];
        let limits = |storage_bytes| Limits {
            tenant: Allowance { storage_bytes, ..Allowance::UNLIMITED },
            ..unmetered()
        };
        let app = app.with_limits(limits(20_000)).await;
        let refused = post(&app, &attached(1, &[&contents]), &[&contents]).await;
        assert_eq!(refused.status, 507, "with its statement it is more: {refused:?}");
        assert_eq!(on_disk(&app, &contents).await, None);
        let app = app.with_limits(limits(30_000)).await;
        let stored = post(&app, &attached(1, &[&contents]), &[&contents]).await;
        assert_eq!(stored.status, 200, "{stored:?}");
        let reader = app.make_key("read").await;
        let usage = app.get("/api/v1/usage").key(&reader).send().await.json();
        assert_eq!(usage["storage"]["attachmentBytes"], 20_000, "{usage}");
    }

    /// Row 5. XAPI-00129, XAPI-00134, XAPI-00167, Communication 1.5.2: statements first, then each
    /// attachment with its hash, binary, whole; for one statement, a page and a path, by HEAD too.
    async fn attachments_come_back_byte_for_byte(app: TestApp) {
        let batch = json!([attached(1, &[PHOTO]), attached(2, &[NOTE, b""]), statement(3)]);
        let posted = post(&app, &batch, &[PHOTO, NOTE, b""]).await;
        assert_eq!(posted.status, 200, "{posted:?}");
        let page = app.get(&query(&[("attachments", "true")])).send().await;
        let parts = parts(&page);
        assert_eq!(parts.len(), 4);
        assert_eq!(parts[0].0, "Content-Type: application/json");
        let result: Value = serde_json::from_slice(&parts[0].1).unwrap();
        assert_eq!(result["statements"].as_array().unwrap().len(), 3);
        for content in [PHOTO, NOTE, b""] {
            let (head, _) = parts.iter().skip(1).find(|(_, bytes)| bytes == content).unwrap();
            let lines: Vec<&str> = head.split("\r\n").collect();
            assert!(lines.contains(&"Content-Type: image/x-own"), "{head}");
            assert!(lines.contains(&"Content-Transfer-Encoding: binary"), "{head}");
            assert!(
                lines.contains(&&*format!("X-Experience-API-Hash: {}", sha2(content))),
                "{head}"
            );
        }
        for path in [format!("{PATH}?statementId={}&", id(1)), format!("{PATH}/{}?", id(1))] {
            let one = app.get(&format!("{path}attachments=true")).send().await;
            let parts = super::kit::parts(&one);
            assert_eq!((parts.len(), &*parts[1].1), (2, PHOTO), "{path}");
            let head = app.head(&format!("{path}attachments=true")).send().await;
            assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
            assert_eq!(head.header("content-length"), one.header("content-length"));
        }
        let voided = app.post(PATH).json(voiding(4, 1).to_string()).send().await;
        assert_eq!(voided.status, 200);
        let path = format!("{PATH}?voidedStatementId={}&attachments=true", id(1));
        assert_eq!(super::kit::parts(&app.get(&path).send().await)[1].1, PHOTO);
    }

    /// Row 5. XAPI-00161, XAPI-00167: `attachments=true` is answered as multipart though there is
    /// no attachment, `false` and nothing as JSON though there are some.
    async fn the_parameter_decides_the_form(app: TestApp) {
        store(&app, &[statement(1)]).await;
        let parts = parts(&app.get(&query(&[("attachments", "true")])).send().await);
        assert_eq!(parts.len(), 1);
        assert_eq!(post(&app, &attached(2, &[NOTE]), &[NOTE]).await.status, 200);
        for parameters in [&[][..], &[("attachments", "false")]] {
            let page = app.get(&query(parameters)).send().await;
            assert_eq!(page.header("content-type"), Some("application/json"));
            assert_eq!(numbers(&page), [2, 1]);
        }
        let odd = app.get(&query(&[("attachments", "yes")])).send().await;
        assert_eq!(odd.status, 400);
    }

    /// Row 5. XAPI-00127 to XAPI-00135, Communication 1.5.2: an attachment with neither `fileUrl`
    /// nor a part is refused, and so is a part without attachment; a batch in multipart without
    /// any attachment is accepted (SHOULD*).
    async fn parts_and_attachments_must_fit(app: TestApp) {
        let missing = post(&app, &attached(1, &[NOTE, PHOTO]), &[PHOTO]).await;
        assert_eq!(refusal(&missing), (400, vec!["XAPI-00129".to_owned()]));
        assert_eq!(missing.json()["errors"][0]["pointer"], "/attachments/0");
        let as_json = app.post(PATH).json(json!([statement(1), attached(2, &[NOTE])]).to_string());
        let as_json = as_json.send().await;
        assert_eq!(as_json.json()["errors"][0]["pointer"], "/1/attachments/0", "{as_json:?}");
        let excess = post(&app, &attached(1, &[NOTE]), &[NOTE, PHOTO]).await;
        assert_eq!(excess.status, 400, "{excess:?}");
        let json = statement(1).to_string();
        for (kind, body) in [
            ("multipart/mixed", multipart(&json, &[])),
            ("multipart/form-data; boundary=between-the-parts", multipart(&json, &[])),
            ("text/plain", json.clone().into_bytes()),
            (MULTIPART, b"nothing of the kind".to_vec()),
            (MULTIPART, multipart("{", &[])),
        ] {
            let answer = app.post(PATH).bytes(kind, body).send().await;
            assert_eq!(answer.status, 400, "{kind}: {answer:?}");
        }
        let untyped = app.post(PATH).json(json).without("content-type").send().await;
        assert_eq!(untyped.status, 400, "{untyped:?}");
        assert_eq!(found(&app, &[]).await, [0; 0]);
        let none = post(&app, &json!([statement(1), statement(2)]), &[]).await;
        assert_eq!(none.status, 200, "{none:?}");
        assert_eq!(found(&app, &[]).await, [2, 1]);
    }

    /// Row 5. XAPI-00328, Communication 3.2: what is too large is 413 and names its limit, at one
    /// byte past it and not at it.
    async fn every_limit_has_a_name(app: TestApp) {
        let limits = Limits {
            request_bytes_max: 2_000,
            statement_bytes_max: 900,
            batch_statements_max: 2,
            attachment_bytes_max: 6,
            attachments_max: 2,
            attachments_bytes_max: 8,
            ..Limits::default()
        };
        let app = app.with_limits(limits).await;
        let refused = |answer: Answer| {
            let (code, detail) = (answer.json()["code"].clone(), answer.json()["detail"].clone());
            assert_eq!(answer.status, 413, "{answer:?}");
            format!("{code} {detail}")
        };
        assert_eq!(post(&app, &attached(1, &[NOTE]), &[NOTE]).await.status, 200);
        for (batch, contents, limit) in [
            (attached(2, &[b"1234567"]), &[&b"1234567"[..]][..], "attachment_bytes_max"),
            (attached(2, &[NOTE, b"123"]), &[NOTE, b"123"], "attachments_bytes_max"),
            (attached(2, &[b"1", b"2"]), &[b"1", b"2", b"3"], "attachments_max"),
            (json!([statement(2), statement(3), statement(4)]), &[], "batch_statements_max"),
        ] {
            let said = refused(post(&app, &batch, contents).await);
            assert!(said.contains(limit), "{limit}: {said}");
        }
        let sized = |bytes: usize| {
            let text = with(statement(5), "verb", json!({"id": "x:y", "display": {"en": ""}}));
            let room = bytes - text.to_string().len();
            with(text, "verb", json!({"id": "x:y", "display": {"en": "x".repeat(room)}}))
                .to_string()
        };
        let over = refused(app.post(PATH).json(sized(901)).send().await);
        assert!(over.contains("statement_bytes_max"), "{over}");
        assert_eq!(app.post(PATH).json(sized(900)).send().await.status, 200);
        let long = format!("{}{}", statement(6), " ".repeat(2_000));
        let over = refused(app.post(PATH).json(long).send().await);
        assert!(over.contains("request_bytes_max"), "{over}");
        assert_eq!(found(&app, &[]).await, [5, 1]);
    }

    /// Row 6. XAPI-00132, XAPI-00133, Communication 1.5.2: the hash is that of the bytes that came.
    /// A part whose header lies is refused, one that fits no attachment too, and nothing of them
    /// is on disk.
    async fn a_hash_is_computed_and_never_believed(app: TestApp) {
        let claimed = sha2(NOTE);
        let one = attached(1, &[NOTE]);
        let lies = multipart(&one.to_string(), &[(&claimed, b"A note")]);
        let answer = app.post(PATH).bytes(MULTIPART, lies).send().await;
        assert_eq!(refusal(&answer), (400, vec!["XAPI-00132".to_owned()]));
        let fits_nothing = post(&app, &one, &[b"A note"]).await;
        assert_eq!(fits_nothing.status, 400, "{fits_nothing:?}");
        let body = multipart(&one.to_string(), &[(&claimed, NOTE)]);
        for spoiled in ["X-Experience-API-Hash: 00", "X-Own: "] {
            let text = String::from_utf8(body.clone()).unwrap();
            let text = text.replace("X-Experience-API-Hash: ", spoiled);
            let answer = app.post(PATH).bytes(MULTIPART, text).send().await;
            assert_eq!(refusal(&answer), (400, vec!["XAPI-00132".to_owned()]), "{spoiled}");
        }
        let encoded = String::from_utf8(body).unwrap().replace(": binary", ": base64");
        let answer = app.post(PATH).bytes(MULTIPART, encoded).send().await;
        assert_eq!(refusal(&answer), (400, vec!["XAPI-00135".to_owned()]));
        assert_eq!(found(&app, &[]).await, [0; 0]);
        assert_eq!((on_disk(&app, NOTE).await, on_disk(&app, b"A note").await), (None, None));
    }

    /// Row 6. Data 2.4.11: any SHA-2 and digits in either case; `length` is what its author says.
    async fn any_sha2_in_any_case_is_an_address(app: TestApp) {
        use sha2::Digest as _;
        let long = crate::hex::lower(&sha2::Sha512::digest(PHOTO)).to_uppercase();
        let photo = with(with(attachment(PHOTO), "sha2", json!(long)), "length", json!(1));
        let one = with(statement(1), "attachments", json!([photo]));
        let body = multipart(&one.to_string(), &[(&long.to_lowercase(), PHOTO)]);
        assert_eq!(app.post(PATH).bytes(MULTIPART, body).send().await.status, 200);
        let parts = parts(&app.get(&query(&[("attachments", "true")])).send().await);
        assert_eq!((parts.len(), &*parts[1].1), (2, PHOTO));
        // Clients match the two as texts.
        assert!(parts[1].0.contains(&format!("X-Experience-API-Hash: {long}")), "{}", parts[1].0);
        assert!(get(&app, 1).await.text().contains(&long), "the statement says what it said");
    }

    /// Row 7. XAPI-00129, Communication 1.5.2: one part serves every statement and every attachment
    /// of its hash, comes back once, and is one file; a `fileUrl` makes contents optional.
    async fn one_part_serves_many_and_a_url_none(app: TestApp) {
        let shared = json!([attached(1, &[NOTE, NOTE]), attached(2, &[NOTE])]);
        assert_eq!(post(&app, &shared, &[NOTE]).await.status, 200);
        assert_eq!(post(&app, &attached(3, &[NOTE]), &[NOTE, NOTE]).await.status, 200);
        let url = with(attachment(PHOTO), "fileUrl", json!("https://example.org/photo"));
        let linked = with(statement(4), "attachments", json!([url]));
        store(&app, std::slice::from_ref(&linked)).await;
        let page = parts(&app.get(&query(&[("attachments", "true")])).send().await);
        assert_eq!(page.len(), 2, "one content, once; none for the URL");
        assert_eq!(page[1].1, NOTE);
        for number in [1, 2, 3] {
            let path = format!("{PATH}?statementId={}&attachments=true", id(number));
            assert_eq!(parts(&app.get(&path).send().await)[1].1, NOTE, "{number}");
        }
        assert_eq!(on_disk(&app, PHOTO).await, None);
        // With a URL the contents may come along too.
        assert_eq!(post(&app, &with(linked, "id", json!(id(5))), &[PHOTO]).await.status, 200);
        let path = format!("{PATH}?statementId={}&attachments=true", id(5));
        assert_eq!(parts(&app.get(&path).send().await)[1].1, PHOTO);
    }

    /// Row 7. A file is stored per tenant: another tenant's upload serves nobody else.
    async fn contents_belong_to_a_tenant(app: TestApp) {
        assert_eq!(post(&app, &attached(1, &[NOTE]), &[NOTE]).await.status, 200);
        let stranger = app.make_tenant_key(78).await;
        let bare =
            app.post(PATH).key(&stranger).json(attached(1, &[NOTE]).to_string()).send().await;
        assert_eq!(refusal(&bare), (400, vec!["XAPI-00129".to_owned()]));
        let url = with(attachment(NOTE), "fileUrl", json!("https://example.org/note"));
        let linked = with(statement(1), "attachments", json!([url])).to_string();
        assert_eq!(app.post(PATH).key(&stranger).json(linked).send().await.status, 200);
        let page = app.get(&query(&[("attachments", "true")])).key(&stranger).send().await;
        assert_eq!(parts(&page).len(), 1, "the bytes are the first tenant's");
    }
}

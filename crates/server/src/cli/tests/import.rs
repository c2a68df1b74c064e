//! Imports: what is refused and how it is told, what other stores send, and what a key may do.

use super::kit::{Place, at_both};
use super::record::{Opened, STATEMENTS, attachments, fill, id, lines, make_key, sha2, statement};
use crate::tenants::NewKey;
use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Imports these lines.
async fn import(place: &Place, lines: &[&str], flags: &[&str]) -> Result<Value> {
    let file = place.data.path().join("lines");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let args = [&["import", file.to_str().unwrap(), "--json"], flags].concat();
    Ok(serde_json::from_str(&place.run(&args).await?)?)
}

async fn stored(place: &Place) -> Vec<Value> {
    lines(&place.run(&["export"]).await.unwrap(), "statement")
}

const AUTHORITY: &str =
    r#","authority":{"objectType":"Agent","mbox":"mailto:lrs@other.example.org"}"#;

at_both! {
    /// Each fault with its line, place and requirement; nothing of the batch is stored.
    async fn a_bad_line_stops_the_import(place: Place) {
        let bad = statement(2, r#","result":{"score":{"scaled":2}},"verb2":1"#);
        let good = statement(1, "");
        let error = import(place, &[&good, "", &bad], &[]).await.unwrap_err();
        let error = format!("{error:#}");
        assert!(error.starts_with("1 line cannot be imported; nothing of the same batch"), "{error}");
        assert_eq!(stored(place).await, [Value::Null; 0]);

        let lines = [&*good, &bad, "{", r#"{"definition":1}"#, "\u{feff}"];
        let told = import(place, &lines, &["--skip-invalid"]).await.unwrap();
        assert_eq!((&told["stored"], &told["refused"]), (&json!(1), &json!(4)), "{told}");
        let faults = told["faults"].as_array().unwrap();
        let at = |fault: &Value| fault["line"].as_u64().unwrap();
        assert_eq!(faults.iter().filter(|fault| at(fault) == 2).count(), 2, "{told}");
        let pointers: Vec<_> = faults.iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
        assert!(pointers.contains(&"/result/score/scaled") && pointers.contains(&"/verb2"), "{told}");
        assert!(faults.iter().any(|fault| fault["requirement"].as_str().unwrap_or("").starts_with("XAPI-")));
        assert_eq!(stored(place).await.len(), 1);
    }

    /// The same id with different content: in the store, in the same file, in the same batch.
    async fn an_id_is_not_used_twice(place: Place) {
        let told = import(place, &[&statement(1, ""), &statement(1, "")], &[]).await.unwrap();
        assert_eq!((&told["stored"], &told["known"]), (&json!(1), &json!(1)), "{told}");
        let other = statement(1, r#","result":{"success":true}"#);
        for lines in [&[&*other][..], &[&statement(2, ""), &other]] {
            import(place, lines, &[]).await.unwrap_err();
        }
        let lines = [&*statement(3, ""), &statement(3, r#","result":{"success":true}"#), &other];
        let told = import(place, &lines, &["--skip-invalid"]).await.unwrap();
        assert_eq!((&told["stored"], &told["refused"]), (&json!(1), &json!(2)), "{told}");
        let message = told["faults"][0]["message"].as_str().unwrap();
        assert!(message.contains(&id(3)) && message.contains("different content"), "{message}");
        assert_eq!(stored(place).await.len(), 2);
    }

    /// What another store said of its statements stays, in the form that it had.
    async fn other_stores_keep_their_times_and_authorities(place: Place) {
        let old = |number, stored: &str| {
            let more = format!(
                r#","stored":"{stored}","version":"1.0.3","timestamp":"2011-01-01T00:00:00Z"{AUTHORITY}"#
            );
            statement(number, &more)
        };
        let at_end = |number, stored: &str| {
            let more = format!(
                r#","timestamp":"2011-01-01T00:00:00Z","version":"1.0.3"{AUTHORITY},"stored":"{stored}""#
            );
            statement(number, &more)
        };
        let lines = [
            old(1, "2012-01-01T00:00:00+01:00"),
            old(2, "2012-01-01T00:00:00.0000001Z"),
            // Three for one microsecond, one of them as this store writes it.
            at_end(3, "2012-01-01T00:00:00.000000Z"),
            old(4, "2012-01-01T00:00:00Z"),
            at_end(5, "2012-01-01T00:00:00.000001Z"),
            statement(6, ""),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let told = import(place, &lines, &[]).await.unwrap();
        assert_eq!(told["stored"], 6, "{told}");
        let export = place.run(&["export"]).await.unwrap();
        for line in lines.iter().take(5) {
            assert!(export.contains(&format!("{{\"statement\":{line},\"rules\"")), "{line}\n{export}");
        }
        assert!(export.contains(r#""account":{"homePage":"#), "the operator vouches for the last");
        let told = import(place, &lines, &[]).await.unwrap();
        assert_eq!((&told["stored"], &told["known"]), (&json!(0), &json!(6)), "{told}");
        assert_eq!(place.json(&["doctor"]).await["healthy"], true);

        let there = Place::new(None);
        let file = place.data.path().join("export");
        std::fs::write(&file, &export).unwrap();
        there.run(&["import", file.to_str().unwrap()]).await.unwrap();
        assert_eq!(there.run(&["export"]).await.unwrap(), export);

        let future = old(7, "2999-01-01T00:00:00Z");
        let told = import(place, &[&future], &["--skip-invalid"]).await.unwrap();
        assert_eq!(told["faults"][0]["pointer"], "/stored", "{told}");
    }

    /// A key that may do less than everything stores anew, by its own authority.
    async fn a_key_imports_what_it_may(place: Place) {
        let source = Place::new(None);
        fill(&source).await;
        let file = place.data.path().join("all.zst").display().to_string();
        source.run(&["export", &file]).await.unwrap();
        let opened = Opened::at(place).await;
        let writer = make_key(&opened.app, "statements/write,state").await;
        let reader = make_key(&opened.app, "all/read").await;
        let all = make_key(&opened.app, "all").await;
        opened.close().await;
        let flag = |key: &NewKey| format!("{}:{}", key.key, key.secret);
        let refused = place.run(&["import", &file, "--key", &flag(&reader)]).await.unwrap_err();
        assert!(refused.to_string().starts_with("this key may not store statements"), "{refused}");
        let refused = place.run(&["import", &file, "--key", "rk1_x:y"]).await.unwrap_err();
        assert!(format!("{refused:#}").contains("not known"), "{refused:#}");

        let told = place.json(&["import", &file, "--key", &flag(&writer)]).await;
        assert_eq!(told["documents"], 8, "no profiles: {told}");
        let (own, theirs) = (stored(place).await, stored(&source).await);
        assert_eq!(own.len(), theirs.len());
        for (own, theirs) in own.iter().zip(&theirs) {
            assert_eq!(own["id"], theirs["id"]);
            assert_eq!(own["authority"]["account"]["name"], writer.key.as_str());
            assert!(own["stored"].as_str() > theirs["stored"].as_str());
        }
        assert_eq!(place.json(&["doctor"]).await["healthy"], true);
        let export = place.run(&["export"]).await.unwrap();
        for kind in ["definition", "name"] {
            assert_eq!(lines(&export, kind), [Value::Null; 0], "this key may not define");
        }
        let again = place.json(&["import", &file, "--key", &flag(&writer)]).await;
        assert_eq!(again["stored"], 0, "{again}");

        let acts = async || place.json(&["audit", "verify"]).await[0]["entries"].as_u64().unwrap();
        let before = acts().await;
        let whole = place.json(&["import", &file, "--key", &flag(&all)]).await;
        assert_eq!(acts().await, before + 1, "an import is an administrative act");
        assert_eq!((&whole["known"], &whole["documents"]), (&told["stored"], &json!(10)), "{whole}");
    }

    /// A file that ends too early, or lost lines on its way, is not taken for the whole.
    async fn an_export_that_is_not_whole_is_noticed(place: Place) {
        let source = Place::new(None);
        fill(&source).await;
        let export = source.run(&["export"]).await.unwrap();
        let lines: Vec<&str> = export.lines().collect();
        let error = import(place, &lines[..10], &[]).await.unwrap_err().to_string();
        assert!(error.starts_with("the export is not whole: it has no last line"), "{error}");
        let lost = [&lines[..3], &lines[4..]].concat();
        let error = import(place, &lost, &[]).await.unwrap_err().to_string();
        assert!(error.starts_with("the export is not whole: lines are missing"), "{error}");
        import(place, &lines, &[]).await.unwrap();
        // A referrer moved here before its target, and so it stands where it stood.
        assert_eq!(place.run(&["export"]).await.unwrap(), export);
        let later = r#"{"rollbook":"export","format":2}"#;
        let error = import(place, &[later], &["--skip-invalid"]).await.unwrap_err().to_string();
        assert!(error.contains("later version"), "{error}");
    }

    /// Contents are what their address says, or they are refused; so is a statement without them.
    async fn contents_are_hashed(place: Place) {
        let with = statement(1, &attachments(&[b"a note"], None));
        let told = import(place, &[&with], &["--skip-invalid"]).await.unwrap();
        assert_eq!(told["faults"][0]["pointer"], "/attachments/0", "{told}");
        let sha2 = sha2(b"a note");
        let line = |content: &str| {
            format!(r#"{{"attachment": {{"sha2":"{sha2}", "bytes":6, "content": "{content}"}}}}"#)
        };
        let told = import(place, &[&line("QSBub3Rl"), &with], &["--skip-invalid"]).await.unwrap();
        assert_eq!((&told["stored"], &told["refused"]), (&json!(0), &json!(2)), "{told}");
        import(place, &[&line("%%%%"), &with], &["--skip-invalid"]).await.unwrap_err();
        let told = import(place, &[&line("YSBub3Rl"), &with], &[]).await.unwrap();
        assert_eq!((&told["stored"], &told["attachments"]), (&json!(1), &json!(1)), "{told}");
        let opened = Opened::at(place).await;
        let answer = opened.get("1.0.3", &format!("{STATEMENTS}?attachments=true")).await;
        assert!(answer.text().contains("a note"), "{answer:?}");
        opened.close().await;
    }

    /// Signatures are checked again: an import is no way around a rule.
    async fn signatures_are_checked(place: Place) {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let jws = [part(r#"{"alg":"RS256"}"#), part(&statement(1, "")), part("x")].join(".");
        let line = |content: &str| {
            let (address, content) = (sha2(content.as_bytes()), STANDARD.encode(content));
            let bytes = content.len() / 4 * 3 - content.matches('=').count();
            format!(
                r#"{{"attachment":{{"sha2":"{address}","bytes":{bytes},"content":"{content}"}}}}"#
            )
        };
        let signed = |content: &str| {
            let usage = "http://adlnet.gov/expapi/attachments/signature";
            let attachments = attachments(&[content.as_bytes()], None);
            let attachments = attachments.replace("https://example.org/photo", usage);
            statement(1, &attachments.replace("image/x-own", "application/octet-stream"))
        };
        let forged = jws.replace(&part(&statement(1, "")), &part(&statement(2, "")));
        let lines = [line(&forged), signed(&forged)];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let told = import(place, &lines, &["--skip-invalid"]).await.unwrap();
        assert_eq!((&told["stored"], &told["refused"]), (&json!(0), &json!(1)), "{told}");
        assert_eq!(told["faults"][0]["pointer"], "/attachments/0", "{told}");
        import(place, &[&line(&jws), &signed(&jws)], &[]).await.unwrap();
        assert_eq!(stored(place).await.len(), 1);
    }

    /// A document that is older than the one that is there undoes nothing.
    async fn a_newer_document_stays(place: Place) {
        let document = |updated: &str, content: &str, etag: &str| {
            format!(
                r#"{{"document":{{"resource":"agent profile","agent":"mbox:mailto:ada@example.org","id":"x","content_type":"text/plain","etag":"{etag}","updated":"{updated}","content":"{content}"}}}}"#
            )
        };
        // SHA-1 of "a" and of "b".
        let (a, b) = ("86f7e437faa5a7fce15d1ddcb9eaeaea377667b8", "e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98");
        let newer = document("2026-01-02T00:00:00.000000Z", "Yg==", b);
        import(place, &[&newer], &[]).await.unwrap();
        for older in ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00.000000Z"] {
            import(place, &[&document(older, "YQ==", a)], &[]).await.unwrap();
            let export = place.run(&["export"]).await.unwrap();
            assert!(export.contains(&newer), "{export}");
        }
        import(place, &[&document("2026-01-03T00:00:00.000000Z", "YQ==", a)], &[]).await.unwrap();
        assert!(place.run(&["export"]).await.unwrap().contains(a));
        let wrong = document("2026-01-03T00:00:00Z", "YQ==", b);
        let told = import(place, &[&wrong], &["--skip-invalid"]).await.unwrap();
        assert_eq!(told["refused"], 1);
    }
}

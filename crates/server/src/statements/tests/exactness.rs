//! The received text is the record (1.0.3 Communication 2.1.3 `exact`, Data 2.2, 4.1;
//! `decisions.md` 4): every byte that is not the store's own comes back.

use super::kit::{PATH, get, id, query, refusal};
use crate::testing::on_both;
use http::Method;

/// What a statement of `inside` begins with in the tests here.
fn text(number: u128, inside: &str) -> String {
    format!(
        r#"{{"id":"{}","actor":{{"mbox":"mailto:ada@example.org"}},"verb":{{"id":"x:did"}},"object":{{"id":"x:one"}}{inside}}}"#,
        id(number)
    )
}

/// The members that the store adds at the end of `sent`, by name. They stand where the last white
/// space was.
fn added(answer: &str, sent: &str) -> Vec<String> {
    let rest = answer
        .strip_prefix(sent.strip_suffix('}').unwrap().trim_end())
        .unwrap_or_else(|| panic!("what was sent is not how the answer begins:\n{sent}\n{answer}"));
    let json = format!("{{{}", rest.strip_prefix(',').unwrap());
    let members: serde_json::Map<_, _> = serde_json::from_str(&json).unwrap();
    members.keys().cloned().collect()
}

/// What the store adds to a statement that has none of it.
const ALL: &[&str] = &["authority", "stored", "timestamp", "version"];

/// Texts of members that a parser that keeps values, not text, would change.
const MEMBERS: &[&str] = &[
    r#","result":{"score":{"raw":1.10,"max":1E400,"min":-0.0}}"#,
    r#","result":{"score":{"scaled":1.0e-2,"raw":123456789012345678901234567890}}"#,
    r#","result":{"response":"\u00e9\u00E9é \/ \ud83d\ude00 \u0000 \u2028"}"#,
    r#","context":{"platform":"z","language":"de","extensions":{}},"timestamp":"2026-03-04T05:06:07.1234567891Z""#,
    r#","context":{"extensions":{"x:b":1.50,"x:a":null,"x:b":[1e2 , 1E+2],"x:c":{"a":1,"a":"","":{}}}}"#,
    " , \"result\" :\t{ \"success\" : true,\r\n\"extensions\" : { } } \n",
    r#","version":"1.0.7","attachments":[]"#,
];

on_both! {
    /// Row 10. XAPI-00119, Communication 2.1.3: numbers, escapes, key order, white space, empty and
    /// null values inside of extensions and both of two equal keys there come back as they came,
    /// from POST and PUT, alone and in a batch, by id, by path and in a page.
    async fn every_byte_comes_back(app: TestApp) {
        for (number, members) in (1..).zip(MEMBERS) {
            let sent = text(number, members);
            let posted = match number % 3 {
                0 => app.put(&format!("{PATH}?statementId={}", id(number))).json(sent.as_str()),
                1 => app.post(PATH).json(sent.as_str()),
                _ => app.post(PATH).json(format!(" [ {sent} ] ")),
            };
            let answer = posted.send().await;
            assert!(answer.status.is_success(), "{sent}: {answer:?}");
            let one = get(&app, number).await;
            let added = added(one.text(), &sent);
            let missing: &[&str] =
                match (members.contains("timestamp"), members.contains("version")) {
                    (true, _) => &["authority", "stored", "version"],
                    (_, true) => &["authority", "stored", "timestamp"],
                    _ => ALL,
                };
            assert_eq!(added, missing, "{sent}");
            let path = app.get(&format!("{PATH}/{}", id(number))).send().await;
            assert_eq!(path.text(), one.text());
            let page = app.get(&query(&[("limit", "1")])).send().await;
            assert!(page.text().contains(one.text()), "{}", page.text());
        }
    }

    /// Row 10. Data 2.4.8, 2.4.9: of what was sent only `stored` and `authority` go; neither their
    /// place nor what is around them leaves a trace in the rest.
    async fn only_the_stores_own_members_go(app: TestApp) {
        let own =
            r#""stored" : "1999-01-01T00:00:00Z", "authority":{"mbox":"mailto:eve@example.org"}"#;
        let (head, tail) =
            (text(1, "").split_at(1).0.to_owned(), text(1, "").split_at(1).1.to_owned());
        let answer = app.post(PATH).json(format!("{head}{own} , {tail}")).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let got = get(&app, 1).await;
        assert!(got.text().contains(text(1, "").trim_matches(['{', '}'])), "{}", got.text());
        assert!(!got.text().contains("1999") && !got.text().contains("eve"), "{}", got.text());
        assert_eq!(got.text().matches("\"stored\"").count(), 1);
        assert_eq!(got.text().matches("\"authority\"").count(), 1);
    }

    /// Row 27. XAPI-00096, Data 2.4.6.2: a single Activity in contextActivities comes back in an
    /// array, as the standard asks, and this is the only bracket that is added; also inside.
    async fn one_context_activity_becomes_a_list_of_one(app: TestApp) {
        let activity = r#"{ "id":"x:course" , "definition":{"name":{"en":"\u0043"}} }"#;
        let sent = text(
            1,
            &format!(
                r#","context":{{"contextActivities":{{"parent": {activity},"other":[{activity}]}}}}"#
            ),
        );
        assert_eq!(app.post(PATH).json(sent.as_str()).send().await.status, 200);
        let expected = sent.replace(&format!(": {activity},"), &format!(": [{activity}],"));
        assert_eq!(added(get(&app, 1).await.text(), &expected), ALL);
        let inside = r#"{"objectType":"SubStatement","actor":{"mbox":"mailto:b@example.org"},"verb":{"id":"x:v"},"object":{"id":"x:o"},"context":{"contextActivities":{"category":{"id":"x:c"}}}}"#;
        let sent = text(2, "").replace(r#"{"id":"x:one"}"#, inside);
        assert_eq!(app.post(PATH).json(sent.as_str()).send().await.status, 200);
        let expected = sent.replace(r#"{"id":"x:c"}"#, r#"[{"id":"x:c"}]"#);
        assert_eq!(added(get(&app, 2).await.text(), &expected), ALL);
    }

    /// Row 37. XAPI-00021, Data 2.2: a key twice anywhere but inside of extensions is malformed,
    /// also when the values are equal or the keys are written in different ways.
    async fn a_key_twice_is_refused(app: TestApp) {
        for bad in [
            text(1, r#","verb":{"id":"x:did"}"#),
            text(1, r#","v\u0065rb":{"id":"x:did"}"#),
            text(1, r#","result":{"success":true,"success":true}"#),
            text(1, r#","result":{"extensions":{},"extensions":{}}"#),
            text(1, r#","context":{"contextActivities":{"parent":[],"parent":[]}}"#),
            text(1, "").replace(
                r#""id":"x:one""#,
                r#""id":"x:one","definition":{"name":{"en":"1","en":"2"}}"#,
            ),
        ] {
            for version in ["1.0.3", "2.0.0"] {
                let answer = app.post(PATH).version(version).json(bad.as_str()).send().await;
                let (status, broken) = refusal(&answer);
                assert_eq!(status, 400, "{bad}: {answer:?}");
                assert!(
                    broken.is_empty() || broken.contains(&"XAPI-00021".to_owned()),
                    "{broken:?}"
                );
            }
        }
    }

    /// Row 10. What is no JSON is told so and changes nothing, deep nesting and other encodings too.
    async fn what_is_no_json_is_refused(app: TestApp) {
        let deep = format!(
            r#","result":{{"extensions":{{"x:a":{}{}}}}}"#,
            "[".repeat(5_000),
            "]".repeat(5_000)
        );
        for bad in [
            "",
            "{",
            "nul",
            "[1,]",
            "{'a':1}",
            "\u{feff}{}",
            "{} {}",
            &text(1, r#","result":{"score":{"raw":01}}"#),
            &text(1, r#","result":{"score":{"raw":NaN}}"#),
            &text(1, r#","result":{"response":"\ud83d"}"#),
            &text(1, ",\"result\":{\"response\":\"a\nb\"}"),
            &text(1, &deep),
        ] {
            for method in [Method::POST, Method::PUT] {
                let path = if method == Method::PUT {
                    format!("{PATH}?statementId={}", id(1))
                } else {
                    PATH.to_owned()
                };
                let answer = app.call(method, &path).json(bad).send().await;
                assert_eq!(answer.status, 400, "{bad:.200}: {answer:?}");
            }
        }
        let latin = app.post(PATH).bytes(
            "application/json",
            text(1, ",\"result\":{\"response\":\"?\"}")
                .into_bytes()
                .iter()
                .map(|byte| if *byte == b'?' { 0xe9 } else { *byte })
                .collect::<Vec<u8>>(),
        );
        assert_eq!(latin.send().await.status, 400, "XAPI-00015: strings are UTF-8");
        assert_eq!(super::kit::found(&app, &[]).await, [0; 0]);
    }
}

//! Structures through the API: the rules themselves are tested in `crates/cmi5` (`cmi5.md` 7.3 I3 to
//! I7, I10).

use super::kit::*;
use crate::testing::on_both;
use http::Method;
use serde_json::json;

const URL: &str = "https://c.example/a";

on_both! {
    /// I3, I10. cmi5 13.1: values are trimmed, and what is not said has its default.
    async fn values_are_trimmed_and_defaults_hold(app: TestApp) {
        let unit = r#"<au id=" https://p.example/au "><title><langstring lang="en"> <![CDATA[ Unit ]]> </langstring></title><description><langstring>d</langstring></description><url>
            https://c.example/a </url><launchParameters> p </launchParameters><entitlementKey> k </entitlementKey></au>"#;
        let answer = upload(&app, "text/xml", structure(unit)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let path = answer.header("location").unwrap().to_owned();
        let whole = api(&app, app.manager().await, Method::GET, &path).send().await.json();
        let au = &whole["structure"]["children"][0];
        assert_eq!(au["id"], "https://p.example/au");
        assert_eq!(au["title"], json!([{"lang": "en", "text": "Unit"}]));
        assert_eq!(au["url"], URL);
        assert_eq!((&au["launchParameters"], &au["entitlementKey"]), (&json!("p"), &json!("k")));
        assert_eq!((&au["moveOn"], &au["launchMethod"]), (&json!("NotApplicable"), &json!("AnyWindow")));
        assert!(au.get("masteryScore").is_none(), "{au}");
    }

    /// I4, I5, I7. One fault a file, with its requirement and its place.
    async fn faults_have_their_requirement_and_place(app: TestApp) {
        let with = |attributes: &str| structure(&au("au", attributes, URL));
        let at = |url: &str| structure(&au("au", "", url));
        let double = au("au", "", URL) + &au("au", "", URL);
        for (text, expected) in [
            (structure(""), "R:13.2.0.0-1"),
            (with("moveOn=\"Never\""), "R:13.2.0.0-1"),
            (with("masteryScore=\"1.5\""), "R:13.2.0.0-1"),
            (with("masteryScore=\"abc\""), "R:13.2.0.0-1"),
            (with("masteryScore=\"1e-1\""), "R:13.2.0.0-1"),
            (with("unknown=\"1\""), "R:13.2.0.0-1"),
            (at(""), "R:13.2.0.0-1"),
            (structure(&double), "R:13.1.4.0-1"),
            (at("index.html"), "R:14.2.0.0-1"),
            (at("https://c.example/a b"), "R:13.1.4.0-2"),
            (at("https://c.example/?endpoint=1"), "R:8.1.0.0-6"),
            (at("https://c.example/?fetch=1"), "R:8.1.0.0-6"),
            (at("https://c.example/?actor=1"), "R:8.1.0.0-6"),
            (at("https://c.example/?registration=1"), "R:8.1.0.0-6"),
            (at("https://c.example/?activityId=1"), "R:8.1.0.0-6"),
            (structure_of("course", &au("au", "", URL)), "R:3.0.0.0-1"),
            (structure(&au("au", "", URL)).replace("courseStructure", "course2"), "R:13.2.0.0-1"),
            (structure(&au("au", "", URL)).replace("v1/CourseStructure", "v2/X"), "R:13.2.0.0-1"),
        ] {
            let answer = upload(&app, "text/xml", text.clone()).await;
            assert_eq!(refused(&answer).first().map(String::as_str), Some(expected), "{text}\n{answer:?}");
            let first = &answer.json()["errors"][0];
            assert!(first["line"].as_u64() >= Some(1), "{first}");
            assert!(first["column"].as_u64() >= Some(1), "{first}");
            assert!(first["path"].as_str().is_some_and(|path| path.starts_with('/')), "{first}");
        }
        assert_eq!(rows(&app).await, [0; 4]);
    }

    /// I4: each class that the public suite wants refused, with one fault a file.
    async fn each_class_of_the_public_suite(app: TestApp) {
        let text = "<title><langstring>t</langstring></title><description><langstring>d</langstring></description>";
        let good = au("au", "", URL);
        let block = |id: &str, unit: &str| format!("<block id=\"{id}\">{text}{}</block>", au(unit, "", URL));
        let objectives = |ids: &[&str]| {
            let one = |id: &&str| format!("<objective id=\"{id}\">{text}</objective>");
            let all = ids.iter().map(one).collect::<Vec<_>>().concat();
            structure(&format!("<objectives>{all}</objectives>{good}"))
        };
        let within = |text: &str| zipped(&[("cmi5.xml", text.as_bytes()), ("here.html", b"x")]);
        let unit_of = |url: &str| structure(&au("au", "", url));
        let late = good.replace(&format!("<url>{URL}</url>"), "")
            .replace("<description>", &format!("<url>{URL}</url><description>"));
        let (xml, zip) = ("text/xml", "application/zip");
        let mut cases = vec![
            ("201-1", xml, structure_of("course", &good).into_bytes(), "R:3.0.0.0-1"),
            ("201-2", xml, structure(&block("b", "u")).into_bytes(), "R:3.0.0.0-1"),
            ("201-3", xml, structure(&good.replace("https://p.example/au", "au")).into_bytes(), "R:3.0.0.0-1"),
            ("201-4", xml, objectives(&["o"]).into_bytes(), "R:3.0.0.0-1"),
            ("203-1", zip, within(&unit_of("there.html")), "R:14.1.0.0-4"),
            ("204", xml, unit_of("https://c.example/?endpoint=1").into_bytes(), "R:8.1.0.0-6"),
            ("205-1", xml, structure(&(block("urn:b", "1") + &block("urn:b", "2"))).into_bytes(), "R:13.1.2.0-1"),
            ("205-2", xml, objectives(&["urn:o", "urn:o"]).into_bytes(), "R:13.1.3.0-1"),
            ("205-3", xml, structure(&(good.clone() + &block("urn:b", "au"))).into_bytes(), "R:13.1.4.0-1"),
            ("206-1", xml, unit_of("https://c.example/a b").into_bytes(), "R:13.1.4.0-2"),
            ("207-1", xml, structure(&late).into_bytes(), "R:13.2.0.0-1"),
            ("209-1", zip, b"A text that is called a zip".to_vec(), "R:14.1.0.0-1"),
            ("209-2", zip, within(&unit_of("here.html"))[..90].to_vec(), "ZIP_CORRUPT"),
            ("210-1", zip, zipped(&[("here.html", b"x")]), "R:14.1.0.0-2"),
        ];
        for url in ["index.html", "path/1/index.html", "?query", "/index.html", "#top"] {
            cases.push(("202", xml, unit_of(url).into_bytes(), "R:14.2.0.0-1"));
        }
        for (name, media, bytes, expected) in cases {
            let answer = upload(&app, media, bytes).await;
            assert_eq!(refused(&answer), [expected], "{name}: {answer:?}");
        }
        let markdown = upload(&app, "text/markdown; charset=UTF-8", "# A course").await;
        assert_eq!(markdown.status, 415, "208-1: {markdown:?}");
        assert_eq!(markdown.json()["errors"][0]["requirement"], "R:14.0.0.0-1", "{markdown:?}");
        assert_eq!(rows(&app).await, [0; 4], "I11");
        let whole = within(&unit_of("here.html"));
        assert_eq!(upload(&app, zip, whole).await.status, 201, "and what these were made of is good");
    }

    /// Every fault is told at once.
    async fn faults_are_told_together(app: TestApp) {
        let units = au("a", "moveOn=\"x\"", "b c") + &au("b", "masteryScore=\"2\"", "index.html");
        let found = refused(&upload(&app, "text/xml", structure(&units)).await);
        assert!(found.len() >= 4, "{found:?}");
    }

    /// I6. cmi5 13.1.5: what others add is let through, and exported again.
    async fn extensions_come_back(app: TestApp) {
        let unit = au("au", "xmlns:x=\"https://x.example\" x:a=\"1\"", URL)
            .replace("</au>", "<x:more><x:b/></x:more></au>");
        let text = structure(&unit);
        let answer = upload(&app, "text/xml", text.clone()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let path = format!("{}/package", answer.header("location").unwrap());
        let exported = api(&app, app.manager().await, Method::GET, &path).send().await;
        assert_eq!(exported.text(), text);
        assert_eq!(exported.header("content-type"), Some("application/xml"));
    }
}

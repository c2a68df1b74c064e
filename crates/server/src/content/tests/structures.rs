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

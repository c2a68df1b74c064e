//! What the id of some content means to the Creatiq cmi5 API (`cmi5.md` 2.2).

use super::{by, launched, platform, printed, put, refused, registered, token};
use crate::testing::{Answer, TestApp, call, on_both};
use http::Method;
use serde_json::json;

fn title(text: &str) -> String {
    let text = format!("<langstring>{text}</langstring>");
    format!("<title>{text}</title><description>{text}</description>")
}

fn unit(name: &str) -> String {
    format!(
        r#"<au id="https://p.example/{name}" moveOn="Passed">{}<url>https://c.example/{name}</url></au>"#,
        title(name)
    )
}

/// Imports a course that has these units; its id.
async fn course(app: &TestApp, units: &[&str]) -> String {
    import(app, &units.iter().map(|name| unit(name)).collect::<String>()).await
}

/// Imports a course of these parts; its id.
async fn import(app: &TestApp, parts: &str) -> String {
    let made = upload(app, parts).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["id"].as_str().unwrap().to_owned()
}

async fn upload(app: &TestApp, parts: &str) -> Answer {
    let structure = format!(
        r#"<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"><course id="https://p.example/course">{}</course>{parts}</courseStructure>"#,
        title("Course"),
    );
    let made = call(app, Method::POST, "/api/v1/courses").key(app.manager().await);
    made.bytes("text/xml", structure).send().await
}

/// Registers the printed learner for `content` and launches it: the registration and the URL.
async fn go(app: &TestApp, token: &str, content: &str) -> (String, String) {
    let mut body = printed();
    body["contentId"] = json!(content);
    let id = registered(app, token, &body).await["id"].as_str().unwrap().to_owned();
    let launch = launched(app, token, &id).await;
    (id, launch["launchUrl"].as_str().unwrap().to_owned())
}

on_both! {
    /// The id of a course, of its publisher's, or of a unit is the imported structure.
    async fn a_course_is_found_by_its_ids(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        let course = course(&app, &["a", "b"]).await;
        for (content, url) in [
            (course.as_str(), "https://c.example/a?"),
            ("https://p.example/course", "https://c.example/a?"),
            ("https://p.example/b", "https://c.example/b?"),
            ("https://p.example/c", "https://app.creatiq.com/h5p/play/https%3A%2F%2Fp.example%2Fc?"),
            ("other", "https://app.creatiq.com/h5p/play/other?"),
        ] {
            let mut body = printed();
            body["contentId"] = json!(content);
            let id = registered(&app, &staff, &body).await["id"].as_str().unwrap().to_owned();
            let launch = launched(&app, &staff, &id).await;
            let launch = launch["launchUrl"].as_str().unwrap();
            assert!(launch.starts_with(url), "{content}: {launch}");
        }
        let mut body = printed();
        body["contentId"] = json!(course);
        let id = registered(&app, &staff, &body).await["id"].as_str().unwrap().to_owned();
        let place = format!("launch/{id}?au=1&mode=Browse&returnUrl=https://l.example/");
        let second = by(&app, &staff, Method::POST, &place).send().await.json()["data"].clone();
        assert!(second["launchUrl"].as_str().unwrap().starts_with("https://c.example/b?"));
        assert_eq!(second["launchMode"], "Browse");
        for query in ["mode=Play", "returnUrl=l"] {
            let place = format!("launch/{id}?{query}");
            let (status, error) = refused(&by(&app, &staff, Method::GET, &place).send().await);
            assert!(status == 400 && error.starts_with("Validation error: "), "{query}: {error}");
        }
    }

    /// A unit is found by the newest version of its course, and not by those before.
    async fn units_are_those_of_the_newest_version(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        course(&app, &["a", "b"]).await;
        course(&app, &["b", "c"]).await;
        for (unit, is_there) in [("a", false), ("b", true), ("c", true)] {
            let (_, url) = go(&app, &staff, &format!("https://p.example/{unit}")).await;
            assert_eq!(url.starts_with(&format!("https://c.example/{unit}?")), is_there, "{url}");
        }
    }

    /// So it is when an earlier version is made the current one again.
    async fn units_of_a_restored_version(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        course(&app, &["a", "b"]).await;
        course(&app, &["b", "c"]).await;
        let parts = ["a", "b"].map(unit).concat();
        assert_eq!(upload(&app, &parts).await.status, 200, "it is known");
        for (unit, is_there) in [("a", true), ("b", true), ("c", false)] {
            let (_, url) = go(&app, &staff, &format!("https://p.example/{unit}")).await;
            assert_eq!(url.starts_with(&format!("https://c.example/{unit}?")), is_there, "{url}");
        }
    }

    /// A course that was deleted and imported again is launched as what it is now.
    async fn a_course_that_came_back(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        let first = course(&app, &["a"]).await;
        let (before, _) = go(&app, &staff, "https://p.example/course").await;
        let path = format!("/api/v1/courses/{first}");
        let gone = call(&app, Method::DELETE, &path).key(app.manager().await).send().await;
        assert_eq!(gone.status, 204, "{gone:?}");
        course(&app, &["b"]).await;
        let (now, url) = go(&app, &staff, "https://p.example/course").await;
        assert_ne!(now, before);
        assert!(url.starts_with("https://c.example/b?"), "{url}");
        let (again, _) = go(&app, &staff, "https://p.example/course").await;
        assert_eq!(again, now);
    }

    /// Whatever the contract lets be registered can be launched: names that are longer in an address
    /// than identifiers may be.
    async fn long_names_can_be_launched(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        let mut body = printed();
        body["contentId"] = json!("\u{8bfe}".repeat(500));
        body["learnerId"] = json!("\u{1f600}".repeat(255));
        body["actorAccount"]["name"] = body["learnerId"].clone();
        let id = registered(&app, &staff, &body).await["id"].as_str().unwrap().to_owned();
        let url = launched(&app, &staff, &id).await["launchUrl"].as_str().unwrap().to_owned();
        let place = url.strip_prefix("https://app.creatiq.com/h5p/play/").expect(&url);
        assert_eq!(place.split('?').next().unwrap().len(), 64, "{url}");
        body["actorAccount"]["homePage"] = json!(format!("https://l.example/{}", "\u{8bfe}".repeat(480)));
        let (status, words) = refused(&super::register(&app, &staff, &body).await);
        assert!(status == 400 && words.contains("1900 bytes"), "{words}");
    }

    /// 9.3.7, 9.3.9: a whole course is excused at once; each waiver has a session id of its own, which
    /// it shares with what it satisfies and with nothing else, right behind it.
    async fn a_whole_course_is_waived(app: TestApp) {
        let app = platform(app, true).await;
        let staff = token(&app, "teacher", "write");
        let block = |name: &str, parts: &str| {
            let text = "<langstring>Block</langstring>";
            format!(r#"<block id="https://p.example/{name}"><title>{text}</title><description>{text}</description>{parts}</block>"#)
        };
        let within = block("inner", &[unit("b"), unit("c")].concat());
        let parts = [block("outer", &(unit("a") + &within)), unit("d")].concat();
        import(&app, &parts).await;
        let mut body = printed();
        body["contentId"] = json!("https://p.example/course");
        let id = registered(&app, &staff, &body).await["id"].as_str().unwrap().to_owned();
        for _ in 0..2 {
            let waived = put(&app, &staff, &id, json!({"status": "waived"})).await;
            assert_eq!(waived.json()["data"]["cmi5"]["satisfied"], true, "{waived:?}");
        }
        let told = app.get(&format!("/xapi/statements?registration={id}&ascending=true")).send().await;
        let told = told.json()["statements"].as_array().unwrap().clone();
        let name = |one: &serde_json::Value| {
            let verb = one["verb"]["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            let grouping = one["context"]["contextActivities"]["grouping"][0]["id"].as_str().unwrap();
            format!("{verb} {}", grouping.rsplit('/').next().unwrap())
        };
        let names: Vec<String> = told.iter().map(name).collect();
        assert_eq!(names, [
            "waived a", "waived b", "waived c", "satisfied inner", "satisfied outer",
            "waived d", "satisfied course",
        ]);
        let session = |at: usize| {
            let extensions = &told[at]["context"]["extensions"];
            extensions["https://w3id.org/xapi/cmi5/context/extensions/sessionid"].clone()
        };
        assert!(session(2) == session(3) && session(3) == session(4) && session(5) == session(6));
        let own: std::collections::BTreeSet<String> = [0, 1, 2, 5].map(|at| session(at).to_string()).into();
        assert_eq!(own.len(), 4);
    }
}

//! L: launching.

use super::kit::*;
use crate::testing::on_both;
use http::Method;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const UNIT: &str = r#"moveOn="CompletedAndPassed" masteryScore="0.9" launchMethod="OwnWindow""#;

fn unit() -> String {
    let rest = "<url>https://c.example/a.html?own=1#top</url>\
                <launchParameters> p=1 </launchParameters><entitlementKey>key</entitlementKey>";
    au_with("a", UNIT, rest)
}

on_both! {
    /// L1, L6: five names, encoded, the unit's own query and fragment kept (8.1, 13.1.4).
    async fn the_url_has_five_names(app: TestApp) {
        let registration = enrolled(&app, &unit()).await;
        let launched = launch(&app, &registration, json!({})).await;
        let url = launched["url"].as_str().unwrap();
        assert!(url.starts_with("https://c.example/a.html?own=1&endpoint=http%3A%2F%2F"), "{url}");
        assert!(url.ends_with("#top") && !url.contains('+'), "{url}");
        let query = query(url);
        let names: Vec<&str> = query.keys().map(String::as_str).collect();
        assert_eq!(names, ["activityId", "actor", "endpoint", "fetch", "own", "registration"]);
        assert_eq!(query["registration"], registration);
        assert!(query["endpoint"].ends_with("/xapi/"));
        let actor: Value = serde_json::from_str(&query["actor"]).unwrap();
        let account = json!({"homePage": "https://lms.example", "name": "u1"});
        assert_eq!(actor, json!({"objectType": "Agent", "account": account}));
        assert_eq!(launched["launchMethod"], "OwnWindow");
        assert_eq!(launched["launchMode"], "Normal");
    }

    /// L2, L7: an id that is not the publisher's, the same for everybody; a session for each launch
    /// (8.1.5).
    async fn ids_are_generated_and_stay(app: TestApp) {
        let id = course(&app, &unit()).await;
        let mut activities = Vec::new();
        let mut sessions = Vec::new();
        for learner in ["u1", "u2"] {
            let registration = registered(&app, &id, learner).await;
            for _ in 0..2 {
                let launched = launch(&app, &registration, json!({})).await;
                activities.push(query(launched["url"].as_str().unwrap())["activityId"].clone());
                sessions.push(launched["session"].as_str().unwrap().to_owned());
            }
        }
        activities.dedup();
        assert_eq!(activities.len(), 1);
        assert_ne!(activities[0], "https://p.example/a");
        sessions.sort();
        sessions.dedup();
        assert_eq!(sessions.len(), 4);
    }

    /// L3, L5: LMS.LaunchData is whole, without nulls, with what the launch overrides (10.2).
    async fn launch_data_is_whole(app: TestApp) {
        let registration = enrolled(&app, &unit()).await;
        let unit = Unit::begun(&app, &launch(&app, &registration, json!({})).await).await;
        let mut data = unit.data.clone();
        let returns = data["returnURL"].take();
        assert!(returns.as_str().unwrap().contains("/return/1_"), "{returns}");
        assert!(!returns.as_str().unwrap().contains('%'));
        data.as_object_mut().unwrap().remove("returnURL");
        assert_eq!(data, json!({
            "contextTemplate": {
                "contextActivities": {"grouping": [{"id": "https://p.example/a"}]},
                "extensions": {SESSION_ID: unit.session},
            },
            "launchMode": "Normal", "moveOn": "CompletedAndPassed", "masteryScore": 0.9,
            "launchParameters": "p=1", "entitlementKey": {"courseStructure": "key"},
        }));
        let wish = json!({
            "launchMode": "Browse", "moveOn": "Passed", "masteryScore": 0.5,
            "launchParameters": "other", "alternateEntitlementKey": "mine",
            "returnUrl": "https://lms.example/back",
        });
        let unit = Unit::begun(&app, &launch(&app, &registration, wish).await).await;
        assert_eq!(unit.data["launchMode"], "Browse");
        assert_eq!(unit.data["moveOn"], "Passed");
        assert_eq!(unit.data["masteryScore"], 0.5);
        assert_eq!(unit.data["launchParameters"], "other");
        assert_eq!(unit.data["entitlementKey"], json!({"courseStructure": "key", "alternate": "mine"}));
        assert_eq!(unit.data["returnURL"], "https://lms.example/back");
    }

    /// L4: `launched` is stored before the URL is given out, with what it must tell (9.3.1).
    async fn launched_is_stored_first(app: TestApp) {
        let registration = enrolled(&app, &unit()).await;
        let launched = launch(&app, &registration, json!({})).await;
        let all = statements(&app, &registration).await;
        assert_eq!(all.len(), 1);
        let statement = &all[0];
        assert_eq!(statement["verb"]["id"], "http://adlnet.gov/expapi/verbs/launched");
        let context = &statement["context"];
        assert_eq!(context["registration"], registration);
        assert_eq!(context["contextActivities"]["category"][0]["id"], CMI5);
        assert_eq!(context["contextActivities"]["grouping"][0]["id"], "https://p.example/a");
        let extension = |name: &str| {
            context["extensions"][format!("https://w3id.org/xapi/cmi5/context/extensions/{name}")].clone()
        };
        assert_eq!(extension("sessionid"), launched["session"]);
        assert_eq!(extension("launchmode"), "Normal");
        assert_eq!(extension("launchurl"), "https://c.example/a.html?own=1#top");
        assert_eq!(extension("moveon"), "CompletedAndPassed");
        assert_eq!(extension("masteryscore"), 0.9);
        assert_eq!(extension("launchparameters"), "p=1");
        assert_eq!(statement["object"]["id"], query(launched["url"].as_str().unwrap())["activityId"].as_str());
        let authority = statement["authority"]["account"]["name"].as_str().unwrap();
        assert_eq!(authority, "cmi5 LMS");
    }

    /// A unit of a package is on the content origin, under an address of its session.
    async fn a_file_of_a_package_is_launched_on_the_content_origin(app: TestApp) {
        use std::io::Write as _;
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        let structure = structure(&au_with("a", "", "<url>sub/index.html?own=1</url>"));
        for (name, text) in [("cmi5.xml", structure.as_str()), ("sub/index.html", "hello")] {
            zip.start_file(name, options).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        let bytes = zip.finish().unwrap().into_inner();
        let call = api(&app, Method::POST, "/api/v1/courses").await.bytes("application/zip", bytes);
        let course = call.send().await.json()["id"].as_str().unwrap().to_owned();
        let registration = registered(&app, &course, "u1").await;
        let launched = launch(&app, &registration, json!({})).await;
        let url = launched["url"].as_str().unwrap();
        let (page, _) = url.split_once('?').unwrap();
        assert!(url.contains("/sub/index.html?own=1&endpoint="), "{url}");
        let request = http::Request::get(path(page)).body(axum::body::Body::empty()).unwrap();
        let Ok(response) = crate::content::front(&app).oneshot(request).await;
        assert_eq!(response.status(), 200);
        let all = statements(&app, &registration).await;
        let extension = "https://w3id.org/xapi/cmi5/context/extensions/launchurl";
        let told = all.iter().find_map(|one| one["context"]["extensions"][extension].as_str());
        let told = told.unwrap();
        assert!(told.ends_with("/sub/index.html?own=1") && url.starts_with(told), "9.6.3.4-1: {told}");
        let place = format!("/api/v1/courses/{course}");
        let gone = api(&app, Method::DELETE, &place).await.send().await;
        assert_eq!(gone.status, 204, "{gone:?}");
        let place = format!("{REGISTRATIONS}/{registration}/launch");
        assert_eq!(post(&app, &place, &json!({})).await.status, 404, "its files are gone");
    }

    /// A bad wish is refused with its place, and launches nothing.
    async fn a_bad_wish_launches_nothing(app: TestApp) {
        let registration = enrolled(&app, &unit()).await;
        let place = format!("{REGISTRATIONS}/{registration}/launch");
        for (wish, status) in [
            (json!({"masteryScore": 1.5}), 422),
            (json!({"masteryScore": "x"}), 422),
            (json!({"launchMode": "Fast"}), 422),
            (json!({"moveOn": "Never"}), 422),
            (json!({"returnUrl": "javascript:alert(1)"}), 422),
            (json!({"unit": 0, "unitId": "https://p.example/a"}), 422),
            (json!({"unit": 1}), 404),
            (json!({"unitId": "https://p.example/b"}), 404),
        ] {
            let answer = post(&app, &place, &wish).await;
            assert_eq!(answer.status, status, "{wish}: {answer:?}");
        }
        assert_eq!(verbs(&app, &registration).await, "");
        assert_eq!(post(&app, &place, &json!({"unitId": "https://p.example/a"})).await.status, 200);
    }

    /// A learner's registration stays on its version of the course.
    async fn a_registration_stays_on_its_version(app: TestApp) {
        let first = course(&app, &au_with("a", "", "<url>https://c.example/one.html</url>")).await;
        let old = registered(&app, &first, "u1").await;
        let second = course(&app, &au_with("a", "", "<url>https://c.example/two.html</url>")).await;
        assert_eq!(first, second, "a new version of the same course");
        let new = registered(&app, &second, "u1").await;
        for (registration, page) in [(&old, "one"), (&new, "two")] {
            let launched = launch(&app, registration, json!({})).await;
            assert!(launched["url"].as_str().unwrap().contains(&format!("/{page}.html")));
        }
    }

    /// M1, M2: what is satisfied is looked at again; what asks nothing stays as it is (1.12).
    async fn the_mode_follows_what_is_done(app: TestApp) {
        let parts = format!("{}{}", au("a", r#"moveOn="Completed""#), au("b", ""));
        let registration = enrolled(&app, &parts).await;
        for unit in [0, 1] {
            let running = Unit::running(&app, &registration, json!({"unit": unit})).await;
            running.says("completed").await;
            running.says("terminated").await;
        }
        let mode = |unit: usize, mode: Option<&'static str>| {
            let (app, registration) = (&app, &registration);
            async move {
                let mut wish = json!({"unit": unit});
                if let Some(mode) = mode {
                    wish["launchMode"] = json!(mode);
                }
                launch(app, registration, wish).await["launchMode"].as_str().unwrap().to_owned()
            }
        };
        assert_eq!(mode(0, None).await, "Review");
        assert_eq!(mode(0, Some("Normal")).await, "Normal");
        assert_eq!(mode(1, None).await, "Normal", "NotApplicable");
    }
}

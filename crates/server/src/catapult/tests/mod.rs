//! The interface of CATAPULT's player, as its clients call it (`cmi5.md` 3.1). What is behind it is
//! tested in `cmi5` and `content`.

mod edge;
mod launches;
mod numbers;
mod preferences;

use crate::app::App;
use crate::tenants::NewKey;
use crate::testing::{Answer, Call, TestApp, VERSION, call, on_both};
use http::Method;
use serde_json::{Value, json};

const COURSE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
<course id="https://p.example/course"><title><langstring lang="en">Course</langstring></title><description><langstring lang="en">All</langstring></description></course>
<block id="https://p.example/block"><title><langstring lang="en">Block</langstring></title><description><langstring lang="en">Half</langstring></description>
<au id="https://p.example/0" moveOn="Passed" masteryScore="0.9" launchMethod="OwnWindow"><title><langstring lang="en">One</langstring></title><description><langstring lang="en">1</langstring></description><url>https://c.example/0?a=b</url></au>
</block>
<au id="https://p.example/1"><title><langstring lang="en">Two</langstring></title><description><langstring lang="en">2</langstring></description><url>https://c.example/1</url></au>
</courseStructure>"#;

fn api(app: &App, key: &NewKey, method: Method, path: &str) -> Call {
    call(app, method, &format!("/api/v1/{path}")).key(key).without(VERSION)
}

/// Somebody who may read, write and administer.
struct Client {
    app: TestApp,
    key: NewKey,
}

impl Client {
    async fn new(app: TestApp) -> Self {
        let key = app.make_key("read,write,admin").await;
        Self { app, key }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        api(&self.app, &self.key, Method::POST, path).json(body.to_string()).send().await
    }

    async fn get(&self, path: &str) -> Answer {
        api(&self.app, &self.key, Method::GET, path).send().await
    }

    async fn delete(&self, path: &str) -> u16 {
        api(&self.app, &self.key, Method::DELETE, path).send().await.status.as_u16()
    }

    async fn upload(&self, media: &str, text: &str) -> Answer {
        let upload = api(&self.app, &self.key, Method::POST, "course");
        upload.bytes(media, text.to_owned()).send().await
    }

    /// A course that was imported.
    async fn course(&self) -> Value {
        let answer = self.upload("text/xml", COURSE).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }
}

fn actor(name: &str) -> Value {
    json!({"objectType": "Agent", "account": {"homePage": "https://l.example", "name": name}})
}

on_both! {
    /// A client signs on with key and secret, and goes on with a token.
    async fn a_credential_becomes_a_token(app: TestApp) {
        let key = app.make_key("read,write,admin,all").await;
        let ask = |method, path| api(&app, &key, method, path);
        let made = ask(Method::POST, "tenant").json(r#"{"code":"lmsTest-package"}"#).send().await;
        assert_eq!((made.status.as_u16(), &made.json()["code"]), (200, &json!("lmsTest-package")));
        let tenant = made.json()["id"].clone();
        let body = json!({"tenantId": tenant, "audience": "lms-test"}).to_string();
        let token = ask(Method::POST, "auth").json(body).send().await.json()["token"].clone();
        let bearer = format!("Bearer {}", token.as_str().unwrap());
        let about = call(&app, Method::GET, "/api/v1/about").without(VERSION);
        let about = about.header("authorization", &bearer).send().await;
        assert_eq!((about.status.as_u16(), &about.json()["tenantId"]), (200, &tenant));
        let other = json!({"tenantId": 99, "audience": "x"}).to_string();
        let other = ask(Method::POST, "auth").json(other).send().await;
        assert_eq!((other.status.as_u16(), &other.json()["statusCode"]), (404, &json!(404)));
        let left = ask(Method::DELETE, &format!("tenant/{tenant}")).send().await;
        assert_eq!(left.status, 204, "{left:?}");
    }

    async fn a_course_is_told_with_its_units(app: TestApp) {
        let client = Client::new(app).await;
        let course = client.course().await;
        assert!(course["id"].is_u64(), "{course}");
        let [first, second] = [0, 1].map(|place| course["metadata"]["aus"][place].clone());
        assert_eq!(first["id"], "https://p.example/0");
        assert_eq!(first["type"], "au");
        assert_eq!(first["masteryScore"], json!(0.9));
        assert_eq!(first["launchMethod"], "OwnWindow");
        assert_eq!(first["parents"][0]["id"], "https://p.example/block");
        assert_ne!(first["lmsId"], first["id"]);
        assert_eq!((&second["auIndex"], &second["moveOn"]), (&json!(1), &json!("NotApplicable")));
        assert_eq!(course["structure"]["course"]["children"][0]["children"][0], first);
        let id = course["id"].clone();
        assert_eq!(client.get(&format!("course/{id}")).await.json(), course);
        assert_eq!(client.delete(&format!("course/{id}")).await, 204);
        assert_eq!(client.get(&format!("course/{id}")).await.status, 404);
    }

    /// A refusal names the requirement, where CATAPULT's clients look for it.
    async fn a_bad_package_is_400_with_its_requirement(app: TestApp) {
        let client = Client::new(app).await;
        for (media, text, requirement) in [
            ("text/xml", COURSE.replace("https://c.example/1", "index.html"), "14.2.0.0-1"),
            ("text/xml", COURSE.replace("https://p.example/1", "1"), "3.0.0.0-1"),
            ("application/zip", "no zip".to_owned(), "14.1.0.0-1"),
            ("text/xml", "no XML".to_owned(), "14.0.0.0-1"),
            ("text/markdown", "# Course".to_owned(), "14.0.0.0-1"),
        ] {
            let answer = client.upload(media, &text).await;
            assert_eq!(answer.status, 400, "{answer:?}");
            let told = answer.json();
            assert_eq!(told["violatedReqId"], requirement, "{told}");
            assert_eq!((&told["statusCode"], &told["error"]), (&json!(400), &json!("Bad Request")));
            assert_eq!(told["message"], told["detail"]);
        }
    }

    /// `reg` names a registration, or makes it.
    async fn a_unit_is_launched_in_one_call(app: TestApp) {
        let client = Client::new(app).await;
        let id = client.course().await["id"].clone();
        let path = format!("course/{id}/launch-url/0");
        let code = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee";
        let body = json!({"actor": actor("ada"), "reg": code, "launchMode": "Browse"});
        let first = client.post(&path, body.clone()).await;
        assert_eq!(first.status, 200, "{first:?}");
        let launched = first.json();
        assert_eq!(launched["launchMethod"], "OwnWindow");
        let url = launched["url"].as_str().unwrap();
        assert!(url.starts_with("https://c.example/0?a=b&endpoint="), "{url}");
        assert!(url.contains(&format!("&registration={code}")), "{url}");
        let session = client.get(&format!("session/{}", launched["id"])).await.json();
        assert_eq!(session["launchMode"], "Browse");
        assert_eq!((&session["isLaunched"], &session["isTerminated"]), (&json!(true), &json!(false)));
        // The second launch ends the first session (cmi5 9.3.6).
        assert_eq!(client.post(&path, body).await.status, 200);
        let session = client.get(&format!("session/{}", session["code"].as_str().unwrap())).await;
        assert_eq!(session.json()["isAbandoned"], true);
        let other = json!({"actor": actor("ben"), "reg": code});
        assert_eq!(client.post(&path, other).await.status, 409);
        let new = client.post(&path, json!({"actor": actor("ada")})).await;
        assert!(!new.json()["url"].as_str().unwrap().contains(code));
        for path in ["course/1/launch-url/0", "course/x/launch-url/0"] {
            assert_eq!(client.post(path, json!({"actor": actor("ada")})).await.status, 404, "{path}");
        }
        let none = format!("course/{id}/launch-url/2");
        assert_eq!(client.post(&none, json!({"actor": actor("ada")})).await.status, 404);
    }

    async fn a_registration_is_told_with_its_facts(app: TestApp) {
        let client = Client::new(app).await;
        let course = client.course().await["id"].clone();
        let body = json!({"courseId": course, "actor": actor("ada")});
        let made = client.post("registration", body).await;
        assert_eq!(made.status, 200, "{made:?}");
        let made = made.json();
        let (id, code) = (made["id"].clone(), made["code"].as_str().unwrap().to_owned());
        assert_eq!((&made["courseId"], &made["isSatisfied"]), (&course, &json!(false)));
        // A unit that asks for nothing is satisfied from the start (cmi5 9.6.1).
        assert_eq!((&made["aus"][0]["isSatisfied"], &made["aus"][1]["isSatisfied"]), (&json!(false), &json!(true)));
        let waive = format!("registration/{code}/waive-au/0");
        let reason = json!({"reason": "Tested Out"});
        assert_eq!(client.post(&waive, reason.clone()).await.status, 204);
        assert_eq!(client.post(&waive, reason).await.status, 409);
        let now = client.get(&format!("registration/{id}")).await.json();
        assert_eq!((&now["isSatisfied"], &now["metadata"]["moveOn"]["satisfied"]), (&json!(true), &json!(true)));
        assert_eq!(now["aus"][0]["waivedReason"], "Tested Out");
        let preferences = format!("registration/{code}/learner-prefs");
        assert_eq!(client.get(&preferences).await.status, 404);
        let wanted = json!({"languagePreference": "de,en", "audioPreference": "off"});
        assert_eq!(client.post(&preferences, wanted.clone()).await.status, 204);
        assert_eq!(client.get(&preferences).await.json(), wanted);
        let bad = json!({"languagePreference": "de en", "audioPreference": "off"});
        assert_eq!(client.post(&preferences, bad).await.status, 422);
        assert_eq!(client.delete(&format!("registration/{id}")).await, 204);
        assert_eq!(client.get(&format!("registration/{code}")).await.status, 404);
    }

    async fn a_session_is_abandoned_once(app: TestApp) {
        let client = Client::new(app).await;
        let course = client.course().await["id"].clone();
        let path = format!("course/{course}/launch-url/0");
        let session = client.post(&path, json!({"actor": actor("ada")})).await.json()["id"].clone();
        for _ in 0..2 {
            let abandoned = client.post(&format!("session/{session}/abandon"), json!({})).await;
            assert_eq!(abandoned.status, 204, "{abandoned:?}");
        }
        let told = client.get(&format!("session/{session}")).await.json();
        assert_eq!((&told["isAbandoned"], &told["abandonedBy"]), (&json!(true), &json!("api")));
    }
}

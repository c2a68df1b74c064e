//! The API for those who administer: listings, repeats, logs, tenants.

use super::kit::*;
use crate::cmi5::{Account, Content, Desk, NewRegistration, Profile, Status, SyntheticUnit};
use crate::tenants::FIRST_TENANT;
use crate::testing::{call, on_both};
use http::Method;
use rollbook_cmi5::course::MoveOn;
use serde_json::json;

on_both! {
    /// Registrations are listed and narrowed, page by page.
    async fn registrations_are_listed(app: TestApp) {
        let id = course(&app, &au("a", r#"moveOn="Completed""#)).await;
        let first = registered(&app, &id, "u1").await;
        for learner in ["u2", "u3"] {
            registered(&app, &id, learner).await;
        }
        let unit = Unit::running(&app, &first, json!({})).await;
        unit.says("completed").await;
        let page = get(&app, &format!("{REGISTRATIONS}?page[size]=2&sort=created")).await;
        assert_eq!(page["data"].as_array().unwrap().len(), 2);
        assert_eq!(page["data"][0]["id"], first);
        let next = page["links"]["next"].as_str().unwrap();
        assert_eq!(get(&app, next).await["data"].as_array().unwrap().len(), 1);
        for (filter, count) in [
            ("filter[learner]=u2", 1),
            ("filter[learner]=nobody", 0),
            ("filter[satisfied]=true", 1),
            ("filter[satisfied]=false", 2),
            (&format!("filter[contentId]={id}"), 3),
        ] {
            let page = get(&app, &format!("{REGISTRATIONS}?{filter}")).await;
            assert_eq!(page["data"].as_array().unwrap().len(), count, "{filter}");
        }
    }

    /// A body that is not right is told what is wrong with it.
    async fn a_bad_registration_is_refused(app: TestApp) {
        let id = course(&app, &au("a", "")).await;
        let account = |home: &str, name: &str| json!({"account": {"homePage": home, "name": name}});
        for (body, status) in [
            (json!({"courseId": id, "actor": account("https://l.example", "")}), 422),
            (json!({"courseId": id, "actor": account("l", "u")}), 422),
            (json!({"courseId": id, "actor": {"mbox": "mailto:a@b.example"}}), 422),
            (json!({"courseId": "x", "actor": account("https://l.example", "u")}), 422),
            (json!({"courseId": id, "version": 2, "actor": account("https://l.example", "u")}), 404),
            (json!({"courseId": app.ids.statement(), "actor": account("https://l.example", "u")}), 404),
        ] {
            let answer = post(&app, REGISTRATIONS, &body).await;
            assert_eq!(answer.status, status, "{body}: {answer:?}");
        }
    }

    /// A launch that is sent again is the same launch.
    async fn a_launch_that_is_repeated_is_one(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let place = format!("{REGISTRATIONS}/{registration}/launch");
        let ask = async || {
            let call = api(&app, Method::POST, &place).await.json("{}");
            let key = "0b1c8a5e-7b52-4f4e-9d56-3a9b8c7d6e5f";
            call.header("idempotency-key", key).send().await
        };
        let (one, two) = (ask().await, ask().await);
        assert_eq!((one.status.as_u16(), one.text()), (200, two.text()));
        assert_eq!(verbs(&app, &registration).await, "satisfied launched");
    }

    /// The log of a session: every request and refusal, in words, with the requirement.
    async fn the_log_of_a_session(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        refusal(&unit.put(&unit.defined("initialized")).await);
        unit.says("terminated").await;
        refusal(&unit.put(&unit.allowed("experienced")).await);
        let place = format!("{REGISTRATIONS}/{registration}/sessions/{}/log", unit.session);
        let log = get(&app, &place).await;
        let lines: Vec<String> = log["data"].as_array().unwrap().iter().map(|event| {
            let text = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
            let resource = text("resource").split('?').next().unwrap().to_owned();
            format!("{} {resource} {} {}", text("method"), event["status"], text("requirement"))
        }).collect();
        assert_eq!(lines, [
            "LMS launched 0 -",
            "LMS fetch 0 -",
            "GET /xapi/activities/state 200 -",
            "GET /xapi/agents/profile 404 -",
            "PUT /xapi/statements 204 -",
            "PUT /xapi/statements 403 9.3.0.0-2",
            "PUT /xapi/statements 204 -",
            "PUT /xapi/statements 403 9.3.0.0-5",
        ]);
        let detail = |at: usize| log["data"][at]["detail"].as_str().unwrap().to_owned();
        assert_eq!(detail(4), "took initialized (cmi5 defined)");
        assert!(detail(5).contains("use each verb once in a session"), "{}", detail(5));
        let newest = get(&app, &format!("{place}?sort=-at&page[size]=1")).await;
        assert_eq!(newest["data"][0]["requirement"], "9.3.0.0-5");
        let session = get(&app, place.strip_suffix("/log").unwrap()).await;
        assert!(session["terminated"].is_string() && session["active"] == false, "{session}");
    }

    /// The log of a session is bounded.
    async fn the_log_of_a_session_has_an_end(app: TestApp) {
        let mut limits = app.limits.clone();
        limits.cmi5.events_max = 3;
        let app = app.with_limits(limits).await;
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let place = format!("{REGISTRATIONS}/{registration}/sessions/{}/log", unit.session);
        assert_eq!(get(&app, &place).await["data"].as_array().unwrap().len(), 3);
    }

    /// An object of another tenant does not exist (`decisions.md` 3).
    async fn tenants_do_not_meet(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        app.make_tenant_key(2).await;
        let other = app.make_tenant_key_with(2, "all,read,write,admin").await;
        let place = format!("{REGISTRATIONS}/{registration}");
        let session = format!("{place}/sessions/{}", unit.session);
        for (method, path, body) in [
            (Method::GET, place.clone(), None),
            (Method::GET, format!("{place}/satisfaction"), None),
            (Method::GET, format!("{place}/sessions"), None),
            (Method::GET, session.clone(), None),
            (Method::GET, format!("{session}/log"), None),
            (Method::POST, format!("{place}/launch"), Some("{}")),
            (Method::POST, format!("{place}/links"), Some("{}")),
            (Method::POST, format!("{place}/waive"), Some(r#"{"unit":0}"#)),
            (Method::POST, format!("{session}/abandon"), None),
            (Method::DELETE, place.clone(), None),
        ] {
            let mut call = call(&app, method.clone(), &path).key(&other);
            if let Some(body) = body {
                call = call.json(body);
            }
            let answer = call.send().await;
            assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
        }
        unit.says("terminated").await;
    }

    /// A registration that goes takes what is known here with it, and no statement.
    async fn a_registration_is_removed(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::running(&app, &registration, json!({})).await;
        let place = format!("{REGISTRATIONS}/{registration}");
        let gone = api(&app, Method::DELETE, &place).await.send().await;
        assert_eq!(gone.status, 204, "{gone:?}");
        assert_eq!(api(&app, Method::GET, &place).await.send().await.status, 404);
        assert_eq!(unit.call(Method::GET, &unit.state("x")).send().await.status, 401);
        assert_eq!(verbs(&app, &registration).await, "satisfied launched initialized abandoned");
    }

    /// What the Creatiq contract is built on: one registration at a time for content and learner,
    /// ids as they are given, a token with its claims (`cmi5.md` 2.2).
    async fn content_without_a_package(app: TestApp) {
        let new = NewRegistration {
            id: None,
            profile: Profile::Creatiq,
            content: Content::Unit(Box::new(SyntheticUnit {
                course_id: "https://l.example/h5p/course/1".to_owned(),
                publisher_id: "https://l.example/h5p/source/1".to_owned(),
                activity_id: "https://l.example/h5p/content/1".to_owned(),
                title: "One".to_owned(),
                url: "https://l.example/h5p/play/1".to_owned(),
                move_on: MoveOn::CompletedOrPassed,
                mastery_score: None,
            })),
            content_id: "h5p-content-1".to_owned(),
            learner_id: "user-1".to_owned(),
            current: true,
            account: Account { home_page: "https://lms.example".to_owned(), name: "user-1".to_owned() },
        };
        let desk = Desk::open(&app, FIRST_TENANT).await.unwrap();
        let (own, wish) = (desk.clone(), new.clone());
        let made = app.db.of(1).write(move |tx| own.register(tx, &wish)).await.unwrap();
        desk.committed();
        let (own, wish) = (desk.clone(), new.clone());
        let twice = app.db.of(1).write(move |tx| own.register(tx, &wish)).await.unwrap_err();
        assert_eq!(twice.code.name(), "cmi5.registration.exists");
        let own = desk.clone();
        let job = move |tx: &mut rollbook_db::Tx<'_>| {
            let found = own.find_current(tx, "h5p-content-1", "user-1")?.unwrap();
            own.touch(tx, found.id)?;
            own.label(tx, found.id, Status::Completed, Some(r#"{"raw":85}"#))?;
            let label = own.label(tx, found.id, Status::Completed, None)?;
            own.archive(tx, found.id)?;
            let none = own.find_current(tx, "h5p-content-1", "user-1")?.is_none();
            let again = own.register(tx, &new)?;
            Ok::<_, crate::error::Problem>((label, none, again))
        };
        let (label, none, again) = app.db.of(1).write(job).await.unwrap();
        assert_eq!((label.id, label.status, label.score.as_deref()), (made.id, Status::Completed, Some(r#"{"raw":85}"#)));
        assert!(none && again.id != made.id);
        let registration = again.id.to_string();
        let launched = launch(&app, &registration, json!({})).await;
        let url = launched["url"].as_str().unwrap();
        assert!(url.starts_with("https://l.example/h5p/play/1?endpoint="), "{url}");
        assert!(query(url)["endpoint"].ends_with("/api/xapi/statements"));
        assert_eq!(query(url)["activityId"], "https://l.example/h5p/content/1");
        let unit = Unit::begun(&app, &launched).await;
        claims(&unit.token, &registration);
        unit.says("initialized").await;
        unit.says("completed").await;
        let answer = call(&app, Method::POST, &path(&unit.launch["fetch"])).send().await;
        assert_eq!(answer.status, 401, "the contract's letter: {answer:?}");
        assert_eq!(answer.json()["error"], "Invalid or expired fetch token");
        let bearer = call(&app, Method::GET, &unit.state("LMS.LaunchData")).version("1.0.3");
        let bearer = bearer.header("authorization", &format!("Bearer {}", unit.token)).send().await;
        assert_eq!(bearer.status, 200, "{bearer:?}");
        assert_eq!(verbs(&app, &registration).await, "launched initialized completed satisfied");
    }
}

/// The claims that the contract documents are in the token.
fn claims(token: &str, registration: &str) {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).expect("a JWT has three parts");
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(claims["registrationId"], registration);
    assert_eq!(claims["purpose"], "cmi5-xapi-auth");
    let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert!(exp - iat == 3_600 && claims["jti"].is_string() && claims["sid"].is_string());
}

//! S1 to S3, R7, R8: documents of launched content, and the learner's preferences.

use super::kit::*;
use crate::testing::{Answer, on_both};
use http::Method;
use serde_json::{Value, json};

/// The address of states of this agent, registration and name.
fn states(unit: &Unit, agent: &str, registration: Option<&str>, name: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("activityId", &unit.launch["activityId"]).append_pair("agent", agent);
    for (key, value) in [("registration", registration), ("stateId", name)] {
        if let Some(value) = value {
            query.append_pair(key, value);
        }
    }
    format!("/xapi/activities/state?{}", query.finish())
}

fn profile(agent: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("profileId", "cmi5LearnerPreferences");
    if let Some(agent) = agent {
        query.append_pair("agent", agent);
    }
    format!("/xapi/agents/profile?{}", query.finish())
}

async fn ask(unit: &Unit, method: &Method, path: &str, body: &Value) -> Answer {
    let call = unit.call(method.clone(), path);
    let call = if *method == Method::PUT { call.header("if-none-match", "*") } else { call };
    match *method {
        Method::PUT | Method::POST => call.json(body.to_string()).send().await,
        _ => call.send().await,
    }
}

const METHODS: [Method; 4] = [Method::GET, Method::PUT, Method::POST, Method::DELETE];

on_both! {
    /// S1: states are the learner's own, in the registration of the launch, however they are touched
    /// (8.1.3.0-3, 8.1.4.0-3).
    async fn states_of_others_are_not_touched(app: TestApp) {
        let id = course(&app, &au("a", "")).await;
        let (mine, theirs) = (registered(&app, &id, "u1").await, registered(&app, &id, "u2").await);
        let earlier = registered(&app, &id, "u1").await;
        let other = Unit::begun(&app, &launch(&app, &theirs, json!({})).await).await;
        let unit = Unit::begun(&app, &launch(&app, &mine, json!({})).await).await;
        let (me, them) = (unit.launch["actor"].clone(), other.launch["actor"].clone());
        let kept = states(&other, &them, Some(&theirs), Some("bookmark"));
        assert_eq!(ask(&other, &Method::PUT, &kept, &json!({"page": 3})).await.status, 204);
        let stranger = r#"{"mbox":"mailto:u1@lms.example"}"#;
        for (agent, registration, name, requirement) in [
            (them.as_str(), Some(&theirs), Some("bookmark"), "8.1.3.0-3"),
            (&them, Some(&mine), Some("bookmark"), "8.1.3.0-3"),
            (&them, None, Some("bookmark"), "8.1.3.0-3"),
            (&them, Some(&mine), None, "8.1.3.0-3"),
            (stranger, Some(&mine), Some("bookmark"), "8.1.3.0-3"),
            (&me, Some(&theirs), Some("bookmark"), "8.1.4.0-3"),
            (&me, Some(&earlier), Some("bookmark"), "8.1.4.0-3"),
            (&me, Some(&theirs), None, "8.1.4.0-3"),
            (&me, None, None, "8.1.4.0-3"),
        ] {
            let path = states(&unit, agent, registration.map(String::as_str), name);
            for method in METHODS.iter().filter(|method| {
                name.is_some() || [Method::GET, Method::DELETE].contains(method)
            }) {
                let answer = ask(&unit, method, &path, &json!({})).await;
                assert_eq!(refusal(&answer), requirement, "{method} {path}");
                let form = unit.form(method.clone(), &path, &json!({})).await;
                assert_eq!(refusal(&form), requirement, "alternate {method} {path}");
            }
        }
        let elsewhere = form_urlencoded::Serializer::new(String::new())
            .append_pair("activityId", "https://other.example/").append_pair("agent", &me)
            .append_pair("stateId", "x").finish();
        let elsewhere = format!("/xapi/activities/state?{elsewhere}");
        let answer = ask(&unit, &Method::GET, &elsewhere, &json!(null)).await;
        assert_eq!(refusal(&answer), "8.1.4.0-3", "another unit's, of no registration");
        let found = ask(&other, &Method::GET, &kept, &json!(null)).await;
        assert_eq!((found.status.as_u16(), found.json()), (200, json!({"page": 3})), "as it was");
    }

    /// S1: what is the learner's own may be written, read, listed and removed, with and without the
    /// registration; bulk deletion would take LMS.LaunchData with it, and is not (10.2.1).
    async fn states_of_ones_own_are(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::begun(&app, &launch(&app, &registration, json!({})).await).await;
        let me = unit.launch["actor"].clone();
        for within in [Some(registration.as_str()), None] {
            let own = states(&unit, &me, within, Some("bookmark"));
            for (method, status) in [
                (Method::PUT, 204), (Method::POST, 204), (Method::GET, 200), (Method::DELETE, 204),
                (Method::GET, 404),
            ] {
                let answer = ask(&unit, &method, &own, &json!({"page": 1})).await;
                assert_eq!(answer.status, status, "{method} {own}: {answer:?}");
            }
        }
        let bookmark = unit.state("bookmark");
        assert_eq!(ask(&unit, &Method::PUT, &bookmark, &json!({"page": 9})).await.status, 204);
        unit.call(Method::GET, &unit.preferences()).send().await;
        unit.says("initialized").await;
        unit.says("terminated").await;
        let next = Unit::begun(&app, &launch(&app, &registration, json!({})).await).await;
        let found = ask(&next, &Method::GET, &bookmark, &json!(null)).await;
        assert_eq!(found.json(), json!({"page": 9}), "8.1.5: the same unit, the next session");
    }

    /// S2, R8: content reads LMS.LaunchData and changes it in no way (10.2.1.0-5).
    async fn launch_data_is_read_only(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::begun(&app, &launch(&app, &registration, json!({})).await).await;
        let me = unit.launch["actor"].clone();
        let data = unit.state("LMS.LaunchData");
        let encoded = data.replace("LMS.LaunchData", "LMS%2ELaunch%44ata");
        let nowhere = states(&unit, &me, None, Some("LMS.LaunchData"));
        let all = states(&unit, &me, Some(&registration), None);
        for (method, path) in [
            (Method::PUT, &data), (Method::POST, &data), (Method::DELETE, &data),
            (Method::PUT, &encoded), (Method::DELETE, &encoded), (Method::PUT, &nowhere),
            (Method::DELETE, &all),
        ] {
            let answer = ask(&unit, &method, path, &json!({"moveOn": "NotApplicable"})).await;
            assert_eq!(refusal(&answer), "10.2.1.0-5", "{method} {path}");
            let form = unit.form(method.clone(), path, &json!({})).await;
            assert_eq!(refusal(&form), "10.2.1.0-5", "alternate {method} {path}");
        }
        let found = unit.call(Method::GET, &data).send().await;
        assert_eq!((found.status.as_u16(), found.json()), (200, unit.data.clone()));
        assert_eq!(unit.call(Method::GET, &all).send().await.status, 200, "their names");
        let next = Unit::begun(&app, &launch(&app, &registration, json!({})).await).await;
        let told = &next.data["contextTemplate"]["extensions"][SESSION_ID];
        assert_eq!(told, &json!(next.session), "10.1: new with each launch");
    }

    /// S3: persons and profiles are the learner's own, or of the unit (11.0.0.0-1, 8.1.5.0-6).
    async fn profiles_of_others_are_not_touched(app: TestApp) {
        let id = course(&app, &au("a", "")).await;
        let (mine, theirs) = (registered(&app, &id, "u1").await, registered(&app, &id, "u2").await);
        let other = Unit::begun(&app, &launch(&app, &theirs, json!({})).await).await;
        let unit = Unit::begun(&app, &launch(&app, &mine, json!({})).await).await;
        let good = json!({"languagePreference": "fr", "audioPreference": "on"});
        let kept = profile(Some(&other.launch["actor"]));
        assert_eq!(ask(&other, &Method::PUT, &kept, &good).await.status, 204);
        for method in METHODS {
            let answer = ask(&unit, &method, &kept, &good).await;
            assert_eq!(refusal(&answer), "11.0.0.0-1", "{method}");
            let answer = ask(&unit, &method, &profile(None), &good).await;
            assert_eq!(answer.status, 400, "{method} for nobody: {answer:?}");
        }
        let person = kept.replace("/profile?profileId=cmi5LearnerPreferences&", "?");
        assert_eq!(refusal(&ask(&unit, &Method::GET, &person, &good).await), "8.1.3.0-3");
        assert_eq!(ask(&other, &Method::GET, &kept, &good).await.json(), good, "as it was");
        let path = "/xapi/activities/profile?profileId=x&activityId=https://other.example/";
        for method in METHODS {
            assert_eq!(refusal(&ask(&unit, &method, path, &good).await), "8.1.5.0-6", "{method}");
        }
    }

    /// R7: preferences are what the standard says, whoever writes them, with entity tags that hold (11).
    async fn preferences_have_a_shape(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let unit = Unit::begun(&app, &launch(&app, &registration, json!({})).await).await;
        let path = unit.preferences();
        let put = |media: &str, body: &str| {
            let call = unit.call(Method::PUT, &path).header("if-none-match", "*");
            call.bytes(media, body.to_owned()).send()
        };
        let good = r#"{"languagePreference":"en-US,fr","audioPreference":"on"}"#;
        for (media, body) in [
            ("text/plain;charset=UTF-8", good),
            ("application/octet-stream", good),
            ("application/json", "[]"),
            ("application/json", r#"{"languagePreference":"","audioPreference":"on"}"#),
            ("application/json", r#"{"languagePreference":"en fr","audioPreference":"on"}"#),
            ("application/json", r#"{"languagePreference":"en,","audioPreference":"on"}"#),
            ("application/json", r#"{"languagePreference":"en"}"#),
            ("application/json", r#"{"audioPreference":"on"}"#),
            ("application/json", r#"{"languagePreference":"en","audioPreference":"loud"}"#),
        ] {
            assert!(refusal(&put(media, body).await).starts_with("11."), "{media} {body}");
            if media == "application/json" {
                let posted = unit.call(Method::POST, &path).json(body).send().await;
                assert!(refusal(&posted).starts_with("11."), "POST {body}");
            }
        }
        assert_eq!(unit.call(Method::GET, &path).send().await.status, 404, "nothing is left");
        assert_eq!(put("application/json", good).await.status, 204);
        assert_eq!(put("application/json", good).await.status, 412, "there is one");
        let found = unit.call(Method::GET, &path).send().await;
        assert_eq!((found.status.as_u16(), found.text()), (200, good));
        let tag = found.header("etag").unwrap().to_owned();
        let newer = r#"{"languagePreference":"de","audioPreference":"off"}"#;
        for (tag, status) in [("\"old\"", 412), (&tag, 204)] {
            let call = unit.call(Method::PUT, &path).header("if-match", tag).json(newer);
            assert_eq!(call.send().await.status, status, "{tag}");
        }
        assert_eq!(unit.call(Method::GET, &path).send().await.text(), newer);
    }

    /// A10: the preferences are read in each session, by a GET of this document and no other
    /// (11.0.0.0-3).
    async fn preferences_are_read_in_each_session(app: TestApp) {
        let registration = enrolled(&app, &au("a", "")).await;
        let first = Unit::running(&app, &registration, json!({})).await;
        first.says("terminated").await;
        let launched = launch(&app, &registration, json!({})).await;
        let mut unit = Unit::fetched(&app, &launched).await;
        unit.data = first.data.clone();
        let own = unit.preferences();
        let good = r#"{"languagePreference":"fr","audioPreference":"on"}"#;
        let written = unit.call(Method::PUT, &own).header("if-none-match", "*").json(good);
        assert_eq!(written.send().await.status, 204);
        for path in [own.replace("cmi5LearnerPreferences", "other"), own.replace("profileId=cmi5LearnerPreferences&", "")] {
            assert!([200, 404].contains(&unit.call(Method::GET, &path).send().await.status.as_u16()));
        }
        assert_eq!(unit.refused(&unit.defined("initialized")).await, "11.0.0.0-3");
        assert_eq!(unit.call(Method::GET, &own).send().await.text(), good);
        unit.says("initialized").await;
    }
}

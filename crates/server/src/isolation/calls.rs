//! A call of every endpoint, filled in with names from what its documentation says that it takes.
//!
//! A parameter or a body that is not known here fails the test: whoever adds one says what it names.

use super::names::Names;
use super::world::{Caller, JWKS, statement};
use crate::content::tests::kit::structure_titled as structure;
use crate::http::Endpoint;
use crate::http::openapi::{Parameter, Place};
use crate::testing::{Call, TestApp, VERSION};
use http::Method;
use serde_json::json;

/// A request before anybody sends it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask {
    pub(super) method: String,
    path: String,
    query: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    body: Option<(&'static str, String)>,
}

/// All calls of an endpoint: as it must be called, then with each thing more that it takes.
pub(super) fn of(endpoint: &Endpoint, names: &Names) -> Vec<Ask> {
    let least = least(endpoint, names);
    let mut all = vec![least.clone()];
    for parameter in endpoint.operation.parameters.iter().filter(|parameter| !parameter.required) {
        let mut ask = least.clone();
        ask.add(endpoint, parameter, names);
        all.push(ask);
    }
    let bodies = bodies(endpoint, names);
    for body in bodies.into_iter().skip(1) {
        all.push(Ask { body: Some(body), ..least.clone() });
    }
    let mut headers = vec![("x-tenant-id", names.tenant.clone())];
    if endpoint.method != "GET" {
        headers.push(("idempotency-key", format!("the-same-for-both-{}", names.word)));
    }
    for header in headers {
        let mut ask = least.clone();
        ask.headers.push(header);
        all.push(ask);
    }
    if endpoint.method == "GET" {
        all.push(Ask { method: "HEAD".to_owned(), ..least });
    }
    all
}

fn least(endpoint: &Endpoint, names: &Names) -> Ask {
    let body = bodies(endpoint, names).into_iter().next();
    let (method, path) = (endpoint.method.to_owned(), endpoint.path.to_owned());
    let mut ask = Ask { method, path, body, ..Ask::default() };
    for parameter in endpoint.operation.parameters.iter().filter(|parameter| parameter.required) {
        ask.add(endpoint, parameter, names);
    }
    assert!(!ask.path.contains('{'), "{} has a parameter that is not documented", endpoint.path);
    ask
}

impl Ask {
    fn add(&mut self, endpoint: &Endpoint, parameter: &'static Parameter, names: &Names) {
        let value = value(endpoint, parameter.name, names);
        match parameter.place {
            Place::Path => {
                self.path = self.path.replace(&format!("{{{}}}", parameter.name), &value);
            }
            Place::Query => self.query.push((parameter.name, value)),
            Place::Header => self.headers.push((parameter.name, value)),
        }
    }

    /// The request as this caller sends it.
    pub(super) fn by(&self, caller: &Caller, app: &TestApp) -> Call {
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method is a token");
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.query);
        let query = query.finish();
        let path =
            if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) };
        let mut call = caller.call(app, method, &path);
        if path.starts_with("/api/") {
            call = call.without(VERSION);
        }
        for (name, value) in &self.headers {
            call = call.header(*name, value);
        }
        match &self.body {
            Some((media, text)) => call.bytes(media, text.clone()),
            None => call,
        }
    }
}

/// What a parameter names.
fn value(endpoint: &Endpoint, parameter: &str, names: &Names) -> String {
    let time = || "2026-01-01T00:00:00Z".to_owned();
    let document = || format!("{}-document", names.word);
    match (parameter, endpoint.path) {
        ("page[size]" | "limit" | "version", _) => "1".to_owned(),
        ("page[after]", path) => names.cursor(path),
        ("cursor", _) => names.cursor("/xapi/statements"),
        ("sort", "/api/v1/keys" | "/api/v1/issuers") => "-created".to_owned(),
        ("sort", "/api/v1/requests") => "at".to_owned(),
        ("sort", "/api/v1/courses/{id}/versions") => "number".to_owned(),
        ("sort", "/api/v1/courses" | "/api/v1/registrations") => "created".to_owned(),
        ("sort", "/api/v1/registrations/{id}/sessions") => "-launched".to_owned(),
        ("sort", "/api/v1/registrations/{id}/sessions/{session}/log") => "-at".to_owned(),
        ("filter[contentId]" | "course", _) => names.course.clone(),
        ("filter[learner]" | "token" | "actorId", _) => names.word.to_owned(),
        ("id", path) if path.starts_with("/api/v1/registrations/") => names.enrolled.clone(),
        ("session", _) => names.session.clone(),
        ("unit" | "au", _) => "0".to_owned(),
        ("registrationId", _) => names.enrolled.clone(),
        ("mode", _) => "Normal".to_owned(),
        ("filter[publisherId]" | "returnUrl", _) => names.publisher(),
        ("registration", path) if path.starts_with("/api/v1/") => names.enrolled.clone(),
        ("tenant", _) => names.tenant.clone(),
        ("id", path) if path.starts_with("/api/v1/courses/") => names.course.clone(),
        ("sort", "/api/v1/nodes") => "-started".to_owned(),
        ("sort", "/api/v1/audit") => "position".to_owned(),
        ("sort", "/api/v1/tenants") => "-number".to_owned(),
        ("filter[act]", _) => "key.created".to_owned(),
        ("filter[principal]", _) => format!("key:{}", names.key),
        ("filter[state]", _) => "active".to_owned(),
        ("filter[status]", _) => "200".to_owned(),
        ("filter[key]" | "key", _) => names.key.clone(),
        ("filter[path]", _) => format!("/api/v1/keys/{}", names.key),
        ("since" | "until" | "filter[since]", _) => time(),
        (name, _) if name.starts_with("filter[at]") => time(),
        (
            "related_activities" | "related_agents" | "attachments" | "ascending"
            | "filter[refused]" | "filter[satisfied]",
            _,
        ) => "true".to_owned(),
        ("activityId" | "activity" | "objectId", _) => names.activity(),
        ("agent", _) => names.agent(),
        ("verb" | "verbId", _) => names.verb(),
        ("registration", _) => names.registration.clone(),
        ("stateId" | "profileId", _) => document(),
        ("statementId", _) | ("id", "/xapi/statements/{id}") => names.statement.clone(),
        ("voidedStatementId", _) => names.voided.clone(),
        ("format", _) => "canonical".to_owned(),
        ("language" | "Accept-Language", _) => "en".to_owned(),
        ("id", "/api/v1/issuers/{id}") => names.issuer.clone(),
        ("id", "/api/v1/requests/{id}") => names.request.clone(),
        ("name", _) => names.tenant.clone(),
        ("file", _) => format!("{}.js", names.word),
        ("code", _) => format!("{}.invalid", names.word),
        ("If-Match" | "If-None-Match", _) => names.etag.clone(),
        ("X-Experience-API-Version", _) => "1.0.3".to_owned(),
        (other, path) => {
            panic!("what does {other} of {} {path} name? See `calls`", endpoint.method)
        }
    }
}

/// The bodies of an endpoint, each of which names something in another way.
fn bodies(endpoint: &Endpoint, names: &Names) -> Vec<(&'static str, String)> {
    if endpoint.operation.body.is_none() {
        return Vec::new();
    }
    let title = format!("{} content", names.word);
    if ["importCourse", "importCatapultCourse"].contains(&endpoint.operation.id) {
        return vec![("application/xml", structure(&names.publisher(), &title))];
    }
    let json = match endpoint.operation.id {
        "createIssuer" | "replaceIssuer" => vec![json!({
            "name": title,
            "issuer": format!("https://{}.example.com", names.word),
            "audience": "rollbook",
            "jwksUrl": format!("{JWKS}/{}", names.word),
        })],
        "changeIssuer" => vec![json!({ "name": title })],
        "createKey" => vec![
            json!({ "name": title, "scopes": ["all"] }),
            json!({ "name": title, "scopes": ["operator"] }),
        ],
        "changeKey" => vec![json!({ "notes": title })],
        "rotateKey" => vec![json!({ "overlapSeconds": 0 })],
        "putTenantLimits" => vec![json!({ "key": { "queriesPerMinute": 1_000 } })],
        "putKeyLimits" => vec![json!({ "queriesPerMinute": 1_000 })],
        "patchTenantPreferences" => vec![json!({ "pageStatements": 100 })],
        "putRequestLog" => vec![json!({ "minutes": 1 })],
        "createRegistration" => vec![json!({
            "courseId": names.course,
            "actor": { "account": { "homePage": "https://lms.example", "name": names.word } },
        })],
        "registerContent" => vec![register(names, &names.course), register(names, names.word)],
        "putContentSession" => vec![json!({ "status": "completed" })],
        "launchUnit" | "createLearnerLink" | "launchLearnerUnit" => vec![json!({})],
        "waiveUnit" => vec![json!({ "unit": 0 })],
        "putCourseRules" => vec![json!({ "lenient": true })],
        "putLearnerPreferences" | "putCatapultPreferences" => {
            vec![json!({ "languagePreference": "en", "audioPreference": "on" })]
        }
        "createTenant" => vec![json!({ "name": names.tenant, "title": title })],
        "changeTenant" => vec![json!({ "title": title })],
        "putState"
        | "postState"
        | "putAgentProfile"
        | "postAgentProfile"
        | "putActivityProfile"
        | "postActivityProfile" => vec![json!({ "mine": names.word })],
        "createCatapultTenant" => vec![json!({ "code": names.tenant })],
        "createCatapultToken" => vec![json!({ "tenantId": 1, "audience": title })],
        "createCatapultRegistration" => {
            vec![json!({ "courseId": names.course, "actor": learner(names) })]
        }
        "launchCatapultUnit" => vec![
            json!({ "actor": learner(names) }),
            json!({ "actor": learner(names), "reg": names.registration }),
        ],
        "waiveCatapultUnit" => vec![json!({ "reason": title })],
        "putStatement" => vec![statement(names, &names.statement, "x", false)],
        "postStatements" | "postPlainStatements" => statements(names),
        other => panic!("what does the body of {other} name? See `calls`"),
    };
    json.into_iter().map(|body| ("application/json", body.to_string())).collect()
}

/// A learner by an account.
fn learner(names: &Names) -> serde_json::Value {
    json!({ "account": { "homePage": "https://l.example", "name": names.word } })
}

/// Somebody to register for content.
fn register(names: &Names, content: &str) -> serde_json::Value {
    json!({
        "contentId": content,
        "learnerId": names.word,
        "actorAccount": { "homePage": "https://l.example", "name": names.word },
    })
}

fn statements(names: &Names) -> Vec<serde_json::Value> {
    let about = |verb: &str, id: &str| {
        json!({
            "actor": { "mbox": format!("mailto:{}@example.com", names.word) },
            "verb": { "id": verb },
            "object": { "objectType": "StatementRef", "id": id },
            "timestamp": "2026-01-01T00:00:00Z",
        })
    };
    vec![
        statement(names, &names.statement, "x", false),
        // Contents that are only known by their hash.
        statement(names, &names.voided, "x", true),
        about("http://adlnet.gov/expapi/verbs/voided", &names.voided),
        about("http://example.com/commented", &names.statement),
        json!([statement(names, &names.statement, "y", false)]),
    ]
}

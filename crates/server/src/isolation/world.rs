//! Two tenants that call everything alike and mean other things by it.

use super::names::{Names, THEIRS, sha2};
use crate::config::{Jwt, Secret, Settings};
use crate::content::tests::kit::package_titled;
use crate::tenants::NewKey;
use crate::testing::{Call, TestApp, VERSION, call, unmetered};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};

/// What every text of the other tenant holds, and no name.
pub(super) const CANARY: &str = "Zebrafinch-7731";
/// What every text of our own tenant holds.
pub(super) const OURS: &str = "Wagtail-2290";
/// The number of our own tenant, and of the other.
pub(super) const OWN: i64 = 2;
pub(super) const OTHER: i64 = 3;

/// Where no keys are: nobody listens there.
pub(super) const JWKS: &str = "http://127.0.0.1:1";

const SCOPES: &str = "all,read,write,admin";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const IDEMPOTENCY_KEY: &str = "the-same-for-both";

/// The two tenants, and what things are called.
pub(super) struct World {
    pub(super) app: TestApp,
    pub(super) own: NewKey,
    /// What both have.
    pub(super) shared: Names,
    /// What only the other has.
    pub(super) theirs: Names,
    /// What nobody has.
    pub(super) absent: Names,
}

/// Somebody of our own tenant.
pub(super) struct Caller {
    pub(super) name: &'static str,
    authorization: Authorization,
}

enum Authorization {
    Key(NewKey),
    Token(String),
}

impl World {
    pub(super) async fn new(app: TestApp) -> Self {
        let jwt = Jwt {
            secret: Some(Secret(SECRET.to_owned())),
            issuer: Some("https://id.example.com".to_owned()),
            audience: Some("rollbook".to_owned()),
            jwks_anywhere: true,
            ..Jwt::default()
        };
        let app =
            app.with_settings(Settings { jwt, limits: unmetered(), ..Settings::default() }).await;
        let mut keys = Vec::new();
        for tenant in [OWN, OTHER] {
            app.make_tenant_key(tenant).await;
            keys.push(app.make_tenant_key_with(tenant, SCOPES).await);
        }
        let (Some(other), Some(own)) = (keys.pop(), keys.pop()) else { unreachable!("two") };
        let mut shared = Names::new("shared", "tenant-2");
        fill(&app, &other, &mut shared, CANARY).await;
        fill(&app, &own, &mut shared, OURS).await;
        let mut theirs = Names::new(THEIRS, "tenant-3");
        fill(&app, &other, &mut theirs, CANARY).await;
        let off = api(&app, &own, Method::DELETE, "/api/v1/request-log").send().await;
        assert_eq!(off.status, 204, "{off:?}");
        let absent = Names::nobodys(&theirs);
        Self { app, own, shared, theirs, absent }
    }

    /// Everybody who may call for our own tenant.
    pub(super) async fn callers(&self) -> [Caller; 3] {
        let body = json!({
            "name": "by prefix",
            "scopes": SCOPES.split(',').collect::<Vec<_>>(),
            "activityPrefixes": ["http://example.com/"],
        });
        let made = api(&self.app, &self.own, Method::POST, "/api/v1/keys");
        let made = made.json(body.to_string()).send().await;
        assert_eq!(made.status, 201, "{made:?}");
        let (made, scopes) = (made.json(), self.own.scopes);
        let text = |member: &str| made[member].as_str().expect("a text").to_owned();
        let limited = NewKey { key: text("key"), secret: text("secret"), scopes };
        [
            Caller { name: "key", authorization: Authorization::Key(self.own.clone()) },
            Caller { name: "token", authorization: Authorization::Token(self.token()) },
            Caller { name: "prefix", authorization: Authorization::Key(limited) },
        ]
    }

    /// A user of our own tenant with every scope that there is.
    fn token(&self) -> String {
        let claims = json!({
            "iss": "https://id.example.com",
            "aud": "rollbook",
            "sub": "ada",
            "tid": "tenant-2",
            "scope": "all read write admin operator",
            "iat": self.app.clock.now_micros() / 1_000_000,
            "exp": self.app.clock.now_micros() / 1_000_000 + 3_600,
        });
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(json!({ "alg": "HS256", "typ": "JWT" })), part(claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes()));
        format!("{text}.{signature}")
    }
}

impl Caller {
    /// A call of theirs.
    pub(super) fn call(&self, app: &TestApp, method: Method, path: &str) -> Call {
        let call = call(app, method, path);
        match &self.authorization {
            Authorization::Key(key) => call.key(key),
            Authorization::Token(token) => call
                .header("authorization", &format!("Bearer {token}"))
                .header("x-tenant-id", "tenant-2"),
        }
    }
}

/// A call under `/api/v1`.
pub(super) fn api(app: &TestApp, key: &NewKey, method: Method, path: &str) -> Call {
    call(app, method, path).key(key).without(VERSION)
}

/// Everything that a tenant can have, by these names, with `text` in all of it.
async fn fill(app: &TestApp, key: &NewKey, names: &mut Names, text: &str) {
    administrative(app, key, names, text).await;
    courses(app, key, names, text).await;
    learners(app, key, names, text).await;
    record(app, key, names, text).await;
    let xapi = |path: String| call(app, Method::GET, &path).key(key).version("1.0.3");
    let page = xapi("/xapi/statements?limit=1".to_owned()).send().await.json();
    let more = page["more"].as_str().expect("more than one statement").to_owned();
    let cursor = more.split("cursor=").nth(1).expect("a cursor").to_owned();
    names.cursors = vec![("/xapi/statements", cursor)];
    let state = xapi(document(names, "activities/state")).send().await;
    names.etag = state.header("etag").expect("a document has one").to_owned();
    for path in ["/api/v1/keys", "/api/v1/audit", "/api/v1/requests", "/api/v1/issuers"] {
        let page = api(app, key, Method::GET, &format!("{path}?page%5Bsize%5D=1")).send().await;
        let json = page.json();
        let cursor = json["meta"]["page"]["nextCursor"].as_str();
        names.cursors.push((path, cursor.unwrap_or_else(|| panic!("{page:?}")).to_owned()));
        if path == "/api/v1/requests" {
            names.request = json["data"][0]["id"].as_str().expect("an id").to_owned();
        }
    }
    for (path, id) in [
        ("/api/v1/courses", &names.course),
        ("/api/v1/courses/{id}/versions", &names.course),
        ("/api/v1/registrations", &names.enrolled),
        ("/api/v1/registrations/{id}/sessions", &names.enrolled),
        ("/api/v1/registrations/{id}/sessions/{session}/log", &names.enrolled),
    ] {
        let place = path.replace("{id}", id).replace("{session}", &names.session);
        let asked = format!("{place}?page%5Bsize%5D=1");
        let page = api(app, key, Method::GET, &asked).send().await;
        let json = page.json();
        let cursor = json["meta"]["page"]["nextCursor"].as_str();
        names.cursors.push((path, cursor.unwrap_or_else(|| panic!("{page:?}")).to_owned()));
    }
    // The operator alone lists these, so nobody here was ever given a cursor of them.
    let keys = names.cursor("/api/v1/keys");
    names.cursors.extend([("/api/v1/tenants", keys.clone()), ("/api/v1/nodes", keys)]);
}

async fn administrative(app: &TestApp, key: &NewKey, names: &mut Names, text: &str) {
    let on = api(app, key, Method::PUT, "/api/v1/request-log");
    let on = on.json(r#"{"minutes":60,"bodies":true}"#).send().await;
    assert_eq!(on.status, 200, "{on:?}");
    let key_body = json!({
        "name": format!("{} content", names.word), "notes": text, "scopes": ["all"],
    });
    let made = api(app, key, Method::POST, "/api/v1/keys").json(key_body.to_string());
    let once = format!("{IDEMPOTENCY_KEY}-{}", names.word);
    let made = made.header("idempotency-key", &once).send().await;
    assert_eq!(made.status, 201, "{made:?}");
    names.key = made.json()["key"].as_str().expect("a key").to_owned();
    // One more than a page.
    for audience in ["rollbook", "another"] {
        let issuer = json!({
            "name": text,
            "issuer": format!("https://{}.example.com", names.word),
            "audience": audience,
            "jwksUrl": format!("{JWKS}/{}", names.word),
        });
        let made = api(app, key, Method::POST, "/api/v1/issuers").json(issuer.to_string());
        let made = made.send().await;
        assert_eq!(made.status, 201, "{made:?}");
        names.issuer = made.json()["id"].as_str().expect("an id").to_owned();
    }
}

/// One course more than a page, with one version more.
async fn courses(app: &TestApp, key: &NewKey, names: &mut Names, text: &str) {
    let publisher = names.publisher();
    for (publisher, page) in
        [(format!("{publisher}/other"), "a"), (publisher.clone(), "a"), (publisher, "b")]
    {
        let made = api(app, key, Method::POST, "/api/v1/courses");
        let made = made.bytes("application/zip", package_titled(&publisher, text, page));
        let made = made.send().await;
        assert_eq!(made.status, 201, "{made:?}");
        names.course = made.json()["id"].as_str().expect("an id").to_owned();
    }
}

/// Two registrations for that course; one session more than a page, and the token of the last fetched.
async fn learners(app: &TestApp, key: &NewKey, names: &mut Names, text: &str) {
    let place = "/api/v1/registrations";
    for learner in [text.to_owned(), format!("{text} too")] {
        let account = json!({ "homePage": "https://lms.example", "name": learner });
        let body = json!({ "courseId": names.course, "actor": { "account": account } });
        let made = api(app, key, Method::POST, place).json(body.to_string()).send().await;
        assert_eq!(made.status, 201, "{made:?}");
        names.enrolled = made.json()["id"].as_str().expect("an id").to_owned();
    }
    let launch = format!("{place}/{}/launch", names.enrolled);
    let mut launched = json!(null);
    for _ in 0..2 {
        let answer = api(app, key, Method::POST, &launch).json("{}").send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        launched = answer.json();
    }
    names.session = launched["session"].as_str().expect("an id").to_owned();
    let url = launched["url"].as_str().expect("an address").to_owned();
    let token = url.split("%2Ffetch%2F").nth(1).and_then(|rest| rest.split('&').next());
    let fetch = format!("/api/cmi5/fetch/{}", token.expect("a token"));
    let fetched = call(app, Method::POST, &fetch).send().await;
    assert_eq!(fetched.status, 200, "{fetched:?}");
}

/// Statements with an attachment, one of them voided, and a document of each kind.
pub(super) async fn record(app: &TestApp, key: &NewKey, names: &mut Names, text: &str) {
    // What both have has the same contents too, so the same hash.
    let contents = if names.word == THEIRS { format!("{text}!") } else { names.word.to_owned() };
    names.sha2 = sha2(contents.as_bytes());
    let void = json!({
        "actor": { "mbox": format!("mailto:{}@example.com", names.word) },
        "verb": { "id": "http://adlnet.gov/expapi/verbs/voided" },
        "object": { "objectType": "StatementRef", "id": names.voided },
    });
    let batch = json!([
        statement(names, &names.statement, text, true),
        statement(names, &names.voided, text, false),
        void
    ]);
    let sha2 = &names.sha2;
    let body = format!(
        "--b\r\nContent-Type: application/json\r\n\r\n{batch}\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n{contents}\r\n--b--\r\n"
    );
    let post = call(app, Method::POST, "/xapi/statements").key(key).version("1.0.3");
    let stored = post.bytes("multipart/mixed; boundary=b", body).send().await;
    assert_eq!(stored.status, 200, "{stored:?}");
    for resource in ["activities/state", "activities/profile", "agents/profile"] {
        let put = call(app, Method::PUT, &document(names, resource)).key(key).version("1.0.3");
        let put = put.header("if-none-match", "*").json(json!({ "text": text }).to_string());
        let stored = put.send().await;
        assert_eq!(stored.status, 204, "{stored:?}");
    }
}

/// A statement by these names.
pub(super) fn statement(names: &Names, id: &str, text: &str, attached: bool) -> Value {
    let contents = if names.word == THEIRS { format!("{text}!") } else { names.word.to_owned() };
    let mut statement = json!({
        "id": id,
        "actor": { "name": text, "mbox": format!("mailto:{}@example.com", names.word) },
        "verb": { "id": names.verb(), "display": { "en": text } },
        "object": { "id": names.activity(), "definition": { "name": { "en": text } } },
        "result": { "response": text },
        "context": { "registration": names.registration },
    });
    if attached {
        statement["attachments"] = json!([{
            "usageType": "http://example.com/usage",
            "display": { "en": text },
            "contentType": "text/plain",
            "length": contents.len(),
            "sha2": names.sha2,
        }]);
    }
    statement
}

/// The path of a document of this resource.
pub(super) fn document(names: &Names, resource: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if resource.starts_with("activities") {
        query.append_pair("activityId", &names.activity());
    }
    if resource != "activities/profile" {
        query.append_pair("agent", &names.agent());
    }
    let name = if resource.ends_with("state") { "stateId" } else { "profileId" };
    query.append_pair(name, &format!("{}-document", names.word));
    if resource.ends_with("state") {
        query.append_pair("registration", &names.registration);
    }
    format!("/xapi/{resource}?{}", query.finish())
}

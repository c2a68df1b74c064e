//! A whole server in a test: on a fresh database of either engine, called without a socket.
//!
//! ```ignore
//! on_both! {
//!     /// A clause, and what must hold.
//!     async fn about_lists_versions(app: TestApp) {
//!         let answer = app.get("/xapi/about").send().await;
//!         assert_eq!(answer.status, 200, "{answer:?}");
//!     }
//! }
//! ```

use crate::app::App;
use crate::blobs::{BlobSettings, BucketUrl, Secret};
use crate::clock::Clock;
use crate::config::Settings;
use crate::http::client::Peer;
use crate::http::server::{self, Front};
use crate::ids::Ids;
use crate::limits::Limits;
use crate::migrations::MIGRATIONS;
use crate::nodes::Timing;
use crate::tenants::{self, FIRST_TENANT, KeyWish, NewKey, Scopes, TenantId};
use crate::usage::Allowance;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt as _;
use rollbook_db::testing::TestDb;
use rollbook_testkit::s3::{self, S3};
use std::fmt;
use std::ops::Deref;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tower::ServiceExt as _;

/// Makes `name::sqlite` and `name::postgres` of each function; it takes the app by value.
///
/// The second says so and passes when there is no PostgreSQL to test on.
macro_rules! on_both {
    // The same with `name::s3`: SQLite, and attachments in a bucket.
    (with s3 $($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)+) => {
        $crate::testing::on_both! { $($(#[$meta])* async fn $name($app: TestApp) $body)+ }

        mod s3 {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::testing::TestApp::on_s3().await).await;
            }
        )+}
    };
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($app: $crate::testing::TestApp) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::testing::TestApp::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                match $crate::testing::TestApp::postgres().await {
                    Some(app) => super::$name(app).await,
                    None => eprintln!("skipped: TEST_POSTGRES_URL is unset"),
                }
            }
        }
    )+};
}
pub(crate) use on_both;

/// The header that says which version of xAPI is spoken.
pub(crate) const VERSION: HeaderName = HeaderName::from_static("x-experience-api-version");

/// A server with one tenant and one key that may do everything.
pub(crate) struct TestApp {
    app: App,
    all: NewKey,
    manager: OnceCell<NewKey>,
    database: TestDb,
    data: TempDir,
    s3: Option<S3>,
}

impl TestApp {
    /// On SQLite.
    pub(crate) async fn sqlite() -> Self {
        Self::on(rollbook_db::testing::sqlite().await, None).await
    }

    /// On SQLite, with attachments in a bucket.
    pub(crate) async fn on_s3() -> Self {
        Self::on(rollbook_db::testing::sqlite().await, Some(S3::start().await)).await
    }

    /// On PostgreSQL, if there is one to test on.
    pub(crate) async fn postgres() -> Option<Self> {
        let database = rollbook_db::testing::postgres().await?;
        Some(Self::on(database, None).await)
    }

    /// On a database that was opened in some other way.
    pub(crate) async fn over(database: TestDb) -> Self {
        Self::on(database, None).await
    }

    async fn on(database: TestDb, s3: Option<S3>) -> Self {
        let data = TempDir::new().expect("a temporary folder can be made");
        database.migrate(&MIGRATIONS).await.expect("the schema can be made");
        let data_folder = data.path().to_owned();
        let settings = Settings { data: data_folder, limits: unmetered(), ..Settings::default() };
        let settings = Settings { blobs: blobs(s3.as_ref()), ..settings };
        let app = assemble(&database, &settings, Clock::System).await;
        let all = make_key(&app, "all").await;
        Self { app, all, manager: OnceCell::new(), database, data, s3 }
    }

    async fn assembled(&self, clock: Clock, limits: Limits) -> App {
        let (data, blobs) = (self.data.path().to_owned(), blobs(self.s3.as_ref()));
        let settings = Settings { data, blobs, limits, ..Settings::default() };
        assemble(&self.database, &settings, clock).await
    }

    /// The service that has the attachments, if they are in a bucket.
    pub(crate) fn s3(&self) -> Option<&S3> {
        self.s3.as_ref()
    }

    /// Another server on the same database and folder, with its own caches, at the same time.
    pub(crate) async fn node(&self) -> App {
        self.assembled(self.clock.clone(), self.limits.clone()).await
    }

    /// Such a server with connections of its own, as another process has them.
    pub(crate) async fn node_on_its_own(&self) -> App {
        let options = self.database.options().clone();
        let db = rollbook_db::Db::open(options).await.expect("the database opens again");
        let settings = Settings { data: self.data.path().to_owned(), ..Settings::default() };
        crate::start::assemble(db, &settings, Clock::System, Ids).await.expect("a server starts")
    }

    /// How the database is opened.
    pub(crate) fn database_options(&self) -> &rollbook_db::Options {
        self.database.options()
    }

    /// The folder of everything that is not in the database.
    pub(crate) fn data_folder(&self) -> &std::path::Path {
        self.data.path()
    }

    /// Such a server with a clock of its own.
    pub(crate) async fn node_at(&self, clock: Clock) -> App {
        self.assembled(clock, self.limits.clone()).await
    }

    /// Such a server that hears of the others as `timing` says.
    pub(crate) async fn node_with(&self, timing: Timing) -> App {
        let (data, nodes) = (self.data.path().to_owned(), timing);
        let settings = Settings { data, nodes, ..Settings::default() };
        assemble(&self.database, &settings, Clock::System).await
    }

    /// This server with a clock that moves only when told.
    pub(crate) async fn with_clock(self, clock: Clock) -> Self {
        let app = self.assembled(clock, self.limits.clone()).await;
        Self { app, ..self }
    }

    /// This server with other limits.
    pub(crate) async fn with_limits(self, limits: Limits) -> Self {
        let app = self.assembled(self.clock.clone(), limits).await;
        Self { app, ..self }
    }

    /// This server with other settings.
    pub(crate) async fn with_settings(self, settings: Settings) -> Self {
        let (data, blobs) = (self.data.path().to_owned(), blobs(self.s3.as_ref()));
        let settings = Settings { data, blobs, ..settings };
        let app = assemble(&self.database, &settings, self.clock.clone()).await;
        Self { app, ..self }
    }

    /// A new key of the first tenant with these scopes.
    pub(crate) async fn make_key(&self, scopes: &str) -> NewKey {
        make_key(&self.app, scopes).await
    }

    /// A key that may do everything for a tenant of its own.
    pub(crate) async fn make_tenant_key(&self, tenant: i64) -> NewKey {
        tenants::ensure_tenant(&self.app.db, TenantId(tenant), &format!("tenant-{tenant}")).await;
        make_key_of(&self.app, TenantId(tenant), "all").await
    }

    /// Where this server keeps its blobs.
    pub(crate) fn blob_folder(&self) -> std::path::PathBuf {
        self.data.path().join("blobs")
    }

    /// A key with these scopes for a tenant that is there.
    pub(crate) async fn make_tenant_key_with(&self, tenant: i64, scopes: &str) -> NewKey {
        make_key_of(&self.app, TenantId(tenant), scopes).await
    }

    /// The key that may do everything.
    pub(crate) fn all_key(&self) -> &NewKey {
        &self.all
    }

    /// A key that may do everything under `/api/v1` but run the installation; always the same one.
    pub(crate) async fn manager(&self) -> &NewKey {
        self.manager.get_or_init(|| self.make_key("read,write,admin")).await
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub(crate) fn head(&self, path: &str) -> Call {
        self.call(Method::HEAD, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    pub(crate) fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// A request with the key that may do everything and version 1.0.3. `path` may have a query.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        call(&self.app, method, path).key(&self.all).version("1.0.3")
    }
}

/// A request to any server, without a credential and without a version.
pub(crate) fn call(app: &App, method: Method, path: &str) -> Call {
    let path = path.to_owned();
    let (headers, body) = (HeaderMap::new(), Bytes::new());
    Call { app: app.clone(), method, path, headers, body, peer: None }
}

impl Deref for TestApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

/// The default limits without rates: a test may send as much as it likes, and one about rates sets
/// them.
pub(crate) fn unmetered() -> Limits {
    let [tenant, key, user] = [Allowance::UNLIMITED; 3];
    Limits { tenant, key, user, ..Limits::default() }
}

async fn assemble(database: &TestDb, settings: &Settings, clock: Clock) -> App {
    crate::start::assemble(database.db(), settings, clock, Ids).await.expect("a server starts")
}

/// Settings by which attachments are in the bucket of `s3`, if there is one.
pub(crate) fn blobs(s3: Option<&S3>) -> BlobSettings {
    let Some(s3) = s3 else { return BlobSettings::default() };
    let url = format!("s3://{}/lrs", s3::BUCKET);
    BlobSettings {
        url: Some(BucketUrl::parse(&url).expect("a bucket")),
        endpoint: Some(s3.endpoint()),
        allow_http: true,
        access_key: Some(s3::ACCESS_KEY.to_owned()),
        secret_key: Some(Secret::new(s3::SECRET_KEY)),
        ..BlobSettings::default()
    }
}

async fn make_key(app: &App, scopes: &str) -> NewKey {
    make_key_of(app, FIRST_TENANT, scopes).await
}

async fn make_key_of(app: &App, tenant: TenantId, scopes: &str) -> NewKey {
    let held = Scopes::parse(scopes).expect("a test names known scopes");
    let wish = KeyWish::new(scopes, held, "https://lrs.example.com");
    tenants::create(&app.db, &app.clock, &app.ids, tenant, wish).await.expect("a key can be made")
}

/// The value of `Authorization` for a key.
pub(crate) fn basic(key: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{key}:{secret}")))
}

/// A request that is being put together.
#[must_use = "nothing happens until it is sent"]
pub(crate) struct Call {
    app: App,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
    peer: Option<Peer>,
}

impl Call {
    /// Comes from this address, as if over a socket.
    pub(crate) fn from(self, peer: &str) -> Self {
        let peer = peer.parse().expect("a test gives an address");
        Self { peer: Some(Peer(peer)), ..self }
    }

    /// Speaks this version of xAPI.
    pub(crate) fn version(self, version: &str) -> Self {
        self.header(VERSION, version)
    }

    /// Calls with another key.
    pub(crate) fn key(self, key: &NewKey) -> Self {
        self.header(header::AUTHORIZATION, &basic(&key.key, &key.secret))
    }

    /// Sets a header, in place of what it was.
    pub(crate) fn header(mut self, name: impl TryInto<HeaderName>, value: &str) -> Self {
        let name = name.try_into().ok().expect("a test names a header");
        let value = HeaderValue::try_from(value).expect("a test gives a header's value");
        self.headers.insert(name, value);
        self
    }

    /// Leaves a header out.
    pub(crate) fn without(mut self, name: impl TryInto<HeaderName>) -> Self {
        self.headers.remove(name.try_into().ok().expect("a test names a header"));
        self
    }

    /// Sends JSON text exactly as given.
    pub(crate) fn json(self, text: impl Into<String>) -> Self {
        self.bytes("application/json", text.into())
    }

    /// Sends bytes of a content type.
    pub(crate) fn bytes(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut call = self.header(header::CONTENT_TYPE, content_type);
        call.body = body.into();
        call
    }

    /// The answer, read to its end.
    pub(crate) async fn send(self) -> Answer {
        Answer::read(self.open().await).await
    }

    /// The answer of routes that are no feature.
    pub(crate) async fn send_to(self, router: Router<App>) -> Answer {
        let router = router.with_state(self.app.clone());
        let front = Front::new(router, self.app.limits.clone(), self.app.ids.clone())
            .behind(self.app.proxies.clone());
        Answer::read(self.open_on(front).await).await
    }

    /// The answer to a body that comes in pieces, of no known length.
    pub(crate) async fn stream(self, body: Body) -> Answer {
        let front = server::service(self.app.clone());
        self.stream_on(front, body).await
    }

    /// The same of one server's whole service, which several calls may share.
    pub(crate) async fn stream_on(self, front: Front, body: Body) -> Answer {
        let Ok(response) = front.oneshot(self.request(body)).await;
        Answer::read(response).await
    }

    /// The answer of one server's whole service, which several calls may share.
    pub(crate) async fn send_on(self, front: Front) -> Answer {
        Answer::read(self.open_on(front).await).await
    }

    /// The answer with its body still open.
    pub(crate) async fn open(self) -> Response {
        let front = server::service(self.app.clone());
        self.open_on(front).await
    }

    async fn open_on(self, front: Front) -> Response {
        let body = Body::from(self.body.clone());
        let Ok(response) = front.oneshot(self.request(body)).await;
        response
    }

    fn request(self, body: Body) -> Request {
        let Self { app: _, method, path, headers, body: _, peer } = self;
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a test gives a path");
        *request.headers_mut() = headers;
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        request
    }
}

/// What came back.
pub(crate) struct Answer {
    /// The status; compares with a number.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the body ends well").to_bytes();
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// The body as text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    /// The body as JSON. Numbers and keys are rewritten: compare `text` where bytes matter.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header, if it is there once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}\n{}", self.status, self.headers, String::from_utf8_lossy(&self.body))
    }
}

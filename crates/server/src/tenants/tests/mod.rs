//! Who is let in and what they may do, through HTTP, on both engines.
//!
//! The routes are the extractors of `http::authority`, one path each.

mod credentials;
mod keys;
pub(super) mod kit;
mod restricted;
mod rotation;
mod scopes;
mod suspended;
mod tokens;

use crate::app::App;
use crate::http::authority::{
    ActivityReader, Administrator, AgentReader, ApiReader, ApiWriter, InstallationOperator,
    ProfileAccess, ProfileReader, StateAccess, StateReader, StatementReader, StatementWriter,
};
use crate::tenants::{Caller, NewKey};
use crate::testing::{Answer, Call, basic, call};
use axum::Router;
use axum::routing::get;
use http::{Method, header};

/// The paths of `routes`, one for each authority.
const PATHS: [&str; 12] = [
    "/write",
    "/read",
    "/state",
    "/state/write",
    "/profile",
    "/profile/write",
    "/agents",
    "/activities",
    "/api/v1/read",
    "/api/v1/write",
    "/api/v1/admin",
    "/api/v1/operator",
];

fn routes() -> Router<App> {
    let told = |caller: Caller| format!("{} {}", caller.tenant.0, caller.authority);
    Router::new()
        .route("/write", get(async |who: StatementWriter| format!("define {}", who.may_define)))
        .route("/read", get(async |who: StatementReader| format!("mine {}", who.mine)))
        .route("/state", get(async |_: StateReader| ""))
        .route("/state/write", get(async |_: StateAccess| ""))
        .route("/profile", get(async |_: ProfileReader| ""))
        .route("/profile/write", get(async |_: ProfileAccess| ""))
        .route("/agents", get(async |_: AgentReader| ""))
        .route("/activities", get(async |_: ActivityReader| ""))
        .route("/authority", get(async move |who: StatementReader| told(who.caller)))
        .route("/api/v1/read", get(async |_: ApiReader| ""))
        .route("/api/v1/write", get(async |_: ApiWriter| ""))
        .route("/api/v1/admin", get(async |_: Administrator| ""))
        .route("/api/v1/operator", get(async |_: InstallationOperator| ""))
}

async fn send(call: Call) -> Answer {
    call.send_to(routes()).await
}

/// A call to one server with an `Authorization` header.
async fn present(app: &App, credential: &str) -> Answer {
    send(call(app, Method::GET, "/read").header(header::AUTHORIZATION, credential)).await
}

/// A call to one server with a token.
async fn bear(app: &App, token: &str) -> Answer {
    present(app, &format!("Bearer {token}")).await
}

async fn status(app: &App, key: &NewKey) -> u16 {
    present(app, &basic(&key.key, &key.secret)).await.status.as_u16()
}

//! `/api/xapi/statements` in the contract's envelope, for callers who name no version of xAPI
//! (`cmi5.md` 2.2). The record behind it is the one that xAPI's own clients see.

use crate::app::App;
use crate::error::Result;
use crate::http::authority::{StatementReader, StatementWriter};
use crate::statements::plain;
use crate::tenants::{Caller, Principal};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Uri, header};
use serde_json::json;

/// POST /api/xapi/statements
pub(super) async fn post(
    State(app): State<App>,
    who: StatementWriter,
    request: Request,
) -> Result<Response> {
    let account = account(&app, &who.caller);
    let stored = plain::store(&app, who, account, request).await?;
    Ok(stored.answered(|ids| success(&json!({ "ids": ids }).to_string())))
}

/// GET /api/xapi/statements
pub(super) async fn list(
    State(app): State<App>,
    who: StatementReader,
    uri: Uri,
) -> Result<Response> {
    Ok(success(&plain::find(&app, &who, &uri).await?))
}

/// Who is logged in, and so whose statements they are (`decisions.md` 4). A key is nobody's: its
/// statements say for themselves whose they are.
fn account(app: &App, caller: &Caller) -> Option<String> {
    let (home_page, name) = match (&caller.principal, &caller.session) {
        (_, Some(session)) => (session.account.0.as_str(), session.account.1.as_str()),
        (Principal::User { subject, .. }, None) => {
            (app.public_url.trim_end_matches('/'), &**subject)
        }
        _ => return None,
    };
    Some(json!({ "homePage": home_page, "name": name }).to_string())
}

/// 200 with `data`, which is JSON.
fn success(data: &str) -> Response {
    let json = HeaderValue::from_static("application/json");
    let text = format!(r#"{{"success":true,"data":{data}}}"#);
    ([(header::CONTENT_TYPE, json)], text).into_response()
}

//! Tenants with rows in every table, whatever tables there are, and what is left of them.

use crate::app::App;
use crate::isolation::rows::{columns, leaked, tables};
use crate::tenants::life::Tenant;
use crate::tenants::{self, KeyWish, NewKey, Scopes, TenantId};
use crate::testing::{Call, TestApp, VERSION, call};
use http::Method;
use rollbook_db::Engine;

pub(super) const TENANTS: &str = "/api/v1/tenants";

/// A call to the API.
pub(super) fn api(app: &App, key: &NewKey, method: Method, path: &str) -> Call {
    call(app, method, path).key(key).without(VERSION)
}

/// Makes a tenant as the operator does, and a key for it.
pub(super) async fn tenant(app: &TestApp, name: &str) -> (TenantId, NewKey) {
    let operator = app.make_key("operator").await;
    let body = format!(r#"{{"name":"{name}","title":"{name} Ltd"}}"#);
    let made = api(app, &operator, Method::POST, TENANTS).json(body).send().await;
    assert_eq!(made.status, 201, "{made:?}");
    let number = TenantId(made.json()["number"].as_i64().unwrap());
    (number, key(app, number).await)
}

pub(super) async fn key(app: &App, tenant: TenantId) -> NewKey {
    let scopes = Scopes::parse("all,read,write,admin").unwrap();
    let wish = KeyWish::new("all", scopes, "https://lrs.example.com");
    tenants::create(&app.db, &app.clock, &app.ids, tenant, wish).await.unwrap()
}

/// Marks a tenant as the operator does.
pub(super) async fn mark(app: &TestApp, name: &str) {
    let operator = app.make_key("operator").await;
    let path = format!("{TENANTS}/{name}");
    let marked = api(app, &operator, Method::DELETE, &path).send().await;
    assert_eq!(marked.status, 202, "{marked:?}");
    assert!(marked.json()["deleting"].is_string(), "{marked:?}");
}

/// A statement that uses most tables, a document and an attachment; whether they were stored.
pub(super) async fn write(app: &App, key: &NewKey, seed: usize) -> [u16; 3] {
    let (first, second) = (id(seed, 1), id(seed, 2));
    let statement = |id: &str, object: &str| {
        format!(
            r#"{{"id":"{id}","actor":{{"name":"Ada","mbox":"mailto:ada@example.com"}},"verb":{{"id":"http://example.com/did"}},"object":{object}}}"#
        )
    };
    let activity = r#"{"id":"http://example.com/a","definition":{"name":{"en":"A"}}}"#;
    let reference = format!(r#"{{"objectType":"StatementRef","id":"{first}"}}"#);
    let text = format!("[{},{}]", statement(&first, activity), statement(&second, &reference));
    let post = call(app, Method::POST, "/xapi/statements").key(key).version("1.0.3");
    let statements = post.json(text).send().await.status.as_u16();

    let query = "activityId=http%3A%2F%2Fexample.com%2Fa&agent=%7B%22mbox%22%3A%22mailto%3Aa%40example.com%22%7D";
    let path = format!("/xapi/activities/state?stateId=s{seed}&{query}");
    let put = call(app, Method::PUT, &path).key(key).version("1.0.3");
    let document = put.json("{}").send().await.status.as_u16();

    let contents = format!("contents {seed}");
    let nibbles = crate::ids::sha2_256(contents.as_bytes()).into_iter();
    let nibbles = nibbles.flat_map(|byte| [byte >> 4, byte & 15]);
    let sha2: String = nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect();
    let with = format!(
        r#"{{"actor":{{"mbox":"mailto:ada@example.com"}},"verb":{{"id":"http://example.com/did"}},"object":{{"id":"http://example.com/a"}},"attachments":[{{"usageType":"http://example.com/u","display":{{"en":"u"}},"contentType":"text/plain","length":{},"sha2":"{sha2}"}}]}}"#,
        contents.len()
    );
    let body = format!(
        "--b\r\nContent-Type: application/json\r\n\r\n{with}\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n{contents}\r\n--b--\r\n"
    );
    let post = call(app, Method::POST, "/xapi/statements").key(key).version("1.0.3");
    let attachment = post.bytes("multipart/mixed; boundary=b", body).send().await;
    [statements, document, attachment.status.as_u16()]
}

fn id(seed: usize, number: usize) -> String {
    format!("00000000-0000-4000-8{number:03}-{seed:012}")
}

/// Puts `rows` rows of a tenant into every table, of which the tables with one row a tenant get one.
pub(super) async fn fill(app: &App, tenant: TenantId, rows: i64) {
    for table in tables(app).await {
        if table.starts_with("tenant") {
            continue;
        }
        let columns = columns(app, &table).await;
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let values = columns.iter().map(|(name, kind)| value(name, kind, tenant));
        let values = values.collect::<Vec<_>>().join(", ");
        let series = match app.db.engine() {
            Engine::Sqlite => {
                "(with recursive s(n) as (select 1 union all select n + 1 from s where n < $1) \
                 select n from s)"
            }
            Engine::Postgres => "(select generate_series(1, $1::bigint) as n)",
        };
        let text = format!(
            "insert into {table} ({}) select {values} from {series} as s where true on conflict do nothing",
            names.join(", ")
        );
        let sql = leaked(text);
        let filled = app.db.every().write(move |tx| tx.run(sql, &[rows.into()])).await;
        assert!(filled.is_ok(), "{table}: {filled:?}");
    }
}

/// Any value of a column, another one in each row `s.n`.
fn value(name: &str, kind: &str, tenant: TenantId) -> String {
    match kind {
        _ if name == "tenant" => tenant.0.to_string(),
        "integer" | "bigint" | "numeric" => "1000000 + s.n".to_owned(),
        "real" | "double precision" => "s.n * 0.5".to_owned(),
        "boolean" => "true".to_owned(),
        "text" => "'x' || s.n".to_owned(),
        "blob" => "cast('x' || s.n as blob)".to_owned(),
        "bytea" => "('x' || s.n)::bytea".to_owned(),
        "uuid" => "lpad(to_hex(s.n), 32, '0')::uuid".to_owned(),
        "json" | "jsonb" => format!("'{{}}'::{kind}"),
        other => panic!("a new kind of column: {other}"),
    }
}

/// Nothing is left of a tenant but that its number is used.
#[track_caller]
pub(super) fn assert_gone(rows: &[(String, String)]) {
    for (table, rows) in rows {
        assert_eq!(rows.is_empty(), table != "tenant_gone", "{table}: {rows}");
    }
}

pub(super) async fn found(app: &App, name: &str) -> Option<Tenant> {
    let name = name.to_owned();
    app.db.every().read(move |tx| crate::tenants::life::find(tx, &name)).await.ok()
}

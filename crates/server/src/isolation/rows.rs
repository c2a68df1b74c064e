//! What a tenant has, whatever tables there are: every row as a text, and every file.

use crate::app::App;
use crate::tenants::TenantId;
use crate::testing::TestApp;
use rollbook_db::{Engine, Sql, Value};
use std::path::Path;

/// Every table with a tenant, from the schema itself.
/// `node` and `lease` are the installation's own.
pub(crate) async fn tables(app: &App) -> Vec<String> {
    let text = match app.db.engine() {
        Engine::Sqlite => {
            "select m.name from sqlite_master m join pragma_table_info(m.name) c
                where m.type = 'table' and c.name = 'tenant'
                    and m.name not in ('node', 'lease') order by m.name"
        }
        Engine::Postgres => {
            "select c.table_name::text from information_schema.columns c
                join information_schema.tables t
                    on t.table_schema = c.table_schema and t.table_name = c.table_name
                where c.table_schema = 'public' and c.column_name = 'tenant'
                    and t.table_type = 'BASE TABLE'
                    and t.table_name not in ('node', 'lease') order by 1"
        }
    };
    let sql = leaked(text.to_owned());
    app.db.every().read(move |tx| tx.all::<String>(sql, &[])).await.unwrap()
}

/// The columns of a table, and the type of each.
pub(crate) async fn columns(app: &App, table: &str) -> Vec<(String, String)> {
    let text = match app.db.engine() {
        Engine::Sqlite => "select name, lower(type) from pragma_table_info($1) order by cid",
        Engine::Postgres => {
            "select column_name::text, data_type::text from information_schema.columns
                where table_schema = 'public' and table_name = $1 order by ordinal_position"
        }
    };
    let (sql, table) = (leaked(text.to_owned()), Value::from(table));
    app.db.every().read(move |tx| tx.all(sql, &[table])).await.unwrap()
}

/// Every row of a tenant, table by table, as one text each.
pub(crate) async fn rows(app: &App, tenant: TenantId) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for table in tables(app).await {
        let columns = columns(app, &table).await;
        let text = match app.db.engine() {
            Engine::Sqlite => {
                let quoted: Vec<String> =
                    columns.iter().map(|(name, _)| format!("quote({name})")).collect();
                format!(
                    "select {} as r from {table} where tenant = $1 order by r",
                    quoted.join("||','||")
                )
            }
            Engine::Postgres => {
                format!("select t::text as r from {table} t where tenant = $1 order by r")
            }
        };
        let (sql, number) = (leaked(text), Value::from(tenant.0));
        let found: Vec<String> =
            app.db.every().read(move |tx| tx.all(sql, &[number])).await.unwrap();
        all.push((table, found.join("\n")));
    }
    all
}

/// Every file of a tenant, by its path.
pub(crate) fn blobs(app: &TestApp, tenant: TenantId) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    files(&app.blob_folder().join("tenant").join(tenant.0.to_string()), &mut found);
    found.sort();
    found
}

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default()));
        }
    }
}

/// A text as if it were written down in the program.
pub(crate) fn leaked(text: String) -> &'static Sql {
    let text: &'static str = text.leak();
    Box::leak(Box::new(Sql::new("TEST", "", text, text)))
}

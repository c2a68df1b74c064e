//! Every SQL text on a tenant's table is scoped by the tenant (style rule 16).
//!
//! A text that is meant for all tenants says so in its comment: `/// Every tenant: why`.

use super::Finding;
use super::migrations;
use super::rust::{self, Kind};
use super::scopes::loose;
use super::tree::{File, Tree};

const SERVER: &str = "crates/server/src/";
const EXCUSE: &str = "Every tenant: ";

/// Each text inside `sql! { … }` that reads or changes a tenant's table names the tenant.
pub(super) fn scoped(tree: &Tree) -> Vec<Finding> {
    let tables = migrations::tenant_tables(tree);
    tree.rust()
        .filter(|file| file.path.starts_with(SERVER))
        .flat_map(|file| texts(file).into_iter().map(move |text| (file, text)))
        .filter(|(_, text)| !text.excused)
        .filter_map(|(file, text)| {
            let table = loose(&text.sql, &tables)?;
            let what = format!("touches `{table}` without `tenant = $`; scope it by the tenant");
            Some(file.finding(text.at, "tenant-scope", what))
        })
        .collect()
}

/// One SQL text.
struct Text {
    at: usize,
    sql: String,
    /// Its comment says why it is not scoped.
    excused: bool,
}

/// The texts inside the `sql! { … }` blocks of a file; strings that are put together are one text.
fn texts(file: &File) -> Vec<Text> {
    rust::words(&file.code, "sql")
        .filter(|at| file.code.get(at + 3..).is_some_and(|rest| rest.starts_with("! {")))
        .filter_map(|at| rust::block(&file.code, at))
        .flat_map(|block| {
            let mut texts: Vec<Text> = Vec::new();
            let (mut joined, mut excused) = (false, false);
            for piece in file.pieces.iter().filter(|p| block.contains(&p.span.start)) {
                let part = file.text.get(piece.span.clone()).unwrap_or_default();
                match (piece.kind, texts.last_mut()) {
                    (Kind::Comment, _) => excused |= part.contains(EXCUSE),
                    (Kind::Code, _) => {
                        joined &= !part.contains([';', ':']);
                        excused &= !part.contains(';');
                    }
                    (Kind::Literal, Some(text)) if joined => text.sql.push_str(part),
                    (Kind::Literal, _) => {
                        texts.push(Text {
                            at: piece.span.start,
                            sql: part.to_lowercase(),
                            excused,
                        });
                        joined = true;
                    }
                }
            }
            texts
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    fn scopes(block: &str) -> Vec<String> {
        let schema = "create table doc (tenant integer, id text, primary key (tenant, id));
            create table head (tenant integer primary key);";
        let text = format!("use db::sql;\nsql! {{\n{block}\n}}\n");
        let step = format!("{}sqlite/0001_a.sql", migrations::FOLDER);
        found(scoped, &[("crates/server/src/docs/store.rs", &text), (&step, schema)])
    }

    #[test]
    fn a_text_without_the_tenant_is_found() {
        for text in [
            "A = \"select id from doc where id = $1\";",
            "A = \"select 1 from doc d where d.id in (select id from doc where tenant = $1)\";",
            "A = \"select 1 from head h join doc d on d.id = h.id where h.tenant = $1\";",
            "A = \"select 1 from head, doc where head.tenant = $1\";",
            "A = \"select id from doc where tenant = $1 or id = $2\";",
            "A = \"select id from doc where (tenant = $1 or id = $2)\";",
            "A = \"select id from doc where tenant = tenant\";",
            "A = \"select id from doc where tenant = $1 union select id from doc\";",
            "A = \"select tenant from head where tenant = $1 and exists (select 1 from doc where id = $2)\";",
            "A = \"update head set x = 1 from doc where head.tenant = $1\";",
            "A = \"update doc set id = $2 where id = $1\";",
            "A = \"delete from doc\";",
            "A = \"insert into doc (id, tenant) values ($1, $2)\";",
            "A = \"insert into doc select $1\";",
        ] {
            let found = scopes(text);
            assert_eq!(found.len(), 1, "{text}");
            assert!(found.iter().all(|found| found.contains("tenant-scope: touches `")), "{text}");
        }
    }

    #[test]
    fn each_engines_text_is_judged_by_itself() {
        let good = "\"select id from doc where tenant = $1\"";
        let found = scopes(&format!("A = sqlite: {good}, postgres: \"select id\n from doc\";"));
        assert_eq!(found.len(), 1);
        assert!(scopes(&format!("A = sqlite: {good}, postgres: {good};")).is_empty());
    }

    #[test]
    fn scoped_texts_pass() {
        for text in [
            "A = \"select id from doc d where d.tenant = $1\";",
            "A = concat!(\"select id from doc\", \" where tenant=$1\");",
            "A = \"insert into doc (tenant, id) values ($1, $2) on conflict do update set id = $2\";",
            "A = \"select 1 from unnest($1::bigint[])\";",
            "A = \"select d.id from head h join doc d on d.tenant = h.tenant where h.tenant = $1\";",
            "A = \"select d.id from unnest($2::text[]) as w (id) join doc d on d.tenant = $1::bigint and d.id = w.id\";",
            "A = \"select 1 from head where tenant = $1 and exists (select 1 from doc where doc.tenant = head.tenant)\";",
            "A = \"select id from doc where $1::bigint = tenant and (id = $2 or id = $3) for update\";",
            "A = \"with w as (select tenant, id from doc where tenant = $1)
                delete from doc using w where doc.tenant = w.tenant and doc.id = w.id\";",
            "A = \"select count(*), (select count(*) from doc where doc.tenant = $1) from doc where tenant = $1\";",
            "/// Every tenant: the doctor counts them all.\nA = \"select count(*) from doc\";",
        ] {
            assert!(scopes(text).is_empty(), "{text}");
        }
        let second = "/// Every tenant: why.\nA = \"select 1 from doc\";\nB = \"delete from doc\";";
        assert_eq!(scopes(second).len(), 1, "the excuse is for one text only");
    }
}

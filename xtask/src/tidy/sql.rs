//! Every SQL text on a tenant's table is scoped by the tenant (style rule 16).
//!
//! A text that is meant for all tenants says so in its comment: `/// Every tenant: why`.

use std::collections::BTreeSet;

use super::Finding;
use super::migrations;
use super::rust::{self, Kind};
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

/// The first tenant's table that a text touches without naming the tenant.
fn loose(sql: &str, tables: &BTreeSet<String>) -> Option<String> {
    let words: Vec<&str> = sql
        .split(|c: char| !c.is_alphanumeric() && !"_(".contains(c))
        .flat_map(|word| word.split_inclusive('('))
        .filter(|word| !word.is_empty())
        .collect();
    let scoped = sql.split_whitespace().collect::<String>().contains("tenant=$");
    words.iter().zip(words.iter().skip(1)).enumerate().find_map(|(index, (verb, name))| {
        let name = name.trim_end_matches('(');
        let fine = match *verb {
            "from" | "join" | "update" | "using" => scoped,
            // The first column that is written.
            "into" => words.iter().skip(index + 2).find(|word| **word != "(") == Some(&"tenant"),
            _ => true,
        };
        (!fine && tables.contains(name)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    fn scopes(block: &str) -> Vec<String> {
        let schema = "create table doc (tenant integer, id text, primary key (tenant, id));";
        let text = format!("use db::sql;\nsql! {{\n{block}\n}}\n");
        let step = format!("{}sqlite/0001_a.sql", migrations::FOLDER);
        found(scoped, &[("crates/server/src/docs/store.rs", &text), (&step, schema)])
    }

    #[test]
    fn a_text_without_the_tenant_is_found() {
        let what = "tenant-scope: touches `doc` without `tenant = $`; scope it by the tenant";
        for text in [
            "A = \"select id from doc where id = $1\";",
            "A = \"select 1 from head h join doc d on d.tenant = h.tenant\";",
            "A = \"update doc set id = $2 where id = $1\";",
            "A = \"delete from doc\";",
            "A = \"insert into doc (id, tenant) values ($1, $2)\";",
            "A = \"insert into doc select $1\";",
        ] {
            let found = scopes(text);
            assert_eq!(found, [format!("crates/server/src/docs/store.rs:3: {what}")], "{text}");
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
            "/// Every tenant: the doctor counts them all.\nA = \"select count(*) from doc\";",
        ] {
            assert!(scopes(text).is_empty(), "{text}");
        }
        let second = "/// Every tenant: why.\nA = \"select 1 from doc\";\nB = \"delete from doc\";";
        assert_eq!(scopes(second).len(), 1, "the excuse is for one text only");
    }
}

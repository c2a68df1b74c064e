//! Both engines have the same steps, and the tenant is the first column of every key
//! (so that the schema can be distributed by tenant).

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::tree::{File, Tree};

pub(super) const FOLDER: &str = "crates/server/src/migrations/";

/// Tables that belong to no tenant. This list only shrinks.
const WITHOUT_TENANT: &[&str] = &["migration"];

/// The same numbers and names on both engines, without gaps, and each one in the list that is run.
pub(super) fn paired(tree: &Tree) -> Vec<Finding> {
    let list = tree.get(&format!("{FOLDER}mod.rs")).map_or("", |file| file.text.as_str());
    let mut findings = Vec::new();
    for (engine, other) in [("sqlite", "postgres"), ("postgres", "sqlite")] {
        for (index, step) in steps(tree, engine).enumerate() {
            let name = step.name();
            let mut refuse = |what| findings.push(step.finding(0, "migrations", what));
            if tree.get(&format!("{FOLDER}{other}/{name}")).is_none() {
                refuse(format!("{other} has no step of this name; write it"));
            }
            if !name.starts_with(&format!("{:04}_", index + 1)) {
                refuse(format!("should be step {:04}; number them without gaps", index + 1));
            }
            if !list.contains(&format!("\"{engine}/{name}\"")) {
                refuse("is never run; add it to mod.rs".into());
            }
        }
    }
    findings
}

/// The tenant comes first in every primary key, unique key and index.
pub(super) fn keyed(tree: &Tree) -> Vec<Finding> {
    all_steps(tree).flat_map(loose_keys).collect()
}

/// The tables that carry the tenant, by name.
pub(super) fn tenant_tables(tree: &Tree) -> BTreeSet<String> {
    all_steps(tree)
        .flat_map(|step| definitions(step).into_values())
        .filter_map(|text| Some(table(&text)?.0.to_owned()))
        .filter(|name| !WITHOUT_TENANT.contains(&name.as_str()))
        .collect()
}

fn steps<'a>(tree: &'a Tree, engine: &str) -> impl Iterator<Item = &'a File> {
    let folder = format!("{FOLDER}{engine}");
    tree.files.iter().filter(move |file| file.folder() == folder && file.is("sql"))
}

fn all_steps(tree: &Tree) -> impl Iterator<Item = &File> {
    steps(tree, "sqlite").chain(steps(tree, "postgres"))
}

fn loose_keys(step: &File) -> Vec<Finding> {
    definitions(step)
        .into_iter()
        .filter_map(|(at, text)| {
            let what = match table(&text) {
                Some((name, columns)) => loose_table(name, columns)?,
                None => loose_index(&text)?,
            };
            Some(step.finding(at, "tenant-key", what))
        })
        .collect()
}

fn loose_table(name: &str, columns: &str) -> Option<String> {
    if WITHOUT_TENANT.contains(&name) {
        return None;
    }
    // A key of one column stands behind the column; any other stands on a line of its own.
    let keys = items(columns).into_iter().filter_map(|item| {
        let spot = item.find("primary key").or_else(|| item.find("unique"))?;
        let of_many = item.get(spot..)?.split_once('(').map(|(_, inside)| inside.trim_start());
        Some(of_many.unwrap_or(item).to_owned())
    });
    let keys: Vec<String> = keys.collect();
    let loose = keys.is_empty() || keys.iter().any(|key| first_word(key) != "tenant");
    loose.then(|| format!("a key of `{name}` does not start with the tenant; put `tenant` first"))
}

fn loose_index(text: &str) -> Option<String> {
    let text = text.strip_prefix("create unique").or_else(|| text.strip_prefix("create"))?;
    let name = first_word(text.trim_start().strip_prefix("index")?);
    let (_, on) = text.split_once(" on ")?;
    let (table, columns) = on.split_once('(')?;
    if WITHOUT_TENANT.contains(&table.trim()) || first_word(columns) == "tenant" {
        return None;
    }
    Some(format!("index `{name}` does not start with the tenant; put `tenant` first"))
}

/// The name and the columns, if it is a table that is created.
fn table(definition: &str) -> Option<(&str, &str)> {
    let rest = definition.strip_prefix("create table")?.trim_start();
    let rest = rest.strip_prefix("if not exists").unwrap_or(rest).trim_start();
    let (name, columns) = rest.split_once('(')?;
    let (columns, _) = columns.rsplit_once(')')?;
    Some((name.trim(), columns))
}

/// Splits at the commas that are outside of brackets.
fn items(columns: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    columns
        .split(|c| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            c == ',' && depth == 0
        })
        .map(str::trim)
        .collect()
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').find(|w| !w.is_empty()).unwrap_or("")
}

/// The statements of a step, each with its offset, comments taken out.
fn definitions(step: &File) -> BTreeMap<usize, String> {
    let bare: String = step
        .text
        .split_inclusive('\n')
        .map(|line| match line.split_once("--") {
            // As long as before: offsets stay.
            Some((sql, comment)) => format!("{sql}--{}", " ".repeat(comment.len() - 1)) + "\n",
            None => line.to_owned(),
        })
        .collect::<String>()
        .replace("--", "  ");
    let mut at = 0;
    bare.split_inclusive(';')
        .map(|part| {
            let start = at + part.len() - part.trim_start().len();
            at += part.len();
            (start, part.trim().trim_end_matches(';').to_lowercase())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    fn keys(sql: &str) -> Vec<String> {
        found(keyed, &[("crates/server/src/migrations/sqlite/0001_a.sql", sql)])
    }

    #[test]
    fn a_step_without_its_twin_is_found() {
        let list = "include_str!(\"sqlite/0001_a.sql\") include_str!(\"postgres/0001_a.sql\")";
        let path = |end: &str| format!("{FOLDER}{end}");
        let (mods, a, b) = (path("mod.rs"), path("sqlite/0001_a.sql"), path("postgres/0001_a.sql"));
        assert!(found(paired, &[(&mods, list), (&a, ""), (&b, "")]).is_empty());
        assert_eq!(
            found(paired, &[(&mods, list), (&a, "")]),
            [format!("{a}:1: migrations: postgres has no step of this name; write it")]
        );
        let c = path("sqlite/0003_c.sql");
        let files: &[(&str, &str)] = &[(&mods, list), (&a, ""), (&b, ""), (&c, "")];
        assert_eq!(
            found(paired, files),
            [
                format!("{c}:1: migrations: postgres has no step of this name; write it"),
                format!("{c}:1: migrations: should be step 0002; number them without gaps"),
                format!("{c}:1: migrations: is never run; add it to mod.rs"),
            ]
        );
    }

    #[test]
    fn keys_that_start_with_the_tenant_pass() {
        assert!(
            keys("create table a (tenant integer primary key, b text -- (x\n) strict;").is_empty()
        );
        assert!(
            keys("create table a (b text, primary key (tenant, b), unique (tenant, c));")
                .is_empty()
        );
        assert!(keys("create index a_b on a (tenant, b) where c; -- é\n").is_empty());
        assert!(keys("create table migration (number integer primary key);").is_empty());
    }

    #[test]
    fn keys_that_do_not_are_found() {
        let table = "tenant-key: a key of `a` does not start with the tenant; put `tenant` first";
        let at = "crates/server/src/migrations/sqlite/0001_a.sql";
        for sql in [
            "create table a (b text, primary key (b, tenant));",
            "create table a (id integer primary key, tenant integer);",
            "create table a (tenant integer, b text, primary key (tenant, b), unique (b));",
            "create table a (tenant integer);",
        ] {
            assert_eq!(keys(sql), [format!("{at}:1: {table}")], "{sql}");
        }
        let index = "index `a_b` does not start with the tenant; put `tenant` first";
        let sql = "-- why; not\n\ncreate unique index a_b on a (b);";
        assert_eq!(keys(sql), [format!("{at}:3: tenant-key: {index}")]);
    }
}

//! The schema as it is once every step ran: alike on both engines, fit to be distributed by tenant,
//! and walled on PostgreSQL.

use super::MIGRATIONS;
use crate::testing::on_both;
use rollbook_db::testing::{self, TestDb};
use rollbook_db::{Db, Engine, ErrorKind, Migrations, Sql, Value, sql};
use std::collections::{BTreeMap, BTreeSet};

/// Tables without a tenant, and why. This list only shrinks.
const WITHOUT_TENANT: &[(&str, &str)] =
    &[("migration", "the steps of the schema itself, which is one for all tenants")];

/// What is tied nevertheless, by the beginning of its name, and why. This list only shrinks.
const TIED_WHY: &[(&str, &str)] =
    &[("trigger audit_", "the database itself refuses to change the audit log, row by row")];

sql! {
    /// Columns: table, name, whether it may be null.
    COLUMNS = sqlite: "select t.name, c.name, c.\"notnull\" = 0
            from sqlite_schema t join pragma_table_info(t.name) c where t.type = 'table'",
        postgres: "select relname::text, attname::text, not attnotnull
            from pg_class join pg_attribute on attrelid = pg_class.oid
            where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
                and attnum > 0 and not attisdropped";
    /// Keys and indexes: table, name, place, column, primary, unique. An index that is the table itself is
    /// told as one of no name.
    INDEXES = sqlite: "select t.name, i.name, c.seqno, c.name, i.origin = 'pk', i.\"unique\" = 1
            from sqlite_schema t join pragma_index_list(t.name) i join pragma_index_info(i.name) c
            where t.type = 'table'
            union all
            select t.name, '', c.pk - 1, c.name, 1, 1 from sqlite_schema t join pragma_table_info(t.name) c
            where t.type = 'table' and c.pk > 0
                and not exists (select 1 from pragma_index_list(t.name) where origin = 'pk')",
        postgres: "select t.relname::text, i.relname::text, k.place - 1, attname::text, indisprimary, indisunique
            from pg_index join pg_class t on t.oid = indrelid join pg_class i on i.oid = indexrelid
            cross join unnest(indkey::smallint[]) with ordinality as k (number, place)
            left join pg_attribute on attrelid = indrelid and attnum = k.number
            where t.relnamespace = current_schema()::regnamespace";
    /// What cannot be distributed: foreign keys, triggers, sequences, columns that count by themselves.
    TIED = sqlite: "select 'foreign key of ' || t.name from sqlite_schema t
                join pragma_foreign_key_list(t.name) where t.type = 'table'
            union all select type || ' ' || name from sqlite_schema
            where type in ('trigger', 'view') or name = 'sqlite_sequence'",
        postgres: "select 'foreign key ' || conname from pg_constraint
                where connamespace = current_schema()::regnamespace and contype = 'f'
            union all select 'trigger ' || tgname from pg_trigger where not tgisinternal
            union all select 'sequence ' || relname from pg_class
                where relnamespace = current_schema()::regnamespace and relkind = 'S'
            union all select 'column ' || attname from pg_attribute join pg_class on attrelid = pg_class.oid
                where relnamespace = current_schema()::regnamespace
                    and (attidentity <> '' or attgenerated <> '')";
    /// Tables with a tenant that row-level security does not guard as it should.
    BARE = sqlite: "select name from sqlite_schema where 0",
        postgres: "select relname::text from pg_class join pg_attribute on attrelid = pg_class.oid
            where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
                and attname = 'tenant' and not attisdropped
                and not (relrowsecurity and relforcerowsecurity and exists (select 1 from pg_policies
                    where schemaname = current_schema() and tablename = relname and policyname = 'wall'
                        and permissive = 'PERMISSIVE' and cmd = 'ALL' and roles = '{public}'))";
    /// Policies that let more through.
    POLICIES = sqlite: "select name from sqlite_schema where 0",
        postgres: "select tablename::text || '.' || policyname from pg_policies where policyname <> 'wall'";
    /// A new tenant.
    ADD = "insert into tenant (tenant, name, created) values ($1, 'x', 0)";
    /// Every tenant: the wall alone decides.
    SELECT = "select tenant from tenant order by tenant";
    /// Every tenant: the wall alone decides.
    UPDATE = "update tenant set name = 'y'";
    /// Every tenant: the wall alone decides.
    DELETE = "delete from tenant";
    /// Every tenant: the wall alone decides.
    JOIN = "select count(*) from tenant a join tenant b on a.tenant <> b.tenant";
    /// Moves a row into another tenant.
    GIVE_AWAY = "update tenant set tenant = 3 where tenant = $1";
    /// Takes a row that may be another's.
    TAKE = "insert into tenant (tenant, name, created) values ($1, 'z', 0)
        on conflict (tenant) do update set name = 'z'";
    /// What a session sees that never said whose rows it is about.
    FORGET = sqlite: "select 1", postgres: "select set_config('rollbook.tenant', '', true)";
    /// How a page of postings is found.
    PLAN = sqlite: "select 1", postgres: "explain (costs off) select position from posting
        where tenant = $1 and key = $2 and position < $3 order by position desc limit 10";
    /// Finds it as a large table would.
    NO_SCAN = sqlite: "select 1", postgres: "select set_config('enable_seqscan', 'off', true)";
    /// Whether this role is bound.
    UNBOUND = sqlite: "select 1 = 0", postgres: "select rolsuper or rolbypassrls from pg_roles
        where rolname = current_user";
    /// A term of a store from before 0014.
    ADD_TERM = "insert into term (tenant, kind, name, term) values ($1, $2, $3, $4)";
    /// What 0014 filed.
    FILED = "select name, term from actor_account where tenant = $1 order by term";
    /// A course of a store from before 0014.
    ADD_COURSE = "insert into course (tenant, course, kind, publisher, publisher_hash, title, created, current)
        values ($1, $2, 'cmi5', 'p', $3, 't', 0, 2)";
    /// A version of it.
    ADD_VERSION = "insert into course_version (tenant, course, version, form, sha2, bytes, files, units,
            structure, warnings, created, creator)
        values ($1, $2, $3, 'xml', $4, 0, 0, 1, $5, '[]', 0, '')";
    /// What 0014 filed.
    UNITS = "select unit from course_unit where tenant = $1 order by unit";
}

async fn migrated() -> (TestDb, Option<TestDb>) {
    let (sqlite, postgres) = (testing::sqlite().await, testing::postgres().await);
    for db in [Some(&sqlite), postgres.as_ref()].into_iter().flatten() {
        db.migrate(&MIGRATIONS).await.unwrap();
    }
    if postgres.is_none() {
        eprintln!("skipped the half on PostgreSQL: TEST_POSTGRES_URL is unset");
    }
    (sqlite, postgres)
}

type Index = (String, String, i64, Option<String>, bool, bool);

/// Which columns a table has, and what its keys are.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: BTreeMap<String, bool>,
    /// By the columns of each: whether it is primary, and whether it is unique.
    keys: BTreeSet<(Vec<String>, bool, bool)>,
}

async fn tables(db: &Db) -> BTreeMap<String, Table> {
    let (columns, indexes) = db
        .every()
        .read(|tx| {
            let columns: Vec<(String, String, bool)> = tx.all(&COLUMNS, &[])?;
            Ok::<_, rollbook_db::Error>((columns, tx.all::<Index>(&INDEXES, &[])?))
        })
        .await
        .unwrap();
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (table, column, nullable) in columns {
        tables.entry(table).or_default().columns.insert(column, nullable);
    }
    let mut keys: BTreeMap<_, BTreeMap<i64, String>> = BTreeMap::new();
    for (table, index, place, column, primary, unique) in indexes {
        let column = column.unwrap_or_else(|| "an expression".to_owned());
        keys.entry((table, index, primary, unique)).or_default().insert(place, column);
    }
    for ((table, _, primary, unique), columns) in keys {
        let key = (columns.into_values().collect(), primary, unique);
        tables.get_mut(&table).unwrap().keys.insert(key);
    }
    tables
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_have_the_same_schema() {
    let (sqlite, Some(postgres)) = migrated().await else { return };
    let (here, there) = (tables(&sqlite).await, tables(&postgres).await);
    let names = |tables: &BTreeMap<String, Table>| tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&here), names(&there));
    for (name, table) in here.iter().filter(|(name, _)| *name != "migration") {
        assert_eq!(Some(table), there.get(name), "{name}: SQLite, then PostgreSQL");
    }
}

/// `decisions.md` 1: the schema can be distributed by tenant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tenant_is_first_in_every_key() {
    let (sqlite, postgres) = migrated().await;
    for db in [Some(&sqlite), postgres.as_ref()].into_iter().flatten() {
        for (name, table) in tables(db).await {
            if WITHOUT_TENANT.iter().any(|(without, _)| *without == name) {
                continue;
            }
            let place = format!("{name} on {}: {table:?}", db.engine());
            assert_eq!(table.columns.get("tenant"), Some(&false), "{place}");
            assert_eq!(table.keys.iter().filter(|(_, primary, _)| *primary).count(), 1, "{place}");
            let loose = |(columns, _, _): &&(Vec<String>, bool, bool)| columns[0] != "tenant";
            assert_eq!(table.keys.iter().find(loose), None, "{place}");
        }
        let mut tied = db.every().read(|tx| tx.all::<String>(&TIED, &[])).await.unwrap();
        tied.retain(|what| !TIED_WHY.iter().any(|(tied, _)| what.starts_with(tied)));
        assert_eq!(tied, Vec::<String>::new(), "{}", db.engine());
    }
}

/// Nothing that belongs to one connection or one server: any node may run any text, behind a pooler
/// and on a distributed PostgreSQL.
#[test]
fn no_text_belongs_to_a_session() {
    const NEVER: [&str; 9] = [
        "listen ",
        "notify ",
        "pg_notify",
        "pg_advisory_lock",
        "pg_try_advisory_lock",
        "nextval",
        "currval",
        "temporary ",
        "temp table",
    ];
    let texts = crate::FEATURES.iter().flat_map(|feature| feature.sql.iter().copied().flatten());
    let texts = texts.map(|sql: &&Sql| (sql.name(), sql.postgres()));
    for (name, text) in texts.chain(MIGRATIONS.postgres.iter().copied()) {
        let text = format!("{} ", text.to_lowercase());
        // The audit log guards itself (docs/tenants.md); a trigger on one row is local to its shard.
        let guards = |never: &&str| name == "0006_tenants" && *never == "create trigger";
        let found = NEVER.iter().find(|never| text.contains(**never) && !guards(never));
        let set = text.contains("set session") || text.trim_start().starts_with("set ");
        assert!(found.is_none() && !set, "{name} uses {found:?} or a session's setting");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_of_tenants_is_walled() {
    let (_, Some(db)) = migrated().await else { return };
    for texts in [&BARE, &POLICIES] {
        let found = db.every().read(move |tx| tx.all::<String>(texts, &[])).await.unwrap();
        assert_eq!(found, Vec::<String>::new(), "a step lacks `select rollbook_wall('table')`");
    }
    let unbound = db.every().read(|tx| tx.one::<bool>(&UNBOUND, &[])).await.unwrap();
    assert_eq!((unbound, db.sees_through_walls()), (Some(false), false), "tests run as all do");
}

/// A text that forgets the tenant sees and changes nothing of another's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wall_holds_what_a_text_forgets() {
    let (_, Some(db)) = migrated().await else { return };
    for tenant in [1_i64, 2] {
        db.of(tenant).write(move |tx| tx.run(&ADD, &[tenant.into()])).await.unwrap();
    }
    let seen = async |reach: rollbook_db::Reached| {
        reach.read(|tx| tx.all::<i64>(&SELECT, &[])).await.unwrap()
    };
    assert_eq!(seen(db.of(1)).await, [1]);
    assert_eq!(seen(db.of(2)).await, [2]);
    assert_eq!(seen(db.of(3)).await, Vec::<i64>::new());
    assert_eq!(seen(db.every()).await, [1, 2]);
    let joined = db.of(1).read(|tx| tx.one::<i64>(&JOIN, &[])).await.unwrap();
    assert_eq!(joined, Some(0));
    assert_eq!(db.of(1).write(|tx| tx.run(&UPDATE, &[])).await.unwrap(), 1);
    assert_eq!(db.of(3).write(|tx| tx.run(&DELETE, &[])).await.unwrap(), 0);

    let refused: [(&'static Sql, Value); 4] = [
        (&ADD, 3_i64.into()),
        (&ADD, 2_i64.into()),
        (&GIVE_AWAY, 1_i64.into()),
        (&TAKE, 2_i64.into()),
    ];
    for (sql, tenant) in refused {
        let outcome = db.of(1).write(move |tx| tx.run(sql, &[tenant])).await;
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Other, "{}", sql.name());
    }
    // A transaction that does not say whose rows it is about has none.
    let nobody = db.every().read(|tx| {
        tx.one::<String>(&FORGET, &[])?;
        tx.all::<i64>(&SELECT, &[])
    });
    assert_eq!(nobody.await.unwrap(), Vec::<i64>::new());
    assert_eq!(db.of(1).write(|tx| tx.run(&DELETE, &[])).await.unwrap(), 1);
    assert_eq!(seen(db.every()).await, [2]);
}

/// The wall costs one look at a setting for a statement, and stands in no index's way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wall_changes_no_plan() {
    let (_, Some(db)) = migrated().await else { return };
    let explain = db.of(1).read(|tx| {
        tx.one::<String>(&NO_SCAN, &[])?;
        tx.all::<String>(&PLAN, &[1_i64.into(), 2_i64.into(), 3_i64.into()])
    });
    let plan = explain.await.unwrap().join("\n");
    for part in ["posting_pkey", "Index Cond: ((tenant =", "Filter: ((tenant = $", "InitPlan"] {
        assert!(plan.contains(part), "no {part}:\n{plan}");
    }
    assert!(!plan.contains("SubPlan") && !plan.contains("Sort"), "{plan}");
}

/// A table of a later step is walled by the function that this one left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_table_is_found_until_it_is_walled() {
    const TABLE: (&str, &str) =
        ("later", "create table later (tenant bigint not null primary key);");
    const WALL: (&str, &str) = ("walled", "select rollbook_wall('later');");
    let (_, Some(db)) = migrated().await else { return };
    let mut steps = MIGRATIONS.postgres.to_vec();
    for (step, bare) in [(TABLE, vec!["later".to_owned()]), (WALL, Vec::new())] {
        steps.push(step);
        let postgres: &'static [_] = steps.clone().leak();
        db.migrate(&Migrations { sqlite: &[], postgres }).await.unwrap();
        let found = db.every().read(|tx| tx.all::<String>(&BARE, &[])).await.unwrap();
        assert_eq!(found, bare);
    }
}

on_both! {
    /// A later program adds to the schema: whoever serves already goes on, and whoever starts is told.
    async fn a_later_schema_stops_nobody_who_runs(app: TestApp) {
        const LATER: (&str, &str) = ("later", "alter table head add column later integer");
        let mut steps = match app.db.engine() {
            Engine::Sqlite => MIGRATIONS.sqlite.to_vec(),
            Engine::Postgres => MIGRATIONS.postgres.to_vec(),
        };
        let statement = r#"{"actor":{"mbox":"mailto:ada@example.org"},"verb":{"id":"https://example.org/did"},"object":{"id":"https://example.org/one"}}"#;
        let before = app.post("/xapi/statements").json(statement).send().await;
        steps.push(LATER);
        let all: &'static [_] = steps.leak();
        let later = Migrations { sqlite: all, postgres: all };
        assert_eq!((before.status.as_u16(), app.db.migrate(&later).await.unwrap()), (200, 1));
        for _ in 0..3 {
            let stored = app.post("/xapi/statements").json(statement).send().await;
            assert_eq!(stored.status, 200, "{stored:?}");
            let found = app.get("/xapi/statements").send().await;
            assert_eq!(found.status, 200, "{found:?}");
        }
        let refused = app.db.migrate(&MIGRATIONS).await.unwrap_err().to_string();
        assert!(refused.contains("the database is newer than this program"), "{refused}");
    }
}

/// 0014 files the accounts and the units that a store has already.
#[tokio::test]
async fn accounts_and_units_are_filed_by_their_names() {
    let before =
        Migrations { sqlite: &MIGRATIONS.sqlite[..13], postgres: &MIGRATIONS.postgres[..13] };
    let (sqlite, postgres) = (testing::sqlite().await, testing::postgres().await);
    for db in [Some(&sqlite), postgres.as_ref()].into_iter().flatten() {
        db.migrate(&before).await.unwrap();
        let job = |tx: &mut rollbook_db::Tx<'_>| {
            for (kind, name, term) in [
                (2, "account:https://a.example Ann B", 1),
                (2, "mbox:mailto:a@b.example", 2),
                (3, "account:https://a.example Ann", 3),
                (2, "account:https://b.example ann", 4),
            ] {
                tx.run(
                    &ADD_TERM,
                    &[Value::Int(1), Value::Int(kind), name.into(), Value::Int(term)],
                )?;
            }
            let course = Value::from(uuid::Uuid::from_u128(7));
            let hash = Value::from([1_u8; 32].as_slice());
            tx.run(&ADD_COURSE, &[Value::Int(1), course.clone(), hash])?;
            for (version, structure) in [
                (1, r#"{"id":"c","children":[{"type":"au","id":"old"}]}"#),
                (
                    2,
                    r#"{"id":"c","children":[{"type":"block","id":"b","children":[{"type":"au","id":"https://p.example/\"1"}]},{"type":"au","id":"2"}]}"#,
                ),
            ] {
                let [number, sha2] = [Value::Int(version), version.to_string().into()];
                let row = [Value::Int(1), course.clone(), number, sha2, structure.into()];
                tx.run(&ADD_VERSION, &row)?;
            }
            Ok::<_, rollbook_db::Error>(())
        };
        db.of(1).write(job).await.unwrap();
        db.migrate(&MIGRATIONS).await.unwrap();
        let units =
            db.of(1).read(|tx| tx.all::<(String,)>(&UNITS, &[Value::Int(1)])).await.unwrap();
        assert_eq!(units, [("2".to_owned(),), ("https://p.example/\"1".to_owned(),)]);
        let filed =
            db.of(1).read(|tx| tx.all::<(String, i64)>(&FILED, &[Value::Int(1)])).await.unwrap();
        assert_eq!(filed, [("Ann B".to_owned(), 1), ("ann".to_owned(), 4)]);
    }
}

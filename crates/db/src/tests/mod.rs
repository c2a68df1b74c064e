//! The same bodies on both engines; what belongs to one engine is tested in its folder.

mod migrations;
mod quotes;
mod transactions;
mod verbs;

use crate::testing::TestDb;
use crate::{Error, Migrations, Value};

/// Makes of each body `async fn name(db: TestDb)` a test on either engine.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(crate::testing::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                match crate::testing::postgres().await {
                    Some(db) => super::$name(db).await,
                    None => eprintln!("skipped: TEST_POSTGRES_URL is unset"),
                }
            }
        }
    )*};
}
pub(crate) use on_both;

pub(crate) static TABLES: Migrations = Migrations {
    sqlite: &[(
        "tables",
        "create table item (key text primary key, version integer not null, body text) strict;
         create table kind (key integer primary key, truth integer, whole integer, number real,
             words text, bytes blob, identity blob) strict;",
    )],
    postgres: &[(
        "tables",
        "create table item (key text primary key, version bigint not null, body text);
         create table kind (key bigint primary key, truth boolean, whole bigint,
             number double precision, words text, bytes bytea, identity uuid);",
    )],
};

crate::sql! {
    /// Fails if the key is taken.
    INSERT = "insert into item (key, version, body) values ($1, $2, $3)";
    /// Names `$2` before `$1`; returns a row only if there was none.
    INSERT_IF_ABSENT = "insert into item (version, key) values ($2, $1)
        on conflict (key) do nothing returning key, version";
    /// Many at once.
    INSERT_MANY = sqlite: "insert into item (body, key, version) values ($1, $2, $3)
            on conflict (key) do nothing",
        postgres: "insert into item (body, key, version)
            select $1::text, key, version from unnest($2::text[], $3::bigint[]) as row (key, version)
            on conflict (key) do nothing";
    /// Many at once; the ones that were new come back.
    INSERT_MANY_RETURNING = sqlite: "insert into item (key, version) values ($1, $2)
            on conflict (key) do nothing returning key",
        postgres: "insert into item (key, version)
            select key, version from unnest($1::text[], $2::bigint[]) as row (key, version)
            on conflict (key) do nothing returning key";
    /// Compare and swap.
    SWAP = "update item set version = $3 where key = $1 and version = $2";
    /// Counts up.
    COUNT_UP = "update item set version = version + 1 where key = $1 returning version";
    /// How many there are.
    COUNT = "select count(*) as items from item";
    /// All of them.
    LIST = "select key, version, body from item order by key";
    /// One row of every kind.
    INSERT_KIND = "insert into kind (key, truth, whole, number, words, bytes, identity)
        values ($1, $2, $3, $4, $5, $6, $7)";
    /// Rows of every kind.
    INSERT_KINDS = sqlite: "insert into kind (key, truth, whole, number, words, bytes, identity)
            values ($1, $2, $3, $4, $5, $6, $7)",
        postgres: "insert into kind (key, truth, whole, number, words, bytes, identity)
            select * from unnest($1::bigint[], $2::boolean[], $3::bigint[],
                $4::double precision[], $5::text[], $6::bytea[], $7::uuid[])";
    /// Every kind, back again.
    LIST_KINDS = "select key, truth, whole, number, words, bytes, identity from kind order by key";
    /// The filter that may be absent.
    FILTER = "select key from item where (cast($1 as text) is null or key = $1) order by key";
    /// No such column.
    MISSPELT = "select kye from item";
    /// No such table.
    NO_TABLE = "select 1 from absent";
}

async fn with_tables(db: TestDb) -> TestDb {
    db.migrate(&TABLES).await.unwrap();
    db
}

/// Stores an item.
async fn insert(db: &TestDb, key: &str) -> Result<u64, Error> {
    let args = [key.into(), 1_i64.into(), Value::Null];
    db.every().write(move |tx| tx.run(&INSERT, &args)).await
}

async fn count(db: &TestDb) -> i64 {
    db.every().read(|tx| tx.one::<i64>(&COUNT, &[])).await.unwrap().unwrap()
}

//! Raw PostgreSQL: the server's tables, arrays or COPY, one or more connections.

use std::pin::pin;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use futures_util::FutureExt as _;
use futures_util::future::{join5, try_join_all};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use super::sqlite::size;
use super::{Group, Rate, Stopwatch};

/// As the server creates them (migration 0002).
const TABLES: &str = "
    create table statement (
        tenant bigint not null, position bigint not null, id uuid not null,
        flags bigint not null, dictionary bigint not null, body bytea not null,
        primary key (tenant, position));
    create table statement_id (
        tenant bigint not null, id uuid not null, position bigint not null,
        primary key (tenant, id));
    create table posting (
        tenant bigint not null, key bigint not null, position bigint not null,
        primary key (tenant, key, position));
    create table inherited (
        tenant bigint not null, key bigint not null, position bigint not null,
        source bigint not null,
        primary key (tenant, key, position, source));";
const DROP: &str = "drop table if exists statement, statement_id, posting, inherited";

/// How rows go in.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// `insert … select from unnest(…)`, pipelined.
    Arrays,
    /// `copy … from stdin (format binary)`.
    Copy,
}

/// Connects; the connection ends with the client.
pub(crate) async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("connecting to PostgreSQL")?;
    // An error here is an error of the client's next request.
    tokio::spawn(connection.map(drop));
    Ok(client)
}

/// What the server says it is, and whether it is durable.
pub(crate) async fn describe(url: &str) -> Result<Vec<(&'static str, String)>> {
    let client = connect(url).await?;
    let mut facts = Vec::new();
    for (name, setting) in [
        ("PostgreSQL", "server_version"),
        ("PostgreSQL fsync", "fsync"),
        ("PostgreSQL synchronous_commit", "synchronous_commit"),
        ("PostgreSQL shared_buffers", "shared_buffers"),
        ("PostgreSQL max_wal_size", "max_wal_size"),
    ] {
        let row = client.query_one("select current_setting($1)", &[&setting]).await?;
        facts.push((name, row.try_get(0)?));
    }
    Ok(facts)
}

/// Inserts `groups` into new tables of the database `url`, which are dropped again.
pub(crate) async fn insert(
    url: &str,
    groups: Arc<Vec<Group>>,
    way: Way,
    connections: usize,
) -> Result<Rate> {
    let admin = connect(url).await?;
    admin.batch_execute(DROP).await?;
    admin.batch_execute(TABLES).await.context("making the raw tables")?;
    let mut writers = Vec::with_capacity(connections);
    for _ in 0..connections {
        writers.push(Writer::open(url).await?);
    }
    let begun = Stopwatch::start();
    let tasks = writers.into_iter().enumerate().map(|(first, mut writer)| {
        let groups = Arc::clone(&groups);
        tokio::spawn(async move {
            for group in groups.iter().skip(first).step_by(connections) {
                writer.commit(group, way).await.context("inserting into the raw tables")?;
            }
            Ok::<_, anyhow::Error>(())
        })
    });
    let outcomes = try_join_all(tasks).await.context("a raw connection's task failed")?;
    let (elapsed, worked) = begun.stop();
    outcomes.into_iter().collect::<Result<()>>()?;
    let row = admin
        .query_one(
            "select count(*), pg_total_relation_size('statement') \
             + pg_total_relation_size('statement_id') + pg_total_relation_size('posting') \
             from statement",
            &[],
        )
        .await?;
    let rows = usize::try_from(row.try_get::<_, i64>(0)?)?;
    ensure!(rows == groups.iter().map(|group| group.ids.len()).sum::<usize>(), "rows are missing");
    let bytes = u64::try_from(row.try_get::<_, i64>(1)?)?;
    admin.batch_execute(DROP).await?;
    let verb = match way {
        Way::Arrays => "arrays",
        Way::Copy => "copy",
    };
    let plural = if connections == 1 { "" } else { "s" };
    let way =
        format!("PostgreSQL, {} a commit, {verb}, {connections} connection{plural}", size(&groups));
    Ok(Rate { way, rows, elapsed, worked, bytes })
}

struct Writer {
    client: Client,
    statements: Statement,
    ids: Statement,
    postings: Statement,
}

impl Writer {
    async fn open(url: &str) -> Result<Self> {
        let client = connect(url).await?;
        let statements = client
            .prepare(
                "insert into statement select 1, p, i, 0, 1, b \
                 from unnest($1::bigint[], $2::uuid[], $3::bytea[]) as t (p, i, b)",
            )
            .await?;
        let ids = client
            .prepare(
                "insert into statement_id select 1, i, p \
                 from unnest($1::uuid[], $2::bigint[]) as t (i, p)",
            )
            .await?;
        let postings = client
            .prepare(
                "insert into posting select 1, k, p \
                 from unnest($1::bigint[], $2::bigint[]) as t (k, p)",
            )
            .await?;
        Ok(Self { client, statements, ids, postings })
    }

    async fn commit(&mut self, group: &Group, way: Way) -> Result<()> {
        match way {
            Way::Arrays => self.arrays(group).await,
            Way::Copy => self.copy(group).await,
        }
    }

    /// All requests are sent before the first answer: futures are polled in their order.
    async fn arrays(&self, group: &Group) -> Result<()> {
        let (ids, id_positions): (Vec<Uuid>, Vec<i64>) = group.sorted_ids.iter().copied().unzip();
        let (keys, positions): (Vec<i64>, Vec<i64>) = group.postings.iter().copied().unzip();
        let statement: [&(dyn ToSql + Sync); 3] = [&group.positions, &group.ids, &group.bodies];
        let id: [&(dyn ToSql + Sync); 2] = [&ids, &id_positions];
        let posting: [&(dyn ToSql + Sync); 2] = [&keys, &positions];
        let (begun, first, second, third, done) = join5(
            self.client.batch_execute("begin"),
            self.client.execute(&self.statements, &statement),
            self.client.execute(&self.ids, &id),
            self.client.execute(&self.postings, &posting),
            self.client.batch_execute("commit"),
        )
        .await;
        begun.and(first).and(second).and(third)?;
        Ok(done?)
    }

    async fn copy(&mut self, group: &Group) -> Result<()> {
        let transaction = self.client.transaction().await?;
        let sink = transaction.copy_in("copy statement from stdin (format binary)").await?;
        let types = [Type::INT8, Type::INT8, Type::UUID, Type::INT8, Type::INT8, Type::BYTEA];
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
        for ((position, id), body) in group.positions.iter().zip(&group.ids).zip(&group.bodies) {
            writer.as_mut().write(&[&1_i64, position, id, &0_i64, &1_i64, body]).await?;
        }
        writer.finish().await?;
        let sink = transaction.copy_in("copy statement_id from stdin (format binary)").await?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &[Type::INT8, Type::UUID, Type::INT8]));
        for (id, position) in &group.sorted_ids {
            writer.as_mut().write(&[&1_i64, id, position]).await?;
        }
        writer.finish().await?;
        let sink = transaction.copy_in("copy posting from stdin (format binary)").await?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &[Type::INT8, Type::INT8, Type::INT8]));
        for (key, position) in &group.postings {
            writer.as_mut().write(&[&1_i64, key, position]).await?;
        }
        writer.finish().await?;
        Ok(transaction.commit().await?)
    }
}

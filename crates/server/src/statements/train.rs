//! Dictionaries trained on a tenant's own statements, which cut their bodies to a fifth.
//!
//! The first is trained after a few thousand statements, the second after many more. Training runs
//! beside the log; bodies written meanwhile use the older dictionary, and each body names its own.

use super::body::Dictionary;
use super::memory::Memory;
use super::{read, store};
use crate::error::{Problem, Result};
use crate::operate::cause;
use crate::tenants::{TenantId, life};
use rollbook_db::{Db, Tx, Value};
use std::sync::Arc;

/// A dictionary is trained when a process has stored this many statements of a tenant.
const TRAIN_AFTER: [usize; 2] = [2_000, 100_000];
/// Statements that a dictionary is trained on.
const SAMPLES_MAX: i64 = 4_000;
/// Bytes of statements that a dictionary is trained on.
const SAMPLE_BYTES_MAX: usize = 8 << 20;
/// Rows whose bodies are read at once.
const ROWS_AT_ONCE: usize = 64;
/// Bytes of one dictionary.
const DICTIONARY_BYTES_MAX: usize = 64 << 10;

/// Counts a tenant's statements and trains at the right moments.
pub(super) struct Trainer {
    tenant: TenantId,
    stored: usize,
}

impl Trainer {
    pub(super) fn new(tenant: TenantId) -> Self {
        Self { tenant, stored: 0 }
    }

    /// Notes that statements were stored, and starts training when it is time.
    pub(super) fn stored(&mut self, statements: usize, db: &Db, memory: &Arc<Memory>) {
        let before = self.stored;
        self.stored += statements;
        let number = TRAIN_AFTER
            .iter()
            .zip(1..)
            .find(|(after, _)| before < **after && **after <= self.stored);
        let Some((_, number)) = number else { return };
        let (tenant, db, memory) = (self.tenant, db.clone(), Arc::clone(memory));
        tokio::spawn(async move {
            if let Err(problem) = train(tenant, number, &db, memory).await {
                let cause = problem.because.as_ref().map(cause::shown).unwrap_or_default();
                tracing::warn!(tenant = tenant.0, number, cause, "Training a dictionary failed");
            }
        });
    }
}

async fn train(tenant: TenantId, number: i64, db: &Db, memory: Arc<Memory>) -> Result<()> {
    let reader = Arc::clone(&memory);
    let sample = move |tx: &mut Tx<'_>| {
        let newest: Option<(i64,)> = tx.one(&store::NEWEST_DICTIONARY, &[Value::Int(tenant.0)])?;
        let samples = sample(tx, tenant, &reader)?;
        Ok::<_, Problem>((newest.map_or(0, |(number,)| number), samples))
    };
    let (newest, samples) = db.of(tenant.0).read(sample).await?;
    if newest >= number {
        // Another process, or an earlier run of this one, has trained it.
        return load(tenant, newest, db, &memory).await;
    }
    let training = move || zstd::dict::from_samples(&samples, DICTIONARY_BYTES_MAX);
    let contents = tokio::task::spawn_blocking(training).await.map_err(Problem::internal)?;
    let contents = contents.map_err(Problem::internal)?;
    let keep = move |tx: &mut Tx<'_>| {
        life::hold(tx, tenant)?;
        let args = [Value::Int(tenant.0), Value::Int(number), Value::Bytes(contents)];
        tx.run(&store::ADD_DICTIONARY, &args)?;
        Ok::<_, Problem>(())
    };
    db.of(tenant.0).write(keep).await?;
    load(tenant, number, db, &memory).await
}

/// The newest statements of a tenant, as many as training can use.
fn sample(tx: &mut Tx<'_>, tenant: TenantId, memory: &Memory) -> Result<Vec<String>> {
    let bounds =
        [Value::Int(tenant.0), Value::Int(i64::MAX), Value::Int(i64::MIN), Value::Int(SAMPLES_MAX)];
    let positions: Vec<(i64,)> = tx.all(&store::LOG_BEFORE, &bounds)?;
    let positions: Vec<i64> = positions.into_iter().map(|(position,)| position).collect();
    let mut samples = Vec::new();
    let mut bytes = 0;
    for some in positions.chunks(ROWS_AT_ONCE) {
        for row in read::rows(tx, tenant, some.to_vec())? {
            let text = memory.text(tx, tenant, &row)?;
            bytes += text.len();
            if bytes > SAMPLE_BYTES_MAX {
                return Ok(samples);
            }
            samples.push(text);
        }
    }
    Ok(samples)
}

/// Uses a stored dictionary from now on. What is stored counts, should two processes have trained.
pub(super) async fn load(tenant: TenantId, number: i64, db: &Db, memory: &Memory) -> Result<()> {
    let args = [Value::Int(tenant.0), Value::Int(number)];
    let contents: Option<(Vec<u8>,)> = db
        .of(tenant.0)
        .read(move |tx| Ok::<_, Problem>(tx.one(&store::DICTIONARY, &args)?))
        .await?;
    if let Some((contents,)) = contents {
        memory.learn_dictionary(Dictionary::new(number, &contents));
        tracing::info!(
            tenant = tenant.0,
            number,
            "Statements are compressed with a trained dictionary"
        );
    }
    Ok(())
}

/// Uses the newest stored dictionary, if there is one.
pub(super) async fn load_newest(tenant: TenantId, db: &Db, memory: &Memory) -> Result<()> {
    let newest = move |tx: &mut Tx<'_>| {
        Ok::<_, Problem>(tx.one::<(i64,)>(&store::NEWEST_DICTIONARY, &[Value::Int(tenant.0)])?)
    };
    match db.of(tenant.0).read(newest).await? {
        Some((number,)) if number > 0 => load(tenant, number, db, memory).await,
        _ => Ok(()),
    }
}

//! Blobs on both engines and in a bucket: kept, swept, raced and verified.

use super::*;
use crate::tenants::FIRST_TENANT;
use crate::testing::{TestApp, on_both};
use futures_util::TryStreamExt as _;
use rollbook_db::Tx;

const HOUR: Duration = Duration::from_hours(1);

struct World {
    /// Keeps the database, the folder and the bucket alive.
    app: TestApp,
    blobs: Blobs,
    clock: Clock,
    db: Db,
}

impl World {
    async fn new(app: TestApp) -> Self {
        let app = app.with_clock(Clock::manual(1_000_000_000_000)).await;
        let (blobs, clock, db) = (app.blobs.clone(), app.clock.clone(), app.db.clone());
        Self { app, blobs, clock, db }
    }

    async fn spool(&self, contents: &[u8]) -> (Sha2, Spool) {
        let mut spool = self.blobs.spool();
        spool.write(contents).await.unwrap();
        let mut hasher = Sha2::parse(&"0".repeat(64)).unwrap().hasher();
        hasher.update(contents);
        (hasher.finish(), spool)
    }

    async fn put(&self, contents: &[u8]) -> Sha2 {
        let (sha2, mut spool) = self.spool(contents).await;
        self.blobs.put(FIRST_TENANT, &sha2, &mut spool).await.unwrap();
        sha2
    }

    async fn keep(&self, sha2: &Sha2) -> Result<()> {
        let hashes = vec![sha2.to_string(), sha2.to_string()];
        self.db.every().write(move |tx| mark_stored(tx, FIRST_TENANT, &hashes)).await
    }

    async fn read(&self, sha2: &Sha2) -> Option<Vec<u8>> {
        let contents = self.blobs.get(FIRST_TENANT, sha2).await.unwrap()?;
        let pieces: Vec<Bytes> = contents.stream.try_collect().await.unwrap();
        assert_eq!(contents.bytes, pieces.iter().map(|piece| piece.len() as u64).sum::<u64>());
        Some(pieces.concat())
    }

    async fn damages(&self) -> Vec<Damage> {
        self.blobs.verify(|_| ()).await.unwrap().damages
    }

    /// Where the files are: the test's own bucket is a folder, too.
    fn folder(&self) -> std::path::PathBuf {
        let bucket = self.app.s3().map(|s3| s3.folder().join("lrs"));
        bucket.unwrap_or_else(|| self.blobs.0.files.folder().unwrap().to_path_buf())
    }

    fn file(&self, sha2: &Sha2) -> std::path::PathBuf {
        self.folder().join(path_of(FIRST_TENANT, sha2).as_ref())
    }
}

on_both! {
/// A thousand uploads are announced at once, and what is kept already is told.
async fn many_are_announced_at_once(app: TestApp) {
    let world = World::new(app).await;
    let kept = world.put(b"kept").await;
    world.keep(&kept).await.unwrap();
    let mut all = vec![(kept.clone(), 4)];
    for number in 1..1_000_u64 {
        all.push((world.spool(&number.to_be_bytes()).await.0, 8));
    }
    for _ in 0..2 {
        let known = world.blobs.announce(FIRST_TENANT, &all).await.unwrap();
        assert_eq!(known, [kept.clone()].into());
    }
    let verified = world.blobs.verify(|_| ()).await.unwrap();
    assert_eq!((verified.blobs, verified.uploading, verified.damages), (1, 999, vec![]));
}
}

on_both! {
with s3
async fn contents_come_back(app: TestApp) {
    let world = World::new(app).await;
    for bytes in [0, 10, MEMORY_BYTES_MAX + 1, files::PART_BYTES + 5] {
        let contents: Vec<u8> = (0..=252_u8).cycle().take(bytes).collect();
        let sha2 = world.put(&contents).await;
        world.keep(&sha2).await.unwrap();
        assert_eq!(world.read(&sha2).await.unwrap(), contents);
        assert_eq!(world.blobs.size(FIRST_TENANT, &sha2).await.unwrap(), Some(bytes as u64));
    }
    let verified = world.blobs.verify(|_| ()).await.unwrap();
    assert_eq!((verified.blobs, verified.uploading, verified.damages), (4, 0, vec![]));
}

async fn what_a_statement_needs_is_never_swept(app: TestApp) {
    let world = World::new(app).await;
    let sha2 = world.put(b"kept").await;
    world.keep(&sha2).await.unwrap();
    world.put(b"kept").await;
    world.clock.advance(100 * 3_600_000_000);
    assert_eq!(world.blobs.sweep(Duration::ZERO).await.unwrap(), 0);
    assert_eq!(world.read(&sha2).await.unwrap(), b"kept");
}

async fn what_no_statement_claimed_is_swept(app: TestApp) {
    let world = World::new(app).await;
    let sha2 = world.put(b"dead").await;
    assert_eq!(world.blobs.sweep(HOUR).await.unwrap(), 0, "it is not old enough");
    world.clock.advance(3_600_000_001);
    assert_eq!(world.blobs.sweep(HOUR).await.unwrap(), 1);
    assert_eq!(world.read(&sha2).await, None);
    assert_eq!(world.damages().await, []);
    assert_eq!(world.put(b"dead").await, sha2, "and can be uploaded again");
    world.keep(&sha2).await.unwrap();
    assert_eq!(world.read(&sha2).await.unwrap(), b"dead");
}

async fn many_are_swept_a_few_at_a_time(app: TestApp) {
    let world = World::new(app).await;
    for number in 0..45 {
        world.put(format!("dead {number}").as_bytes()).await;
    }
    world.clock.advance(3_600_000_001);
    assert_eq!(world.blobs.sweep(HOUR).await.unwrap(), 45);
    assert_eq!(world.damages().await, []);
}

/// Of what an interrupted sweep had claimed, only what it may still be removing is kept back.
async fn a_sweep_that_fails_lets_go(app: TestApp) {
    let world = World::new(app).await;
    let (stuck, other) = (world.put(b"stuck").await, world.put(b"other").await);
    std::fs::remove_file(world.file(&stuck)).unwrap();
    std::fs::create_dir(world.file(&stuck)).unwrap();
    world.clock.advance(3_600_000_001);
    world.blobs.sweep(HOUR).await.unwrap_err();
    let state = async |sha2: &Sha2| {
        let sha2 = sha2.to_string();
        let job = move |tx: &mut Tx<'_>| store::state_of(tx, FIRST_TENANT, &sha2);
        world.db.every().read(job).await.unwrap()
    };
    assert_eq!(state(&stuck).await, Some(store::State::Removing));
    assert_ne!(state(&other).await, Some(store::State::Removing));
    assert_eq!(world.put(b"other").await, other);
}

async fn a_late_statement_is_refused(app: TestApp) {
    let world = World::new(app).await;
    let sha2 = world.put(b"late").await;
    world.clock.advance(3_600_000_001);
    world.blobs.sweep(HOUR).await.unwrap();
    assert_eq!(world.keep(&sha2).await.unwrap_err().status.as_u16(), 503);
}

async fn an_upload_waits_for_the_sweep(app: TestApp) {
    let world = World::new(app).await;
    let sha2 = world.put(b"again").await;
    world.clock.advance(3_600_000_001);
    let now = world.clock.now_micros();
    let claimed = world.db.every().write(move |tx| store::claim_dead(tx, FIRST_TENANT, now, now, 9)).await;
    assert_eq!(claimed.unwrap(), [sha2.to_string()]);
    let upload = world.put(b"again");
    let finish = async {
        tokio::time::sleep(REMOVAL_POLL * 3).await;
        std::fs::remove_file(world.file(&sha2)).unwrap();
        let gone = sha2.to_string();
        world.db.every().write(move |tx| store::forget(tx, FIRST_TENANT, &gone, now)).await.unwrap();
    };
    tokio::join!(upload, finish);
    world.keep(&sha2).await.unwrap();
    assert_eq!(world.read(&sha2).await.unwrap(), b"again");
}

async fn tenants_do_not_share(app: TestApp) {
    let world = World::new(app).await;
    let sha2 = world.put(b"mine").await;
    assert!(world.blobs.get(TenantId(2), &sha2).await.unwrap().is_none());
    let hashes = vec![sha2.to_string()];
    let other = world.db.every().write(move |tx| mark_stored(tx, TenantId(2), &hashes)).await;
    assert_eq!(other.unwrap_err().status.as_u16(), 503);
}

async fn damage_is_found(app: TestApp) {
    let world = World::new(app).await;
    let mut kept = Vec::new();
    for contents in ["missing", "altered", "fine"] {
        let sha2 = world.put(contents.as_bytes()).await;
        world.keep(&sha2).await.unwrap();
        kept.push(sha2);
    }
    std::fs::remove_file(world.file(&kept[0])).unwrap();
    std::fs::write(world.file(&kept[1]), "other").unwrap();
    std::fs::write(world.folder().join("stray"), "").unwrap();
    let (unknown, _) = world.spool(b"no row").await;
    let file = world.file(&unknown);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, "no row").unwrap();
    let damages = world.damages().await;
    assert_eq!(damages.len(), 4, "{damages:?}");
    for damage in [
        Damage::Missing(FIRST_TENANT, kept[0].clone()),
        Damage::Altered(FIRST_TENANT, kept[1].clone()),
        Damage::Unknown("stray".to_owned()),
        Damage::Unknown(path_of(FIRST_TENANT, &unknown).to_string()),
    ] {
        assert!(damages.contains(&damage), "{damage}");
    }
    // Uploading it again mends what was lost.
    world.put(b"missing").await;
    assert_eq!(world.read(&kept[0]).await.unwrap(), b"missing");
}

async fn half_written_files_are_cleared(app: TestApp) {
    let world = World::new(app).await;
    if world.app.s3().is_some() {
        return; // A bucket shows nothing that is not whole.
    }
    let sha2 = world.put(b"whole").await;
    world.keep(&sha2).await.unwrap();
    let mut half = world.file(&sha2).into_os_string();
    half.push("#1");
    std::fs::write(&half, "who").unwrap();
    let path = half.to_string_lossy().into_owned();
    assert_eq!(world.damages().await, [Damage::HalfWritten(path)]);
    // The clock of this test stands long before the file was made.
    assert_eq!(world.blobs.clear_half_written(HOUR).await.unwrap(), 0);
    world.clock.advance(i64::MAX / 2);
    assert_eq!(world.blobs.clear_half_written(HOUR).await.unwrap(), 1);
    assert_eq!(world.damages().await, []);
}

    /// Every upload that is kept can be read, whatever a sweep does at the same time.
    async fn sweeps_and_uploads_of_one_content_never_lose_it(app: TestApp) {
        let world = World::new(app).await;
        let sweeps = async {
            for _ in 0..60 {
                world.blobs.sweep(Duration::from_secs(1)).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let uploads = async {
            let mut outcomes = [0, 0];
            for round in 0..60 {
                // Four uploads of each content, some of which dawdle before they are kept.
                let contents = format!("round {}", round / 4);
                let sha2 = world.put(contents.as_bytes()).await;
                if round % 3 == 0 {
                    world.clock.advance(2_000_000);
                    world.blobs.sweep(Duration::from_secs(1)).await.unwrap();
                }
                let kept = world.keep(&sha2).await.is_ok();
                outcomes[usize::from(kept)] += 1;
                if kept {
                    assert_eq!(world.read(&sha2).await.unwrap(), contents.as_bytes());
                }
            }
            outcomes
        };
        let ((), [refused, kept]) = tokio::join!(sweeps, uploads);
        assert!(kept > 0 && refused > 0, "{kept} kept, {refused} refused");
        assert_eq!(world.damages().await, []);
    }
}

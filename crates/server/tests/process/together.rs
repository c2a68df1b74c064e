//! Several servers that start at once on a PostgreSQL where there is nothing yet.

use crate::server::Store;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;

const SERVERS: usize = 5;
const PATIENCE: Duration = Duration::from_mins(1);

/// The schema is made once, by one of them; one tells the first key; and all of them serve.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_start_together_make_one_store() {
    let Some(mut store) = Store::postgres().await else {
        eprintln!("skipped: TEST_POSTGRES_URL is unset");
        return;
    };
    let mut children: Vec<_> = (0..SERVERS).map(|_| store.spawn()).collect();
    let (mut addresses, mut keys) = (BTreeSet::new(), 0);
    for child in &mut children {
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let greeted = timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await.unwrap() {
                keys += usize::from(line.trim_start().starts_with("secret"));
                if let Some((_, address)) = line.split_once("xAPI endpoint") {
                    addresses.insert(address.trim().to_owned());
                }
                if line.starts_with("Ctrl-C") {
                    return true;
                }
            }
            false
        });
        assert_eq!(greeted.await, Ok(true), "{}", store.log());
    }
    assert_eq!((addresses.len(), keys), (SERVERS, 1), "{}", store.log());
    for mut child in children {
        child.kill().await.unwrap();
    }
    store.start().await.terminate().await;
    store.is_sound().await;
}

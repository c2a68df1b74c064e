//! SIGTERM under load: what was accepted is answered and committed, and the process ends well.
//!
//! More than after a crash: what is stored was also acknowledged, for every request that the server
//! took up has its answer.

use crate::client::{Connection, Target, with_query};
use crate::on_both;
use crate::server::Store;
use crate::statement::{Scene, Told};
use crate::writer::Writer;
use crate::{check, statement};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

const ACTIVITY: &str = "https://example.com/activities/stopped";
const WRITERS: usize = 8;

on_both!(what_was_accepted_is_answered_and_committed);

async fn what_was_accepted_is_answered_and_committed(mut store: Store) {
    let server = store.start().await;
    let mut tasks = Vec::new();
    for name in 0..WRITERS {
        let connection = Connection::open(&server.target).await.unwrap();
        let writer = Writer::new(ACTIVITY, name, name as u64);
        tasks.push(tokio::spawn(writer.write(connection)));
    }
    let slow = Slow::begin(&server.target).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    server.terminate().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let late = slow.finish().await;
    let mut writers = Vec::new();
    for task in tasks {
        writers.push(task.await.unwrap());
    }
    assert!(server.ended().await.success(), "{}", store.log());

    let server = store.start().await;
    let mut connection = Connection::open(&server.target).await.unwrap();
    let mut kept = check::exact(&mut connection, ACTIVITY, &writers).await;
    for writer in &mut writers {
        writer.documents.retain(|_, document| {
            document.open = None; // What has no answer was not taken up.
            document.acknowledged.is_some()
        });
    }
    check::documents(&mut connection, &mut writers, &mut kept).await;
    let path = with_query("/xapi/statements", &[("statementId", &late.to_string())]);
    connection.get(&path).await;
    let sent: usize = writers.iter().map(|writer| writer.sent.len()).sum();
    assert!(sent > 2 * WRITERS, "too little was written to prove anything");
}

/// A request of which the server has the beginning.
struct Slow {
    stream: TcpStream,
    told: Told,
}

impl Slow {
    const SPLIT: usize = 20;

    async fn begin(target: &Target) -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let scene = Scene {
            mbox: "mailto:slow@example.com",
            activity: "https://example.com/activities/slow",
            registration: statement::id(&mut rng),
        };
        let told = statement::completed(&scene, statement::id(&mut rng), &mut rng);
        let head = format!(
            "POST /xapi/statements HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\nX-Experience-API-Version: 1.0.3\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            target.authorization,
            told.text.len()
        );
        let mut stream = TcpStream::connect(target.address).await.unwrap();
        let begin = &told.text.as_bytes()[..Self::SPLIT];
        stream.write_all(&[head.as_bytes(), begin].concat()).await.unwrap();
        Self { stream, told }
    }

    /// Sends the rest, which the server must still take; the statement's id.
    async fn finish(self) -> Uuid {
        let Self { mut stream, told } = self;
        stream.write_all(&told.text.as_bytes()[Self::SPLIT..]).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        told.id
    }
}

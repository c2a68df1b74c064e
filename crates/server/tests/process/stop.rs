//! SIGTERM under load: what was accepted is answered and committed, and the process ends well.
//!
//! More than after a crash: what is stored was also acknowledged, for every request that the server
//! took up has its answer.

use crate::client::{Connection, with_query};
use crate::on_both;
use crate::server::Store;
use crate::writer::Writer;
use crate::{check, statement};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const ACTIVITY: &str = "https://example.com/activities/stopped";
const WRITERS: usize = 8;

on_both!(what_was_accepted_is_answered_and_committed);

async fn what_was_accepted_is_answered_and_committed(mut store: Store) {
    let server = store.start().await;
    let mut tasks = Vec::new();
    for (seed, name) in (0..WRITERS).enumerate() {
        let connection = Connection::open(&server.target).await.unwrap();
        let writer = Writer::new(ACTIVITY, name, seed as u64);
        tasks.push(tokio::spawn(writer.write(connection)));
    }
    let mut rng = StdRng::seed_from_u64(1);
    let scene = statement::Scene {
        mbox: "mailto:slow@example.com",
        activity: "https://example.com/activities/slow",
        registration: statement::id(&mut rng),
    };
    let told = statement::completed(&scene, statement::id(&mut rng), &mut rng);
    let mut slow = TcpStream::connect(server.target.address).await.unwrap();
    let head = format!(
        "POST /xapi/statements HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\nX-Experience-API-Version: 1.0.3\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        server.target.authorization,
        told.text.len()
    );
    let (begin, rest) = told.text.as_bytes().split_at(20);
    slow.write_all(&[head.as_bytes(), begin].concat()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;

    server.terminate().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    slow.write_all(rest).await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let mut writers = Vec::new();
    for task in tasks {
        writers.push(task.await.unwrap());
    }
    assert!(server.ended().await.success(), "{}", store.log());

    let server = store.start().await;
    let mut connection = Connection::open(&server.target).await.unwrap();
    let mut kept = check::exact(&mut connection, ACTIVITY, &writers).await;
    for document in writers.iter_mut().flat_map(|writer| writer.documents.values_mut()) {
        document.open = None;
    }
    writers
        .iter_mut()
        .for_each(|writer| writer.documents.retain(|_, it| it.acknowledged.is_some()));
    check::documents(&mut connection, &mut writers, &mut kept).await;
    let path = with_query("/xapi/statements", &[("statementId", &told.id.to_string())]);
    connection.get(&path).await;
    let stored: usize = writers.iter().map(|writer| writer.sent.len()).sum();
    assert!(stored > 2 * WRITERS, "too little was written to prove anything");
}

//! A client that writes without pause until the server is gone, and keeps account of what it was told.

use crate::client::{Ask, Connection, Gone, with_query};
use crate::statement::{self, Scene, Told};
use bytes::Bytes;
use http::Method;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::collections::BTreeMap;
use uuid::Uuid;

const STATEMENTS: &str = "/xapi/statements";
const BATCH_MAX: usize = 20;
const ATTACHMENT_BYTES_MAX: usize = 40_000;
const DOCUMENTS: usize = 3;

/// A request that stores statements, all or none.
pub(crate) struct Sent {
    pub(crate) ask: Ask,
    /// The registration of all of its statements, and of no others.
    pub(crate) registration: Uuid,
    pub(crate) statements: Vec<Told>,
    pub(crate) attachment: Option<Bytes>,
    /// Whether the server has said that they are stored; if not, they may be.
    pub(crate) acknowledged: bool,
}

/// A state document: it holds what was last acknowledged, or what was asked for after that.
#[derive(Default)]
pub(crate) struct Document {
    pub(crate) acknowledged: Option<Bytes>,
    pub(crate) open: Option<Bytes>,
}

/// The client, and what it knows when the server is gone.
pub(crate) struct Writer {
    pub(crate) mbox: String,
    activity: String,
    pub(crate) sent: Vec<Sent>,
    /// By path.
    pub(crate) documents: BTreeMap<String, Document>,
    /// Statements that it may void: stored for certain, and not voided.
    valid: Vec<Uuid>,
    rng: StdRng,
}

impl Writer {
    /// A client that makes statements about this activity.
    pub(crate) fn new(activity: &str, name: usize, seed: u64) -> Self {
        let host = activity.rsplit('/').next().unwrap();
        Self {
            mbox: format!("mailto:writer{name}@{host}.example.com"),
            activity: activity.to_owned(),
            sent: Vec::new(),
            documents: BTreeMap::new(),
            valid: Vec::new(),
            rng: StdRng::seed_from_u64(seed),
        }
    }

    /// Writes until the server is gone.
    pub(crate) async fn write(mut self, mut connection: Connection) -> Self {
        while self.step(&mut connection).await.is_ok() {}
        self
    }

    async fn step(&mut self, connection: &mut Connection) -> Result<(), Gone> {
        let registration = statement::id(&mut self.rng);
        match self.rng.random_range(0..100) {
            0..40 => self.store(connection, registration, 1).await,
            40..60 => {
                let count = self.rng.random_range(2..=BATCH_MAX);
                self.store(connection, registration, count).await
            }
            60..70 => self.attach(connection, registration).await,
            70..78 => self.void(connection, registration).await,
            78..82 => self.void_early(connection, registration).await,
            _ => self.document(connection).await,
        }
    }

    fn told(&mut self, registration: Uuid, id: Uuid) -> Told {
        let scene = Scene { mbox: &self.mbox, activity: &self.activity, registration };
        statement::completed(&scene, id, &mut self.rng)
    }

    async fn store(
        &mut self,
        connection: &mut Connection,
        registration: Uuid,
        count: usize,
    ) -> Result<(), Gone> {
        let mut list = Vec::new();
        for _ in 0..count {
            let id = statement::id(&mut self.rng);
            list.push(self.told(registration, id));
        }
        let texts: Vec<&str> = list.iter().map(|told| told.text.as_str()).collect();
        let body = if count == 1 { texts[0].to_owned() } else { format!("[{}]", texts.join(",")) };
        let ids: Vec<Uuid> = list.iter().map(|told| told.id).collect();
        let ask = Ask::json(Method::POST, STATEMENTS, body);
        self.send(connection, ask, registration, list, None).await?;
        self.valid.extend(ids);
        Ok(())
    }

    async fn attach(
        &mut self,
        connection: &mut Connection,
        registration: Uuid,
    ) -> Result<(), Gone> {
        let mut content = vec![0; self.rng.random_range(1..ATTACHMENT_BYTES_MAX)];
        self.rng.fill(content.as_mut_slice());
        let id = statement::id(&mut self.rng);
        let scene = Scene { mbox: &self.mbox, activity: &self.activity, registration };
        let told = statement::attached(&scene, id, &content);
        let mut body = format!(
            "--part\r\nContent-Type: application/json\r\n\r\n{}\r\n--part\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {}\r\n\r\n",
            told.text,
            statement::sha2(&content)
        )
        .into_bytes();
        body.extend_from_slice(&content);
        body.extend_from_slice(b"\r\n--part--\r\n");
        let content_type = "multipart/mixed; boundary=part".to_owned();
        let path = STATEMENTS.to_owned();
        let (method, body) = (Method::POST, body.into());
        let ask = Ask { method, path, content_type, body, if_match: None };
        self.send(connection, ask, registration, vec![told], Some(content.into())).await
    }

    /// Voids one that is stored.
    async fn void(&mut self, connection: &mut Connection, registration: Uuid) -> Result<(), Gone> {
        if self.valid.is_empty() {
            return Ok(());
        }
        let at = self.rng.random_range(0..self.valid.len());
        let target = self.valid.swap_remove(at);
        self.void_one(connection, registration, target).await
    }

    /// Voids one that is stored only afterwards.
    async fn void_early(
        &mut self,
        connection: &mut Connection,
        registration: Uuid,
    ) -> Result<(), Gone> {
        let target = statement::id(&mut self.rng);
        self.void_one(connection, registration, target).await?;
        let registration = statement::id(&mut self.rng);
        let told = self.told(registration, target);
        let ask = Ask::json(Method::POST, STATEMENTS, told.text.clone());
        self.send(connection, ask, registration, vec![told], None).await
    }

    async fn void_one(
        &mut self,
        connection: &mut Connection,
        registration: Uuid,
        target: Uuid,
    ) -> Result<(), Gone> {
        let id = statement::id(&mut self.rng);
        let scene = Scene { mbox: &self.mbox, activity: &self.activity, registration };
        let told = statement::voiding(&scene, id, target);
        let path = with_query(STATEMENTS, &[("statementId", &id.to_string())]);
        let ask = Ask::json(Method::PUT, path, told.text.clone());
        self.send(connection, ask, registration, vec![told], None).await
    }

    async fn send(
        &mut self,
        connection: &mut Connection,
        ask: Ask,
        registration: Uuid,
        statements: Vec<Told>,
        attachment: Option<Bytes>,
    ) -> Result<(), Gone> {
        let sent = Sent { ask, registration, statements, attachment, acknowledged: false };
        // Into the account before it goes out: from here on it may be stored.
        self.sent.push(sent);
        let sent = self.sent.last_mut().unwrap();
        let answer = connection.send(&sent.ask).await?;
        assert!(matches!(answer.status, 200 | 204), "{answer:?}");
        sent.acknowledged = true;
        Ok(())
    }

    async fn document(&mut self, connection: &mut Connection) -> Result<(), Gone> {
        let name = format!("document{}", self.rng.random_range(0..DOCUMENTS));
        let agent = format!(r#"{{"mbox":"{}"}}"#, self.mbox);
        let parameters = [("activityId", &*self.activity), ("agent", &agent), ("stateId", &name)];
        let path = with_query("/xapi/activities/state", &parameters);
        let content = format!(r#"{{"page":{}}}"#, self.rng.random_range(0..u64::MAX));
        let content = Bytes::from(content);
        let document = self.documents.entry(path.clone()).or_default();
        document.open = Some(content.clone());
        let answer = connection.send(&Ask::json(Method::PUT, path, content)).await?;
        assert_eq!(answer.status, 204, "{answer:?}");
        document.acknowledged = document.open.take();
        Ok(())
    }
}

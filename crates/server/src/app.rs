//! Everything that a handler may need, cheap to clone.

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::cmi5::Cmi5;
use crate::content::{ContentUrl, Imports};
use crate::http::api::{Running, Secrets};
use crate::http::client::Proxies;
use crate::ids::Ids;
use crate::limits::Limits;
use crate::nodes::Nodes;
use crate::operate::Operate;
use crate::requests::Requests;
use crate::statements::Log;
use crate::tenants::Callers;
use crate::usage::Usage;
use rollbook_db::Db;
use std::ops::Deref;
use std::sync::Arc;

/// The parts of a running server.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// Attachments' contents.
    pub blobs: Blobs,
    /// The only source of time.
    pub clock: Clock,
    /// The only source of identity.
    pub ids: Ids,
    /// What is launched here, and what this process remembers of it.
    pub(crate) cmi5: Cmi5,
    /// The record.
    pub(crate) log: Log,
    /// Who is calling, by credential.
    pub callers: Callers,
    /// What callers may use, and what they use.
    pub usage: Usage,
    /// What an operator sees.
    pub operate: Operate,
    /// The tenants' logs of requests.
    pub requests: Requests,
    /// The proxies that are believed about where a request comes from.
    pub proxies: Proxies,
    /// The address by which clients know this server, under which accounts of keys are unique.
    pub public_url: String,
    /// The address by which browsers know the origin of uploaded content.
    pub content_url: ContentUrl,
    /// Origins of other platforms that show it in frames.
    pub content_frames: Vec<String>,
    /// The imports of packages that run here.
    pub imports: Imports,
    /// The secrets of each tenant.
    pub secrets: Secrets,
    /// The writes with an `Idempotency-Key` that run here.
    pub running: Running,
    /// This server among those that share its database.
    pub nodes: Nodes,
    /// Every bound, by name.
    pub limits: Limits,
}

/// A running server's parts, shared by all requests.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl App {
    /// Shares `parts`.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// How many processes share the limits of each tenant, this one included: each enforces its
    /// share.
    pub fn live_nodes(&self) -> u64 {
        self.nodes.live() as u64
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

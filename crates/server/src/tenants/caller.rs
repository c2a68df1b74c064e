//! Who is calling, and what they may do.
//!
//! What the caller may do is an argument: a handler takes one of the types in `http::authority`,
//! which exist only for callers with the scope, so that a handler without a check cannot be written.

use super::{Restrictions, SessionCaller};
use std::sync::Arc;
use uuid::Uuid;

/// A tenant's number; every row and every file carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(pub i64);

/// The tenant that a new store starts with.
pub const FIRST_TENANT: TenantId = TenantId(1);

/// One thing that a credential may do (1.0.3 Communication 4.2, `decisions.md` 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Scope {
    /// Store statements.
    StatementsWrite = 1,
    /// Read the statements that this credential stored.
    StatementsReadMine = 2,
    /// Read all statements.
    StatementsRead = 4,
    /// Read and write state documents.
    State = 8,
    /// Define and redefine activities and agents.
    Define = 16,
    /// Read and write profile documents.
    Profile = 32,
    /// Read everything.
    AllRead = 64,
    /// Read and write everything in the record.
    All = 128,
    /// Read what is under `/api/v1`.
    Read = 256,
    /// Write what is under `/api/v1`.
    Write = 512,
    /// Administer the tenant: its keys, its issuers, its limits, its logs.
    Admin = 1024,
    /// Run the installation: its tenants and what each may use. Only keys of the first tenant.
    Operator = 2048,
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(pub u16);

/// Who holds the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// An API key, by its public part.
    Key(Arc<str>),
    /// A person or a service that an issuer of tokens vouches for.
    User {
        /// The issuer's name, as its tokens have it.
        issuer: Arc<str>,
        /// Who it is to the issuer.
        subject: Arc<str>,
    },
    /// Content that was launched for a learner, by its session.
    Session(Uuid),
    /// The operator at the command line.
    Operator,
}

/// A resolved credential: the tenant, who it is, and what it may do.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant whose data this is about. Nobody else's exists.
    pub tenant: TenantId,
    /// Who it is.
    pub principal: Principal,
    /// What it may do.
    pub scopes: Scopes,
    /// The Agent that vouches for statements stored by this caller, as JSON (Data 2.4.9).
    pub authority: Arc<str>,
    /// Prefixes of the activities that it may touch; none means all of them. Ask
    /// [`Caller::activities`].
    pub activity_prefixes: Option<Arc<[String]>>,
    /// Where from and until when its key may be used, if that is bounded: what it gives to others is
    /// bounded so too.
    pub bounds: Option<Arc<Bounds>>,
    /// What it is confined to, if it is launched content.
    pub session: Option<Arc<SessionCaller>>,
}

/// Where from, on which pages and until when a key may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// What it is restricted to.
    pub restrictions: Restrictions,
    /// When it ends, in microseconds since 1970 UTC; never if none.
    pub expires: Option<i64>,
}

impl Scope {
    /// Every scope with its name on the wire.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("statements/write", Self::StatementsWrite),
        ("statements/read/mine", Self::StatementsReadMine),
        ("statements/read", Self::StatementsRead),
        ("state", Self::State),
        ("define", Self::Define),
        ("profile", Self::Profile),
        ("all/read", Self::AllRead),
        ("all", Self::All),
        ("read", Self::Read),
        ("write", Self::Write),
        ("admin", Self::Admin),
        ("operator", Self::Operator),
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, scope)| *scope == self);
        named.map(|(name, _)| *name).expect("every scope is in NAMES")
    }
}

impl Scopes {
    /// No scope at all.
    pub const NONE: Self = Self(0);

    /// The set with `scope` added.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope as u16)
    }

    /// The set with `scope` taken away.
    #[must_use]
    pub const fn without(self, scope: Scope) -> Self {
        Self(self.0 & !(scope as u16))
    }

    /// What this set and another let one do both.
    #[must_use]
    pub fn shared(self, other: Self) -> Self {
        Self(self.with_implied().0 & other.with_implied().0)
    }

    /// Whether one of `wanted` is held.
    pub fn any(self, wanted: &[Scope]) -> bool {
        wanted.iter().any(|scope| self.0 & *scope as u16 != 0)
    }
}

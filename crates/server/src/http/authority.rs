//! What a caller may do, as types that a handler takes (1.0.3 Communication 4.2).
//!
//! Each type exists only for a caller who holds one of its scopes: no credential or a bad one is
//! 401, a good one without the scope is 403. A handler that takes none is open to everybody. Take
//! it before the body, so that strangers are refused before anything is read.

use crate::app::App;
use crate::error::{Code, Problem};
use crate::http::client::ClientAddress;
use crate::operate::Seen;
use crate::tenants::{Caller, Presented, Scope};
use axum::extract::FromRequestParts;
use http::request::Parts;

macro_rules! authority {
    ($(
        $(#[$doc:meta])*
        $name:ident may $what:literal with [$($scope:ident),+]
        $({ $($(#[$field_doc:meta])* $field:ident: bool = $of:expr,)+ })?;
    )+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug)]
            pub struct $name {
                /// Who is calling.
                pub caller: Caller,
                $($($(#[$field_doc])* pub $field: bool,)+)?
            }

            impl $name {
                /// The scopes of which one is needed.
                pub const ANY_OF: &'static [Scope] = &[$(Scope::$scope),+];
            }

            impl FromRequestParts<App> for $name {
                type Rejection = Problem;

                async fn from_request_parts(
                    parts: &mut Parts,
                    app: &App,
                ) -> Result<Self, Problem> {
                    let caller = admitted(parts, app, Self::ANY_OF, $what).await?;
                    $($(
                        let decide: fn(&Caller) -> bool = $of;
                        let $field = decide(&caller);
                    )+)?
                    Ok(Self { caller, $($($field,)+)? })
                }
            }
        )+
    };
}

authority! {
    /// May store statements.
    StatementWriter may "store statements" with [StatementsWrite, All] {
        /// Whether its statements may change the definitions of activities and the names of actors.
        may_define: bool = |caller| caller.scopes.any(&[Scope::Define, Scope::All]),
    };

    /// May read statements.
    StatementReader may "read statements" with [StatementsRead, AllRead, All, StatementsReadMine] {
        /// Only those that this credential stored.
        mine: bool = |caller| {
            !caller.scopes.any(&[Scope::StatementsRead, Scope::AllRead, Scope::All])
        },
    };

    /// May write state documents.
    StateAccess may "write state documents" with [State, All];

    /// May read state documents.
    StateReader may "read state documents" with [State, AllRead, All];

    /// May write documents of agent and activity profiles.
    ProfileAccess may "write profile documents" with [Profile, All];

    /// May read documents of agent and activity profiles.
    ProfileReader may "read profile documents" with [Profile, AllRead, All];

    /// May read what is known of a person.
    AgentReader may "read agents" with [StatementsRead, Profile, AllRead, All];

    /// May read definitions of activities.
    ActivityReader may "read activities" with [StatementsRead, Profile, Define, AllRead, All];

    /// May read what is under `/api/v1`.
    ApiReader may "read here" with [Read, Write, Admin];

    /// May write what is under `/api/v1`.
    ApiWriter may "write here" with [Write, Admin];

    /// May take part in courses, for others or for itself: see `creatiq`.
    CourseParticipant may "take part in courses" with [Write, Admin, StatementsWrite];

    /// May read how somebody takes part in courses, or how it does itself: see `creatiq`.
    CourseReader may "read about courses" with [Read, Write, Admin, StatementsWrite];

    /// May administer its tenant.
    Administrator may "administer this tenant" with [Admin];

    /// May run the installation.
    InstallationOperator may "run this installation" with [Operator];
}

/// Who is calling, whatever they may do. A request is resolved once.
pub async fn caller(parts: &mut Parts, app: &App) -> Result<Caller, Problem> {
    if let Some(caller) = parts.extensions.get::<Caller>() {
        return Ok(caller.clone());
    }
    let address = parts.extensions.get::<ClientAddress>().map(|ClientAddress(address)| *address);
    let caller = app.callers.resolve(&Presented::of(parts, address)?).await?;
    Seen::caller(&parts.extensions, &caller);
    parts.extensions.insert(caller.clone());
    Ok(caller)
}

/// The caller, if one of the scopes is held.
async fn admitted(
    parts: &mut Parts,
    app: &App,
    wanted: &[Scope],
    what: &str,
) -> Result<Caller, Problem> {
    let caller = caller(parts, app).await?;
    if caller.scopes.any(wanted) {
        return Ok(caller);
    }
    if caller.session.as_ref().is_some_and(|session| session.ended) {
        return Err(crate::cmi5::ended());
    }
    let names = wanted.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", ");
    let detail = format!("this credential may not {what}: that needs one of the scopes {names}");
    Err(Problem::forbidden(Code::AuthScopeMissing, detail))
}

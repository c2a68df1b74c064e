//! Refusals as CATAPULT's clients read them: with the members `statusCode`, `error` and `message`
//! and, where a requirement is broken, `violatedReqId` besides the usual ones.

use crate::error::{Place, Problem, Told};
use axum::response::Response;
use http::{Method, StatusCode};

/// What the paths of CATAPULT's begin with, behind `/api/v1/`.
const PARTS: &[&str] = &["about", "auth", "course", "ping", "registration", "session"];
/// One that it shares: to read and to change what is there is not CATAPULT's.
const SHARED: &str = "tenant";

/// Whether the answer to a request of this path is for CATAPULT's clients.
pub(crate) fn holds(method: &Method, path: &str) -> bool {
    let part = path.strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next());
    part.is_some_and(|part| {
        let shared = part == SHARED && [Method::POST, Method::DELETE].contains(method);
        shared || PARTS.contains(&part)
    })
}

/// Gives a refusal, whoever refused, the members that CATAPULT's clients read; other answers stay
/// as they are. The front writes its body after that.
pub(crate) fn dress(response: &mut Response) {
    let Some(told) = response.extensions_mut().remove::<Told>() else { return };
    let status = response.status();
    let members = [
        ("statusCode", status.as_u16().into()),
        ("error", status.canonical_reason().unwrap_or_default().into()),
        ("message", told.detail().into()),
    ];
    response.extensions_mut().insert(told.with(members));
}

/// 400, with the first requirement of cmi5 that it breaks, for an upload that cannot be used; other
/// problems stay as they are.
pub(super) fn unusable(problem: Problem) -> Problem {
    match requirement(&problem) {
        Some(requirement) => Problem { status: StatusCode::BAD_REQUEST, ..problem }
            .with("violatedReqId", requirement),
        None => problem,
    }
}

fn requirement(problem: &Problem) -> Option<String> {
    let named = problem.faults.iter().find_map(|fault| match &fault.place {
        Place::Package(place) => Some(place.requirement).filter(|id| !id.is_empty()),
        _ => None,
    });
    named.map(|id| id.trim_start_matches("R:").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_of_this_interface_and_no_others() {
        for feature in crate::FEATURES {
            for endpoint in feature.endpoints {
                let method = endpoint.method.parse().unwrap();
                let is_ours = feature.name == "catapult";
                assert_eq!(holds(&method, endpoint.path), is_ours, "{method} {}", endpoint.path);
            }
        }
    }
}

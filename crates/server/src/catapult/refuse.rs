//! Refusals as CATAPULT's clients read them.

use crate::error::{Place, Problem, Result};
use http::StatusCode;

/// The same outcome; a refusal has the members `statusCode`, `error`, `message` and, where a
/// requirement is broken, `violatedReqId` besides its own.
pub(super) fn told<T>(outcome: Result<T>) -> Result<T> {
    outcome.map_err(|problem| {
        let requirement = requirement(&problem);
        let mut problem = problem;
        if requirement.is_some() {
            problem.status = StatusCode::BAD_REQUEST;
        }
        let status = problem.status;
        let message = problem.detail.clone();
        let problem = problem
            .with("statusCode", status.as_u16())
            .with("error", status.canonical_reason().unwrap_or_default())
            .with("message", message);
        match requirement {
            Some(requirement) => problem.with("violatedReqId", requirement),
            None => problem,
        }
    })
}

/// The first requirement of cmi5 that an upload breaks.
fn requirement(problem: &Problem) -> Option<String> {
    let named = problem.faults.iter().find_map(|fault| match &fault.place {
        Place::Package(place) => Some(place.requirement).filter(|id| !id.is_empty()),
        _ => None,
    });
    named.map(|id| id.trim_start_matches("R:").to_owned())
}

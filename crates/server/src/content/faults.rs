//! What is wrong with a package, as it is told: everything at once, each with its place, the rule
//! and what mends it.

use crate::error::{Code, Fault, PackagePlace, Place, Problem};
use rollbook_cmi5::structure;
use rollbook_package as package;

/// A package that is accepted has one of these forms (cmi5 14.0).
pub(super) const FORM: (&str, &str) = ("R:14.0.0.0-1", "14.0");
/// A zip follows PKWARE's note (cmi5 14.1).
pub(super) const ZIP: (&str, &str) = ("R:14.1.0.0-1", "14.1");
/// The structure is `cmi5.xml` at the top of the zip (cmi5 14.1).
pub(super) const NAME: (&str, &str) = ("R:14.1.0.0-2", "14.1");

/// 422 for an archive that cannot be used.
pub(super) fn of_archive(problems: Vec<package::Problem>) -> Problem {
    refused(problems.into_iter().map(|problem| {
        let (requirement, clause) =
            if problem.code == package::Code::Corrupt { ZIP } else { ("", "") };
        let place = PackagePlace {
            code: problem.code.name(),
            requirement,
            clause,
            path: problem.path.unwrap_or_default(),
            fix: problem.code.fix().to_owned(),
            ..PackagePlace::default()
        };
        (place, problem.message)
    }))
}

/// 422 for a structure that breaks rules.
pub(super) fn of_structure(faults: Vec<structure::Fault>) -> Problem {
    refused(faults.into_iter().map(|fault| {
        let structure::Fault { requirement, clause, line, column, path, message, fix } = fault;
        (PackagePlace { code: "", requirement, clause, path, line, column, fix }, message)
    }))
}

/// 422 for one thing.
pub(super) fn one(
    (requirement, clause): (&'static str, &'static str),
    path: &str,
    message: impl Into<String>,
    fix: &str,
) -> Problem {
    let (path, fix) = (path.to_owned(), fix.to_owned());
    let place = PackagePlace { requirement, clause, path, fix, ..PackagePlace::default() };
    refused([(place, message.into())])
}

/// 415 for a body of a type that no package has.
pub(super) fn media(detail: String) -> Problem {
    let fix = "send a course package as a zip, or a course structure as XML";
    let Problem { faults, .. } = one(FORM, "", detail.as_str(), fix);
    Problem { faults, ..Problem::of(Code::BodyMediaType, detail) }
}

/// 422 for a package of a standard that is not played here.
pub(super) fn unsupported(kind: &'static str, message: &'static str) -> Problem {
    let Problem { faults, .. } = one(NAME, "", message, "export the course as cmi5");
    Problem { faults, ..Problem::of(Code::PackageUnsupported, message) }.with("kind", kind)
}

fn refused(found: impl IntoIterator<Item = (PackagePlace, String)>) -> Problem {
    let faults: Vec<Fault> = found
        .into_iter()
        .map(|(place, detail)| Fault { place: Place::Package(Box::new(place)), detail })
        .collect();
    let detail = match faults.as_slice() {
        [one] => one.detail.clone(),
        many => format!("{} things are wrong with the package, see `errors`", many.len()),
    };
    Problem { faults: faults.into(), ..Problem::of(Code::PackageInvalid, detail) }
}

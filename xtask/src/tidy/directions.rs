//! Arrows point to the pure (style rule 5): which crate may use which, read from the manifests.

use super::Finding;
use super::rust;
use super::tree::{File, Tree};

/// What a crate of ours may use of ours, in the program and in its tests only.
struct Arrows {
    package: &'static str,
    may: &'static [&'static str],
    tests_may: &'static [&'static str],
    /// Nobody's I/O either: no runtime, no socket, no database, no clock.
    pure: bool,
}

const ARROWS: &[Arrows] = &[
    Arrows { package: "rollbook-xapi", may: &[], tests_may: &[], pure: true },
    Arrows { package: "rollbook-cmi5", may: &["rollbook-xapi"], tests_may: &[], pure: true },
    // It opens nothing, but reads from the reader that it is given.
    Arrows { package: "rollbook-package", may: &[], tests_may: &[], pure: false },
    Arrows { package: "rollbook-db", may: &[], tests_may: &[], pure: false },
    Arrows { package: "rollbook-testkit", may: &[], tests_may: &[], pure: false },
    Arrows {
        package: "rollbook-server",
        may: &["rollbook-cmi5", "rollbook-db", "rollbook-package", "rollbook-xapi"],
        tests_may: &["rollbook-testkit"],
        pure: false,
    },
    // A client from outside: it knows the server by HTTP and by its files.
    Arrows {
        package: "rollbook-bench",
        may: &["rollbook-testkit", "rollbook-xapi"],
        tests_may: &[],
        pure: false,
    },
    Arrows {
        package: "rollbook-fuzz",
        may: &["rollbook-xapi", "rollbook-server"],
        tests_may: &[],
        pure: false,
    },
    Arrows { package: "xtask", may: &[], tests_may: &[], pure: false },
];

/// Crates that do I/O, or exist to be used by what does; by the start of their names.
const IMPURE: &[&str] = &[
    "async-",
    "axum",
    "deadpool",
    "futures",
    "hyper",
    "indicatif",
    "multer",
    "object_store",
    "postgres",
    "rand",
    "reqwest",
    "rusqlite",
    "rustls",
    "tempfile",
    "tokio",
    "tower",
    "tracing",
];

/// The database drivers, which `rollbook-db` alone uses.
const DRIVERS: &[&str] = &["rusqlite", "tokio-postgres", "deadpool-postgres"];
/// The bench measures the raw engines beside the server.
const DRIVERS_MAY: &[&str] = &["rollbook-db", "rollbook-bench"];

/// Parts of the standard library that a pure crate does not touch.
const IMPURE_STD: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::io",
    "SystemTime",
    "Instant",
];

/// No manifest has an arrow that is not in the table.
pub(super) fn manifests(tree: &Tree) -> Vec<Finding> {
    tree.files
        .iter()
        .filter(|file| file.name() == "Cargo.toml")
        .filter_map(|file| Some((file, package(&file.text)?)))
        .flat_map(|(file, package)| {
            let Some(arrows) = ARROWS.iter().find(|arrows| arrows.package == package) else {
                let what = format!("`{package}` is not in ARROWS of xtask's directions.rs; add it");
                return vec![file.finding(0, "direction", what)];
            };
            wrong_arrows(file, arrows)
        })
        .collect()
}

/// No file of a pure crate names a clock, a socket, a file or the environment.
pub(super) fn pure_sources(tree: &Tree) -> Vec<Finding> {
    let pure = |folder: &str| {
        let manifest = tree.get(&format!("{folder}/Cargo.toml"));
        let package = manifest.and_then(|file| package(&file.text));
        ARROWS.iter().any(|arrows| arrows.pure && Some(arrows.package) == package)
    };
    tree.rust()
        .filter(|file| !file.is_test())
        .filter(|file| file.path.split_once("/src/").is_some_and(|(folder, _)| pure(folder)))
        .flat_map(impure_names)
        .collect()
}

fn impure_names(file: &File) -> Vec<Finding> {
    let tests = rust::test_blocks(&file.code);
    IMPURE_STD
        .iter()
        .flat_map(|name| rust::words(&file.code, name).map(move |at| (at, name)))
        .filter(|(at, _)| !tests.iter().any(|block| block.contains(at)))
        .map(|(at, name)| {
            let what = format!("a pure crate uses `{name}`; take the value as an argument");
            file.finding(at, "direction", what)
        })
        .collect()
}

fn wrong_arrows(manifest: &File, arrows: &Arrows) -> Vec<Finding> {
    let Arrows { package, may, tests_may, pure } = arrows;
    dependencies(&manifest.text)
        .into_iter()
        .filter_map(|Dependency { at, name, for_tests }| {
            let ours = name.starts_with("rollbook-");
            let allowed = may.contains(&name) || (for_tests && tests_may.contains(&name));
            let reason = if ours && !allowed {
                "the arrow points the other way"
            } else if *pure && !for_tests && IMPURE.iter().any(|start| name.starts_with(start)) {
                "this crate is pure"
            } else if DRIVERS.contains(&name) && !DRIVERS_MAY.contains(package) {
                "only rollbook-db speaks to a database"
            } else {
                return None;
            };
            let what = format!("{package} may not use {name}; {reason}");
            Some(manifest.finding(at, "direction", what))
        })
        .collect()
}

/// The name in `[package]`.
fn package(manifest: &str) -> Option<&str> {
    let (_, rest) = manifest.split_once("[package]")?;
    rest.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
}

struct Dependency<'a> {
    at: usize,
    name: &'a str,
    for_tests: bool,
}

/// What a manifest depends on, in all its dependency tables.
fn dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let (mut found, mut table, mut at) = (Vec::new(), "", 0);
    for line in manifest.split_inclusive('\n') {
        let text = line.trim();
        if text.starts_with('[') {
            table = text.trim_matches(['[', ']']);
        } else if table.ends_with("dependencies") && !text.starts_with('#') {
            let name = text.split(['.', '=', ' ']).next().unwrap_or_default();
            if !name.is_empty() {
                found.push(Dependency { at, name, for_tests: table == "dev-dependencies" });
            }
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use super::*;

    fn wrong(package: &str, rest: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{package}\"\n{rest}");
        found(manifests, &[("Cargo.toml", &text)])
    }

    #[test]
    fn an_arrow_against_the_table_is_found() {
        assert_eq!(
            wrong("rollbook-db", "[dependencies]\nuuid.workspace = true\nrollbook-xapi = { x }\n"),
            [
                "Cargo.toml:5: direction: rollbook-db may not use rollbook-xapi; the arrow points the other way"
            ]
        );
        let testkit = "rollbook-testkit.workspace = true\n";
        assert_eq!(wrong("rollbook-server", &format!("[dependencies]\n{testkit}")).len(), 1);
        assert!(wrong("rollbook-server", &format!("[dev-dependencies]\n{testkit}")).is_empty());
        assert_eq!(wrong("rollbook-bench", "[dependencies]\nrollbook-server = 1\n").len(), 1);
        assert_eq!(wrong("rollbook-new", "").len(), 1);
    }

    #[test]
    fn pure_crates_and_drivers_are_guarded() {
        let what = "Cargo.toml:4: direction: rollbook-xapi may not use tokio; this crate is pure";
        assert_eq!(wrong("rollbook-xapi", "[dependencies]\ntokio.workspace = true\n"), [what]);
        let drivers = "[dependencies]\nrusqlite.workspace = true\n";
        assert_eq!(wrong("rollbook-server", drivers).len(), 1);
        assert!(wrong("rollbook-db", drivers).is_empty());
    }

    #[test]
    fn a_pure_crate_that_reads_the_clock_is_found() {
        let manifest = ("crates/xapi/Cargo.toml", "[package]\nname = \"rollbook-xapi\"\n");
        let clock = "use std::time::SystemTime;\n#[cfg(test)]\nmod tests { use std::fs; }\n";
        let what = "a pure crate uses `SystemTime`; take the value as an argument";
        assert_eq!(
            found(pure_sources, &[manifest, ("crates/xapi/src/a.rs", clock)]),
            [format!("crates/xapi/src/a.rs:1: direction: {what}")]
        );
        assert!(found(pure_sources, &[manifest, ("crates/db/src/a.rs", clock)]).is_empty());
    }
}

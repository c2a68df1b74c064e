//! Which value holds when a setting is given in several places.
//!
//! A file may not name a setting that does not exist: the error names the nearest that does.

use super::setting::Setting;
use super::settings::Settings;
use super::table::SETTINGS;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The file that is read when no other is named, in the data folder.
const FILE: &str = "rollbook.toml";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag,
    /// An environment variable.
    Environment,
    /// A file.
    File(PathBuf),
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("reading the settings in {}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{} is not TOML", file.display())]
    Syntax {
        /// Which file.
        file: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// There is no such setting.
    #[error("{} names {name}, which is no setting{}", file.display(), hint(nearest.as_ref()))]
    Unknown {
        /// Which file.
        file: PathBuf,
        /// What it names.
        name: String,
        /// What it probably means.
        nearest: Option<&'static str>,
    },
    /// The value cannot be read.
    #[error("{place}: {problem}")]
    Value {
        /// What was set, by the name that it has in its place.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// The file lies in the data folder and says where the data folder is.
    #[error("{} is in the data folder and cannot say where that is: take `data` out of it", .0.display())]
    Circular(PathBuf),
}

/// Settings as given, by name, with where each comes from.
type Given = BTreeMap<&'static str, (String, Origin)>;

/// The settings that hold.
///
/// `flags` are by name; `env` looks a variable up; `file` was named by the caller, and without it
/// `rollbook.toml` in the data folder is read if it is there.
pub fn resolve(
    flags: &BTreeMap<&'static str, String>,
    env: &dyn Fn(&str) -> Option<String>,
    file: Option<&Path>,
) -> Result<Settings, ConfigError> {
    resolve_over(Settings::default(), flags, env, file)
}

/// The same, with what holds where nothing is given.
pub(super) fn resolve_over(
    usual: Settings,
    flags: &BTreeMap<&'static str, String>,
    env: &dyn Fn(&str) -> Option<String>,
    file: Option<&Path>,
) -> Result<Settings, ConfigError> {
    let mut given = Given::new();
    for setting in SETTINGS {
        if let Some(value) = flags.get(setting.name) {
            given.insert(setting.name, (value.clone(), Origin::Flag));
        } else if let Some(value) = env(setting.env).or_else(|| env(standard(setting)?)) {
            given.insert(setting.name, (value, Origin::Environment));
        }
    }
    if let Some(file) = file {
        add_file(&mut given, file)?;
    } else {
        let data = given.get("data").map_or(Settings::default().data, |(data, _)| data.into());
        let file = data.join(FILE);
        if file.exists() {
            let before = given.contains_key("data");
            add_file(&mut given, &file)?;
            if !before && given.contains_key("data") {
                return Err(ConfigError::Circular(file));
            }
        }
    }
    apply(usual, &given)
}

/// The environment variable by which other programs know the same setting.
fn standard(setting: &Setting) -> Option<&'static str> {
    match setting.name {
        "otel.endpoint" => Some("OTEL_EXPORTER_OTLP_ENDPOINT"),
        "otel.service_name" => Some("OTEL_SERVICE_NAME"),
        _ => None,
    }
}

fn apply(mut settings: Settings, given: &Given) -> Result<Settings, ConfigError> {
    for setting in SETTINGS {
        let Some((value, origin)) = given.get(setting.name) else { continue };
        (setting.apply)(&mut settings, value)
            .map_err(|problem| ConfigError::Value { place: place(setting, origin), problem })?;
    }
    Ok(settings)
}

/// Adds what a file sets and nothing else has set.
fn add_file(given: &mut Given, file: &Path) -> Result<(), ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
    let table: toml::Table = toml::from_str(&text).map_err(|source| ConfigError::Syntax {
        file: file.to_owned(),
        source: Box::new(source),
    })?;
    for (name, value) in flat(&table) {
        let setting = SETTINGS.iter().find(|setting| setting.name == name).ok_or_else(|| {
            let nearest = nearest(&name);
            ConfigError::Unknown { file: file.to_owned(), name: name.clone(), nearest }
        })?;
        let origin = Origin::File(file.to_owned());
        let value = value.ok_or_else(|| ConfigError::Value {
            place: place(setting, &origin),
            problem: "it is neither text nor a whole number nor true or false".to_owned(),
        })?;
        given.entry(setting.name).or_insert((value, origin));
    }
    Ok(())
}

/// Every value by its dotted name; none where the value is of no kind that a setting has.
fn flat(table: &toml::Table) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => {
                found.extend(
                    flat(inner).into_iter().map(|(name, value)| (format!("{key}.{name}"), value)),
                );
            }
            toml::Value::String(text) => found.push((key.clone(), Some(text.clone()))),
            toml::Value::Integer(number) => found.push((key.clone(), Some(number.to_string()))),
            toml::Value::Boolean(truth) => found.push((key.clone(), Some(truth.to_string()))),
            _ => found.push((key.clone(), None)),
        }
    }
    found
}

fn place(setting: &Setting, origin: &Origin) -> String {
    match origin {
        Origin::Flag => format!("--{}", setting.flag),
        Origin::Environment => setting.env.to_owned(),
        Origin::File(file) => format!("{} in {}", setting.name, file.display()),
    }
}

/// The setting whose name is nearest, if it is near: a third of it may differ.
fn nearest(name: &str) -> Option<&'static str> {
    let last = |name: &'static str| name.rsplit('.').next().unwrap_or(name);
    SETTINGS
        .iter()
        .map(|setting| {
            // The table may have been forgotten, so the last part counts for itself, at a price.
            let whole = distance(name, setting.name);
            (whole.min(distance(name, last(setting.name)) + 1), setting.name)
        })
        .min()
        .filter(|(distance, nearest)| *distance * 3 <= nearest.len())
        .map(|(_, nearest)| nearest)
}

/// How many characters are added, dropped or replaced between two texts (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((y, above), pair) in b.chars().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().expect("it starts with one");
            next.push((above + usize::from(x != y)).min(pair + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().expect("a row has one entry at least")
}

fn hint(nearest: Option<&&'static str>) -> impl fmt::Display {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Database;
    use tempfile::TempDir;

    fn no_env(_: &str) -> Option<String> {
        None
    }

    fn folder(file: &str, text: &str) -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn error(text: &str) -> String {
        let (_folder, path) = folder("a.toml", text);
        let error = resolve(&BTreeMap::new(), &no_env, Some(&path)).unwrap_err();
        error.to_string().replace(&path.display().to_string(), "FILE")
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_file() {
        let (_folder, path) =
            folder("a.toml", "listen = '127.0.0.1:1'\n[sqlite]\nreaders = 1\nqueue = 1\n");
        let env = |name: &str| match name {
            "ROLLBOOK_LISTEN" => Some("127.0.0.1:2".to_owned()),
            "ROLLBOOK_SQLITE_READERS" => Some("2".to_owned()),
            _ => None,
        };
        let flags = BTreeMap::from([("listen", "127.0.0.1:3".to_owned())]);
        let settings = resolve(&flags, &env, Some(&path)).unwrap();
        assert_eq!(settings.listen.port(), 3);
        assert_eq!(settings.tuning.readers, 2);
        assert_eq!(settings.tuning.queue_max, 1);
        assert_eq!(settings.tuning.pool_size, Settings::default().tuning.pool_size);
    }

    #[test]
    fn the_file_in_the_data_folder_is_read_unless_another_is_named() {
        let (folder, _) = folder("rollbook.toml", "database = 'postgres://db/x'");
        let data = folder.path().display().to_string();
        let flags = BTreeMap::from([("data", data)]);
        let settings = resolve(&flags, &no_env, None).unwrap();
        assert_eq!(settings.database, Database::Postgres("postgres://db/x".to_owned()));
        let other = folder.path().join("other.toml");
        std::fs::write(&other, "").unwrap();
        let settings = resolve(&flags, &no_env, Some(&other)).unwrap();
        assert_eq!(settings.database, Database::Sqlite);
    }

    #[test]
    fn an_unknown_name_is_told_the_nearest() {
        assert_eq!(
            error("lisen = 'x'"),
            "FILE names lisen, which is no setting; did you mean listen?"
        );
        assert_eq!(
            error("[limits]\npage_statement = 1"),
            "FILE names limits.page_statement, which is no setting; did you mean limits.page_statements?"
        );
        assert_eq!(
            error("readers = 1"),
            "FILE names readers, which is no setting; did you mean sqlite.readers?"
        );
        assert_eq!(error("xyzzy = 1"), "FILE names xyzzy, which is no setting");
    }

    #[test]
    fn a_bad_value_is_told_where_it_is() {
        assert_eq!(
            error("[sqlite]\nreaders = 0"),
            "sqlite.readers in FILE: \"0\" is not a whole number above 0"
        );
        assert_eq!(
            error("listen = [1]"),
            "listen in FILE: it is neither text nor a whole number nor true or false"
        );
        assert_eq!(error("listen = "), "FILE is not TOML");
        assert_eq!(
            error("[limits]\nstatement_bytes = '64MiB'"),
            "limits.statement_bytes in FILE: a statement has at most 63MiB"
        );
        let flags = BTreeMap::from([("log.format", "xml".to_owned())]);
        let found = resolve(&flags, &no_env, None).unwrap_err().to_string();
        assert_eq!(found, "--log-format: \"xml\" is neither text nor json");
        let env = |name: &str| (name == "ROLLBOOK_DATABASE").then(|| "mysql://u:pw@h/x".to_owned());
        let found = resolve(&BTreeMap::new(), &env, None).unwrap_err().to_string();
        assert!(found.starts_with("ROLLBOOK_DATABASE: ") && !found.contains("pw"), "{found}");
    }

    #[test]
    fn distances_are_counted() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}

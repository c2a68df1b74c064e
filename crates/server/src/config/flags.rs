//! The flags of the command line, from the table of settings.

use super::layers::{ConfigError, resolve_over};
use super::setting::{Setting, Taken};
use super::settings::Settings;
use super::table::SETTINGS;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The flag that names the file.
const CONFIG: &str = "config";

/// Flags that set settings: all of them for a server, a few for other commands.
#[derive(Debug, Clone, Default)]
pub struct Flags<const SERVING: bool> {
    given: BTreeMap<&'static str, String>,
    file: Option<PathBuf>,
}

/// The flags of `serve`.
pub type ServeFlags = Flags<true>;

/// The flags of each command that opens the store.
pub type StoreFlags = Flags<false>;

impl<const SERVING: bool> Flags<SERVING> {
    /// The settings that hold, with environment and file.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        self.settings_over(Settings::default())
    }

    /// The same, with what holds where nothing is given.
    pub fn settings_over(&self, usual: Settings) -> Result<Settings, ConfigError> {
        resolve_over(usual, &self.given, &super::environment, self.file.as_deref())
    }

    /// Whether a setting is given by its flag.
    pub fn names(&self, setting: &str) -> bool {
        self.given.contains_key(setting)
    }

    /// Gives a setting, unless its flag does; what environment and file say counts for less.
    pub fn unless_given(&mut self, setting: &'static str, value: &str) {
        self.given.entry(setting).or_insert_with(|| value.to_owned());
    }

    fn taken() -> impl Iterator<Item = &'static Setting> {
        SETTINGS.iter().filter(|setting| SERVING || setting.taken == Taken::Everywhere)
    }
}

impl<const SERVING: bool> Args for Flags<SERVING> {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new(CONFIG)
            .long(CONFIG)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Settings file (TOML) [default: rollbook.toml in the data folder, if there]");
        Self::taken().fold(command, |command, setting| command.arg(flag(setting))).arg(file)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn flag(setting: &'static Setting) -> Arg {
    let default = match setting.default {
        "" => String::new(),
        default => format!(" [default: {default}]"),
    };
    let help = setting.help().trim_end().replace('\n', " ");
    let help = help.trim_end_matches('.');
    let first_sentence = help.split(". ").next().unwrap_or_default();
    Arg::new(setting.name)
        .long(setting.flag)
        .value_name(setting.unit)
        .hide_short_help(setting.taken == Taken::Seldom)
        .help(format!("{first_sentence}{default}"))
        .long_help(format!("{help}{default} [env: {}]", setting.env))
}

impl<const SERVING: bool> FromArgMatches for Flags<SERVING> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in Self::taken() {
            if let Some(value) = matches.get_one::<String>(setting.name) {
                self.given.insert(setting.name, value.clone());
            }
        }
        if let Some(file) = matches.get_one::<PathBuf>(CONFIG) {
            self.file = Some(file.clone());
        }
        Ok(())
    }
}

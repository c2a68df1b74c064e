//! What a setting is, and how the table writes one down.

use super::settings::Settings;

/// One thing that can be set.
pub struct Setting {
    /// Its name in the file; a dot stands for a table.
    pub name: &'static str,
    /// Its environment variable.
    pub env: &'static str,
    /// Its flag, without the dashes.
    pub flag: &'static str,
    /// Its default as one would write it; empty if there is none.
    pub default: &'static str,
    /// What the value is, such as `BYTES`.
    pub unit: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Who takes the flag.
    pub taken: Taken,
    /// Reads a value into the settings.
    pub apply: fn(&mut Settings, &str) -> Result<(), String>,
}

impl Setting {
    /// What it is for, in lines for people.
    pub fn help(&self) -> String {
        self.doc.lines().map(str::trim).collect::<Vec<_>>().join("\n")
    }
}

/// Which commands take a setting as a flag. Environment and file hold for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Each command that opens the store.
    Everywhere,
    /// Only `serve`.
    Serving,
    /// Only `serve`, and it is seldom needed: `serve -h` leaves it out, `serve --help` shows it.
    Seldom,
}

macro_rules! settings {
    ($(
        $(#[doc = $doc:literal])+
        $name:literal $env:literal $flag:literal = $default:literal $unit:literal $taken:ident
            $apply:expr;
    )+) => {
        /// Every setting, in the order of the documentation.
        pub static SETTINGS: &[Setting] = &[$(Setting {
            name: $name,
            env: $env,
            flag: $flag,
            default: $default,
            unit: $unit,
            doc: concat!($($doc, "\n"),+),
            taken: Taken::$taken,
            apply: $apply,
        }),+];
    };
}

macro_rules! set {
    ($($field:ident).+ = $read:expr) => {
        |settings, text| {
            settings.$($field).+ = $read(text)?;
            Ok(())
        }
    };
}

pub(super) use {set, settings};

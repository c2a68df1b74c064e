//! Settings: flags over environment over file over defaults, all from one table.
//!
//! Nothing else in this program reads an environment variable.

mod flags;
mod jwt;
mod layers;
mod markdown;
mod setting;
mod settings;
mod table;
mod value;
mod words;

pub use flags::{Flags, ServeFlags, StoreFlags};
pub use jwt::{Jwt, Secret};
pub use layers::{ConfigError, Origin, resolve};
pub use markdown::markdown;
pub use setting::{Setting, Taken};
pub use settings::{Database, LogFormat, Settings, Tuning, local_url};
pub use table::SETTINGS;
pub use value::duration;

/// The value of an environment variable; an empty one counts as unset.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

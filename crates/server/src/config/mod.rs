//! Settings: flags over environment over file over defaults, all from one table.

mod settings;
mod table;
mod value;

pub use settings::{Database, LogFormat, Settings, Tuning};
pub use table::{SETTINGS, Setting, Taken};
pub use value::duration;

//! `docs/settings.md`, from the table of settings.

use super::table::SETTINGS;

const HEAD: &str = "\
# Settings

This page is written by `rollbook settings --markdown`; do not edit it.

A setting is given as a flag, in the environment or in a file; a flag wins over the environment, and that over the file.
The file is TOML: `--config FILE`, or `rollbook.toml` in the data folder if it is there.
A dot in a name stands for a table: `limits.page_statements` is `page_statements` under `[limits]`.
Bytes are written `65536`, `64KiB`, `32MiB` or `1GiB`; times `250ms`, `30s`, `5m`, `12h`, `90d` or `2w`.

```toml
listen = \"0.0.0.0:8080\"
public_url = \"https://lrs.example.com\"

[limits]
attachment_bytes = \"1GiB\"
```
";

/// The page that documents every setting.
pub fn markdown() -> String {
    use std::fmt::Write as _;
    let mut page = HEAD.to_owned();
    for setting in SETTINGS {
        let default = match setting.default {
            "" => "none".to_owned(),
            default => format!("`{default}`"),
        };
        let unit = setting.unit.replace('|', "` or `");
        write!(
            page,
            "\n## `{}`\n\n{}\n\n- Flag: `--{}`\n- Environment: `{}`\n- Value: `{}`; default: {}\n",
            setting.name,
            setting.help(),
            setting.flag,
            setting.env,
            unit,
            default
        )
        .expect("a String takes any text");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::limits::Limits;
    use std::collections::HashSet;

    #[test]
    fn names_flags_and_variables_follow_one_rule() {
        let mut seen = HashSet::new();
        for setting in SETTINGS {
            assert!(seen.insert(setting.name), "{} is there twice", setting.name);
            assert_eq!(setting.flag, setting.name.replace(['.', '_'], "-"));
            let variable = setting.name.replace('.', "_").to_uppercase();
            assert_eq!(setting.env, format!("ROLLBOOK_{variable}"));
        }
    }

    /// What the page says is what holds, and each bound can be set.
    #[test]
    fn the_table_and_the_code_have_the_same_defaults() {
        let settings = Settings::default();
        let limits = Limits::default();
        assert_eq!(format!("{:?}", settings.limits), format!("{limits:?}"));
        let tuning = crate::config::Tuning::default();
        assert_eq!(format!("{:?}", settings.tuning), format!("{tuning:?}"));
        assert_eq!(settings.nodes, crate::nodes::Timing::default());
        let blobs = crate::blobs::BlobSettings::default();
        assert_eq!(format!("{:?}", settings.blobs), format!("{blobs:?}"));
        // What holds bounds is no bound itself, and only a tenant has a storage quota.
        let told = format!("{limits:?}");
        let holders = told.matches(": Allowance").count() + told.matches(": Cmi5Limits").count();
        let others = holders + told.matches("storage_bytes").count() - 1;
        let bounds = told.matches(": ").count() - others;
        let listed = SETTINGS.iter().filter(|setting| setting.name.starts_with("limits.")).count();
        assert_eq!(listed, bounds, "every field of Limits has a setting");
    }

    #[test]
    fn every_setting_is_on_the_page() {
        let page = markdown();
        for setting in SETTINGS {
            assert!(page.contains(&format!("\n## `{}`\n", setting.name)), "{}", setting.name);
        }
    }
}

//! The course of `demo/course`, as a package.

use anyhow::{Context as _, Result};
use rust_embed::Embed;
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[derive(Embed)]
#[folder = "../../demo/course"]
struct Files;

/// A zip of the course: the same bytes each time, so that it is the same version each time.
pub(super) fn package() -> Result<Vec<u8>> {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        let file = Files::get(&name).context("a file of the course is gone")?;
        zip.start_file(&*name, SimpleFileOptions::DEFAULT).context("packing the course")?;
        zip.write_all(&file.data).context("packing the course")?;
    }
    Ok(zip.finish().context("packing the course")?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_the_same_each_time_and_holds_its_structure() {
        let package = package().unwrap();
        assert_eq!(package, super::package().unwrap());
        assert!(Files::get("cmi5.xml").is_some());
    }
}

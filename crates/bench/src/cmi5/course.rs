//! Courses of any size: structures with blocks in blocks, and packages of files.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::world::Dice;

/// Units of a block, and blocks of a block around them.
const TEN: usize = 10;

/// A structure of so many units, each to be completed: ten in a block, ten blocks in a block, and
/// what is left at the end.
pub(super) fn structure(name: &str, units: usize) -> String {
    written(name, units, |unit| format!("https://content.example/{unit}/index.html?own=1"))
}

fn written(name: &str, units: usize, url: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(units * 420 + 1_000);
    let own = format!("https://publisher.example/{name}");
    text.push_str(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    text.push_str(
        r#"<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">"#,
    );
    open(&mut text, "course", &own, "A course of many units");
    text.push_str("</course>\n");
    let blocks = units / TEN;
    for unit in 0..units {
        let block = unit / TEN;
        if block < blocks && unit.is_multiple_of(TEN) {
            if block.is_multiple_of(TEN) {
                open(&mut text, "block", &format!("{own}/part/{}", block / TEN), "A part");
            }
            open(&mut text, "block", &format!("{own}/chapter/{block}"), "A chapter");
        }
        let id = format!("{own}/unit/{unit}");
        write!(text, r#"<au id="{id}" moveOn="Completed">"#).expect("a text can be written to");
        described(&mut text, "A lesson of the course");
        writeln!(text, "<url>{}</url></au>", url(unit)).expect("a text can be written to");
        if block < blocks && unit % TEN == TEN - 1 {
            text.push_str("</block>\n");
            if block % TEN == TEN - 1 || block + 1 == blocks {
                text.push_str("</block>\n");
            }
        }
    }
    text.push_str("</courseStructure>\n");
    text
}

fn open(text: &mut String, element: &str, id: &str, title: &str) {
    write!(text, r#"<{element} id="{id}">"#).expect("a text can be written to");
    described(text, title);
}

fn described(text: &mut String, title: &str) {
    for element in ["title", "description"] {
        let langstring = format!(r#"<langstring lang="en-US">{title}</langstring>"#);
        write!(text, "<{element}>{langstring}</{element}>").expect("a text can be written to");
    }
}

/// A package of a structure and files of chance, which no compression makes smaller: as pictures and
/// films are.
pub(super) fn package(name: &str, files: usize, bytes: usize, dice: &mut Dice) -> Result<Bytes> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(files * (bytes + 200))));
    let mut add = |path: &str, content: &[u8]| {
        zip.start_file(path, SimpleFileOptions::DEFAULT)?;
        zip.write_all(content).map_err(zip::result::ZipError::from)
    };
    let structure = written(name, TEN, |unit| format!("file{unit}.html"));
    add("cmi5.xml", structure.as_bytes()).context("packing a course")?;
    for file in 0..files {
        let mut content = Vec::with_capacity(bytes);
        while content.len() < bytes {
            content.extend_from_slice(dice.uuid().as_bytes());
        }
        add(&format!("file{file}.html"), &content).context("packing a course")?;
    }
    Ok(zip.finish().context("packing a course")?.into_inner().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_in_chapters_and_chapters_in_parts() {
        for (units, blocks) in [(3, 0), (10, 2), (1_001, 110), (995, 109)] {
            let text = structure("x", units);
            assert_eq!(text.matches("<au ").count(), units);
            assert_eq!(text.matches("<block ").count(), blocks, "{units}");
            assert_eq!(text.matches("</block>").count(), blocks, "{units}");
        }
        let text = structure("x", 101);
        let end = text.rsplit_once("</block>").unwrap().1;
        assert_eq!(end.matches("<au ").count(), 1, "one is left");
    }

    #[test]
    fn a_package_is_as_large_as_its_files() {
        let package = package("x", 12, 1_000, &mut Dice::new(1, 1)).unwrap();
        let mut zip = zip::ZipArchive::new(Cursor::new(package.to_vec())).unwrap();
        assert_eq!(zip.len(), 13);
        assert!(zip.by_name("cmi5.xml").unwrap().size() > 1_000);
        assert!(zip.by_name("file11.html").unwrap().compressed_size() >= 1_000);
    }
}

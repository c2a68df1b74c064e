//! The files of the repository, read once.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::Finding;
use super::rust::{self, Kind, Piece};

/// Folders that hold what tools and people leave behind, wherever they are.
const SKIPPED: &[&str] = &["target", "node_modules", ".git", "corpus", "artifacts"];

/// What is read; anything else has no rule.
const READ: &[&str] = &["rs", "toml", "md", "sql", "js", "mjs", "ts", "sh"];

/// The files, in the order of their paths.
pub(super) struct Tree {
    pub(super) files: Vec<File>,
}

/// One file. The path is from the top of the repository, with `/`.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
    /// For Rust: what is code, comment and literal.
    pub(super) pieces: Vec<Piece>,
    /// For Rust: the text with comments and literals blanked; offsets and lines are those of `text`.
    pub(super) code: String,
}

impl Tree {
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        read_folder(root, "", &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| File::new(path, (*text).into())).collect() }
    }

    /// The Rust files.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is("rs"))
    }

    pub(super) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl File {
    fn new(path: &str, text: String) -> Self {
        let mut file = Self { path: path.into(), text, pieces: Vec::new(), code: String::new() };
        if file.is("rs") {
            file.pieces = rust::pieces(&file.text);
            file.code = rust::keep(&file.text, &file.pieces, &[Kind::Code]);
        }
        file
    }

    pub(super) fn is(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, found)| found == extension)
    }

    /// The folder, without `/` at its end.
    pub(super) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The name, without folder.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(&self.path, |(_, name)| name)
    }

    /// The name, without folder and extension.
    pub(super) fn stem(&self) -> &str {
        self.name().rsplit_once('.').map_or(self.name(), |(stem, _)| stem)
    }

    /// Only compiled for tests, by its name.
    pub(super) fn is_test(&self) -> bool {
        self.stem() == "tests" || self.path.contains("/tests/")
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    /// A finding at an offset of this file.
    pub(super) fn finding(&self, offset: usize, rule: &'static str, what: String) -> Finding {
        Finding { path: self.path.clone(), line: self.line(offset), rule, what }
    }
}

fn read_folder(root: &Path, folder: &str, files: &mut Vec<File>) -> anyhow::Result<()> {
    for entry in fs::read_dir(root.join(folder)).with_context(|| format!("reading {folder}/"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if entry.file_type()?.is_dir() {
            // ./data is where `make run` keeps its store.
            if !SKIPPED.contains(&name.as_str()) && path != "data" {
                read_folder(root, &path, files)?;
            }
        } else if path.rsplit_once('.').is_some_and(|(_, end)| READ.contains(&end))
            || folder == "scripts"
        {
            let text =
                fs::read_to_string(entry.path()).with_context(|| format!("reading {path}"))?;
            files.push(File::new(&path, text));
        }
    }
    Ok(())
}

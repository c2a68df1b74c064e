//! What somebody uploaded, by its bytes and not by what they call it.

use crate::Archive;

/// The form of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upload {
    /// A zip archive, perhaps one that extracts itself.
    Archive,
    /// An XML text, as a cmi5 structure may come alone (cmi5 14.2).
    Xml,
    /// Neither.
    Unknown,
}

/// The standard that a package follows, by the file that each puts at its top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `cmi5.xml`
    Cmi5,
    /// `imsmanifest.xml`
    Scorm,
    /// `h5p.json`
    H5p,
    /// `tincan.xml`
    TinCan,
    /// `*.crs`
    Aicc,
}

/// The form of an upload by its first bytes.
pub fn upload(head: &[u8]) -> Upload {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0);
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") || head.starts_with(b"MZ")
    {
        Upload::Archive
    } else if first == Some(&b'<')
        || head.starts_with(b"\xff\xfe<")
        || head.starts_with(b"\xfe\xff\0<")
    {
        Upload::Xml
    } else {
        Upload::Unknown
    }
}

/// Every standard that an archive follows, the one that says most first.
pub fn kind<R>(archive: &Archive<R>) -> Vec<Kind> {
    let top = |name: &str| archive.entries().iter().any(|entry| entry.path == name);
    let named = [
        ("cmi5.xml", Kind::Cmi5),
        ("imsmanifest.xml", Kind::Scorm),
        ("h5p.json", Kind::H5p),
        ("tincan.xml", Kind::TinCan),
    ];
    let mut kinds: Vec<Kind> =
        named.into_iter().filter(|(name, _)| top(name)).map(|(_, kind)| kind).collect();
    let course = |path: &str| !path.contains('/') && path.to_ascii_lowercase().ends_with(".crs");
    if archive.entries().iter().any(|entry| course(&entry.path)) {
        kinds.push(Kind::Aicc);
    }
    kinds
}

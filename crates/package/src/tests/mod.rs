//! Archives of our own making, each with one thing wrong, and the hostile samples if they are there.

mod zip64;

use super::{Archive, Code, Kind, Limits, Problem, Upload, kind, upload};
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

type Bytes = Cursor<Vec<u8>>;

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, contents) in files {
        zip.start_file(*name, options).unwrap();
        zip.write_all(contents).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn opened(bytes: Vec<u8>, limits: &Limits) -> Result<Archive<Bytes>, Vec<Problem>> {
    Archive::open(Cursor::new(bytes), limits)
}

fn codes(outcome: Result<Archive<Bytes>, Vec<Problem>>) -> Vec<Code> {
    outcome.err().unwrap_or_default().into_iter().map(|problem| problem.code).collect()
}

/// Replaces bytes that stand in both headers.
fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<_> = (0..bytes.len().saturating_sub(from.len()))
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    for place in places {
        bytes[place..place + to.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn files_are_found_and_read() {
    let bytes = zipped(&[("cmi5.xml", b"<x/>"), ("a/b.html", b"hello"), ("a/empty", b"")]);
    let mut archive = opened(bytes, &Limits::default()).unwrap();
    assert_eq!(kind(&archive), [Kind::Cmi5]);
    let paths: Vec<_> = archive.entries().iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["cmi5.xml", "a/b.html", "a/empty"]);
    let (mut text, entry) = (Vec::new(), archive.find("a/b.html").unwrap().clone());
    assert_eq!(archive.read(&entry, &mut text).unwrap(), 5);
    assert_eq!(text, b"hello");
    assert!(archive.find("A/b.html").is_none());
    assert!(archive.warnings().is_empty());
}

#[test]
fn what_stands_before_the_archive_is_let_be() {
    let mut bytes = b"MZ a program that extracts itself".to_vec();
    bytes.extend(zipped(&[("h5p.json", b"{}")]));
    assert_eq!(upload(&bytes), Upload::Archive);
    assert_eq!(kind(&opened(bytes, &Limits::default()).unwrap()), [Kind::H5p]);
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../evil", "/etc/passwd", "C:\\evil", "a\\..\\..\\evil", "nul.txt"] {
        assert_eq!(
            codes(opened(zipped(&[(name, b"x")]), &Limits::default())),
            [Code::UnsafePath],
            "{name}"
        );
    }
}

#[test]
fn a_name_stands_once() {
    let bytes = patched(zipped(&[("a1.html", b"x"), ("a2.html", b"y")]), b"a2.html", b"a1.html");
    assert_eq!(codes(opened(bytes, &Limits::default())), [Code::DuplicateEntry]);
    let bytes = zipped(&[("a\\b", b"x"), ("a/b", b"y")]);
    assert_eq!(codes(opened(bytes, &Limits::default())), [Code::DuplicateEntry], "cleaned to one");
    let archive =
        opened(zipped(&[("a.html", b"x"), ("A.html", b"y")]), &Limits::default()).unwrap();
    assert_eq!(archive.warnings()[0].code, Code::CaseCollision);
}

#[test]
fn headers_that_disagree_are_refused() {
    let mut bytes = zipped(&[("one.html", b"x")]);
    bytes[30..38].copy_from_slice(b"two.html");
    assert_eq!(codes(opened(bytes, &Limits::default())), [Code::Corrupt]);
}

#[test]
fn links_are_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    assert_eq!(codes(opened(bytes, &Limits::default())), [Code::SpecialEntry]);
}

/// Each limit, at it and one past it.
#[test]
fn limits_hold() {
    let bytes = || zipped(&[("a/b", &[0; 1_000]), ("c", &[0; 1_000])]);
    let at = Limits {
        entries_max: 2,
        file_bytes_max: 1_000,
        total_bytes_max: 2_000,
        ratio_max: 1_000,
        ratio_from_bytes: 999,
        path_bytes_max: 3,
        depth_max: 1,
    };
    assert!(opened(bytes(), &at).is_ok());
    for (limits, expected) in [
        (Limits { entries_max: 1, ..at.clone() }, Code::TooManyEntries),
        (Limits { file_bytes_max: 999, ..at.clone() }, Code::TooLarge),
        (Limits { total_bytes_max: 1_999, ..at.clone() }, Code::TooLarge),
        (Limits { ratio_max: 10, ..at.clone() }, Code::Bomb),
        (Limits { path_bytes_max: 2, ..at.clone() }, Code::UnsafePath),
        (Limits { depth_max: 0, ..at.clone() }, Code::UnsafePath),
    ] {
        assert_eq!(codes(opened(bytes(), &limits)).first(), Some(&expected), "{limits:?}");
    }
    let unheeded = Limits { ratio_max: 10, ratio_from_bytes: 1_000, ..at };
    assert!(opened(bytes(), &unheeded).is_ok(), "small files may be as empty as they like");
}

/// The same archive with an end of zip64 that says it has so many entries.
fn zip64(mut bytes: Vec<u8>, entries: u64) -> Vec<u8> {
    let end = bytes.split_off(bytes.len() - 22);
    let place = bytes.len() as u64;
    let [size, offset] = [12, 16].map(|at| u32::from_le_bytes(end[at..at + 4].try_into().unwrap()));
    bytes.extend(b"PK\x06\x06");
    bytes.extend(44_u64.to_le_bytes());
    bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [entries, entries, size.into(), offset.into()] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(b"PK\x06\x07\0\0\0\0");
    bytes.extend(place.to_le_bytes());
    bytes.extend([1, 0, 0, 0]);
    bytes.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
    bytes
}

/// What an archive says of itself is not believed until it is within the bounds.
#[test]
fn directories_are_held_to_their_bounds() {
    let files = zipped(&[("a", b"x"), ("b", b"y")]);
    let two = Limits { entries_max: 2, ..Limits::default() };
    assert_eq!(opened(zip64(files.clone(), 2), &two).unwrap().entries().len(), 2);
    let mut behind = b"MZ".to_vec();
    behind.extend(zip64(files.clone(), 2));
    assert_eq!(opened(behind, &two).unwrap().entries().len(), 2);
    for entries in [3, 10_000_000, u64::MAX] {
        let problems = opened(zip64(files.clone(), entries), &two).unwrap_err();
        assert!(problems[0].message.contains(&entries.to_string()), "{problems:?}");
    }

    // Entries with as many records in them as there can be.
    let record = [0xfe, 0xca, 0, 0].repeat(16_000);
    let mut bytes = Vec::new();
    for _ in 0..20 {
        bytes.extend(b"PK\x01\x02");
        bytes.extend([0; 26]);
        bytes.extend(u16::try_from(record.len()).unwrap().to_le_bytes());
        bytes.extend([0; 14]);
        bytes.extend(&record);
    }
    let size = u32::try_from(bytes.len()).unwrap();
    bytes.extend(b"PK\x05\x06\0\0\0\0\x14\0\x14\0");
    bytes.extend(size.to_le_bytes());
    bytes.extend([0; 6]);
    let problems = opened(bytes.clone(), &two).unwrap_err();
    assert_eq!(problems[0].code, Code::TooManyEntries, "{problems:?}");
    assert!(problems[0].message.contains("directory"), "{problems:?}");
    let problems = opened(bytes, &Limits::default()).unwrap_err();
    assert_ne!(problems[0].code, Code::TooManyEntries, "{problems:?}");
}

/// The last end is the end: what stands before it is not looked for when it leads nowhere.
#[test]
fn an_archive_has_one_end() {
    let mut bytes = zipped(&[("a", b"x")]);
    bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x01\0\0\0\xff\xff\0\0\0\0");
    assert_eq!(codes(opened(bytes, &Limits::default())), [Code::Corrupt]);

    // An end within the end would be read as two different archives.
    let whole = zip64(zipped(&[("a", b"x")]), 1);
    assert!(opened(whole.clone(), &Limits::default()).is_ok());
    let mut within = whole.clone();
    let locator = within.len() - 42;
    within[locator + 4..locator + 8].copy_from_slice(b"PK\x05\x06");
    let problems = opened(within, &Limits::default()).unwrap_err();
    assert!(problems[0].message.contains("within the end"), "{problems:?}");
}

/// A directory that lies about a size is found out while the file is read.
#[test]
fn a_size_that_lies_is_found_out() {
    let bytes = zipped(&[("a", &[7; 5_000])]);
    let lying = patched(bytes, &5_000_u32.to_le_bytes(), &4_000_u32.to_le_bytes());
    if let Ok(mut archive) = opened(lying, &Limits::default()) {
        let entry = archive.find("a").unwrap().clone();
        assert_eq!(archive.read(&entry, &mut Vec::new()).unwrap_err().code, Code::Corrupt);
    }
}

#[test]
fn what_is_no_archive_is_refused() {
    let whole = zipped(&[("a", b"hello, hello, hello")]);
    for bytes in [Vec::new(), b"<html>".to_vec(), whole[..whole.len() - 30].to_vec()] {
        assert_eq!(codes(opened(bytes, &Limits::default())), [Code::Corrupt]);
    }
    let mut flipped = zipped(&[("a", b"hello, hello, hello")]);
    flipped[34] ^= 0xff;
    let mut archive = opened(flipped, &Limits::default()).unwrap();
    let entry = archive.find("a").unwrap().clone();
    assert_eq!(archive.read(&entry, &mut Vec::new()).unwrap_err().code, Code::Corrupt);
}

#[test]
fn uploads_are_known_by_their_bytes() {
    for (head, expected) in [
        (&b"PK\x03\x04"[..], Upload::Archive),
        (b"PK\x05\x06", Upload::Archive),
        (b"\xef\xbb\xbf <?xml", Upload::Xml),
        (b"\r\n<courseStructure", Upload::Xml),
        (b"\xff\xfe<\0", Upload::Xml),
        (b"# Title", Upload::Unknown),
        (b"", Upload::Unknown),
    ] {
        assert_eq!(upload(head), expected, "{head:?}");
    }
}

/// Zips that somebody made to break readers of zips, in the samples folder.
#[test]
fn hostile_samples() {
    let Some(samples) = std::env::var_os("ROLLBOOK_SAMPLES") else {
        eprintln!("skipped: ROLLBOOK_SAMPLES is unset");
        return;
    };
    let folder = std::path::Path::new(&samples).join("scorm/malformed");
    let limits = Limits { total_bytes_max: 60 << 20, ..Limits::default() };
    for (name, expected) in [
        ("zipslip_dotdot", Code::UnsafePath),
        ("zipslip_absolute", Code::UnsafePath),
        ("zipslip_drive", Code::UnsafePath),
        ("zipslip_backslash", Code::UnsafePath),
        ("symlink_entry", Code::SpecialEntry),
        ("bomb_ratio", Code::Bomb),
        ("duplicate_entries", Code::DuplicateEntry),
        ("truncated", Code::Corrupt),
        ("not_a_zip", Code::Corrupt),
        ("encrypted_flag", Code::Encrypted),
    ] {
        let Ok(bytes) = std::fs::read(folder.join(format!("{name}.zip"))) else { continue };
        assert_eq!(codes(opened(bytes, &limits)).first(), Some(&expected), "{name}");
    }
    for name in [
        "ok_minimal12",
        "backslash_separators",
        "prefixed_sfx",
        "cp437_names",
        "case_colliding_entries",
        "space_unicode_names",
        "empty",
    ] {
        let bytes = std::fs::read(folder.join(format!("{name}.zip"))).unwrap();
        let mut archive =
            opened(bytes, &limits).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        for entry in archive.entries().to_vec() {
            archive.read(&entry, &mut std::io::sink()).unwrap();
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_get_an_answer(noise in proptest::collection::vec(0_u8.., 0..200), at in 0_usize..400) {
        let mut bytes = zipped(&[("index.html", b"hello"), ("b/c", &[1; 300])]);
        let at = at % bytes.len();
        for (byte, new) in bytes[at..].iter_mut().zip(noise) {
            *byte = new;
        }
        if let Ok(mut archive) = opened(bytes, &Limits::default()) {
            for entry in archive.entries().to_vec() {
                drop(archive.read(&entry, &mut std::io::sink()));
            }
        }
    }
}

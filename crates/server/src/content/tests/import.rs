//! Whole packages: forms and ways of sending, hostile archives, and that nothing stays of what is
//! refused (cmi5 14; `cmi5.md` 7.3 I1, I2, I8, I9, I11).

use super::kit::*;
use crate::limits::Limits;
use crate::testing::on_both;
use std::fmt::Write as _;
use zip::write::SimpleFileOptions;

/// A form with these parts: name, file name, contents.
fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, contents) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        let head = format!("--b0\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(contents);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b0--\r\n");
    body
}

const FORM: &str = "multipart/form-data; boundary=b0";

on_both! {
    /// I1. cmi5 6.1: more than 1,000 assignable units.
    async fn a_thousand_and_one_units(app: TestApp) {
        let mut units = String::new();
        for number in 0..1_001 {
            units.push_str(&au(&format!("au/{number}"), "", "https://c.example/unit"));
        }
        let answer = upload(&app, "text/xml", structure(&units)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.json()["current"]["units"], 1_001);
    }

    /// I2. cmi5 14.0: XML, zip and zip64, as the body itself and in a form.
    async fn every_form_is_taken(app: TestApp) {
        let parts = au("au", "", "https://c.example/a");
        let of = |number: usize| structure_of(&format!("https://p.example/{number}"), &parts);
        let zip = |number: usize, large: bool| {
            let options = SimpleFileOptions::default().large_file(large);
            zipped_with(&[("cmi5.xml", of(number).as_bytes())], options)
        };
        for (number, (media, body, form_of)) in [
            ("text/xml", of(0).into_bytes(), "xml"),
            ("application/xml; charset=utf-8", of(1).into_bytes(), "xml"),
            ("application/zip", of(2).into_bytes(), "xml"),
            ("application/zip", zip(3, false), "zip"),
            ("application/x-zip-compressed", zip(4, true), "zip"),
            ("application/octet-stream", zip(5, false), "zip"),
            (FORM, form(&[("note", None, b"x"), ("file", Some("c.zip"), &zip(6, false))]), "zip"),
            (FORM, form(&[("any", Some("c.xml"), of(7).as_bytes())]), "xml"),
        ]
        .into_iter()
        .enumerate()
        {
            let answer = upload(&app, media, body).await;
            assert_eq!(answer.status, 201, "{number} {media}: {answer:?}");
            let course = answer.json();
            assert_eq!(course["publisherId"], format!("https://p.example/{number}"));
            assert_eq!(course["current"]["form"], form_of, "{number}");
            assert_eq!(course["title"], "Course 🎓");
        }
        let before = rows(&app).await;
        for (media, body, status) in [
            ("text/markdown; charset=UTF-8", of(9).into_bytes(), 415),
            ("application/json", of(9).into_bytes(), 415),
            (FORM, form(&[("note", None, b"x")]), 400),
            (FORM, form(&[("a", Some("a"), b"x"), ("b", Some("b"), b"x")]), 400),
            ("multipart/form-data", form(&[]), 400),
            (FORM, b"--b0\r\nContent-Disposition: form-data".to_vec(), 400),
        ] {
            let answer = upload(&app, media, body).await;
            assert_eq!(answer.status, status, "{media}: {answer:?}");
        }
        assert_eq!(rows(&app).await, before);
    }

    /// I8. cmi5 14.1: a zip with the structure only, and one with both kinds of units.
    async fn units_may_be_elsewhere(app: TestApp) {
        let both = au("here", "", "sub/a%20b.html?x=1#top") + &au("there", "", "https://c.example/a");
        let text = structure(&both);
        let bytes = zipped(&[("cmi5.xml", text.as_bytes()), ("sub/a b.html", b"<p>")]);
        assert_eq!(imported(&app, bytes).await["current"]["units"], 2);
        let missing = zipped(&[("cmi5.xml", text.as_bytes())]);
        assert_eq!(refused(&upload(&app, "application/zip", missing).await), ["R:14.1.0.0-4"]);
    }

    /// I9, I11. What cannot be used is refused with its reason, and leaves no row and no blob.
    async fn what_is_refused_leaves_nothing(app: TestApp) {
        let good = structure(&au("au", "", "index.html"));
        let good = good.as_bytes();
        let page: (&str, &[u8]) = ("index.html", b"x");
        let mut damaged = zipped(&[("cmi5.xml", good), page, ("z", &[b'z'; 4_000])]);
        let at = damaged.windows(4).rposition(|part| part == b"zzzz");
        let at = at.unwrap_or(damaged.len() / 2);
        damaged[at] ^= 0x55;
        let mut bomb = String::new();
        for _ in 0..(12 << 20) / 64 {
            bomb.write_str(&"0".repeat(64)).unwrap();
        }
        let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        for (name, bytes, expected) in [
            ("nothing", vec![], "R:14.1.0.0-1"),
            ("text", b"hello".to_vec(), "R:14.1.0.0-1"),
            ("half", zipped(&[("cmi5.xml", good), page])[..60].to_vec(), "ZIP_CORRUPT"),
            ("nested", zipped(&[("sub/cmi5.xml", good), page]), "R:14.1.0.0-2"),
            ("case", zipped(&[("CMI5.XML", good), page]), "R:14.1.0.0-2"),
            ("empty", zipped(&[]), "R:14.1.0.0-2"),
            ("slip", zipped(&[("cmi5.xml", good), page, ("../evil", b"x")]), "ZIP_UNSAFE_PATH"),
            ("root", zipped(&[("cmi5.xml", good), page, ("/etc/x", b"x")]), "ZIP_UNSAFE_PATH"),
            ("device", zipped(&[("cmi5.xml", good), page, ("nul.txt", b"x")]), "ZIP_UNSAFE_PATH"),
            ("bomb", zipped_with(&[("cmi5.xml", good), page, ("b", bomb.as_bytes())], plain), "ZIP_BOMB"),
            ("no xml", zipped(&[("cmi5.xml", b"not xml"), page]), "RB-CMI5-XML"),
            ("entity", zipped(&[("cmi5.xml", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a/>"), page]), "RB-CMI5-XML"),
        ] {
            let answer = upload(&app, "application/zip", bytes).await;
            let found = refused(&answer);
            assert!(found.iter().any(|one| one == expected), "{name}: {answer:?}");
            assert_eq!(rows(&app).await, [0; 4], "{name}");
        }
        let answer = upload(&app, "application/zip", damaged).await;
        assert!(answer.status == 422, "{answer:?}");
        assert_eq!(rows(&app).await, [0; 4], "damaged");
    }

    /// What is not played here is known for what it is, and said so (`scorm.md` 2.2).
    async fn other_standards_are_told_apart(app: TestApp) {
        for (file, kind, name) in [
            ("imsmanifest.xml", "scorm", "SCORM"),
            ("h5p.json", "h5p", "H5P"),
            ("tincan.xml", "tincan", "Tin Can"),
            ("course.crs", "aicc", "AICC"),
        ] {
            let bytes = zipped(&[(file, b"x"), ("index.html", b"x")]);
            let answer = upload(&app, "application/zip", bytes).await;
            let json = answer.json();
            assert_eq!((answer.status.as_u16(), &json["kind"]), (422, &kind.into()), "{answer:?}");
            assert_eq!(json["code"], "package.unsupported", "{answer:?}");
            assert!(json["detail"].as_str().unwrap().contains(name), "{answer:?}");
            assert_eq!(json["errors"][0]["fix"], "export the course as cmi5");
        }
        let both = structure(&au("au", "", "https://c.example/a"));
        let both = zipped(&[("imsmanifest.xml", b"x"), ("cmi5.xml", both.as_bytes())]);
        assert_eq!(imported(&app, both).await["kind"], "cmi5", "cmi5 is what is played");
        assert_eq!(rows(&app).await[..2], [1, 1]);
    }

    /// Links are no files, and two files are not one.
    async fn links_are_refused_and_cases_are_noted(app: TestApp) {
        let good = structure(&au("au", "", "index.html"));
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file("cmi5.xml", SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, good.as_bytes()).unwrap();
        zip.add_symlink("index.html", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let link = zip.finish().unwrap().into_inner();
        assert_eq!(refused(&upload(&app, "application/zip", link).await), ["ZIP_SPECIAL_ENTRY"]);
        let good = good.as_bytes();
        let cases = zipped(&[("cmi5.xml", good), ("index.html", b"a"), ("Index.html", b"b")]);
        let course = imported(&app, cases).await;
        assert_eq!(course["current"]["warnings"][0]["code"], "ZIP_CASE_COLLISION", "{course}");
    }

    /// Every bound at its edge and one past it.
    async fn bounds_hold(app: TestApp) {
        let good = structure(&au("au", "", "index.html"));
        let bytes = zipped(&[("cmi5.xml", good.as_bytes()), ("index.html", b"x"), ("a/b", b"1234")]);
        let all = good.len() as u64 + 5;
        let exact = Limits {
            package_bytes_max: bytes.len() as u64,
            package_entries_max: 3,
            package_file_bytes_max: good.len() as u64,
            package_total_bytes_max: all,
            package_path_bytes_max: "index.html".len(),
            package_depth_max: 1,
            ..Limits::default()
        };
        let small = |change: fn(&mut Limits)| {
            let mut limits = exact.clone();
            change(&mut limits);
            limits
        };
        let mut app = app;
        for (limits, expected) in [
            (small(|limits| limits.package_entries_max -= 1), "ZIP_TOO_MANY_ENTRIES"),
            (small(|limits| limits.package_file_bytes_max -= 1), "ZIP_TOO_LARGE"),
            (small(|limits| limits.package_total_bytes_max -= 1), "ZIP_TOO_LARGE"),
            (small(|limits| limits.package_path_bytes_max -= 1), "ZIP_UNSAFE_PATH"),
            (small(|limits| limits.package_depth_max -= 1), "ZIP_UNSAFE_PATH"),
        ] {
            app = app.with_limits(limits).await;
            let answer = upload(&app, "application/zip", bytes.clone()).await;
            assert_eq!(refused(&answer), [expected], "{answer:?}");
        }
        app = app.with_limits(small(|limits| limits.package_bytes_max -= 1)).await;
        for (media, body) in
            [("application/zip", bytes.clone()), (FORM, form(&[("f", Some("f"), &bytes)]))]
        {
            let answer = upload(&app, media, body).await;
            assert_eq!(answer.status, 413, "{answer:?}");
            assert_eq!(answer.json()["limit"], "package_bytes_max");
        }
        app = app.with_limits(exact).await;
        imported(&app, bytes).await;
    }
}

//! I2: an archive with every 64-bit field that there is, as one writes it who knows no size before
//! the end (PKWARE's note 4.3.9, 4.3.14, 4.3.15, 4.5.3). Made by hand: a library leaves these fields
//! out of what is small.

use crate::{Archive, Code, Kind, Limits, Upload, kind, upload};
use std::io::Cursor;

const UNKNOWN: [u8; 4] = [0xff; 4];

/// CRC-32 as zip has it.
fn crc(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), bit))
}

/// Signature, version, flags (a descriptor follows, names are UTF-8), stored, no date.
fn head(signature: [u8; 4], versions: &[u16]) -> Vec<u8> {
    let mut bytes = signature.to_vec();
    for number in versions.iter().chain(&[0x0808, 0, 0, 0x0021]) {
        bytes.extend(number.to_le_bytes());
    }
    bytes
}

fn zip64(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut central) = (Vec::new(), Vec::new());
    for (name, contents) in files {
        let (start, size, crc) = (bytes.len() as u64, contents.len() as u64, crc(contents));
        let named = u16::try_from(name.len()).unwrap().to_le_bytes();
        let local: [&[u8]; 9] = [
            &head(*b"PK\x03\x04", &[45]),
            &[0; 4],
            &UNKNOWN,
            &UNKNOWN,
            &named,
            &20_u16.to_le_bytes(),
            name.as_bytes(),
            &[1, 0, 16, 0],
            &[0; 16],
        ];
        bytes.extend(local.concat());
        bytes.extend(*contents);
        bytes.extend(b"PK\x07\x08");
        bytes.extend(crc.to_le_bytes());
        bytes.extend([size.to_le_bytes(), size.to_le_bytes()].concat());
        let listed: [&[u8]; 12] = [
            &head(*b"PK\x01\x02", &[45, 45]),
            &crc.to_le_bytes(),
            &UNKNOWN,
            &UNKNOWN,
            &named,
            &28_u16.to_le_bytes(),
            &[0; 10],
            &UNKNOWN,
            name.as_bytes(),
            &[1, 0, 24, 0],
            &[size.to_le_bytes(), size.to_le_bytes()].concat(),
            &start.to_le_bytes(),
        ];
        central.extend(listed.concat());
    }
    let (count, start) = (files.len() as u64, bytes.len() as u64);
    let length = central.len() as u64;
    bytes.extend(central);
    let end = bytes.len() as u64;
    let tail: [&[u8]; 15] = [
        b"PK\x06\x06",
        &44_u64.to_le_bytes(),
        &[45, 0, 45, 0],
        &[0; 8],
        &count.to_le_bytes(),
        &count.to_le_bytes(),
        &length.to_le_bytes(),
        &start.to_le_bytes(),
        b"PK\x06\x07",
        &[0; 4],
        &end.to_le_bytes(),
        &1_u32.to_le_bytes(),
        b"PK\x05\x06\0\0\0\0",
        &[0xff; 12],
        &[0; 2],
    ];
    bytes.extend(tail.concat());
    bytes
}

#[test]
fn sixty_four_bits_are_read() {
    let files: [(&str, &[u8]); 3] =
        [("cmi5.xml", b"<x/>"), ("a/b.html", b"hello, hello"), ("a/empty", b"")];
    let bytes = zip64(&files);
    assert_eq!(upload(&bytes), Upload::Archive);
    let mut archive = Archive::open(Cursor::new(bytes.clone()), &Limits::default()).unwrap();
    assert_eq!(kind(&archive), [Kind::Cmi5]);
    for (name, contents) in files {
        let (mut text, entry) = (Vec::new(), archive.find(name).unwrap().clone());
        assert_eq!(archive.read(&entry, &mut text).unwrap(), contents.len() as u64, "{name}");
        assert_eq!(text, contents, "{name}");
    }
    let tight = Limits { file_bytes_max: 11, ..Limits::default() };
    let problems = Archive::open(Cursor::new(bytes.clone()), &tight).unwrap_err();
    assert_eq!(problems[0].code, Code::TooLarge, "limits hold for its sizes");
    let cut = bytes[..bytes.len() - 30].to_vec();
    let problems = Archive::open(Cursor::new(cut), &Limits::default()).unwrap_err();
    assert_eq!(problems[0].code, Code::Corrupt);
}

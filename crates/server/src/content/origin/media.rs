//! The media type of a file, by its name (`scorm.md` 2.3). Browsers are told not to guess.
//!
//! No charset is named: old exports are in Latin-1 and say so themselves.

/// The type of what is at this path.
pub(super) fn of(path: &str) -> &'static str {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = |(names, _): &&(&[&str], &str)| {
        names.iter().any(|name| name.eq_ignore_ascii_case(extension))
    };
    TYPES.iter().find(known).map_or("application/octet-stream", |(_, media)| media)
}

/// Whether a file of this type is text, or like text gets much smaller in gzip.
pub(super) fn is_text(media: &str) -> bool {
    const TEXTS: [&str; 8] = [
        "application/xhtml+xml",
        "application/json",
        "application/xml",
        "application/x-subrip",
        "application/wasm",
        "application/vnd.apple.mpegurl",
        "application/dash+xml",
        "image/svg+xml",
    ];
    media.starts_with("text/") || TEXTS.contains(&media)
}

const TYPES: &[(&[&str], &str)] = &[
    (&["html", "htm"], "text/html"),
    (&["xhtml"], "application/xhtml+xml"),
    (&["css"], "text/css"),
    (&["js", "mjs"], "text/javascript"),
    (&["json", "map"], "application/json"),
    (&["xml", "xsd", "dtd", "xsl"], "application/xml"),
    (&["txt"], "text/plain"),
    (&["csv"], "text/csv"),
    (&["vtt"], "text/vtt"),
    (&["srt"], "application/x-subrip"),
    (&["wasm"], "application/wasm"),
    (&["pdf"], "application/pdf"),
    (&["svg"], "image/svg+xml"),
    (&["png"], "image/png"),
    (&["jpg", "jpeg"], "image/jpeg"),
    (&["gif"], "image/gif"),
    (&["webp"], "image/webp"),
    (&["avif"], "image/avif"),
    (&["bmp"], "image/bmp"),
    (&["ico"], "image/vnd.microsoft.icon"),
    (&["mp4", "m4v"], "video/mp4"),
    (&["webm"], "video/webm"),
    (&["ogv"], "video/ogg"),
    (&["mov"], "video/quicktime"),
    (&["mp3"], "audio/mpeg"),
    (&["m4a"], "audio/mp4"),
    (&["aac"], "audio/aac"),
    (&["ogg", "oga"], "audio/ogg"),
    (&["wav"], "audio/wav"),
    (&["woff"], "font/woff"),
    (&["woff2"], "font/woff2"),
    (&["ttf"], "font/ttf"),
    (&["otf"], "font/otf"),
    (&["eot"], "application/vnd.ms-fontobject"),
    (&["m3u8"], "application/vnd.apple.mpegurl"),
    (&["ts"], "video/mp2t"),
    (&["mpd"], "application/dash+xml"),
    (&["zip"], "application/zip"),
    (&["swf"], "application/x-shockwave-flash"),
];

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn types() {
        for (path, expected) in [
            ("index.html", "text/html"),
            ("a.b/INDEX.HTM", "text/html"),
            ("lib/app.min.JS", "text/javascript"),
            ("video.mp4", "video/mp4"),
            ("README", "application/octet-stream"),
            ("a.unknown", "application/octet-stream"),
            ("a.js/file", "application/octet-stream"),
        ] {
            assert_eq!(of(path), expected, "{path}");
        }
    }
}

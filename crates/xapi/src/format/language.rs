//! Which language of a language map to show (1.0.3 Communication 2.1.3 "Language filtering";
//! RFC 9110 12.5.4; RFC 4647).
//!
//! The ranges are tried in the reader's order of preference. A range takes the entry with the same
//! tag, else the first entry whose tag it is a prefix of (RFC 4647 3.3.1: `en` takes `en-GB`), else
//! it is shortened step by step until an entry has that tag (RFC 4647 3.4: `zh-Hant-TW` takes
//! `zh-Hant`, then `zh`). When nothing fits: an entry in the same language as one that the reader
//! asked for, but for another place (`en-US` for `en-GB`), else the first entry, which is the one
//! its author wrote first. Entries that the reader refuses (`q=0`) come last of all.

/// The most ranges of an `Accept-Language` header that are looked at.
pub const LANGUAGE_RANGES_MAX: usize = 64;

/// One range of an `Accept-Language` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageRange {
    /// The range in lower case, such as `en-gb` or `*`.
    pub tag: String,
    /// How much it is wanted, in thousandths; 0 is not at all.
    pub quality: u16,
}

/// Reads the value of an `Accept-Language` header: the ranges, the most wanted first.
///
/// What is not a range is passed over, because a header of preferences is no reason to fail.
pub fn parse_accept_language(header: &str) -> Vec<LanguageRange> {
    let elements = header.split(',').take(LANGUAGE_RANGES_MAX);
    let mut ranges: Vec<_> = elements.filter_map(range).collect();
    ranges.sort_by_key(|range| std::cmp::Reverse(range.quality));
    ranges
}

fn range(element: &str) -> Option<LanguageRange> {
    let (tag, weight) = match element.split_once(';') {
        Some((tag, weight)) => (tag.trim(), Some(weight.trim())),
        None => (element.trim(), None),
    };
    let is_subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let is_range = tag == "*" || tag.split('-').all(is_subtag);
    let quality = weight.map_or(Some(1000), quality)?;
    is_range.then(|| LanguageRange { tag: tag.to_ascii_lowercase(), quality })
}

/// A weight such as `q=0.5` in thousandths (RFC 9110 12.4.2).
fn quality(weight: &str) -> Option<u16> {
    let (name, value) = weight.split_once('=')?;
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !name.trim().eq_ignore_ascii_case("q") || fraction.len() > 3 || !digits {
        return None;
    }
    let thousandths = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

/// The place of the tag that suits best; `None` only when there are no tags.
pub(super) fn choose(ranges: &[LanguageRange], tags: &[&str]) -> Option<usize> {
    let wanted = || ranges.iter().filter(|range| range.quality > 0);
    let is_open = |tag: &&str| !is_refused(ranges, tag);
    let place = |fits: &dyn Fn(&str) -> bool| tags.iter().position(|tag| is_open(tag) && fits(tag));
    let named = || wanted().map(|range| range.tag.as_str()).filter(|tag| *tag != "*");
    let fitting = wanted().find_map(|range| match range.tag.as_str() {
        "*" => place(&|tag| !named().any(|range| covers(range, tag))),
        range => place(&|tag| tag.eq_ignore_ascii_case(range))
            .or_else(|| place(&|tag| covers(range, tag)))
            .or_else(|| {
                shorter(range).find_map(|range| place(&|tag| tag.eq_ignore_ascii_case(range)))
            }),
    });
    let related = || named().find_map(|range| place(&|tag| covers(primary(range), tag)));
    let first = if tags.is_empty() { None } else { Some(0) };
    fitting.or_else(related).or_else(|| place(&|_| true)).or(first)
}

/// Whether `range` is `tag` or a prefix of it that ends where a subtag ends.
fn covers(range: &str, tag: &str) -> bool {
    match tag.split_at_checked(range.len()) {
        Some((head, rest)) => {
            head.eq_ignore_ascii_case(range) && (rest.is_empty() || rest.starts_with('-'))
        }
        None => false,
    }
}

/// Whether the most exact range that covers `tag` is one with `q=0`.
fn is_refused(ranges: &[LanguageRange], tag: &str) -> bool {
    let covering = ranges.iter().filter(|range| covers(&range.tag, tag));
    covering.max_by_key(|range| range.tag.len()).is_some_and(|range| range.quality == 0)
}

/// The ranges that `range` is shortened to, the longest first. A single letter or digit, which
/// introduces an extension, goes together with what it introduces.
fn shorter(range: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(range), |range| {
        let (head, _) = range.rsplit_once('-')?;
        match head.rsplit_once('-') {
            Some((before, subtag)) if subtag.len() == 1 => Some(before),
            _ => Some(head),
        }
    })
    .skip(1)
}

fn primary(range: &str) -> &str {
    range.split('-').next().unwrap_or(range)
}

#[cfg(test)]
mod tests {
    use super::{LANGUAGE_RANGES_MAX, choose, parse_accept_language};

    fn chosen<'a>(header: &str, tags: &[&'a str]) -> Option<&'a str> {
        choose(&parse_accept_language(header), tags).map(|place| tags[place])
    }

    #[test]
    fn headers() {
        let read = |header| {
            let ranges = parse_accept_language(header).into_iter();
            ranges.map(|range| format!("{}={}", range.tag, range.quality)).collect::<Vec<_>>()
        };
        assert_eq!(read("da, en-GB;q=0.8, en;q=0.7"), ["da=1000", "en-gb=800", "en=700"]);
        assert_eq!(read("en;q=0.5 , FR ; Q=1.000,*;q=0"), ["fr=1000", "en=500", "*=0"]);
        for nothing in ["", ",", "en;q=2", "en;q=1.1", "en;q=0.1234", "en;x=1", "e_n", "ninechars"]
        {
            assert!(read(nothing).is_empty(), "{nothing}");
        }
        assert_eq!(read("??, en"), ["en=1000"]);
    }

    #[test]
    fn no_more_ranges_than_the_limit() {
        let header = |count| vec!["en"; count].join(",");
        assert_eq!(parse_accept_language(&header(LANGUAGE_RANGES_MAX)).len(), LANGUAGE_RANGES_MAX);
        let more = parse_accept_language(&header(LANGUAGE_RANGES_MAX + 1));
        assert_eq!(more.len(), LANGUAGE_RANGES_MAX);
    }

    #[test]
    fn choices() {
        for (header, tags, expected) in [
            ("en-GB", &["en-US", "en-GB"][..], "en-GB"),
            ("EN-gb", &["en-US", "en-GB"], "en-GB"),
            ("en", &["fr", "en-US", "en-GB"], "en-US"),
            ("en", &["en-US", "en"], "en"),
            ("zh-Hant-TW", &["en", "zh", "zh-Hant"], "zh-Hant"),
            ("zh-Hant-x-private", &["zh-Hant-x", "zh-Hant"], "zh-Hant"),
            ("de-CH, fr", &["fr", "de"], "de"),
            ("en-GB, fr", &["en-US", "fr"], "fr"),
            ("en-GB", &["fr", "en-US"], "en-US"),
            ("ja", &["fr", "en"], "fr"),
            ("", &["fr", "en"], "fr"),
            ("fr;q=0.2, en;q=0.9", &["fr", "en"], "en"),
            ("fr;q=0, *", &["fr", "en"], "en"),
            ("en, *;q=0.5", &["de", "fr"], "de"),
            ("de;q=0.1, *;q=0.5", &["de", "fr"], "fr"),
            ("fr;q=0", &["fr", "en"], "en"),
            ("en-US;q=0, en", &["en-US", "en-GB"], "en-GB"),
            ("en;q=0, en-US", &["en-GB", "en-US"], "en-US"),
            ("fr;q=0, en;q=0", &["fr", "en"], "fr"),
            ("e", &["fr", "en"], "fr"),
        ] {
            assert_eq!(chosen(header, tags), Some(expected), "{header} of {tags:?}");
        }
        assert_eq!(chosen("en", &[]), None);
    }
}

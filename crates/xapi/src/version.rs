//! The versions of the standard (1.0.3 Communication 3.3, Data 2.4.10; 9274.1.1 4.1.7, 4.2.4.3).

/// Which version's rules apply to a request and to the statements in it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// 1.0.0 to 1.0.3.
    V1,
    /// 2.0, IEEE 9274.1.1.
    V2,
}

impl Version {
    /// The version that a version header's value asks for: `1.0`, `1.0.x`, `2.0` or `2.0.x`.
    pub fn from_header(value: &str) -> Option<Self> {
        let of = |major: &str| match value.strip_prefix(major) {
            Some("") => true,
            Some(rest) => rest.strip_prefix('.').is_some_and(is_number),
            None => false,
        };
        match (of("1.0"), of("2.0")) {
            (true, _) => Some(Self::V1),
            (_, true) => Some(Self::V2),
            _ => None,
        }
    }

    /// The value of the version header of responses: the latest patch.
    pub fn header(self) -> &'static str {
        match self {
            Self::V1 => "1.0.3",
            Self::V2 => "2.0.0",
        }
    }

    /// The `version` that a statement gets if it has none.
    pub fn of_statements(self) -> &'static str {
        match self {
            Self::V1 => "1.0.0",
            Self::V2 => "2.0.0",
        }
    }

    /// Whether a statement may carry `version` as its own. The conformance suite wants a 2.0 store
    /// to take the statements of 1.0 too.
    pub fn allows(self, version: &str) -> bool {
        match Self::from_header(version) {
            Some(Self::V1) => true,
            Some(Self::V2) => self == Self::V2,
            None => false,
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::Version::{self, V1, V2};

    #[test]
    fn headers() {
        for (value, expected) in [
            ("1.0", Some(V1)),
            ("1.0.0", Some(V1)),
            ("1.0.3", Some(V1)),
            ("1.0.32", Some(V1)),
            ("2.0", Some(V2)),
            ("2.0.0", Some(V2)),
            ("1.0.", None),
            ("1.0.03", None),
            ("1.00", None),
            ("1.0.3 ", None),
            ("1.1.0", None),
            ("0.9.5", None),
            ("2.1", None),
            ("2", None),
            ("", None),
        ] {
            assert_eq!(Version::from_header(value), expected, "{value}");
        }
    }

    #[test]
    fn statements() {
        for (version, v1, v2) in [
            ("1.0", true, true),
            ("1.0.0", true, true),
            ("1.0.9", true, true),
            ("2.0", false, true),
            ("2.0.0", false, true),
            ("1.0.", false, false),
            ("1.0.x", false, false),
            ("0.9.9", false, false),
            ("1.1.0", false, false),
            ("1.0.0-beta", false, false),
        ] {
            assert_eq!((V1.allows(version), V2.allows(version)), (v1, v2), "{version}");
        }
    }
}

//! What a tenant is called: its name, by which tokens and headers mean it, and its title.

use crate::error::{Fault, Place, Problem, Result};
use std::fmt;

/// Characters in a tenant's name.
const NAME_CHARS_MAX: usize = 64;

/// Characters in a tenant's title.
const TITLE_CHARS_MAX: usize = 200;

/// A tenant's name: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantName(String);

impl TenantName {
    /// Reads a name.
    ///
    /// # Errors
    /// 422 for a text that is none.
    pub fn parse(text: &str) -> Result<Self> {
        let mut bytes = text.bytes();
        let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let rest = bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if first && rest && text.len() <= NAME_CHARS_MAX {
            return Ok(Self(text.to_owned()));
        }
        Err(refused(
            "#/name",
            format!(
                "a tenant's name has 1 to {NAME_CHARS_MAX} letters, digits, dots, hyphens and \
                 underscores of ASCII, and begins with a letter or a digit"
            ),
        ))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a title.
///
/// # Errors
/// 422 for one that is too long or holds control characters.
pub fn title(text: String) -> Result<String> {
    if text.chars().count() <= TITLE_CHARS_MAX && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    let detail = format!(
        "a tenant's title has at most {TITLE_CHARS_MAX} characters and no control characters"
    );
    Err(refused("#/title", detail))
}

/// 422 at a member of the body.
fn refused(pointer: &str, detail: String) -> Problem {
    Problem::faults(vec![Fault { place: Place::Body(pointer.to_owned()), detail }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn a_name_is_plain_and_short() {
        for name in ["a", "7", "acme", "Acme-2.x_y", &"a".repeat(64)] {
            assert_eq!(TenantName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "-a", ".a", "_a", "a b", "é", "a/b", "a\0", &"a".repeat(65)] {
            let problem = TenantName::parse(name).unwrap_err();
            assert_eq!((problem.status.as_u16(), problem.code), (422, Code::BodyInvalid));
        }
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(title("é".repeat(200)).unwrap(), "é".repeat(200));
        assert_eq!(title("é".repeat(201)).unwrap_err().code, Code::BodyInvalid);
        assert_eq!(title("a\nb".to_owned()).unwrap_err().code, Code::BodyInvalid);
    }
}

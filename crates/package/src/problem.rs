//! Why a package is refused, or what is odd about it, for the author who made it.

use std::fmt;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// It is no zip archive, or a damaged one.
    Corrupt,
    /// An entry would lead out of the package, or has no name that can be kept.
    UnsafePath,
    /// An entry is no file and no folder.
    SpecialEntry,
    /// An entry is encrypted.
    Encrypted,
    /// An entry is compressed by a method that is not read.
    Method,
    /// Two entries have one name.
    DuplicateEntry,
    /// Two entries have names that differ by case only.
    CaseCollision,
    /// There are too many entries.
    TooManyEntries,
    /// A file, or all of them, are too large.
    TooLarge,
    /// A file inflates to far more than an honest one would.
    Bomb,
}

/// One thing that is wrong with a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub code: Code,
    /// The entry, if it is about one.
    pub path: Option<String>,
    /// What is wrong, in words.
    pub message: String,
}

impl Code {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Corrupt => "ZIP_CORRUPT",
            Self::UnsafePath => "ZIP_UNSAFE_PATH",
            Self::SpecialEntry => "ZIP_SPECIAL_ENTRY",
            Self::Encrypted => "ZIP_ENCRYPTED",
            Self::Method => "ZIP_METHOD",
            Self::DuplicateEntry => "ZIP_DUPLICATE_ENTRY",
            Self::CaseCollision => "ZIP_CASE_COLLISION",
            Self::TooManyEntries => "ZIP_TOO_MANY_ENTRIES",
            Self::TooLarge => "ZIP_TOO_LARGE",
            Self::Bomb => "ZIP_BOMB",
        }
    }

    /// Whether a package may be used all the same.
    pub fn is_warning(self) -> bool {
        self == Self::CaseCollision
    }

    /// What an author does about it.
    pub fn fix(self) -> &'static str {
        match self {
            Self::Corrupt => "make the archive again; a download may have been cut short",
            Self::UnsafePath => "rename the file: letters, digits, spaces and . _ - are safe",
            Self::SpecialEntry => "put the file itself into the package, not a link to it",
            Self::Encrypted => "make the archive without a password",
            Self::Method => "compress with deflate, or not at all",
            Self::DuplicateEntry => "make the archive again, with each file once",
            Self::CaseCollision => "give the files names that differ by more than case",
            Self::TooManyEntries | Self::TooLarge => "split the package, or ask for a higher limit",
            Self::Bomb => "replace the file, or ask for a higher limit",
        }
    }
}

impl Problem {
    pub(crate) fn new(code: Code, path: Option<&str>, message: impl Into<String>) -> Self {
        Self { code, path: path.map(str::to_owned), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{path:?}: ")?;
        }
        write!(f, "{}; {} ({})", self.message, self.code.fix(), self.code.name())
    }
}

impl std::error::Error for Problem {}

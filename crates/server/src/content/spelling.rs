//! The ways in which one name is written: systems compose letters and accents differently, and a zip
//! from one of them may have another spelling than its HTML (Unicode Standard Annex 15).

use unicode_normalization::UnicodeNormalization as _;

/// The name as it is, composed, and decomposed.
pub(super) fn spellings(name: &str) -> [String; 3] {
    if name.is_ascii() {
        return [name.to_owned(), name.to_owned(), name.to_owned()];
    }
    [name.to_owned(), name.nfc().collect(), name.nfd().collect()]
}

#[cfg(test)]
mod tests {
    use super::spellings;

    #[test]
    fn letters_and_accents() {
        let [composed, apart] = ["\u{e9}.html", "e\u{301}.html"];
        assert_eq!(spellings(composed), [composed, composed, apart]);
        assert_eq!(spellings(apart), [apart, composed, apart]);
        assert_eq!(spellings("a"), ["a", "a", "a"]);
    }
}

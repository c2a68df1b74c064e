//! Inverse functional identifiers: what identifies an Agent or an identified Group
//! (1.0.3 Data 2.4.2.3; 9274.1.1 4.2.2.1). An actor has at most one.

/// What identifies an Agent or a Group.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ifi<'a> {
    /// `mbox`: `mailto:` and an address.
    Mbox(&'a str),
    /// `mbox_sha1sum`: the hex SHA-1 of an `mbox`.
    MboxSha1Sum(&'a str),
    /// `openid`: a URI.
    OpenId(&'a str),
    /// `account`: a name at a system.
    Account {
        /// The system's home page, an IRL.
        home_page: &'a str,
        /// The name at that system.
        name: &'a str,
    },
}

impl Ifi<'_> {
    /// Whether this is an account.
    pub fn is_account(&self) -> bool {
        matches!(self, Self::Account { .. })
    }

    /// One text per identity: equal exactly where two identifiers mean the same actor.
    ///
    /// An address' domain and a hash's digits are case insensitive (Data 2.4.2.3); an IRL has no
    /// space, so that an account's two parts cannot run into each other.
    pub fn key(&self) -> String {
        match self {
            Self::Mbox(mbox) => match mbox.rsplit_once('@') {
                Some((local, domain)) => format!("mbox:{local}@{}", domain.to_lowercase()),
                None => format!("mbox:{mbox}"),
            },
            Self::MboxSha1Sum(hash) => format!("sha1:{}", hash.to_ascii_lowercase()),
            Self::OpenId(uri) => format!("openid:{uri}"),
            Self::Account { home_page, name } => format!("account:{home_page} {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ifi;

    #[test]
    fn keys_fold_only_what_is_case_insensitive() {
        assert_eq!(Ifi::Mbox("mailto:Ann@Example.ORG").key(), "mbox:mailto:Ann@example.org");
        assert_eq!(Ifi::MboxSha1Sum("AB12").key(), "sha1:ab12");
        assert_eq!(Ifi::OpenId("http://Ann.example/").key(), "openid:http://Ann.example/");
        let account = Ifi::Account { home_page: "http://lms.example/", name: "Ann B" };
        assert_eq!(account.key(), "account:http://lms.example/ Ann B");
    }
}

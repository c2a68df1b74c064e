//! JSON web signatures in compact form (RFC 7515 3.1, 5.2): three parts in base64url, header,
//! payload and signature, of which the first two as sent are what is signed.

use super::Fault;
use crate::json::{Node, parse};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A JWS that has the right form; nothing about it is verified yet.
pub(super) struct Jws<'a> {
    /// What was signed: header, dot and payload as sent.
    pub(super) signed: &'a [u8],
    /// `None` where the algorithm is none that a statement may be signed with.
    pub(super) algorithm: Option<Algorithm>,
    /// The certificates of `x5c` in DER, if the header has that member.
    pub(super) certificates: Option<Vec<Vec<u8>>>,
    /// The signature itself.
    pub(super) signature: Vec<u8>,
    payload: Vec<u8>,
}

/// What a statement may be signed with.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
}

impl<'a> Jws<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let form = Fault::Form("the signature is not three base64url parts with dots between them");
        let text = std::str::from_utf8(bytes).or(Err(form))?;
        let (signed, signature) = text.rsplit_once('.').ok_or(form)?;
        let (header, payload) = signed.split_once('.').ok_or(form)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).or(Err(form));
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
        if signature.is_empty() {
            return Err(Fault::Form("the signature is empty"));
        }
        let is_json = Fault::Form("the signature's header is not a JSON object");
        let header = std::str::from_utf8(&header).or(Err(is_json))?;
        let header = parse(header).or(Err(is_json))?;
        check_header(&header)?;
        let algorithm = header.get("alg").and_then(Node::str).and_then(Algorithm::from_name);
        let certificates = header.get("x5c").map(certificates).transpose()?;
        Ok(Self { signed: signed.as_bytes(), algorithm, certificates, signature, payload })
    }

    /// The payload, if it is JSON text.
    pub(super) fn payload(&self) -> Option<&str> {
        std::str::from_utf8(&self.payload).ok().filter(|text| parse(text).is_ok())
    }
}

impl Algorithm {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "RS384" => Some(Self::Rs384),
            "RS512" => Some(Self::Rs512),
            _ => None,
        }
    }
}

/// Names must not occur twice (RFC 7515 4), and who does not know an extension that `crit` names
/// must not accept the signature (4.1.11); this store knows none.
fn check_header(header: &Node<'_>) -> Result<(), Fault> {
    let members =
        header.as_object().ok_or(Fault::Form("the signature's header is not a JSON object"))?;
    let mut names: Vec<_> = members.iter().map(|member| &*member.key).collect();
    names.sort_unstable();
    if !names.is_sorted_by(|a, b| a < b) {
        return Err(Fault::Form("the signature's header has a name twice"));
    }
    match header.get("crit") {
        Some(_) => Err(Fault::Form("the signature's header asks for extensions (crit)")),
        None => Ok(()),
    }
}

/// The certificates of an `x5c`: base64, not base64url (RFC 7515 4.1.6).
fn certificates(x5c: &Node<'_>) -> Result<Vec<Vec<u8>>, Fault> {
    let chain = Fault::Chain("x5c is not a list of certificates in base64");
    let items = x5c.as_array().filter(|items| !items.is_empty()).ok_or(chain)?;
    let decode = |item: &Node<'_>| STANDARD.decode(item.str()?).ok();
    items.iter().map(|item| decode(item).ok_or(chain)).collect()
}

//! The certificates that come with a signature (RFC 7515 4.1.6; RFC 5280 4.1).
//!
//! The first verifies the signature, each is signed by the next. Validity periods and purposes are
//! not looked at: they depend on the clock and on whom one trusts.

use super::Fault;
use super::jws::{Algorithm, Jws};
use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA384, RsaParameters, UnparsedPublicKey,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;
use x509_parser::parse_x509_certificate;

/// The longest chain that is followed.
pub(super) const CERTIFICATES_MAX: usize = 10;

/// Verifies the signature against the first certificate and each certificate against the next.
pub(super) fn check(jws: &Jws<'_>) -> Result<(), Fault> {
    let Some(certificates) = &jws.certificates else { return Ok(()) };
    if certificates.len() > CERTIFICATES_MAX {
        return Err(Fault::Chain("x5c has more certificates than are followed"));
    }
    let chain: Vec<_> = certificates.iter().map(|der| read(der)).collect::<Result<_, _>>()?;
    for (certificate, signer) in chain.iter().zip(chain.iter().skip(1)) {
        if certificate.verify_signature(Some(signer.public_key())).is_err() {
            return Err(Fault::Chain("a certificate in x5c is not signed by the one after it"));
        }
    }
    match (chain.first(), jws.algorithm) {
        (Some(leaf), Some(algorithm)) => verify(leaf, algorithm, jws),
        // An algorithm that is not allowed is a fault of its own.
        _ => Ok(()),
    }
}

fn read(der: &[u8]) -> Result<X509Certificate<'_>, Fault> {
    match parse_x509_certificate(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(Fault::Chain("a certificate in x5c is not an X.509 certificate")),
    }
}

fn verify(leaf: &X509Certificate<'_>, algorithm: Algorithm, jws: &Jws<'_>) -> Result<(), Fault> {
    let key = leaf.public_key();
    if key.algorithm.algorithm != OID_PKCS1_RSAENCRYPTION {
        return Err(Fault::Chain("the first certificate in x5c has no RSA key"));
    }
    UnparsedPublicKey::new(parameters(algorithm), &key.subject_public_key.data)
        .verify(jws.signed, &jws.signature)
        .or(Err(Fault::Forged))
}

/// Keys of 1024 bits are accepted where the library has them, because the standard's own example
/// (Data appendix D) is signed with one, and the check is no security measure (Data 2.6).
fn parameters(algorithm: Algorithm) -> &'static RsaParameters {
    match algorithm {
        Algorithm::Rs256 => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    }
}

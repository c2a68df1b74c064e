//! Every code of a refusal, in one table: `docs/errors.md`, `/problems/{code}` and the problems
//! themselves come from it (RFC 9457 3.1.1, `progress.md` 2.1).
//!
//! A code is stable: clients match on it. One that is not here cannot be answered.

use std::fmt;

macro_rules! codes {
    ($(
        $(#[doc = $meaning:literal])+
        $variant:ident = $name:literal $($status:literal)+, $title:literal $(, $again:ident)?;
    )+) => {
        /// Why a request was refused, or failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {$(
            $(#[doc = $meaning])+
            $variant,
        )+}

        /// Every code, in the order of the documentation.
        pub const CODES: &[Code] = &[$(Code::$variant),+];

        impl Code {
            /// What a client matches on.
            pub const fn name(self) -> &'static str {
                match self {$(Self::$variant => $name),+}
            }

            /// The statuses with which it is answered; most have one.
            pub const fn statuses(self) -> &'static [u16] {
                match self {$(Self::$variant => &[$($status),+]),+}
            }

            /// A few words for people, the same each time.
            pub const fn title(self) -> &'static str {
                match self {$(Self::$variant => $title),+}
            }

            /// What it means, and what to do about it.
            pub fn meaning(self) -> String {
                let lines = match self {$(Self::$variant => [$($meaning),+].as_slice()),+};
                lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
            }

            /// Whether the same request may succeed when it is sent again later.
            pub const fn is_retriable(self) -> bool {
                let marks: &[&str] = match self {$(Self::$variant => &[$(stringify!($again))?]),+};
                !marks.is_empty()
            }
        }
    };
}

codes! {
    /// There is no credential, or it is not known, revoked or expired.
    AuthCredentialInvalid = "auth.credential.invalid" 401, "No valid credential";
    /// The credential is known and lacks the scope that this needs.
    AuthScopeMissing = "auth.scope.missing" 403, "A scope is missing";
    /// The tenant that is named is not the one that the credential belongs to.
    ValidationTenantMismatch = "validation.tenant.mismatch" 403, "Another tenant's credential";

    /// `X-Tenant-Id` is missing where a token needs it.
    ValidationTenantMissing = "validation.tenant.missing" 400, "Tenant missing";
    /// `X-Tenant-Id` is given more than once.
    ValidationTenantRepeated = "validation.tenant.repeated" 400, "Tenant repeated";
    /// The tenant is suspended; its operator may resume it.
    TenantSuspended = "tenant.suspended" 403, "Tenant suspended";
    /// The credential may not be used from this address.
    AuthAddressForbidden = "auth.address.forbidden" 403, "Address not allowed";
    /// The credential may not be used by pages of this origin.
    AuthOriginForbidden = "auth.origin.forbidden" 403, "Origin not allowed";
    /// The key is restricted to other activities; `errors` says where they are named.
    AuthActivityForbidden = "auth.activity.forbidden" 403, "Activity not allowed";
    /// A caller may not give a key scopes that it does not hold itself.
    AuthScopeEscalation = "auth.scope.escalation" 403, "More scopes than the caller's";
    /// The keys of the issuer of this token cannot be had.
    AuthIssuerUnavailable = "auth.issuer.unavailable" 503, "Issuer out of reach", again;

    /// There is a tenant of this name already.
    TenantNameUsed = "tenant.name.used" 409, "Tenant name in use";
    /// The tenant is being deleted; nothing else can be done with it.
    TenantDeleting = "tenant.deleting" 409, "Tenant being deleted";
    /// The first tenant runs the installation: it can be neither suspended nor deleted.
    TenantFirst = "tenant.first" 409, "First tenant";
    /// The key is revoked and stays as it is.
    KeyRevoked = "key.revoked" 409, "Key revoked";
    /// A key may use no more than the tenant's keys in general.
    LimitsRaised = "limits.raised" 422, "More than keys may use";
    /// The package cannot be used; `errors` says everything that is wrong with it, where, and what mends it.
    PackageInvalid = "package.invalid" 422, "Package not accepted";
    /// The package follows a standard that is not played here; `kind` says which.
    PackageUnsupported = "package.unsupported" 422, "Kind of package not played";
    /// The address of the content has ended; launch the course again.
    ContentExpired = "content.expired" 410, "Content address ended";
    /// The package holds another course than the one to which it was to be added.
    CourseOther = "course.other" 409, "Another course";
    /// There is such an issuer already.
    IssuerExists = "issuer.exists" 409, "Issuer exists";
    /// The issuer is one of the installation's own.
    IssuerReserved = "issuer.reserved" 409, "Issuer reserved";
    /// There are as many issuers as there may be.
    LimitIssuers = "limit.issuers" 409, "Too many issuers";
    /// There are as many keys as there may be; revoke one that is not used.
    LimitKeys = "limit.keys" 409, "Too many keys";

    /// There is no such thing, or it belongs to another tenant.
    ResourceNotFound = "resource.not_found" 404, "Not found";
    /// The path has other methods; the header `Allow` names them.
    RequestMethodNotAllowed = "request.method_not_allowed" 405, "Method not allowed";
    /// The address of the request is longer than an address may be.
    RequestUriTooLong = "request.uri.too_long" 414, "Address too long";
    /// The request in the alternate syntax of xAPI 1.0.3 cannot be understood.
    RequestAlternateInvalid = "request.alternate.invalid" 400, "Alternate syntax not understood";
    /// The parts of a multipart body do not fit together.
    RequestContentInvalid = "request.content.invalid" 400, "Multipart body not understood";
    /// A header cannot be read.
    HeaderMalformed = "header.malformed" 400, "Header not understood";
    /// The header `X-Experience-API-Version` is missing.
    VersionMissing = "version.missing" 400, "Version missing";
    /// The version of xAPI that is asked for is not spoken here.
    VersionUnsupported = "version.unsupported" 400, "Version not supported";

    /// The body is longer, or has more parts, than a limit allows; `limit` names it.
    PayloadTooLarge = "payload.too_large" 413, "Too large";
    /// The body broke off.
    BodyBroken = "body.broken" 400, "Body incomplete", again;
    /// The body arrives too slowly.
    BodySlow = "body.slow" 408, "Body too slow", again;
    /// The body is not UTF-8.
    BodyEncoding = "body.encoding" 400, "Body not UTF-8";
    /// The body is not `application/json`.
    BodyMediaType = "body.media_type" 415, "Media type not supported";
    /// The body is not JSON, or names a member twice.
    BodyMalformed = "body.malformed" 400, "Body not JSON";
    /// The body is JSON that this does not accept; `errors` says where and why.
    BodyInvalid = "body.invalid" 422, "Body not accepted";

    /// A query or form has more parameters than it may.
    ParameterTooMany = "parameter.too_many" 400, "Too many parameters";
    /// A query is not UTF-8.
    ParameterEncoding = "parameter.encoding" 400, "Query not UTF-8";
    /// A parameter is not known here, or is written in the wrong case.
    ParameterUnknown = "parameter.unknown" 400, "Unknown parameter";
    /// A parameter is given more than once.
    ParameterRepeated = "parameter.repeated" 400, "Repeated parameter";
    /// A parameter that is required is missing.
    ParameterMissing = "parameter.missing" 400, "Missing parameter";
    /// A parameter is not of its kind.
    ParameterInvalid = "parameter.invalid" 400, "Parameter not understood";
    /// A parameter of a listing is not known; the detail names those that are.
    QueryParameterUnknown = "query.parameter.unknown" 400, "Unknown parameter";
    /// A filter of a listing, or its operator, is not known; the detail names those that are.
    QueryFilterUnknown = "query.filter.unknown" 400, "Unknown filter";
    /// A listing cannot be ordered by this; the detail names what it can be ordered by.
    QuerySortUnknown = "query.sort.unknown" 400, "Unknown order";
    /// A parameter of a listing is given more than once, or in two forms.
    QueryParameterRepeated = "query.parameter.repeated" 400, "Repeated parameter";
    /// A parameter of a listing is not of its kind, or out of its bounds.
    QueryParameterInvalid = "query.parameter.invalid" 400, "Parameter not understood";
    /// The cursor was not made here, or was changed. Start again at the first page.
    CursorInvalid = "cursor.invalid" 400, "Cursor not understood";
    /// The cursor belongs to other filters or another order. Start again at the first page.
    CursorStale = "cursor.stale" 410, "Cursor of another query";

    /// A precondition header does not hold: somebody else was first. Read again.
    PreconditionFailed = "precondition.failed" 412, "Precondition failed";
    /// This needs a precondition header.
    PreconditionRequired = "precondition.required" 428, "Precondition required";
    /// This needs the header `Idempotency-Key`.
    IdempotencyKeyMissing = "idempotency.key_missing" 400, "Idempotency-Key missing";
    /// The header `Idempotency-Key` is not a string of 1 to 255 printable ASCII characters, or is
    /// too short for an answer that holds a secret.
    IdempotencyKeyInvalid = "idempotency.key_invalid" 400, "Idempotency-Key not understood";
    /// This `Idempotency-Key` was used for another request. Use a new one for each.
    IdempotencyKeyReused = "idempotency.key_reused" 422, "Idempotency-Key used before";
    /// So many answers are kept for the tenant that no more may be. Wait, or leave the header out.
    IdempotencyTooMany = "idempotency.too_many" 429, "Too many kept answers", again;
    /// The first request with this `Idempotency-Key` still runs.
    IdempotencyInProgress = "idempotency.in_progress" 409, "Still running", again;

    /// The statement breaks rules of the standard; `errors` lists each.
    ValidationStatementInvalid = "validation.statement.invalid" 400 422, "Invalid statement";
    /// The body is not JSON.
    ValidationJsonMalformed = "validation.json.malformed" 400, "Body not JSON";
    /// The id of the statement is not the one in the address.
    ValidationStatementId = "validation.statement.id" 400, "Wrong statement id";
    /// A batch where one statement belongs, or an id that is twice in a batch.
    ValidationStatementBatch = "validation.statement.batch" 400, "Wrong batch";
    /// The attachments that were sent and those that the statements name differ.
    ValidationAttachmentExcess = "validation.attachment.excess" 400, "Unclaimed attachment";
    /// A parameter that the request needs is missing.
    ValidationParameterMissing = "validation.parameter.missing" 400, "Missing parameter";
    /// These parameters exclude each other.
    ValidationParameterCombination = "validation.parameter.combination" 400, "Parameters exclude each other";
    /// Another statement is stored under this id.
    StatementIdUsed = "statement.id.used" 409, "Statement id in use";

    /// The document's content is not the JSON that its type says.
    DocumentNotJson = "document.not_json" 400, "Document not JSON";
    /// The document's content type cannot be stored.
    DocumentContentType = "document.content_type" 400, "Content type not understood";
    /// Documents that are not JSON objects cannot be merged; use PUT.
    DocumentNotMergeable = "document.not_mergeable" 400, "Documents cannot be merged";
    /// A document is there and the request has no precondition.
    DocumentUnseen = "document.unseen" 409, "Document not seen before";
    /// The request needs `If-Match` or `If-None-Match`.
    DocumentPreconditionRequired = "document.precondition.required" 400, "Precondition required";
    /// The request has preconditions that exclude each other.
    DocumentPreconditionAmbiguous = "document.precondition.ambiguous" 400, "Preconditions exclude each other";
    /// The document is not the one that the precondition names.
    DocumentPreconditionFailed = "document.precondition.failed" 412, "Precondition failed";

    /// A limit on how much may be asked in a time is reached; `Retry-After` says when it is not.
    /// `violated-policies` names it as the header `RateLimit` does.
    RateLimited = "rate.limited" 429, "Too much for now", again;
    /// The tenant keeps as much as it may; nothing of the request was stored. It can be sent again
    /// once there is room.
    QuotaStorageExceeded = "quota.storage.exceeded" 507, "No more room", again;
    /// This server works on as many requests as it may.
    ServerBusy = "server.busy" 503, "Server busy", again;
    /// As many requests of this tenant wait to be stored as may.
    TenantBusy = "tenant.busy" 503, "Tenant busy", again;
    /// The store is busy or out of reach.
    StorageUnavailable = "storage.unavailable" 503, "Store unavailable", again;
    /// The store lost what it had acknowledged; its operator must look at it.
    StorageWentBack = "storage.went_back" 503, "Store went back", again;
    /// A fault of this server; its operator finds the cause in the log by the request's id.
    Internal = "internal" 500, "Internal error", again;

    /// The operator of this server has turned this off.
    FeatureUnavailable = "feature.unavailable" 403, "Feature not available";

    /// A rule of cmi5 is broken; `violatedReqId` and `errors` name it.
    Cmi5RuleBroken = "cmi5.rule.broken" 403, "Against the rules of cmi5";
    /// The session that this token is of has ended.
    Cmi5SessionEnded = "cmi5.session.ended" 403, "Session ended";
    /// There is such a registration already.
    Cmi5RegistrationExists = "cmi5.registration.exists" 409, "Registered already";
    /// The unit is waived or satisfied already.
    Cmi5UnitWaived = "cmi5.unit.waived" 409, "Nothing to waive";
    /// Several things have this number; name the one that is meant by its UUID.
    CatapultNumberAmbiguous = "catapult.number.ambiguous" 409, "Ambiguous number";
}

impl Code {
    /// The code of this name.
    pub fn named(name: &str) -> Option<Self> {
        CODES.iter().copied().find(|code| code.name() == name)
    }

    /// The first of its statuses.
    pub const fn status(self) -> u16 {
        match self.statuses() {
            [first, ..] => *first,
            [] => 500,
        }
    }

    /// `type` of a problem (RFC 9457 3.1.1): an address under which the code is explained, relative
    /// to this server, or the registered type where there is one.
    pub fn address(self) -> String {
        match self {
            Self::RateLimited => {
                "https://iana.org/assignments/http-problem-types#quota-exceeded".to_owned()
            }
            _ => format!("/problems/{}", self.name()),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const HEAD: &str = "\
# Errors

This page is written by `rollbook errors --markdown`; do not edit it.

A refused request is answered with `application/problem+json` (RFC 9457), see [api.md](api.md).
Its `code` is one of these and keeps its meaning; texts may change.
*Again* says whether the same request may succeed when it is sent again later, as `retriable` does in the answer.

| code | status | title | again | meaning |
|---|---|---|---|---|
";

/// The page that documents every code.
pub fn markdown() -> String {
    use std::fmt::Write as _;
    let mut page = HEAD.to_owned();
    for code in CODES {
        let statuses = code.statuses().iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        let again = if code.is_retriable() { "yes" } else { "no" };
        let (title, meaning) = (code.title(), code.meaning());
        writeln!(page, "| `{code}` | {statuses} | {title} | {again} | {meaning} |")
            .expect("a String takes any text");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_dotted_words_and_differ() {
        let mut seen = HashSet::new();
        for code in CODES {
            let name = code.name();
            assert!(seen.insert(name), "{name} is there twice");
            assert!(name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_')));
            assert_eq!(Code::named(name), Some(*code));
            assert!(code.statuses().iter().all(|status| (400..600).contains(status)), "{name}");
            assert!(code.meaning().ends_with('.'), "{name}");
        }
        assert_eq!(Code::named("no.such"), None);
    }

    #[test]
    fn what_a_server_may_recover_from_may_be_sent_again() {
        for code in CODES.iter().filter(|code| code.status() >= 500) {
            assert!(code.is_retriable(), "{code}");
        }
        assert!(!Code::CursorInvalid.is_retriable());
    }

    #[test]
    fn every_code_is_on_the_page() {
        let page = markdown();
        for code in CODES {
            assert!(page.contains(&format!("\n| `{code}` | ")), "{code}");
        }
        let kept = include_str!("../../../docs/errors.md");
        assert!(kept == page, "docs/errors.md is stale: run `cargo xtask errors`");
    }
}

//! How a session is named to the page that a learner comes back to: its tenant and its id. It opens
//! nothing.

use crate::tenants::TenantId;
use uuid::Uuid;

/// The code of a session.
pub(super) fn write(tenant: TenantId, session: Uuid) -> String {
    format!("{}_{session}", tenant.0)
}

/// Which session a code names.
pub(super) fn read(text: &str) -> Option<(TenantId, Uuid)> {
    let (tenant, session) = text.split_once('_')?;
    let plain = !tenant.is_empty() && tenant.bytes().all(|byte| byte.is_ascii_digit());
    let tenant = tenant.parse().ok().filter(|_| plain).map(TenantId)?;
    Some((tenant, Uuid::parse_str(session).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_comes_back() {
        let session = Uuid::from_u128(5);
        assert_eq!(read(&write(TenantId(7), session)), Some((TenantId(7), session)));
        for other in ["", "7", "_", "x_00000000-0000-0000-0000-000000000005", "+7_", "7_5"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}

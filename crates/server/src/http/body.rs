//! Request bodies within named limits.

use crate::error::{Code, Problem, Result};
use crate::http::patience;
use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

/// Reads a whole body; 413 if it is longer than the limit called `limit`.
pub async fn read(body: Body, bytes_max: usize, limit: &'static str) -> Result<Bytes> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) => Err(refusal(error, bytes_max as u64, limit)),
    }
}

/// Reads a whole body as text; 400 if it is not UTF-8.
pub async fn read_text(body: Body, bytes_max: usize, limit: &'static str) -> Result<String> {
    text(Vec::from(read(body, bytes_max, limit).await?))
}

/// The text of a body; 400 if it is not UTF-8 (1.0.3 Communication 1.4).
pub fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Problem::bad_request(Code::BodyEncoding, format!("the body is not UTF-8 at byte {at}"))
    })
}

/// The problem for a body that goes over a limit.
pub fn over(bytes_max: u64, limit: &'static str) -> Problem {
    Problem::too_large(limit, format!("the limit `{limit}` is {bytes_max} bytes"))
}

/// The problem for a body that broke off.
pub fn broken(cause: axum::Error) -> Problem {
    if patience::was_too_slow(&cause) {
        let detail = "the body arrives too slowly (`request_body_seconds_max`); send it again";
        return Problem::of(Code::BodySlow, detail).because(cause);
    }
    Problem::new(StatusCode::BAD_REQUEST, Code::BodyBroken, "the body could not be read to its end")
        .because(cause)
}

fn refusal(
    error: Box<dyn std::error::Error + Send + Sync>,
    bytes_max: u64,
    limit: &'static str,
) -> Problem {
    if error.is::<LengthLimitError>() {
        over(bytes_max, limit)
    } else {
        broken(axum::Error::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_may_be_as_long_as_its_limit_and_no_longer() {
        assert_eq!(read(Body::from("1234"), 4, "some_limit").await.unwrap(), "1234");
        let problem = read(Body::from("12345"), 4, "some_limit").await.unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.code), (413, Code::PayloadTooLarge));
        assert_eq!(*problem.members, [("limit", "some_limit".into())]);
    }

    #[tokio::test]
    async fn a_text_is_utf8() {
        let problem = read_text(Body::from(&b"a\xFF"[..]), 4, "some_limit").await.unwrap_err();
        assert_eq!((problem.status.as_u16(), problem.code.name()), (400, "body.encoding"));
    }
}

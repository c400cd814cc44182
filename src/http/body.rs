//! What a request carries, read as the JSON that is expected.

use axum::{body::Bytes, extract::rejection::BytesRejection};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::model::Text;

/// The JSON of a request's body.
///
/// # Errors
/// Where it is too large, or is not the JSON that is expected.
pub fn read_body<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let body = body.map_err(|rejection| {
        Problem::new(
            rejection.status(),
            Text::new("请求正文最多 2 MiB", "the body may have at most 2 MiB"),
        )
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        Problem::unreadable(Text::new(
            format!("请求正文读不懂：{error}"),
            format!("the body can't be read: {error}"),
        ))
    })
}

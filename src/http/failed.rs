//! What is said of a record that refused, or did not come to it in time.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::problem::Problem;
use crate::{
    model::Text,
    store::{LoadError, Snapshot, record::RecordError},
};

/// What a record that refused says to who sees these data: nothing of others.
pub fn failed_for(error: RecordError, seen: &Snapshot) -> Problem {
    match error {
        RecordError::Data(LoadError(problems)) => {
            let (told, others): (Vec<_>, Vec<_>) = problems
                .into_iter()
                .partition(|problem| problem.is_of(seen));
            if told.is_empty() && !others.is_empty() {
                return Problem::unanswerable(Text::new(
                    "有别的数据以此为据，未写入：请与管理员联系",
                    "nothing was written, for other data rest on this: ask an administrator",
                ));
            }
            failed(RecordError::Data(LoadError(told)))
        }
        other => failed(other),
    }
}

/// What a record that refused says to who may know everything, or where data are no reason.
pub fn failed(error: RecordError) -> Problem {
    let detail = error.text();
    match error {
        RecordError::Data(problems) => {
            let list: Vec<Value> = problems
                .0
                .iter()
                .map(|problem| {
                    json!({
                        "file": problem.file,
                        "feature": problem.feature,
                        "reason": problem.reason.zh,
                        "reason_en": problem.reason.en,
                    })
                })
                .collect();
            Problem::unanswerable(detail).with("problems", list.into())
        }
        RecordError::Refused(_) | RecordError::Unchanged => Problem::unanswerable(detail),
        RecordError::Conflict(_) => Problem::new(StatusCode::CONFLICT, detail),
        RecordError::Over => not_in_time(),
        RecordError::NoRevision(_) => Problem::missing(detail),
        other => {
            tracing::error!("the record: {other}");
            Problem::busy(detail)
        }
    }
}

/// 503 for a change whose turn came too late: who has been told that it did not go through must not
/// find it done.
pub fn not_in_time() -> Problem {
    Problem::busy(Text::new(
        "没能及时写入，请稍后再试",
        "it could not be written in time: please try again in a moment",
    ))
}

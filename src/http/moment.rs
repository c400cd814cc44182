//! Which state of the data a request asks for: `revision` or `as_of`.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{AppState, Work, params::Params, person::Asker, problem::Problem};
use crate::{
    model::{Revision, Text, Viewer},
    store::{Snapshot, live::Moment, record::RecordError},
};

/// What who asks sees of the data, at the moment that the query string asks for.
pub struct Data(pub Arc<Snapshot>);

impl FromRequestParts<AppState> for Data {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let moment = Params::pick(parts.uri.query(), &["revision", "as_of"])
            .and_then(|params| moment(&params))?;
        let viewer = Asker::of(&parts.extensions).viewer();
        let moment = match moment {
            // The revision is soon found, and mostly it is in memory.
            Moment::Time(time) => {
                let found = state.blocking(Work::Light, move |state, _| {
                    let found = state.0.live.revision_at(time);
                    found.map_err(|error| state.not_told(&error, viewer))
                });
                Moment::Revision(found.await?)
            }
            other => other,
        };
        if let Some(snapshot) = state.0.live.at_once(moment, viewer) {
            return Ok(Self(snapshot));
        }
        let snapshot = state
            .blocking(Work::Earlier, move |state, _| state.at(moment, viewer))
            .await?;
        Ok(Self(snapshot))
    }
}

impl AppState {
    /// What somebody sees of the data at a moment. It blocks, where they are not in memory.
    pub(super) fn at(&self, moment: Moment, viewer: Viewer) -> Result<Arc<Snapshot>, Problem> {
        let at = self.0.live.at(moment, viewer);
        at.map_err(|error| self.not_told(&error, viewer))
    }

    fn not_told(&self, error: &RecordError, viewer: Viewer) -> Problem {
        match error {
            RecordError::NoRevision(revision) => {
                no_revision(*revision, self.latest(viewer).revision)
            }
            RecordError::Refused(text) => Problem::missing(text.clone()),
            RecordError::Data(problems) => {
                // They name features, which not everybody may see.
                let which = if viewer == Viewer::ALL_SEEING {
                    problems.to_string()
                } else {
                    String::new()
                };
                Problem::unanswerable(Text::new(
                    format!("这个版本的数据不合本程序的规则。{which}"),
                    format!("the data of this revision break rules of this program. {which}"),
                ))
            }
            other => {
                tracing::error!("an earlier revision: {other}");
                Problem::busy(other.text())
            }
        }
    }
}

/// The moment that parameters ask for.
///
/// # Errors
/// 400 where one of them can't be read, or both are given.
pub fn moment(params: &Params) -> Result<Moment, Problem> {
    moment_of(params.number("revision")?, params.get("as_of"))
}

/// The moment of a revision's number or of a time, as either was given.
///
/// # Errors
/// 400 where the time can't be read, or both are given.
pub fn moment_of(revision: Option<u64>, as_of: Option<&str>) -> Result<Moment, Problem> {
    match (revision, as_of) {
        (None, None) => Ok(Moment::Latest),
        (Some(number), None) => Ok(Moment::Revision(Revision(number))),
        (None, Some(text)) => text.parse().map(Moment::Time).map_err(|_| {
            Problem::unreadable(Text::new(
                format!("as_of“{text}”应为 RFC 3339 时间，例如 2026-01-31T08:00:00Z"),
                format!(
                    "as_of “{text}” should be a time of RFC 3339, such as 2026-01-31T08:00:00Z"
                ),
            ))
        }),
        (Some(_), Some(_)) => Err(Problem::unreadable(Text::new(
            "revision 和 as_of 只能给一个",
            "give either revision or as_of",
        ))),
    }
}

/// 404 for a revision that there is not.
pub fn no_revision(asked: Revision, latest: Revision) -> Problem {
    Problem::missing(Text::new(
        format!("没有版本 {asked}；最新版本是 {latest}"),
        format!("there is no revision {asked}; the latest is revision {latest}"),
    ))
}

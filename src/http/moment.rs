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
        Ok(Self(state.at(moment, viewer).await?))
    }
}

impl AppState {
    /// What somebody sees of the data at a moment: at once where they are in memory, else when they have been
    /// read in their turn. Whoever then works with them takes a turn for that: while some wait for earlier
    /// data, others go on with the latest.
    pub(super) async fn at(
        &self,
        moment: Moment,
        viewer: Viewer,
    ) -> Result<Arc<Snapshot>, Problem> {
        let moment = match moment {
            // The revision is soon found, and mostly it is in memory.
            Moment::Time(time) => {
                let found = self.blocking(Work::Light, move |state, _| {
                    let found = state.0.live.revision_at(time);
                    found.map_err(|error| state.not_told(&error, viewer))
                });
                Moment::Revision(found.await?)
            }
            other => other,
        };
        if let Some(snapshot) = self.0.live.at_once(moment, viewer) {
            return Ok(snapshot);
        }
        self.blocking(Work::Earlier, move |state, _| {
            let at = state.0.live.at(moment, viewer);
            at.map_err(|error| state.not_told(&error, viewer))
        })
        .await
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

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use axum::{body::Body, http::Method, response::Response};
    use serde_json::json;
    use tower::Service;

    use super::*;
    use crate::{
        http::{Settings, router},
        model::Cause,
        store::{
            files::Files,
            live::Live,
            record::{Change, ChangeSet, Hash, Keeping, Key, NewShare, Record},
        },
    };

    /// A record with a second revision, and the id of a share of its first.
    fn record(folder: &Path) -> (Record, String) {
        let files = [Files::seeds(None), Files::geodata(None)];
        let record = Record::open(folder, &files[0], &files[1]).unwrap();
        let new = NewShare {
            state: "v=1".to_owned(),
            title: String::new(),
            note: String::new(),
            revision: Revision(1),
            follows_latest: false,
            made_by: None,
        };
        let Keeping::New(share) = record.keep_share(&new).unwrap() else {
            panic!("it is new");
        };
        let key = Key::of(&"zones/sanchahekou".parse().unwrap());
        let body = record.standing(&key).unwrap().unwrap();
        let mut feature: serde_json::Value = serde_json::from_slice(&body).unwrap();
        feature["properties"]["name_en"] = json!("Another");
        let set = ChangeSet {
            author: "测试员".to_owned(),
            message: "改名".to_owned(),
            cause: Cause::Edit,
            changes: vec![Change {
                key,
                expected: Some(Hash::of(&body)),
                body: Some(feature.to_string().into_bytes()),
            }],
        };
        record.commit(&set).unwrap();
        (record, share.id.to_string())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_waits_for_earlier_data_keeps_nobody_from_the_latest() {
        let folder = tempfile::tempdir().unwrap();
        let (record, share) = record(folder.path());
        let state = AppState::new(Live::of(record).unwrap(), Settings::default());
        let ask = |method: Method, path: &str, body: &str| {
            let request = axum::http::Request::builder().method(method).uri(path);
            let request = request.body(Body::from(body.to_owned())).unwrap();
            router(state.clone()).call(request)
        };
        let text = "text=%E5%8C%97%E8%87%B3%E5%85%89%E8%8D%A3%E9%81%93";
        let area = |revision: u64| {
            let area = json!({ "center": [117.16, 39.16], "radius_m": 300 });
            json!({ "area": area, "collections": ["zones"], "revision": revision }).to_string()
        };
        let named = "/areas/query?feature=zones/sanchahekou&collections=zones&revision";
        // Somebody reads an earlier revision, as long as it may take.
        let reading = state.0.turns.earlier.at_once.acquire().await.unwrap();
        let earlier = [
            ask(Method::POST, "/areas/query", &area(1)),
            ask(Method::GET, &format!("{named}=1"), ""),
            ask(Method::GET, &format!("/boundaries?{text}&revision=1"), ""),
            ask(Method::GET, "/map.png?v=1&revision=1", ""),
            ask(Method::GET, &format!("/s/{share}"), ""),
            ask(Method::GET, &format!("/s/{share}.png"), ""),
        ];
        let earlier = earlier.map(tokio::spawn);
        tokio::time::sleep(Duration::from_millis(500)).await;
        let waits = earlier.each_ref().map(|one| !one.is_finished());
        assert_eq!(waits, [true; 6]);
        let is_ok = |answer: Response| assert_eq!(answer.status(), 200);
        is_ok(ask(Method::POST, "/areas/query", &area(2)).await.unwrap());
        is_ok(ask(Method::GET, &format!("{named}=2"), "").await.unwrap());
        drop(reading);
        for one in earlier {
            is_ok(one.await.unwrap().unwrap());
        }
    }
}

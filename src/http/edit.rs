//! Changing features: OGC API - Features part 4 (20-002r1), with versions that must match.

use axum::{
    body::Bytes,
    extract::{FromRequestParts, Path, RawQuery, State, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    AppState, Base, GEOJSON, Work, areas::read_body, collections, items, params::Params,
    person::Editor, problem::Problem,
};
use crate::{
    model::{Cause, FeatureRef, Text, is_slug},
    store::record::{Account, Change, ChangeSet, Difference, Hash, Key, RecordError, edited_form},
};

/// Digits of an entity tag: of a feature's versions none share so many.
const TAG_DIGITS: usize = 32;

/// What is to become of a feature.
enum Wish {
    Create(Value),
    Replace(Value),
    Merge(Value),
    Delete,
}

/// Adds a feature.
pub async fn create(
    State(state): State<AppState>,
    base: Base,
    Editor(editor): Editor,
    Path(collection): Path<String>,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let feature: Value = read_body(body)?;
    let id = match &feature["id"] {
        Value::String(id) if is_slug(id) => id.clone(),
        _ => {
            return Err(Problem::unreadable(Text::new(
                "新要素要有编号 id：1 到 80 个 a-z、0-9 或 -",
                "a new feature needs an id: 1 to 80 of a-z, 0-9 and -",
            )));
        }
    };
    let request = Request {
        state,
        base,
        editor,
        name: FeatureRef::new(&collection, &id),
        expected: String::new(),
        query,
    };
    request.grant(Wish::Create(feature)).await
}

/// Puts another feature in the place of one.
pub async fn replace(
    request: Request,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let feature = read_body(body)?;
    request.grant(Wish::Replace(feature)).await
}

/// Changes some members of a feature (RFC 7396).
pub async fn merge(
    request: Request,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let patch = read_body(body)?;
    request.grant(Wish::Merge(patch)).await
}

/// Removes a feature.
pub async fn remove(request: Request) -> Result<Response, Problem> {
    request.grant(Wish::Delete).await
}

/// The entity tag of a feature's version: strong, for it names the bytes that are kept.
pub fn entity_tag(version: Hash) -> String {
    format!("\"{}\"", digits(version))
}

fn digits(version: Hash) -> String {
    let mut digits = version.to_string();
    digits.truncate(TAG_DIGITS);
    digits
}

/// A change to a feature that somebody asks for.
pub struct Request {
    state: AppState,
    base: Base,
    editor: Account,
    name: FeatureRef,
    /// The versions that the client holds for the latest, as `If-Match` has them.
    expected: String,
    query: Option<String>,
}

impl FromRequestParts<AppState> for Request {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let Editor(editor) = Editor::from_request_parts(parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        let Path((collection, id)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        // Without it others would be overwritten unseen.
        let expected = parts
            .headers
            .get(header::IF_MATCH)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
            .ok_or_else(|| no_version().into_response())?;
        let base = match Base::from_request_parts(parts, state).await {
            Ok(base) => base,
            Err(never) => match never {},
        };
        Ok(Self {
            state: state.clone(),
            base,
            editor,
            name: FeatureRef::new(&collection, &id),
            expected,
            query: parts.uri.query().map(str::to_owned),
        })
    }
}

fn no_version() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_REQUIRED,
        Text::new(
            "请带 If-Match：读取该要素时得到的 ETag，以免覆盖他人的改动",
            "If-Match is missing: the ETag that reading the feature gave, so that nobody's change is overwritten unseen",
        ),
    )
}

impl Request {
    async fn grant(self, wish: Wish) -> Result<Response, Problem> {
        let state = self.state.clone();
        state
            .blocking(Work::Heavy, move |_, _| self.grant_now(wish))
            .await
    }

    fn grant_now(&self, wish: Wish) -> Result<Response, Problem> {
        let params = Params::parse(self.query.as_deref(), &["message"])?;
        let record = self.state.record()?;
        collections::find(&self.state.snapshot(), &self.name.collection)?;
        let key = Key::of(&self.name);
        let standing = record.standing(&key).map_err(failed)?;
        self.check_version(&key, standing.as_deref(), &wish)?;
        let (verb, status) = match &wish {
            Wish::Create(_) => ("新增", StatusCode::CREATED),
            Wish::Replace(_) | Wish::Merge(_) => ("修改", StatusCode::OK),
            Wish::Delete => ("删除", StatusCode::NO_CONTENT),
        };
        let wanted = match wish {
            Wish::Create(feature) | Wish::Replace(feature) => Some(feature),
            Wish::Merge(patch) => {
                let mut feature = standing
                    .as_deref()
                    .and_then(|body| serde_json::from_slice(body).ok())
                    .unwrap_or_default();
                merge_patch(&mut feature, patch);
                Some(feature)
            }
            Wish::Delete => None,
        };
        let body = wanted
            .map(|feature| edited_form(feature, &self.name.id))
            .transpose()
            .map_err(Problem::unanswerable)?;
        let version = body.as_deref().map(Hash::of);
        let set = ChangeSet {
            author: self.editor.name.clone(),
            message: match params.get("message") {
                Some(message) => message.to_owned(),
                None => format!("{verb} {}", self.name),
            },
            cause: Cause::Edit,
            changes: vec![Change {
                key: key.clone(),
                expected: standing.as_deref().map(Hash::of),
                body,
            }],
        };
        match record.commit(&set) {
            Ok(now) => {
                record
                    .audit(
                        &self.editor.name,
                        "edit",
                        &format!("{} r{}", self.name, now.revision),
                    )
                    .map_err(failed)?;
                self.state.0.live.put(now);
            }
            // It says what stands already, so all is well.
            Err(RecordError::Unchanged) => {}
            // Somebody was quicker by a moment.
            Err(RecordError::Conflict(_)) => {
                let standing = record.standing(&key).map_err(failed)?;
                return Err(self.overtaken(&key, standing.as_deref()));
            }
            Err(error) => return Err(failed(error)),
        }
        self.answer(status, version)
    }

    /// What was changed, as reading it would answer, with its new version.
    fn answer(&self, status: StatusCode, version: Option<Hash>) -> Result<Response, Problem> {
        let Some(version) = version else {
            return Ok(status.into_response());
        };
        let snapshot = self.state.snapshot();
        let collection = collections::find(&snapshot, &self.name.collection)?;
        let body = items::feature(collection, &self.name.id, &self.base)?;
        let mut response = (status, [(header::CONTENT_TYPE, GEOJSON)], body).into_response();
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&entity_tag(version)) {
            headers.insert(header::ETAG, tag);
        }
        if status == StatusCode::CREATED {
            let place = format!(
                "{}/collections/{}/items/{}",
                self.base.0, self.name.collection, self.name.id
            );
            if let Ok(place) = HeaderValue::from_str(&place) {
                headers.insert(header::LOCATION, place);
            }
        }
        Ok(response)
    }

    fn check_version(
        &self,
        key: &Key,
        standing: Option<&[u8]>,
        wish: &Wish,
    ) -> Result<(), Problem> {
        match (standing, wish) {
            (None, Wish::Create(_)) => Ok(()),
            (Some(_), Wish::Create(_)) => Err(Problem::new(
                StatusCode::CONFLICT,
                Text::new(
                    format!("已有要素 {key}：请换编号，或用 PUT 修改它"),
                    format!(
                        "there is a feature {key} already: choose another id, or change it with PUT"
                    ),
                ),
            )),
            (None, _) => Err(Problem::missing(Text::new(
                format!("没有要素 {key}：请用 POST 新增"),
                format!("there is no feature {key}: add it with POST"),
            ))),
            (Some(body), _) => {
                let tag = entity_tag(Hash::of(body));
                let held = &self.expected;
                let is_held = held == "*" || held.split(',').any(|held| held.trim() == tag);
                if is_held {
                    Ok(())
                } else {
                    Err(self.overtaken(key, Some(body)))
                }
            }
        }
    }

    /// 412, with what others have changed since the version that the client holds.
    fn overtaken(&self, key: &Key, standing: Option<&[u8]>) -> Problem {
        let held = self.expected.trim().trim_matches('"');
        let before = self
            .state
            .record()
            .ok()
            .and_then(|record| record.versions(key).ok())
            .and_then(|versions| {
                versions
                    .into_iter()
                    .find(|body| digits(Hash::of(body)) == held)
            });
        let is_known = before.is_some();
        let difference = Difference {
            key: key.clone(),
            before,
            after: standing.map(<[u8]>::to_vec),
        };
        let problem = Problem::new(
            StatusCode::PRECONDITION_FAILED,
            Text::new(
                format!("{key} 已被他人改动，未写入：请读取最新的再改"),
                format!(
                    "others have changed {key} since and nothing was written: read the latest, then change that"
                ),
            ),
        );
        if is_known {
            problem.with("changes", super::revisions::changes(&difference))
        } else {
            problem
        }
    }
}

/// RFC 7396: members of the patch take the place of the target's, null removes.
fn merge_patch(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(members) = target.as_object_mut() else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            members.shift_remove(&name);
        } else {
            merge_patch(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// What a record that refused says to a client.
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
        RecordError::NoRevision(_) => Problem::missing(detail),
        other => {
            tracing::error!("the record: {other}");
            Problem::busy(detail)
        }
    }
}

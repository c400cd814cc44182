//! Changing features: OGC API - Features part 4 (20-002r1), with versions that must match.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::{
    body::Bytes,
    extract::{FromRequestParts, Path, RawQuery, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    AppState, Base, GEOJSON, Work,
    body::read_body,
    collections,
    failed::{failed, failed_for, not_in_time},
    items,
    params::Params,
    person::Editor,
    problem::Problem,
};
use crate::{
    model::{Cause, FeatureRef, Text, Viewer, is_slug, shortened},
    store::Snapshot,
    store::record::{
        Account, Change, ChangeSet, Difference, Hash, Key, RecordError, Sight, edited_form,
    },
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
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    check_patch(&headers)?;
    let patch = read_body(body)?;
    request.grant(Wish::Merge(patch)).await
}

/// What a patch may be sent as, by the one that is meant first (RFC 5789, section 3.1).
const ACCEPT_PATCH: &str = "application/merge-patch+json, application/json, application/geo+json";

/// A patch of another kind (RFC 6902, say) would be read as something that nobody meant.
fn check_patch(headers: &HeaderMap) -> Result<(), Problem> {
    let stated = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let bare = stated.split(';').next().unwrap_or_default().trim();
    let is_taken = ACCEPT_PATCH
        .split(", ")
        .any(|taken| taken.eq_ignore_ascii_case(bare));
    if bare.is_empty() || is_taken {
        return Ok(());
    }
    let bare = shortened(bare);
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Text::new(
            format!("PATCH 的正文应为 application/merge-patch+json，不是 {bare}"),
            format!("the body of PATCH should be application/merge-patch+json, not {bare}"),
        ),
    )
    .with_header(HeaderName::from_static("accept-patch"), ACCEPT_PATCH))
}

/// Removes a feature.
pub async fn remove(request: Request) -> Result<Response, Problem> {
    request.grant(Wish::Delete).await
}

/// The entity tag of a feature's version: strong, for it names the bytes that are kept.
pub fn entity_tag(version: Hash) -> String {
    format!("\"{}\"", digits(version))
}

/// The version that an entity tag names; what stands after it tells answers of one version apart.
fn version_in(tag: &str) -> &str {
    let tag = tag.trim().trim_matches('"');
    tag.split_once('-').map_or(tag, |(version, _)| version)
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
        let lists = parts.headers.get_all(header::IF_MATCH).into_iter();
        let lists: Vec<&str> = lists.filter_map(|list| list.to_str().ok()).collect();
        let expected = lists.join(",");
        // Without a version, or with any, others would be overwritten unseen.
        if expected.is_empty() || expected.split(',').any(|tag| tag.trim() == "*") {
            return Err(no_version().into_response());
        }
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
            "If-Match 要写读取该要素时得到的 ETag（不能是 *），以免覆盖他人的改动",
            "If-Match should be the ETag that reading the feature gave (and not *), so that nobody's change is overwritten unseen",
        ),
    )
}

impl Request {
    async fn grant(self, wish: Wish) -> Result<Response, Problem> {
        let state = self.state.clone();
        state
            .blocking(Work::Edit, move |_, abandoned| {
                self.grant_now(wish, abandoned)
            })
            .await
    }

    fn grant_now(&self, wish: Wish, abandoned: &AtomicBool) -> Result<Response, Problem> {
        let params = Params::parse(self.query.as_deref(), &["message"])?;
        let record = self.state.record()?;
        let viewer = Viewer(Some(self.editor.role));
        let seen = self.state.latest(viewer);
        collections::find(&seen, &self.name.collection)?;
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
        let is_over = || abandoned.load(Ordering::Relaxed);
        if is_over() {
            return Err(not_in_time());
        }
        let now = match record.commit_unless(&set, |_| is_over()) {
            Ok(now) => now,
            // It says what stands already, so all is well.
            Err(RecordError::Unchanged) => {
                self.state.0.live.refresh().map_err(failed)?;
                self.state.latest(viewer)
            }
            // Somebody was quicker by a moment.
            Err(RecordError::Conflict(_)) => {
                let standing = record.standing(&key).map_err(failed)?;
                if status == StatusCode::CREATED {
                    return Err(is_there(&key));
                }
                return Err(self.overtaken(&key, standing.as_deref()));
            }
            Err(error) => return Err(failed_for(error, &seen)),
        };
        self.state.0.live.put(&now);
        self.answer(&now, status, version)
    }

    /// What was changed, as reading it would answer, with its new version.
    fn answer(
        &self,
        snapshot: &Snapshot,
        status: StatusCode,
        version: Option<Hash>,
    ) -> Result<Response, Problem> {
        let Some(version) = version else {
            return Ok(status.into_response());
        };
        let collection = collections::find(snapshot, &self.name.collection)?;
        let body = items::feature(collection, &self.name.id, &self.base)?;
        let mut response = (status, [(header::CONTENT_TYPE, GEOJSON)], body).into_response();
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&entity_tag(version)) {
            headers.insert(header::ETAG, tag);
        }
        if status == StatusCode::CREATED {
            let place = format!(
                "{}/collections/{}/items/{}",
                self.base.root, self.name.collection, self.name.id
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
            (Some(_), Wish::Create(_)) => Err(is_there(key)),
            (None, _) => Err(Problem::missing(Text::new(
                format!("没有要素 {key}：请用 POST 新增"),
                format!("there is no feature {key}: add it with POST"),
            ))),
            (Some(body), _) => {
                let version = Hash::of(body);
                let is_held = self.expected.split(',').any(|held| {
                    held.trim().starts_with('"') && version_in(held) == digits(version)
                });
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
        let held = version_in(&self.expected);
        let before = self
            .state
            .record()
            .ok()
            .filter(|_| held.len() == TAG_DIGITS)
            .and_then(|record| record.version_of(key, held).ok()?);
        let is_known = before.is_some();
        let viewer = Viewer(Some(self.editor.role));
        let sight = Sight::of(viewer, &self.state.latest(viewer));
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
            problem.with("changes", super::revisions::changes(&difference, &sight))
        } else {
            problem
        }
    }
}

fn is_there(key: &Key) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        Text::new(
            format!("已有要素 {key}：请换编号，或用 PUT 修改它"),
            format!("there is a feature {key} already: choose another id, or change it with PUT"),
        ),
    )
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

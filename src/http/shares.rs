//! `POST /shares`, `DELETE /shares/{id}`, `GET /s/{id}` and `GET /embed/{id}`: views kept under a short name.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use geo::Rect;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    AppState, Base, HTML, JSON, Work,
    allowance::Origin,
    failed::{failed, not_in_time},
    format::{self, Offer},
    json_answer, page,
    params::Params,
    person::{Asker, Member, Visitor},
    pictures,
    problem::Problem,
};
use crate::{
    area::Patience,
    html::{self, Preview},
    model::{Role, Text, Viewer},
    render::{
        brief::Brief,
        picture::{self, Kind, PREVIEW, Size},
    },
    share::{self, Asked, Failure, News, Opened},
    store::{
        Snapshot,
        live::Moment,
        record::{Keeping, MAX_BY_ACCOUNT, MAX_SHARES, NewShare, RecordError, Share, ShareId},
    },
};

/// Bytes of a request to share.
pub const MAX_BODY: usize = 64 << 10;
/// KiB of a state as it is kept: room for the longest boundary text, and for all the rest.
const MAX_STATE_KIB: usize = 24;
/// Characters of a title, and of a note.
const MAX_TITLE: usize = 120;
const MAX_NOTE: usize = 2_000;
/// Shares an hour from one address, and of one account.
const BY_ADDRESS: u32 = 120;
const BY_ACCOUNT: u32 = 2_000;
/// How long what a share shows may be counted, and what has changed since.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// What is to be shared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The page's query string.
    state: String,
    title: Option<String>,
    note: Option<String>,
    #[serde(default)]
    follow_latest: bool,
}

/// Shares a view.
pub async fn create(
    State(state): State<AppState>,
    Visitor(asker): Visitor,
    base: Base,
    origin: Origin,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &[])?;
    state.record()?;
    check_type(&headers)?;
    let wanted = read_wanted(body)?;
    let title = on_one_line(&checked("title", wanted.title, MAX_TITLE)?);
    let note = checked("note", wanted.note, MAX_NOTE)?;
    let made_by = asker.account().map(|account| account.name.clone());
    let (who, most) = match &made_by {
        Some(name) => (format!("account {name}"), BY_ACCOUNT),
        None => (format!("address {}", origin.0), BY_ADDRESS),
    };
    let taken = state.0.sharing.take(who, most, Instant::now());
    taken.map_err(|wait| {
        Problem::too_early(
            Text::new(
                format!("每小时最多分享 {most} 次，请稍后再试"),
                format!("{most} shares an hour are taken: please try again later"),
            ),
            wait,
        )
    })?;
    let viewer = asker.viewer();
    let latest = state.latest(viewer);
    let (kept, revision) = share::to_keep(&wanted.state, wanted.follow_latest, latest.revision);
    if kept.len() > MAX_STATE_KIB << 10 {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Text::new(
                format!("要分享的 state 最多 {MAX_STATE_KIB} KiB"),
                format!("the state to be shared may have at most {MAX_STATE_KIB} KiB"),
            ),
        ));
    }
    let has_base_map = state.0.settings.base_map.is_some();
    let new = NewShare {
        state: share::with_layers(kept, &latest, has_base_map),
        title,
        note,
        revision,
        follows_latest: wanted.follow_latest,
        made_by,
    };
    let keeping = state
        .blocking(Work::Edit, move |state, abandoned| {
            if abandoned.load(Ordering::Relaxed) {
                return Err(not_in_time());
            }
            state.record()?.keep_share(&new).map_err(failed)
        })
        .await?;
    let (share, is_new) = match keeping {
        Keeping::New(share) => (share, true),
        Keeping::Known(share) => (share, false),
        Keeping::Full => {
            return Err(full(Text::new(
                format!("库中已有 {MAX_SHARES} 个分享，不能再加"),
                format!("the record has {MAX_SHARES} shares already and takes no more"),
            )));
        }
        Keeping::MakerFull => {
            return Err(full(Text::new(
                format!("您已有 {MAX_BY_ACCOUNT} 个分享，请先删去一些"),
                format!("you have {MAX_BY_ACCOUNT} shares already: remove some first"),
            )));
        }
    };
    let found = with_data(&state, share, viewer).await?;
    state
        .blocking(Work::Heavy, move |state, abandoned| {
            let opened = open(state, found, viewer)?;
            // That it was shared before is not told, either, to who is not told when.
            let is_new = is_new || opened.made().is_none();
            let status = if is_new {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            };
            let told = Told::new(state, &base, &opened, viewer, abandoned)?;
            let headers = [
                (header::CONTENT_TYPE, JSON.to_owned()),
                (header::LOCATION, told.url),
            ];
            Ok((status, headers, told.json.to_string()).into_response())
        })
        .await
}

fn full(why: Text) -> Problem {
    Problem::new(StatusCode::INSUFFICIENT_STORAGE, why)
}

/// What pages of other sites can send without asking first is not taken: their visitors would share.
fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let stated = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let bare = stated.split(';').next().unwrap_or_default().trim();
    if bare.eq_ignore_ascii_case(JSON) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Text::new(
            "请求正文应为 application/json",
            "the body should be application/json",
        ),
    ))
}

/// What is to be shared, as a body says it; what is wrong with one is told with an example.
fn read_wanted(body: Result<Bytes, BytesRejection>) -> Result<Wanted, Problem> {
    let body = body.map_err(|rejection| {
        Problem::new(
            rejection.status(),
            Text::new(
                "要分享的内容最多 64 KiB",
                "what is to be shared may have at most 64 KiB",
            ),
        )
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        Problem::unreadable(Text::new(
            format!("请求正文读不懂：{error}；例如 {{\"state\": \"?v=1\"}}"),
            format!("the body can't be read: {error}; such as {{\"state\": \"?v=1\"}}"),
        ))
    })
}

/// A text on one line.
fn on_one_line(text: &str) -> String {
    let parts = text.split(['\n', '\r', '\t']).map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Words of somebody's own, without the space around them.
fn checked(name: &str, text: Option<String>, most: usize) -> Result<String, Problem> {
    let text = text.unwrap_or_default();
    let text = text.trim();
    let is_mark = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.chars().count() > most || text.contains(is_mark) {
        return Err(Problem::unreadable(Text::new(
            format!("{name} 最多 {most} 个字，不含控制字符"),
            format!("the {name} may have {most} characters at most, and no control characters"),
        )));
    }
    Ok(text.to_owned())
}

/// The forms of a share; a browser's is the first.
const OFFERS: [Offer<bool>; 2] = [
    Offer {
        format: true,
        name: "html",
        media_type: HTML,
    },
    Offer {
        format: false,
        name: "json",
        media_type: JSON,
    },
];

/// A share: the page that shows it, what there is to know of it, or a picture of it. Other parameters
/// are left aside, for chat programs add some of their own to every link.
pub async fn show(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    Path(id): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    if let Some((id, kind)) = Kind::split(&id) {
        return pictures::of_share(state, &asker, &base, id, kind, query.as_deref()).await;
    }
    let params = Params::pick(query.as_deref(), &["f"])?;
    params.check_format(&["html", "json"])?;
    let is_page = format::choose(&params, &headers, &OFFERS).map_or(true, |offer| offer.format);
    let viewer = asker.viewer();
    let shown = async {
        let found = find_with_data(&state, id, viewer).await?;
        state
            .blocking(Work::Heavy, move |state, abandoned| {
                let opened = open(state, found, viewer)?;
                let told = Told::new(state, &base, &opened, viewer, abandoned)?;
                let answer = if is_page {
                    told.page(&opened, page::FrameAncestors::Own)?
                } else {
                    json_answer(JSON, told.json.to_string())
                };
                Ok(kept_if_whole(told.is_whole, answer))
            })
            .await
    };
    shown.await.or_else(|problem| match problem.parts() {
        (StatusCode::NOT_FOUND, why) if is_page => {
            let page = html::no_share(&state.latest(viewer).title, why);
            // It may be shared in a moment, and is another to who asks for JSON or has an account.
            let headers = [
                (header::CACHE_CONTROL, "no-store"),
                (header::VARY, "accept, authorization, cookie, host"),
            ];
            Ok((StatusCode::NOT_FOUND, headers, page::readable(page)).into_response())
        }
        _ => Err(problem),
    })
}

/// Removes a share: who shared it first may, and administrators.
pub async fn remove(
    State(state): State<AppState>,
    Member(account): Member,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    Params::parse(query.as_deref(), &[])?;
    state
        .blocking(Work::Edit, move |state, abandoned| {
            if abandoned.load(Ordering::Relaxed) {
                return Err(not_in_time());
            }
            let record = state.record()?;
            let id: ShareId = id.parse().map_err(|()| no_share())?;
            let share = record.share(&id).map_err(failed)?.ok_or_else(no_share)?;
            let is_own = share.what.made_by.as_deref() == Some(&*account.name);
            if !is_own && account.role < Role::Administrator {
                return Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    Text::new(
                        "只有分享的人和管理员可以删去它",
                        "who shared it may remove it, and administrators",
                    ),
                ));
            }
            if record.remove_share(&id).map_err(failed)? {
                let written = record.audit(&account.name, "unshare", &id.to_string());
                written.map_err(failed)?;
            }
            Ok(StatusCode::NO_CONTENT)
        })
        .await
}

/// A share as a part of other pages, where the operator lets them.
pub async fn embed(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if state.0.settings.allowed_frames.is_empty() {
        return Err(Problem::missing(Text::new(
            "这个服务没有开放嵌入：用 serve --allow-embed 来源 开启",
            "embedding is off here: serve --allow-embed ORIGIN turns it on",
        )));
    }
    let viewer = asker.viewer();
    let found = find_with_data(&state, id, viewer).await?;
    state
        .blocking(Work::Heavy, move |state, abandoned| {
            let opened = open(state, found, viewer)?;
            let told = Told::new(state, &base, &opened, viewer, abandoned)?;
            let allowed = &state.0.settings.allowed_frames;
            let page = told.page(&opened, page::FrameAncestors::And(allowed))?;
            Ok(kept_if_whole(told.is_whole, page))
        })
        .await
}

/// A share as it is kept. It blocks.
///
/// # Errors
/// 404 where there is none.
pub fn find(state: &AppState, id: &str) -> Result<Share, Problem> {
    let record = state.recorded()?;
    let id: ShareId = id.parse().map_err(|()| no_share())?;
    let share = record.share(&id).map_err(Arc::new);
    share.map_err(|error| gone(&error))?.ok_or_else(no_share)
}

/// A share with the data of its revision, where it shows one that is there.
pub struct Found {
    share: Share,
    then: Option<Arc<Snapshot>>,
}

/// A share with its data, as somebody sees them: they are in memory, or are read in their turn, before what
/// is done with them takes one.
///
/// # Errors
/// 404 where there is none.
pub async fn find_with_data(
    state: &AppState,
    id: String,
    viewer: Viewer,
) -> Result<Found, Problem> {
    let share = state
        .blocking(Work::Light, move |state, _| find(state, &id))
        .await?;
    with_data(state, share, viewer).await
}

async fn with_data(state: &AppState, share: Share, viewer: Viewer) -> Result<Found, Problem> {
    if share.what.follows_latest {
        return Ok(Found { share, then: None });
    }
    let moment = Moment::Revision(share.what.revision);
    if let Some(then) = state.0.live.at_once(moment, viewer) {
        let then = Some(then);
        return Ok(Found { share, then });
    }
    state
        .blocking(Work::Earlier, move |state, _| {
            let then = Opened::then(&state.0.live, &share, viewer);
            let then = then.map_err(|error| gone(&error))?;
            Ok(Found { share, then })
        })
        .await
}

/// A share as somebody may see it. It blocks.
///
/// # Errors
/// Where the record can't be read.
pub fn open(
    state: &AppState,
    Found { share, then }: Found,
    viewer: Viewer,
) -> Result<Opened, Problem> {
    let has_base_map = state.0.settings.base_map.is_some();
    let live = &state.0.live;
    let opened = Opened::new(live, state.recorded()?, share, then, viewer, has_base_map);
    opened.map_err(|error| gone(&error))
}

fn no_share() -> Problem {
    Problem::missing(Text::new(
        "没有这个编号的分享：请检查链接是否完整",
        "there is no share of this name: see whether the link is whole",
    ))
}

fn gone(error: &Arc<RecordError>) -> Problem {
    tracing::error!("a share: {error}");
    Problem::busy(error.text())
}

/// Answers that say less than there is, for want of time, are not kept: the next may say all.
fn kept_if_whole(is_whole: bool, mut answer: Response) -> Response {
    if !is_whole {
        let no_store = HeaderValue::from_static("no-store");
        answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
    }
    answer
}

/// What is told of a share.
struct Told {
    /// Whether there was time for all of it.
    is_whole: bool,
    json: Value,
    /// What it is called, in the language of its view.
    name: Option<String>,
    summary: Text,
    url: String,
    image: String,
}

impl Told {
    fn new(
        state: &AppState,
        base: &Base,
        opened: &Opened,
        viewer: Viewer,
        abandoned: &Arc<AtomicBool>,
    ) -> Result<Self, Problem> {
        let live = &state.0.live;
        let what = &opened.share.what;
        let patience = Patience::new(TIME_LIMIT, Arc::clone(abandoned));
        let mut missing = opened.missing.clone();
        let known = &state.0.descriptions;
        let described = opened.described(viewer, known, &patience, |asked| {
            preview_frame(opened, asked)
        });
        let mut is_whole = described.is_ok();
        let (name, summary) = match described {
            Ok(described) => {
                missing.extend_from_slice(&described.refused);
                (described.name.clone(), described.summary.clone())
            }
            // The map's name says less, and is there at once.
            Err(_) => (
                given(&what.title).map(str::to_owned),
                opened.snapshot.title.clone(),
            ),
        };
        let patience = Patience::new(TIME_LIMIT, Arc::clone(abandoned));
        let known = &state.0.news;
        let news = match opened.news(live, state.recorded()?, viewer, known, &patience) {
            Ok(news) => news,
            Err(Failure::TooLong) => {
                is_whole = false;
                missing.push(Text::new(
                    "此后改动太多，没有统计",
                    "too much has changed since to tell what",
                ));
                None
            }
            Err(Failure::Record(error)) => return Err(gone(&error)),
        };
        let id = &opened.share.id;
        let url = format!("{}/s/{id}", base.root);
        let picture = |ending: &str| format!("{url}{ending}");
        let [width, height] = PREVIEW;
        let image = picture(&format!(".png?width={width}&height={height}"));
        let is_embedded = !state.0.settings.allowed_frames.is_empty();
        let json = json!({
            "id": id.to_string(),
            "url": url,
            "title": given(&what.title),
            "note": given(&what.note),
            "state": format!("?{}", opened.view.to_query()),
            // Of which revision one was made that follows the latest would tell who shared it before.
            "revision": if what.follows_latest { opened.snapshot.revision } else { what.revision },
            "follows_latest": what.follows_latest,
            "made_at": opened.made(),
            "made_revision_at": opened.time,
            "summary": in_both(&summary),
            "missing": missing.iter().map(in_both).collect::<Vec<_>>(),
            "news": news.as_deref().map(describe),
            "embed": is_embedded.then(|| format!("{}/embed/{id}", base.root)),
            "pictures": {
                "png": picture(".png"),
                "pdf": picture(".pdf"),
                "pptx": picture(".pptx"),
                "qr": picture(".qr.svg"),
                "pack": picture(".zip"),
            },
        });
        Ok(Self {
            is_whole,
            json,
            name,
            summary,
            url,
            image,
        })
    }

    /// The map page, which is told of the share.
    fn page(
        &self,
        opened: &Opened,
        ancestors: page::FrameAncestors<'_>,
    ) -> Result<Response, Problem> {
        let preview = Preview {
            lang: opened.lang(),
            map: &opened.snapshot.title,
            title: self.name.as_deref(),
            summary: &self.summary,
            url: &self.url,
            image: &self.image,
            share: &self.json,
        };
        page::shared(&preview, ancestors)
    }
}

/// The rectangle that the picture shows which chat programs put beside the summary, degrees.
fn preview_frame(opened: &Opened, asked: &Asked) -> Rect<f64> {
    let brief = Brief::plain(&opened.snapshot, &asked.view);
    picture::window(&brief, Size::PREVIEW)
}

fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn in_both(text: &Text) -> Value {
    json!({ "zh": text.zh, "en": text.en })
}

fn describe(news: &News) -> Value {
    let features = news.features.iter().map(|item| {
        json!({
            "collection": item.feature.collection,
            "id": item.feature.id,
            "name": item.name,
            "change": item.change.as_str(),
        })
    });
    json!({
        "revision": news.revision,
        "time": news.time,
        "added": news.added,
        "changed": news.changed,
        "removed": news.removed,
        "entered": news.entered,
        "left": news.left,
        "features": features.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_less_than_there_is_is_not_kept() {
        let kept = |is_whole| {
            let answer = kept_if_whole(is_whole, StatusCode::OK.into_response());
            let kept = answer.headers().get(header::CACHE_CONTROL);
            kept.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(kept(true), None);
        assert_eq!(kept(false).as_deref(), Some("no-store"));
    }
}

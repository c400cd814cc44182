//! `GET /s/{id}.png`, `.pdf`, `.pptx`, `.qr.svg` and `.zip`, and `GET /map.png`: views as pictures.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    AppState, Base, Work, failed::failed, format::disposition, moment::moment_of, params::Params,
    person::Asker, problem::Problem, shares,
};
use crate::{
    area::Patience,
    model::{Revision, Text, View, Viewer, view::ViewArea},
    render::{
        brief::Brief,
        picture::{Form, Kind, Orientation, Page, Paper, SCALE, Size, SizeError, picture},
        qr::Code,
        sheet::Failure,
    },
    share,
    store::{Snapshot, record::Sight},
};

/// Bytes of finished pictures that are kept.
const CACHE_BYTES: u64 = 64 << 20;
/// How long a picture may be drawn.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Finished pictures, by a hash of all that decides them.
pub type Cache = moka::sync::Cache<[u8; 32], Bytes>;

/// One for pictures of [`CACHE_BYTES`] together.
pub fn cache() -> Cache {
    moka::sync::Cache::builder()
        .max_capacity(CACHE_BYTES)
        .weigher(|_, picture: &Bytes| picture.len().try_into().unwrap_or(u32::MAX))
        .build()
}

/// How the names of files end that are saved.
fn ending(kind: Kind) -> &'static str {
    match kind {
        Kind::Png => "png",
        Kind::Pdf => "pdf",
        Kind::Pptx => "pptx",
        Kind::Qr => "svg",
        Kind::Pack => "zip",
    }
}

fn media_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Png => "image/png",
        Kind::Pdf => "application/pdf",
        Kind::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        Kind::Qr => "image/svg+xml",
        Kind::Pack => "application/zip",
    }
}

/// A share as a picture.
pub async fn of_share(
    state: AppState,
    asker: &Asker,
    base: &Base,
    id: &str,
    kind: Kind,
    query: Option<&str>,
) -> Result<Response, Problem> {
    let form = match kind {
        Kind::Png => Form::Png(size(&Params::pick(query, &SIZE)?)?),
        Kind::Pdf => Form::Pdf(page(&Params::pick(query, &PAGE)?)?),
        Kind::Pptx => Form::Pptx,
        Kind::Pack => Form::Pack,
        Kind::Qr => return code(&state, base, id).await,
    };
    let (viewer, id, root) = (asker.viewer(), id.to_owned(), base.root.clone());
    let found = shares::find_with_data(&state, id, viewer).await?;
    let find = move |state: &AppState| {
        let opened = shares::open(state, found, viewer)?;
        Ok(Wanted {
            link: format!("{root}/s/{}", opened.share.id),
            name: opened.share.id.to_string(),
            title: opened.share.what.title,
            note: opened.share.what.note,
            missing: opened.missing,
            snapshot: opened.snapshot,
            view: opened.view,
            time: Some(opened.time),
        })
    };
    answer(&state, find, form, kind).await
}

/// The QR code of a share's address. What the share shows is not looked at.
async fn code(state: &AppState, base: &Base, id: &str) -> Result<Response, Problem> {
    let (id, root) = (id.to_owned(), base.root.clone());
    state
        .blocking(Work::Light, move |state, _| {
            let share = shares::find(state, &id)?;
            let code = Code::of(&format!("{root}/s/{}", share.id));
            let code = code.map_err(Problem::unanswerable)?;
            let headers = [(header::CONTENT_TYPE, media_type(Kind::Qr))];
            Ok((headers, code.svg()).into_response())
        })
        .await
}

/// Any view as an image.
pub async fn of_view(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let size = size(&Params::pick(query.as_deref(), &SIZE)?)?;
    let as_of = Params::pick(query.as_deref(), &[AS_OF])?;
    // What can't be read or is not there is left out, as on the page, and the picture says so.
    let (mut view, mut missing) = View::parse(&of_page(query.as_deref()));
    let moment = moment_of(view.revision, as_of.get(AS_OF))?;
    let viewer = asker.viewer();
    let snapshot = state.at(moment, viewer).await?;
    let find = move |state: &AppState| {
        let time = time_of(state, viewer, snapshot.revision)?;
        if state.0.live.record().is_some() {
            // The picture is of these data: its link shows no others.
            view.revision = Some(snapshot.revision.0);
        }
        let link = format!("{}/?{}", base.root, view.to_query());
        let has_base_map = state.0.settings.base_map.is_some();
        missing.extend(share::take_out(&mut view, &snapshot, has_base_map));
        Ok(Wanted {
            link,
            name: "map".to_owned(),
            title: String::new(),
            note: String::new(),
            missing,
            snapshot,
            view,
            time,
        })
    };
    answer(&state, find, Form::Png(size), Kind::Png).await
}

/// A view's parameters as the page knows them: its addresses name revisions, and no times.
fn of_page(query: Option<&str>) -> String {
    let mut kept = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if !SIZE.contains(&&*name) && name != AS_OF {
            kept.append_pair(&name, &value);
        }
    }
    kept.finish()
}

/// When data came to be, as far as somebody may know.
fn time_of(
    state: &AppState,
    viewer: Viewer,
    revision: Revision,
) -> Result<Option<Timestamp>, Problem> {
    let Some(record) = state.0.live.record() else {
        return Ok(None);
    };
    let sight = Sight::of(viewer, &state.latest(viewer));
    let known = record.seen_by(&sight, revision).map_err(failed)?;
    Ok(known.map(|(_, time)| time))
}

const AS_OF: &str = "as_of";
const SIZE: [&str; 3] = ["width", "height", "ratio"];
const PAGE: [&str; 3] = ["paper", "orientation", "scale"];

fn size(params: &Params) -> Result<Size, Problem> {
    let ratio = params.get("ratio").map(|text| {
        text.parse::<f32>().map_err(|_| {
            Problem::unreadable(Text::new(
                format!("ratio“{text}”应为 1 到 3 的数"),
                format!("the ratio “{text}” should be a number from 1 to 3"),
            ))
        })
    });
    let size = Size::new(
        params.number("width")?.unwrap_or(1_600),
        params.number("height")?.unwrap_or(900),
        ratio.transpose()?.unwrap_or(1.0),
    );
    size.map_err(|error| match error {
        SizeError::OutOfBounds(text) => Problem::unreadable(text),
        SizeError::TooLarge(text) => Problem::unanswerable(text),
    })
}

fn page(params: &Params) -> Result<Page, Problem> {
    let wrong = |name: &str, words: &str| {
        let given = params.get(name).unwrap_or_default();
        Problem::unreadable(Text::new(
            format!("{name}“{given}”应为 {words}"),
            format!("the {name} “{given}” should be {words}"),
        ))
    };
    let paper = match params.get("paper") {
        None | Some("A4") => Paper::A4,
        Some("A3") => Paper::A3,
        _ => return Err(wrong("paper", "A4, A3")),
    };
    let orientation = match params.get("orientation") {
        None | Some("landscape") => Orientation::Landscape,
        Some("portrait") => Orientation::Portrait,
        _ => return Err(wrong("orientation", "landscape, portrait")),
    };
    let scale = params.number("scale")?;
    let (least, most) = SCALE;
    if scale.is_some_and(|scale| !(least..=most).contains(&scale)) {
        return Err(wrong("scale", &format!("{least}…{most}")));
    }
    Ok(Page {
        paper,
        orientation,
        scale,
    })
}

/// What is to be drawn.
struct Wanted {
    snapshot: Arc<Snapshot>,
    view: View,
    title: String,
    note: String,
    missing: Vec<Text>,
    time: Option<Timestamp>,
    link: String,
    /// A name for its file, in ASCII.
    name: String,
}

impl Wanted {
    fn brief<'a>(&'a self, state: &'a AppState) -> Brief<'a> {
        Brief {
            snapshot: &self.snapshot,
            view: &self.view,
            title: &self.title,
            note: &self.note,
            missing: &self.missing,
            time: self.time,
            link: Some(&self.link),
            approval: state.0.settings.map_approval.as_deref(),
            base_map: state.0.settings.base_map.as_deref(),
        }
    }
}

/// The picture of what is found: as it was drawn before, or in its turn.
async fn answer(
    state: &AppState,
    find: impl FnOnce(&AppState) -> Result<Wanted, Problem> + Send + 'static,
    form: Form,
    kind: Kind,
) -> Result<Response, Problem> {
    let (wanted, key, known) = state
        .blocking(Work::Heavy, move |state, _| {
            let wanted = find(state)?;
            let key = key(&wanted.brief(state), form);
            let known = state.0.drawn.get(&key);
            Ok((wanted, key, known))
        })
        .await?;
    if let Some(known) = known {
        return Ok(file(&wanted, &wanted.brief(state), known, kind));
    }
    state
        .blocking(Work::Picture(form.pixels()), move |state, abandoned| {
            let brief = wanted.brief(state);
            // Another may have waited for the same, and had the turn before.
            if let Some(known) = state.0.drawn.get(&key) {
                return Ok(file(&wanted, &brief, known, kind));
            }
            let patience = Patience::new(TIME_LIMIT, Arc::clone(abandoned));
            let drawn = picture(&brief, form, &patience)?;
            let bytes = Bytes::from(drawn.bytes);
            let mut answer = file(&wanted, &brief, bytes.clone(), kind);
            if drawn.ground.lacks() {
                // The next one may have the base map.
                let no_store = HeaderValue::from_static("no-store");
                answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
            } else {
                state.0.drawn.insert(key, bytes);
            }
            Ok(answer)
        })
        .await
}

/// A finished picture as a file with its name.
fn file(wanted: &Wanted, brief: &Brief<'_>, picture: Bytes, kind: Kind) -> Response {
    let revision = wanted.snapshot.revision;
    // A file is not called by an area of which only its picture tells whether it can be asked.
    let mut named = wanted.view.clone();
    named.area = named
        .area
        .filter(|area| matches!(area, ViewArea::Feature(_)));
    let title = Brief {
        view: &named,
        ..*brief
    }
    .title();
    let for_people =
        format!("{title} {}", brief.words("版本", "r")).replace(['/', '\\', '\n'], " ");
    let names = (
        format!("{for_people}{revision}"),
        format!("{}-r{revision}", wanted.name),
    );
    let saved = disposition(&names, ending(kind));
    let shown = match kind {
        // A browser shows these itself.
        Kind::Png | Kind::Pdf => saved.replacen("attachment", "inline", 1),
        _ => saved,
    };
    let headers = [
        (header::CONTENT_TYPE, media_type(kind).to_owned()),
        (header::CONTENT_DISPOSITION, shown),
    ];
    (headers, picture).into_response()
}

/// All that decides a picture.
fn key(brief: &Brief<'_>, form: Form) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [
        &*brief.snapshot.fingerprint,
        &brief.snapshot.revision.to_string(),
        &brief.view.to_query(),
        brief.title,
        brief.note,
        &brief.lacking(),
        brief.link.unwrap_or_default(),
        brief.approval.unwrap_or_default(),
        &brief.time.map(|time| time.to_string()).unwrap_or_default(),
        &format!("{form:?}"),
    ] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let text = failure.text();
        match failure {
            Failure::Refused(_) | Failure::Interrupted => Self::unanswerable(text),
            Failure::Failed(_) => {
                tracing::error!("a picture failed: {text}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
            }
        }
    }
}

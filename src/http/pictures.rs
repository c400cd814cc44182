//! `GET /s/{id}.png`, `.pdf`, `.pptx`, `.qr.svg` and `.zip`, and `GET /map.png`: views as pictures.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    AppState, Base, Work, areas::disposition, edit::failed, params::Params, person::Asker,
    problem::Problem, shares,
};
use crate::{
    area::Patience,
    model::{Revision, Text, View, Viewer},
    render::{
        brief::Brief,
        picture::{Form, Orientation, Page, Paper, SCALE, Size, SizeError, picture},
        qr::Code,
        sheet::Failure,
    },
    store::{Snapshot, live::Moment, record::Sight},
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

/// What sort of file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An image.
    Png,
    /// A page.
    Pdf,
    /// A slide.
    Pptx,
    /// The QR code of the address.
    Qr,
    /// All of them in one archive.
    Pack,
}

impl Kind {
    /// The endings of addresses.
    const ENDINGS: [(&'static str, Self); 5] = [
        (".png", Self::Png),
        (".pdf", Self::Pdf),
        (".pptx", Self::Pptx),
        (".qr.svg", Self::Qr),
        (".zip", Self::Pack),
    ];

    /// The name of a share and the kind of file in the last segment of an address, where it ends so.
    pub fn split(file: &str) -> Option<(&str, Self)> {
        let mut endings = Self::ENDINGS.into_iter();
        endings.find_map(|(ending, kind)| Some((file.strip_suffix(ending)?, kind)))
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Pdf => "pdf",
            Self::Pptx => "pptx",
            Self::Qr => "svg",
            Self::Pack => "zip",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Qr => "image/svg+xml",
            Self::Pack => "application/zip",
        }
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
        Kind::Png => Some(Form::Png(size(&Params::parse(query, &SIZE)?)?)),
        Kind::Pdf => Some(Form::Pdf(page(&Params::parse(query, &PAGE)?)?)),
        Kind::Pptx | Kind::Pack | Kind::Qr => {
            Params::parse(query, &[])?;
            match kind {
                Kind::Pptx => Some(Form::Pptx),
                Kind::Pack => Some(Form::Pack),
                _ => None,
            }
        }
    };
    let (viewer, id, root) = (asker.viewer(), id.to_owned(), base.root.clone());
    let work = if form.is_some() {
        Work::Picture
    } else {
        Work::Light
    };
    state
        .blocking(work, move |state, abandoned| {
            let opened = shares::open(state, &id, viewer)?;
            let link = format!("{root}/s/{}", opened.share.id);
            let Some(form) = form else {
                let code = Code::of(&link).map_err(Problem::unanswerable)?;
                return Ok(
                    ([(header::CONTENT_TYPE, kind.media_type())], code.svg()).into_response()
                );
            };
            let wanted = Wanted {
                snapshot: &opened.snapshot,
                view: &opened.view,
                title: &opened.share.what.title,
                note: &opened.share.what.note,
                time: Some(opened.time),
                link: &link,
                name: &opened.share.id.to_string(),
            };
            answer(state, &wanted, form, kind, abandoned)
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
    // What can't be read is left out, as on the page.
    let (mut view, _) = View::parse(&without_size(query.as_deref()));
    let viewer = asker.viewer();
    state
        .blocking(Work::Picture, move |state, abandoned| {
            let snapshot = state.at(Moment::of(view.revision), viewer)?;
            let time = time_of(state, viewer, snapshot.revision)?;
            if state.0.live.record().is_some() {
                // The picture is of these data: its link shows no others.
                view.revision = Some(snapshot.revision.0);
            }
            let link = format!("{}/?{}", base.root, view.to_query());
            let wanted = Wanted {
                snapshot: &snapshot,
                view: &view,
                title: "",
                note: "",
                time,
                link: &link,
                name: "map",
            };
            answer(state, &wanted, Form::Png(size), Kind::Png, abandoned)
        })
        .await
}

/// A view's parameters alone.
fn without_size(query: Option<&str>) -> String {
    let mut kept = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if !SIZE.contains(&&*name) {
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
struct Wanted<'a> {
    snapshot: &'a Arc<Snapshot>,
    view: &'a View,
    title: &'a str,
    note: &'a str,
    time: Option<Timestamp>,
    link: &'a str,
    /// A name for its file, in ASCII.
    name: &'a str,
}

fn answer(
    state: &AppState,
    wanted: &Wanted<'_>,
    form: Form,
    kind: Kind,
    abandoned: &Arc<AtomicBool>,
) -> Result<Response, Problem> {
    let brief = Brief {
        snapshot: wanted.snapshot,
        view: wanted.view,
        title: wanted.title,
        note: wanted.note,
        time: wanted.time,
        link: Some(wanted.link),
        approval: state.0.settings.map_approval.as_deref(),
        base_map: state.0.settings.base_map.as_deref(),
    };
    let key = key(&brief, form);
    let mut is_whole = true;
    let picture = if let Some(picture) = state.0.drawn.get(&key) {
        picture
    } else {
        let patience = Patience::new(TIME_LIMIT, Arc::clone(abandoned));
        let drawn = picture(&brief, form, &patience)?;
        let bytes = Bytes::from(drawn.bytes);
        // The next one may have the base map.
        is_whole = !drawn.ground.lacks();
        if is_whole {
            state.0.drawn.insert(key, bytes.clone());
        }
        bytes
    };
    let revision = wanted.snapshot.revision;
    let for_people =
        format!("{} {}", brief.title(), brief.words("版本", "r")).replace(['/', '\\', '\n'], " ");
    let names = (
        format!("{for_people}{revision}"),
        format!("{}-r{revision}", wanted.name),
    );
    let saved = disposition(&names, kind.ending());
    let shown = match kind {
        // A browser shows these itself.
        Kind::Png | Kind::Pdf => saved.replacen("attachment", "inline", 1),
        _ => saved,
    };
    let headers = [
        (header::CONTENT_TYPE, kind.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, shown),
    ];
    let mut answer = (headers, picture).into_response();
    if !is_whole {
        let no_store = HeaderValue::from_static("no-store");
        answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
    }
    Ok(answer)
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

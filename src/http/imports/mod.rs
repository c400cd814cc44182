//! Imports: a file is sent, looked at in the background, and then committed or let go.
//!
//! One file is read at a time, however many wait. [`keeping`] holds the imports and says what may be done
//! with each. What is kept of an import stands in a folder of its own beside the record and goes with it;
//! what a stopped service leaves is cleared away at the next start.

mod keeping;

pub use keeping::Imports;

use std::{
    fs::{self, File},
    future::poll_fn,
    io::{self, Write},
    ops::ControlFlow,
    path::Path,
    pin::Pin,
    sync::Arc,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{RawQuery, State, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use self::keeping::{Asked, Import, Preview, Progress, Stage};
use super::{
    AppState, Base, GEOJSON, JSON, Work,
    body::read_body,
    collections,
    failed::{failed, failed_for},
    paging::Page,
    params::Params,
    person::Editor,
    problem::Problem,
};
use crate::{
    exchange::{
        intake::{self, Failed, Mapping, Options},
        layer::{self, ReadOptions},
    },
    geometry::{crs::Crs, datum::Datum},
    model::{Text, Viewer},
    store::record::RecordError,
};

/// Bytes of a file that is sent.
const MAX_BYTES: u64 = 1 << 30;
/// Characters of its name.
const MAX_NAME: usize = 120;
/// Bytes of features of one answer, but for its last.
const MAX_PAGE_BYTES: usize = 16 << 20;

/// Takes a file, and begins to look at it.
pub async fn create(
    State(state): State<AppState>,
    base: Base,
    Editor(editor): Editor,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Problem> {
    let known = ["into", "name", "crs", "encoding", "layer"];
    let params = Params::parse(query.as_deref(), &known)?;
    let need = |name: &str| {
        params
            .get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| {
                Problem::unreadable(Text::new(
                    format!("要给出参数 {name}"),
                    format!("the parameter {name} is needed"),
                ))
            })
    };
    let into = need("into")?.to_owned();
    collections::find(&state.latest(Viewer(Some(editor.role))), &into)?;
    let name = file_name(need("name")?)?;
    let decided = Decided {
        crs: params.get("crs").map(str::to_owned),
        encoding: params.get("encoding").map(str::to_owned),
        layer: params.get("layer").map(str::to_owned),
        ..Decided::default()
    };
    let options = decided.options()?;
    let scratch = state.record()?.scratch();
    let mut id = [0; 12];
    getrandom::fill(&mut id).map_err(|error| broken(&io::Error::other(error.to_string())))?;
    let id = crate::model::hex(&id);
    let import = Arc::new(Import::arriving(&id, into, name, editor, &scratch));
    let place = state.0.imports.take_in(&import)?;
    receive(&import, body).await?;
    begin(&state, &import, options)?;
    drop(place);
    let mut response = answer(JSON, &import.json());
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(place) = HeaderValue::from_str(&format!("{}/imports/{id}", base.root)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// An answer that nobody keeps: an import changes without the data.
fn answer(media_type: &'static str, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body.to_string()).into_response()
}

/// A name without folders.
fn file_name(name: &str) -> Result<String, Problem> {
    let is_plain = (1..=MAX_NAME).contains(&name.chars().count())
        && !name.starts_with('.')
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'));
    if is_plain {
        return Ok(name.to_owned());
    }
    Err(Problem::unreadable(Text::new(
        format!("name 应为文件名，不带目录，最多 {MAX_NAME} 个字"),
        format!("name should be the name of a file without folders, {MAX_NAME} characters at most"),
    )))
}

fn broken(error: &io::Error) -> Problem {
    tracing::error!("receiving a file: {error}");
    if error.kind() == io::ErrorKind::StorageFull {
        return Problem::busy(RecordError::from(io::Error::from(error.kind())).text());
    }
    Problem::busy(Text::new(
        format!("文件没能存下：{error}"),
        format!("the file could not be kept: {error}"),
    ))
}

/// Writes a body to disk as it comes.
async fn receive(import: &Import, mut body: Body) -> Result<(), Problem> {
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Text::new(
                format!("文件超过 {} MB", MAX_BYTES >> 20),
                format!("the file is larger than {} MB", MAX_BYTES >> 20),
            ),
        )
    };
    if body.size_hint().lower() > MAX_BYTES {
        return Err(too_large());
    }
    let create = || {
        fs::create_dir_all(&import.folder)?;
        File::create_new(import.folder.join(import.kept_as()))
    };
    let mut file = tokio::task::block_in_place(create).map_err(|error| broken(&error))?;
    let mut received = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|error| {
            Problem::unreadable(Text::new(
                "文件没有传完",
                format!("the file did not arrive whole: {error}"),
            ))
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        received += data.len() as u64;
        if received > MAX_BYTES {
            return Err(too_large());
        }
        tokio::task::block_in_place(|| file.write_all(&data)).map_err(|error| broken(&error))?;
    }
    Ok(())
}

/// Looks at a file in the background, as it was decided last.
fn begin(state: &AppState, import: &Arc<Import>, options: Options) -> Result<(), Problem> {
    let decision = import.restart()?;
    let (state, import) = (state.clone(), Arc::clone(import));
    let turns = Arc::clone(&state.0.imports.turn);
    tokio::spawn(async move {
        let Ok(turn) = turns.acquire_owned().await else {
            return;
        };
        let looked_at = Arc::clone(&import);
        let looked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            look(&state, &looked_at, decision, &options);
        });
        if let Err(error) = looked.await {
            tracing::error!("an import: {error}");
            let text = Text::new(
                "读取文件时服务内部出错，已记录",
                "the service failed while it read the file; it has been logged",
            );
            import.settle(decision, Stage::Failed(text));
        }
    });
    Ok(())
}

fn look(state: &AppState, import: &Import, decision: u64, options: &Options) {
    let request = intake::Request {
        path: import.folder.join(import.kept_as()),
        name: import.name.clone(),
        into: import.into.clone(),
        scratch: import.folder.clone(),
    };
    let prepared = match (import.is_current(decision), state.0.live.record()) {
        (true, Some(record)) => {
            let snapshot = state.latest(import.viewer);
            intake::prepare(
                record,
                &snapshot,
                &request,
                options,
                &mut |step, done, all| import.goes_on(decision, Progress { step, done, all }),
            )
        }
        _ => Err(Failed::Cancelled),
    };
    let outcome = match prepared {
        Ok(mut prepared) => {
            // Formats without a name of their own give that of the file.
            if prepared.layer.name == import.id {
                let stem = Path::new(&import.name).file_stem().unwrap_or_default();
                prepared.layer.name = stem.to_string_lossy().into_owned();
            }
            Stage::Ready(Arc::new(Preview::new(prepared)))
        }
        Err(error) => Stage::Failed(import.named(&error.text())),
    };
    import.settle(decision, outcome);
}

/// How far an import has come, and what would change.
pub async fn show(Asked { import, .. }: Asked) -> Result<Response, Problem> {
    Ok(answer(JSON, &import.json()))
}

/// What a client decides.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools)] // each is a choice of its own
struct Decided {
    mapping: Option<Mapping>,
    crs: Option<String>,
    encoding: Option<String>,
    layer: Option<String>,
    swap_axes: bool,
    from_datum: Option<String>,
    remove_missing: bool,
    skip_invalid: bool,
    as_it_is: bool,
}

impl Decided {
    fn options(self) -> Result<Options, Problem> {
        let crs = self.crs.as_deref().map(Crs::parse).transpose();
        let encoding = self.encoding.as_deref().map(layer::encoding).transpose();
        let from_datum = match self.from_datum.as_deref() {
            None => None,
            Some(word) => Some(Datum::parse(word).ok_or_else(|| {
                Problem::unreadable(Text::new(
                    "from_datum 应为 gcj02 或 bd09",
                    "from_datum should be gcj02 or bd09",
                ))
            })?),
        };
        Ok(Options {
            read: ReadOptions {
                crs: crs.map_err(Problem::unreadable)?,
                encoding: encoding.map_err(Problem::unreadable)?,
                layer: self.layer,
                scratch: None,
            },
            swap_axes: self.swap_axes,
            from_datum,
            mapping: self.mapping,
            changes: Mapping::default(),
            remove_missing: self.remove_missing,
            skip_invalid: self.skip_invalid,
            as_it_is: self.as_it_is,
        })
    }
}

/// Decides otherwise: the file is looked at anew.
pub async fn decide(
    State(state): State<AppState>,
    Asked { import, .. }: Asked,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let decided: Decided = read_body(body)?;
    let options = decided.options()?;
    {
        // Nobody takes the place between the look and the beginning.
        let kept = state.0.imports.kept();
        if matches!(&*import.stage(), Stage::Failed(_)) {
            Imports::room_for(&kept, &import.account)?;
        }
        begin(&state, &import, options)?;
    }
    Ok(answer(JSON, &import.json()))
}

/// What would change, feature by feature.
pub async fn changes(
    State(state): State<AppState>,
    base: Base,
    Asked { import, .. }: Asked,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(Work::Heavy, move |_, _| {
            let query = query.as_deref();
            let params = Params::parse(query, &["limit", "offset"])?;
            let mut page = Page::parse(&params)?;
            let preview = match &*import.stage() {
                Stage::Ready(preview) => Arc::clone(preview),
                other => return Err(other.not_now()),
            };
            let prepared = preview.prepared();
            let limit = u32::try_from(page.limit).unwrap_or(u32::MAX);
            let (mut bytes, mut features) = (0, Vec::new());
            prepared
                .each_change(limit, page.offset as u64, &mut |change| {
                    bytes += change.body.len() + change.before.as_ref().map_or(0, Vec::len);
                    let read =
                        |body: &[u8]| -> Value { serde_json::from_slice(body).unwrap_or_default() };
                    let mut feature = read(&change.body);
                    feature["change"] = change.sort.as_str().into();
                    if let Some(before) = change.before {
                        feature["geometry_before"] = read(&before)["geometry"].take();
                    }
                    features.push(feature);
                    if bytes < MAX_PAGE_BYTES {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                })
                .map_err(failed)?;
            let counts = prepared.counts;
            drop(prepared);
            let matched = counts.added + counts.changed + counts.removed;
            let matched = usize::try_from(matched).unwrap_or(usize::MAX);
            page.step = features.len();
            let path = format!("/imports/{}/changes", import.id);
            let body = json!({
                "type": "FeatureCollection",
                "numberMatched": matched,
                "numberReturned": features.len(),
                "links": page.links(&base, GEOJSON, &path, query, matched),
                "features": features,
            });
            Ok(answer(GEOJSON, &body))
        })
        .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    message: Option<String>,
    /// The number of the preview that they saw.
    preview: u64,
}

/// Commits an import as the next revision, as a preview showed it.
pub async fn commit(
    State(state): State<AppState>,
    Asked { import, editor }: Asked,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let said: Said = read_body(body)?;
    state
        .blocking(Work::Edit, move |state, _| {
            let record = state.record()?;
            let mut commit = import.begin_commit(said.preview)?;
            let preview = Arc::clone(&commit.preview);
            let prepared = preview.prepared();
            let obstacles = prepared.obstacles();
            if !obstacles.is_empty() {
                return Err(obstructed(&obstacles));
            }
            let message = match said.message {
                Some(message) => message,
                None => format!("导入 {} 到 {}", import.name, import.into),
            };
            let watch =
                &mut |step, done, all| import.goes_on(said.preview, Progress { step, done, all });
            let revision = match prepared.commit(record, &editor.name, &message, watch) {
                Ok(now) => {
                    state.0.live.put(&now);
                    now.revision
                }
                // It says what stands already, so all is well.
                Err(Failed::Record(RecordError::Unchanged)) => record.latest().map_err(failed)?,
                Err(Failed::Cancelled) => {
                    return Err(Problem::new(
                        StatusCode::CONFLICT,
                        Text::new(
                            "导入已取消，未写入",
                            "the import was cancelled, nothing was written",
                        ),
                    ));
                }
                Err(Failed::Input(text)) => return Err(Problem::unanswerable(text)),
                Err(Failed::Record(error)) => {
                    let seen = state.latest(Viewer(Some(editor.role)));
                    return Err(failed_for(error, &seen));
                }
            };
            commit.revision = Some(revision);
            drop(commit);
            let _ = fs::remove_dir_all(&import.folder);
            Ok(answer(JSON, &json!({ "revision": revision })))
        })
        .await
}

fn obstructed(obstacles: &[Text]) -> Problem {
    let list: Vec<Value> = obstacles
        .iter()
        .map(|text| json!({ "message": text.zh, "message_en": text.en }))
        .collect();
    let (first, count) = (&obstacles[0], obstacles.len());
    Problem::unanswerable(Text::new(
        format!("未写入，有 {count} 处要先处理：{}", first.zh),
        format!(
            "nothing was written, {count} things have to be seen to first: {}",
            first.en
        ),
    ))
    .with("obstacles", list.into())
}

/// Lets go of an import.
pub async fn cancel(
    State(state): State<AppState>,
    Asked { import, .. }: Asked,
) -> Result<Response, Problem> {
    import.cancel()?;
    state.0.imports.kept().remove(&import.id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

//! `GET /revisions`, what differs between two, and taking one back.

use std::sync::atomic::Ordering;

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State, rejection::BytesRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    AppState, Base, JSON, Work,
    body::read_body,
    failed::{failed, failed_for, not_in_time},
    json_answer,
    moment::no_revision,
    paging::Page,
    params::Params,
    person::{Asker, Editor},
    problem::Problem,
};
use crate::{
    model::{Revision, RevisionInfo, Text, Viewer},
    store::record::{Difference, Record, RecordError, Sight},
};

/// What made each state of the data, the latest first.
pub async fn list(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(Work::Light, move |state, _| {
            let query = query.as_deref();
            let params = Params::parse(query, &["limit", "offset", "f"])?;
            params.check_format(&["json", "atom"])?;
            let page = Page::parse(&params)?;
            let record = state.recorded()?;
            let (count, revisions) = record
                .revisions_in(&state.sight(&asker), page.limit, page.offset)
                .map_err(failed)?;
            if params.get("f") == Some("atom") {
                let title = &state.latest(asker.viewer()).title.zh;
                return Ok(atom(title, &revisions, &base));
            }
            let matched = usize::try_from(count).unwrap_or(usize::MAX);
            let mut links = page.links(&base, JSON, "/revisions", query, matched);
            links.push(base.link("alternate", ATOM, "/revisions?f=atom", "Atom"));
            let body = json!({
                "revisions": revisions,
                "numberMatched": count,
                "numberReturned": revisions.len(),
                "links": links,
            });
            Ok(json_answer(JSON, body.to_string()))
        })
        .await
}

/// One revision, or what differs between two (`3...7`), by feature and attribute.
pub async fn one_or_between(
    State(state): State<AppState>,
    asker: Asker,
    base: Base,
    Path(which): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state
        .blocking(Work::Heavy, move |state, _| {
            let record = state.recorded()?;
            let sight = state.sight(&asker);
            if let Some((from, to)) = which.split_once("...") {
                let revisions = [number(from)?, number(to)?];
                return between((record, &sight), revisions, &which, query.as_deref(), &base);
            }
            Params::parse(query.as_deref(), &["f"])?.check_format(&["json"])?;
            let info = record.info_in(&sight, number(&which)?).map_err(failed)?;
            Ok(json_answer(JSON, json!(info).to_string()))
        })
        .await
}

fn number(text: &str) -> Result<Revision, Problem> {
    text.parse().map(Revision).map_err(|_| {
        Problem::missing(Text::new(
            format!("“{text}”不是版本号：例如 /revisions/3 或 /revisions/3...7"),
            format!("“{text}” is no revision: such as /revisions/3 or /revisions/3...7"),
        ))
    })
}

fn between(
    (record, sight): (&Record, &Sight),
    [from, to]: [Revision; 2],
    which: &str,
    query: Option<&str>,
    base: &Base,
) -> Result<Response, Problem> {
    let params = Params::parse(query, &["limit", "offset", "f"])?;
    params.check_format(&["json"])?;
    let mut page = Page::parse(&params)?;
    let (count, differences) = record
        .differences_in(sight, [from, to], page.limit, page.offset)
        .map_err(failed)?;
    page.step = differences.len();
    let path = format!("/revisions/{which}");
    let body = json!({
        "from": from,
        "to": to,
        "differences": differences.iter().map(|difference| describe(difference, sight)).collect::<Vec<_>>(),
        "numberMatched": count,
        "numberReturned": differences.len(),
        "links": page.links(base, JSON, &path, query, count),
    });
    Ok(json_answer(JSON, body.to_string()))
}

fn describe(difference: &Difference, sight: &Sight) -> Value {
    let what = if difference.key.is_feature() {
        "feature"
    } else {
        "file"
    };
    json!({
        what: difference.key.to_string(),
        "change": change_word(difference),
        "properties": changes(difference, sight),
    })
}

/// What became of an entry, in a word.
pub fn change_word(difference: &Difference) -> &'static str {
    match (&difference.before, &difference.after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    }
}

/// What differs, property by property, as far as it is in sight.
pub fn changes(difference: &Difference, sight: &Sight) -> Value {
    difference
        .properties_in(sight)
        .into_iter()
        .map(|change| {
            json!({
                "name": change.name,
                "before": change.before,
                "after": change.after,
            })
        })
        .collect()
}

/// What is asked of the list of revisions: a new one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The revision to take back.
    revert: u64,
    /// What for.
    message: String,
}

/// Takes a revision back, as a new one.
pub async fn revert(
    State(state): State<AppState>,
    base: Base,
    Editor(editor): Editor,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &[])?;
    let wanted: Wanted = read_body(body)?;
    state
        .blocking(Work::Edit, move |state, abandoned| {
            let record = state.record()?;
            let viewer = Viewer(Some(editor.role));
            let seen = state.latest(viewer);
            let sight = Sight::of(viewer, &seen);
            let revision = Revision(wanted.revert);
            let not_done = |error| match error {
                RecordError::NoRevision(asked) => no_revision(asked, seen.revision),
                other => failed_for(other, &seen),
            };
            record.info_in(&sight, revision).map_err(not_done)?;
            if !record.is_whole_in(&sight, revision).map_err(not_done)? {
                return Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    Text::new(
                        format!("版本 {revision} 要由管理员撤回"),
                        format!("taking revision {revision} back takes an administrator"),
                    ),
                ));
            }
            let is_over = || abandoned.load(Ordering::Relaxed);
            if is_over() {
                return Err(not_in_time());
            }
            let now = record
                .revert_unless(revision, &editor.name, &wanted.message, |_| is_over())
                .map_err(not_done)?;
            let revision = now.revision;
            state.0.live.put(&now);
            let info = record.info(revision).map_err(failed)?;
            let place = format!("{}/revisions/{revision}", base.root);
            let headers = [
                (header::CONTENT_TYPE, JSON.to_owned()),
                (header::LOCATION, place),
            ];
            Ok((StatusCode::CREATED, headers, json!(info).to_string()).into_response())
        })
        .await
}

const ATOM: &str = "application/atom+xml";

/// The revisions as a feed (RFC 4287).
fn atom(title: &str, revisions: &[RevisionInfo], base: &Base) -> Response {
    let updated = revisions
        .first()
        .map_or_else(String::new, |info| info.time.to_string());
    let address = escaped(&format!("{}/revisions", base.root));
    let title = escaped(title);
    let head = format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <id>{address}</id>
  <title>{title}</title>
  <updated>{updated}</updated>
  <link rel="self" href="{address}?f=atom"/>
"#
    );
    let entries = revisions.iter().map(|info| atom_entry(info, &address));
    let feed: String = std::iter::once(head)
        .chain(entries)
        .chain(["</feed>\n".to_owned()])
        .collect();
    ([(header::CONTENT_TYPE, ATOM)], feed).into_response()
}

fn atom_entry(info: &RevisionInfo, address: &str) -> String {
    let RevisionInfo { number, time, .. } = info;
    let [author, message] = [&info.author, &info.message].map(|text| escaped(text));
    let (term, label) = (info.cause.as_str(), info.cause.title().zh);
    format!(
        r#"  <entry>
    <id>{address}/{number}</id>
    <title>版本 {number}：{message}</title>
    <updated>{time}</updated>
    <author><name>{author}</name></author>
    <category term="{term}" label="{label}"/>
    <link href="{address}/{number}"/>
  </entry>
"#
    )
}

/// Text that can stand in XML: marks are escaped, and control characters, which it can't hold, left
/// out.
fn escaped(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .fold(String::new(), |mut escaped, c| {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                other => escaped.push(other),
            }
            escaped
        })
}

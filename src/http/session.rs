//! Signing in and out: `/session` for programs and the page, `/sign-in`, `/sign-out` and `/join/…`
//! for people, without a script.

use std::time::Instant;

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    AppState, JSON, Work,
    body::read_body,
    failed::failed,
    page,
    params::Params,
    person::{Asker, COOKIE, csrf_of, is_same, named},
    problem::Problem,
};
use crate::{
    html::{self, Entry},
    model::{Text, Viewer},
    people::{self, Attempt, Secret},
    store::record::{Account, Invitation, RecordError},
};

/// Whether an address is one of those by which people come in.
pub fn is_of_signing_in(path: &str) -> bool {
    matches!(
        path,
        "/session" | "/sign-in" | "/sign-in/oidc" | "/sign-in/oidc/callback" | "/sign-out"
    ) || path.starts_with("/join/")
}

/// Who asks, and what they can do here.
pub async fn status(
    State(state): State<AppState>,
    asker: Asker,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &[])?;
    let csrf = asker.csrf();
    Ok(told(&state, asker.account(), csrf.as_deref()))
}

fn told(state: &AppState, account: Option<&Account>, csrf: Option<&str>) -> Response {
    let is_kept = state.0.live.record().is_some();
    let provider = state.0.settings.provider.as_ref();
    let provider = provider.map(|provider| json!({ "title": provider.title() }));
    let body = json!({
        "name": account.map(|account| &account.name),
        "role": account.map(|account| account.role),
        "csrf": csrf,
        "sign_in": { "password": is_kept, "oidc": provider },
        "editable": is_kept,
    });
    let headers = [
        (header::CONTENT_TYPE, JSON),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body.to_string()).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    name: String,
    password: String,
}

/// Opens a session.
pub async fn open(
    State(state): State<AppState>,
    asker: Asker,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    state.record()?;
    if !state.is_own_origin(&headers) {
        return Err(state.refuse_csrf("", "POST /session"));
    }
    let given: Credentials = read_body(body)?;
    let (account, session) = sign_in(&state, &asker, given.name, given.password).await?;
    let answer = told(&state, Some(&account), Some(&csrf_of(&session)));
    Ok(with_cookie(&state, answer, Some(&session)))
}

/// Ends the session.
pub async fn close(
    State(state): State<AppState>,
    asker: Asker,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    state.record()?;
    let shown = headers.get("x-csrf-token");
    let shown = shown.and_then(|shown| shown.to_str().ok());
    end(&state, &asker, &headers, shown, "DELETE /session").await?;
    Ok(with_cookie(&state, told(&state, None, None), None))
}

async fn end(
    state: &AppState,
    asker: &Asker,
    headers: &HeaderMap,
    shown: Option<&str>,
    request: &str,
) -> Result<(), Problem> {
    let (Some(session), Some(expected)) = (asker.session(), asker.csrf()) else {
        return Ok(());
    };
    if !shown.is_some_and(|shown| is_same(shown, &expected)) || !state.is_own_origin(headers) {
        let who = asker.account().map_or("", |account| &account.name);
        return Err(state.refuse_csrf(who, request));
    }
    let hash = session.hash();
    state
        .blocking(Work::Note, move |state, _| {
            state.record()?.end_session(hash).map_err(failed)
        })
        .await
}

/// Opens a session for who knows the password; the one before, if any, ends.
async fn sign_in(
    state: &AppState,
    asker: &Asker,
    name: String,
    password: String,
) -> Result<(Account, Secret), Problem> {
    match state.0.throttle.attempt(&name, Instant::now()) {
        Attempt::After(delay) => tokio::time::sleep(delay).await,
        Attempt::TooEarly(wait) => {
            state.note_refused("", "slowed sign in", &name);
            let seconds = wait.as_secs() + 1;
            return Err(Problem::too_early(
                Text::new(
                    format!("失败次数太多：请 {seconds} 秒后再试"),
                    format!("too many failed attempts: try again in {seconds} s"),
                ),
                wait,
            ));
        }
    }
    let before = asker.session().map(Secret::hash);
    state
        .blocking(Work::Password, move |state, _| {
            let record = state.record()?;
            let signed_in = people::sign_in(record, &name, &password).map_err(failed)?;
            let Some(signed_in) = signed_in else {
                state.note_refused("", "failed sign in", &name);
                return Err(Problem::new(
                    StatusCode::UNAUTHORIZED,
                    Text::new("姓名或密码不对", "the name or the password is wrong"),
                ));
            };
            state.0.throttle.succeeded(&name);
            if let Some(before) = before {
                record.end_session(before).map_err(failed)?;
            }
            Ok(signed_in)
        })
        .await
}

/// The answer with the cookie of a session, or without any from now on.
pub fn with_cookie(state: &AppState, answer: Response, session: Option<&Secret>) -> Response {
    let cookie = match session {
        Some(secret) => format!("{COOKIE}={}", secret.reveal()),
        None => format!("{COOKIE}=; Max-Age=0"),
    };
    set_cookie(state, answer, &cookie, "/")
}

/// The answer with a cookie that no script reads and no other site sends along.
pub fn set_cookie(state: &AppState, mut answer: Response, cookie: &str, path: &str) -> Response {
    let mut cookie = format!("{cookie}; HttpOnly; SameSite=Lax; Path={path}");
    let public = state.0.settings.public_url.as_deref();
    if public.is_some_and(|url| url.starts_with("https://")) {
        cookie.push_str("; Secure");
    }
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

/// Sends who wants to see a page to where they sign in first.
pub fn to_sign_in(state: &AppState, wanted: &Uri) -> Response {
    let root = root(state);
    let path = wanted.path_and_query().map_or("/", |path| path.as_str());
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("next", &format!("{root}{path}"))
        .finish();
    to(&format!("{root}/sign-in?{query}"))
}

/// The path under which the service lies, without a slash at its end.
pub fn root(state: &AppState) -> &str {
    let url = state.0.settings.public_url.as_deref().unwrap_or_default();
    let (_, host) = url.split_once("://").unwrap_or_default();
    host.find('/').map_or("", |at| &host[at..])
}

/// Sends to another place.
pub fn to(place: &str) -> Response {
    let headers = [
        (header::LOCATION, place),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Where to go after signing in: a path of this service, and nothing that a browser could take for
/// another.
pub fn next(state: &AppState, wanted: Option<&str>) -> String {
    let is_path = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
    };
    let home = || format!("{}/", root(state));
    wanted.filter(is_path).map_or_else(home, str::to_owned)
}

/// The page on which people sign in, or out.
pub async fn page(
    State(state): State<AppState>,
    asker: Asker,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    state.recorded()?;
    let params = Params::parse(query.as_deref(), &["next"])?;
    let next = next(&state, params.get("next"));
    let entry = match (asker.account(), asker.csrf()) {
        (Some(account), Some(csrf)) => Entry::SignedIn {
            name: account.name.clone(),
            role: account.role,
            csrf,
            next,
        },
        _ => sign_in_entry(&state, String::new(), next),
    };
    Ok(shown(&state, StatusCode::OK, "", &entry, None))
}

/// Somebody who may sign in, and by what.
pub fn sign_in_entry(state: &AppState, name: String, next: String) -> Entry {
    let provider = state.0.settings.provider.as_ref();
    Entry::SignIn {
        name,
        next,
        provider: provider.map(|provider| provider.title().to_owned()),
    }
}

/// The fields of a form.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(body: Result<Bytes, BytesRejection>) -> Result<Self, Problem> {
        let body = body.map_err(|rejection| {
            Problem::new(
                rejection.status(),
                Text::new("请求正文最多 2 MiB", "the body may have at most 2 MiB"),
            )
        })?;
        Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }

    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

/// What people fill in there.
pub async fn submit(
    State(state): State<AppState>,
    asker: Asker,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    state.record()?;
    if !state.is_own_origin(&headers) {
        return Err(state.refuse_csrf("", "POST /sign-in"));
    }
    let fields = Fields::read(body)?;
    let [name, password] = ["name", "password"].map(|name| fields.get(name).to_owned());
    let next = next(&state, Some(fields.get("next")));
    match sign_in(&state, &asker, name.clone(), password).await {
        Ok((_, session)) => Ok(with_cookie(&state, to(&next), Some(&session))),
        Err(problem) => {
            let entry = sign_in_entry(&state, name, next);
            Ok(shown_wrong(&state, "", &entry, &problem))
        }
    }
}

/// Ends the session, by a button without a script.
pub async fn sign_out(
    State(state): State<AppState>,
    asker: Asker,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    state.record()?;
    let fields = Fields::read(body)?;
    let shown = Some(fields.get("csrf"));
    end(&state, &asker, &headers, shown, "POST /sign-out").await?;
    let answer = to(&format!("{}/sign-in", root(&state)));
    Ok(with_cookie(&state, answer, None))
}

/// The page of a one-time link. Looking at it uses nothing up.
pub async fn join_page(
    State(state): State<AppState>,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Params::parse(query.as_deref(), &[])?;
    match invitation(&state, &key).await {
        Ok(invitation) => {
            let entry = joining(invitation, String::new());
            Ok(shown(&state, StatusCode::OK, "../", &entry, None))
        }
        Err(problem) if problem.parts().0 == StatusCode::NOT_FOUND => {
            Ok(shown_wrong(&state, "../", &Entry::Over, &problem))
        }
        Err(problem) => Err(problem),
    }
}

fn joining(invitation: Invitation, name: String) -> Entry {
    match invitation {
        Invitation::Account(name) => Entry::Join {
            name,
            is_new: false,
        },
        Invitation::FirstAdministrator => Entry::Join { name, is_new: true },
    }
}

async fn invitation(state: &AppState, key: &str) -> Result<Invitation, Problem> {
    let hash = key.parse().map(|secret: Secret| secret.hash());
    state.recorded()?;
    let found = state.blocking(Work::Light, move |state, _| match hash {
        Ok(hash) => state.record()?.invitation(hash).map_err(failed),
        Err(()) => Err(Problem::missing(Text::default())),
    });
    found.await.map_err(|problem| match problem.parts().0 {
        StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => {
            state.note_refused("", "refused link", "/join/…");
            Problem::missing(Text::new(
                "链接不对、已用过或已过期：请向管理员要新的",
                "the link is none, has been used or has expired: ask an administrator for another",
            ))
        }
        _ => problem,
    })
}

/// What people fill in there: the password is set, the link used up, and they are signed in.
pub async fn join(
    State(state): State<AppState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Path(key): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let known = invitation(&state, &key).await?;
    if !state.is_own_origin(&headers) {
        return Err(state.refuse_csrf("", &named(&method, uri.path())));
    }
    let fields = Fields::read(body)?;
    let [name, password, again] =
        ["name", "password", "again"].map(|name| fields.get(name).to_owned());
    let entry = joining(known, name.clone());
    if password != again {
        let problem =
            Problem::unanswerable(Text::new("两次输入的密码不同", "the two passwords differ"));
        return Ok(shown_wrong(&state, "../", &entry, &problem));
    }
    let joined = state.blocking(Work::Password, move |state, _| {
        let record = state.record()?;
        let key: Secret = key
            .parse()
            .map_err(|()| Problem::missing(Text::default()))?;
        people::join(record, &key, &name, &password).map_err(|error| match error {
            RecordError::Refused(reason) => Problem::unanswerable(reason),
            other => failed(other),
        })
    });
    match joined.await {
        Ok((_, session)) => {
            let home = format!("{}/", root(&state));
            Ok(with_cookie(&state, to(&home), Some(&session)))
        }
        Err(problem) => Ok(shown_wrong(&state, "../", &entry, &problem)),
    }
}

/// The page with what was wrong.
pub fn shown_wrong(state: &AppState, root: &str, entry: &Entry, problem: &Problem) -> Response {
    let (status, detail) = problem.parts();
    shown(state, status, root, entry, Some(detail))
}

fn shown(
    state: &AppState,
    status: StatusCode,
    root: &str,
    entry: &Entry,
    wrong: Option<&Text>,
) -> Response {
    let title = &state.latest(Viewer::ANYBODY).title;
    let mut answer = page::readable(html::entrance(title, root, entry, wrong));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The address of a one-time link is a secret; a form must still say where it comes from.
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    answer
}

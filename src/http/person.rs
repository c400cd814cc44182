//! Who asks: the token that a request shows, or the session of its cookie.

use std::{
    collections::HashMap,
    convert::Infallible,
    mem,
    sync::{MutexGuard, PoisonError},
};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{Extensions, HeaderMap, HeaderName, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};

use super::{AppState, Readers, Work, problem::Problem, refused::Refused, session};
use crate::{
    model::{Role, Text, Viewer},
    people::{IDLE_HOURS, Secret, Token},
    store::record::{Account, AuditEntry, Hash, RecordError, Sight},
};

/// Characters of a refused request that are kept.
const MAX_REQUEST: usize = 200;
/// The cookie of a session.
pub const COOKIE: &str = "renewal_map_session";
/// Shows that a change was asked for by a page of the service, which alone can read the token.
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
/// Minutes after which it is written down that a session was used.
const SEEN_MINUTES: i64 = 1;

/// Who asks, as far as a request shows it.
#[derive(Debug, Clone, Default)]
pub struct Asker {
    account: Option<Account>,
    /// The session by which they are known, where it is not by a token.
    session: Option<Secret>,
}

impl Asker {
    /// Whom [`identify`] has found.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Their account.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// Their session, where they are known by one.
    pub fn session(&self) -> Option<&Secret> {
        self.session.as_ref()
    }

    /// Whether they have an account.
    pub fn is_somebody(&self) -> bool {
        self.account.is_some()
    }

    /// What they may see.
    pub fn viewer(&self) -> Viewer {
        Viewer(self.account.as_ref().map(|account| account.role))
    }

    /// What a page of the service shows with a change.
    pub fn csrf(&self) -> Option<String> {
        self.session.as_ref().map(csrf_of)
    }
}

impl FromRequestParts<AppState> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// What shows that a change was asked for in a session, by a page of the service.
pub fn csrf_of(session: &Secret) -> String {
    session.proof("csrf")
}

/// Whether two secrets are the same, in a time that does not tell how far.
pub fn is_same(one: &str, other: &str) -> bool {
    Hash::of(one.as_bytes()) == Hash::of(other.as_bytes())
}

/// Finds out who asks, before anything is answered: what anybody sees depends on it.
pub async fn identify(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if is_open(request.uri().path()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let asker = match state.asker(&parts).await {
        Ok(asker) => asker,
        Err(problem) => return problem.into_response(),
    };
    let is_closed = state.0.settings.readers == Readers::Accounts
        && !asker.is_somebody()
        && !session::is_of_signing_in(parts.uri.path());
    if is_closed {
        return not_for_anybody(&state, &parts);
    }
    parts.extensions.insert(asker);
    next.run(Request::from_parts(parts, body)).await
}

/// Whether an address answers everybody alike.
pub fn is_open(path: &str) -> bool {
    path.starts_with("/assets/")
        || matches!(path, "/favicon.svg" | "/pages.css" | "/healthz" | "/readyz")
}

fn not_for_anybody(state: &AppState, asked: &Parts) -> Response {
    let reads = matches!(asked.method, Method::GET | Method::HEAD);
    let accept = asked.headers.get(header::ACCEPT);
    let wants_page = accept
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if reads && wants_page {
        return session::to_sign_in(state, &asked.uri);
    }
    unauthorized(Text::new(
        "这个服务要有账户才能看：请在 /sign-in 登录，或给出令牌 Authorization: Bearer rmap_…",
        "this service is for those with an account: sign in at /sign-in, or show a token: Authorization: Bearer rmap_…",
    ))
    .into_response()
}

/// The token that a request shows.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    is_bearer.then(|| token.trim().to_owned())
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lists = headers.get_all(header::COOKIE).into_iter();
    lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.to_owned())
}

/// What a request is called where it is written down: nothing of what it keeps secret.
pub fn named(method: &Method, path: &str) -> String {
    let path = match path.strip_prefix("/join/") {
        Some(_) => "/join/…",
        None => path,
    };
    format!("{method} {path}")
}

/// Whoever may look; what they add in a session is asked for by a page of the service.
pub struct Visitor(pub Asker);

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let asker = Asker::of(&parts.extensions);
        state.check_csrf(&asker, parts)?;
        Ok(Self(asker))
    }
}

/// Somebody with an account.
pub struct Member(pub Account);

impl FromRequestParts<AppState> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        state.record()?;
        let asker = Asker::of(&parts.extensions);
        state.check_csrf(&asker, parts)?;
        asker.account.map(Self).ok_or_else(|| {
            unauthorized(Text::new(
                "这要登录（/sign-in），或给出令牌 Authorization: Bearer rmap_…",
                "this takes signing in (/sign-in), or a token: Authorization: Bearer rmap_…",
            ))
        })
    }
}

/// Somebody who may change features.
pub struct Editor(pub Account);

impl FromRequestParts<AppState> for Editor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        // Whoever could not change anything with the best of tokens is told so first.
        state.record()?;
        let asker = Asker::of(&parts.extensions);
        let Some(account) = &asker.account else {
            return Err(unauthorized(Text::new(
                "修改数据要登录（/sign-in），或给出令牌 Authorization: Bearer rmap_…，由管理员用 renewal-map people token 发给",
                "changing data takes signing in (/sign-in), or a token: Authorization: Bearer rmap_…, which an administrator gives with renewal-map people token",
            )));
        };
        state.check_csrf(&asker, parts)?;
        state.check_role(account, Role::Editor, parts)?;
        Ok(Self(account.clone()))
    }
}

/// Somebody who may know and decide who does what.
pub struct Administrator;

impl FromRequestParts<AppState> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let asker = Asker::of(&parts.extensions);
        let Some(account) = &asker.account else {
            return Err(unauthorized(Text::new(
                "请以管理员登录（/sign-in），或给出管理员的令牌",
                "sign in as an administrator (/sign-in), or show an administrator's token",
            )));
        };
        state.check_csrf(&asker, parts)?;
        state.check_role(account, Role::Administrator, parts)?;
        Ok(Self)
    }
}

impl AppState {
    /// Who asks.
    async fn asker(&self, asked: &Parts) -> Result<Asker, Problem> {
        if self.0.live.record().is_none() {
            return Ok(Asker::default());
        }
        if let Some(shown) = bearer(&asked.headers) {
            let asked = named(&asked.method, asked.uri.path());
            let found = self.blocking(Work::Light, move |state, _| {
                state.account_of_token(&shown, &asked)
            });
            return Ok(Asker {
                account: Some(found.await?),
                session: None,
            });
        }
        let shown = cookie(&asked.headers, COOKIE);
        let Some(secret) = shown.and_then(|text| text.parse::<Secret>().ok()) else {
            return Ok(Asker::default());
        };
        let hash = secret.hash();
        let account = self
            .blocking(Work::Light, move |state, _| state.account_in_session(hash))
            .await?;
        // A session that is over is none: who comes back with its cookie is anybody.
        let session = account.is_some().then_some(secret);
        Ok(Asker { account, session })
    }

    fn account_of_token(&self, shown: &str, request: &str) -> Result<Account, Problem> {
        let token: Option<Token> = shown.parse().ok();
        let account = match token {
            Some(token) => self
                .record()?
                .account_of(token.hash())
                .map_err(|error| Problem::busy(error.text()))?,
            None => None,
        };
        account.ok_or_else(|| {
            self.note_refused("", "unknown token", request);
            unauthorized(Text::new(
                "令牌不对、已过期或已收回",
                "the token is none, has expired or was taken back",
            ))
        })
    }

    fn account_in_session(&self, hash: Hash) -> Result<Option<Account>, Problem> {
        let now = Timestamp::now();
        let found = self
            .record()?
            .session(hash, now - SignedDuration::from_hours(IDLE_HOURS))
            .map_err(|error| Problem::busy(error.text()))?;
        Ok(found.map(|(account, seen)| {
            if now.duration_since(seen) > SignedDuration::from_mins(SEEN_MINUTES) {
                let seen = self.0.seen.lock();
                seen.unwrap_or_else(PoisonError::into_inner)
                    .insert(hash, now);
            }
            account
        }))
    }

    /// Makes sure that a change in a session is asked for by a page of the service.
    fn check_csrf(&self, asker: &Asker, parts: &Parts) -> Result<(), Problem> {
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let Some(expected) = asker.csrf().filter(|_| !reads) else {
            return Ok(());
        };
        let shown = parts.headers.get(CSRF);
        let shown = shown.and_then(|shown| shown.to_str().ok());
        if shown.is_some_and(|shown| is_same(shown, &expected))
            && self.is_own_origin(&parts.headers)
        {
            return Ok(());
        }
        let who = asker.account().map_or("", |account| &account.name);
        let request = named(&parts.method, parts.uri.path());
        Err(self.refuse_csrf(who, &request))
    }

    /// 403 for a change that another site may have asked for.
    pub(super) fn refuse_csrf(&self, who: &str, request: &str) -> Problem {
        self.note_refused(who, "refused csrf", request);
        Problem::new(
            StatusCode::FORBIDDEN,
            Text::new(
                "登录状态下的修改要带 X-CSRF-Token（见 /session），并从本服务的页面发出",
                "a change in a session needs its X-CSRF-Token (see /session), and comes from a page of this service",
            ),
        )
    }

    /// Whether a request comes from a page of the service, or says nothing of where it comes from.
    pub(super) fn is_own_origin(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return true;
        };
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let (_, host) = origin.split_once("://").unwrap_or(("", ""));
        let asked = headers
            .get(header::HOST)
            .and_then(|asked| asked.to_str().ok());
        let public = self.0.settings.public_url.as_deref().unwrap_or_default();
        let is_public = public
            .strip_prefix(origin)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        !host.is_empty() && (asked == Some(host) || is_public)
    }

    fn check_role(&self, account: &Account, least: Role, parts: &Parts) -> Result<(), Problem> {
        if account.role >= least {
            return Ok(());
        }
        let request = named(&parts.method, parts.uri.path());
        self.note_refused(&account.name, "not allowed", &request);
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            Text::new(
                format!(
                    "{} 是{}；这要{}才能做",
                    account.name,
                    account.role.title().zh,
                    least.title().zh
                ),
                format!(
                    "{} is a {} and can't do this: it takes an {least}",
                    account.name, account.role
                ),
            ),
        ))
    }

    /// What of the history who asks may be told.
    pub(super) fn sight(&self, asker: &Asker) -> Sight {
        Sight::of(asker.viewer(), &self.latest(asker.viewer()))
    }

    /// Keeps a refused attempt in mind: whoever has no account must not make the disk work.
    pub(super) fn note_refused(&self, who: &str, why: &'static str, request: &str) {
        let request: String = request.chars().take(MAX_REQUEST).collect();
        self.refused().add(why, AuditEntry::now(who, why, &request));
    }

    fn refused(&self) -> MutexGuard<'_, Refused> {
        let refused = self.0.refused.lock();
        refused.unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down the attempts that were refused since the last time, and which sessions were used.
    /// Where that fails they are kept in mind for the next time. When it returns, nothing that was there
    /// before is left to be written by another. It blocks, as long as others write. [`AppState::follow`]
    /// does it again and again; whoever ends the service does it once more.
    ///
    /// # Errors
    /// Where the record can't be written.
    pub fn write_down(&self) -> Result<(), RecordError> {
        let Some(record) = self.0.live.record() else {
            return Ok(());
        };
        // What another has taken may not be written yet, and is not written where the program ends now.
        let alone = self.0.writing_down.lock();
        let _alone = alone.unwrap_or_else(PoisonError::into_inner);
        let seen = self.0.seen.lock();
        let seen: HashMap<Hash, Timestamp> =
            mem::take(&mut *seen.unwrap_or_else(PoisonError::into_inner));
        if !seen.is_empty() {
            let list: Vec<(Hash, Timestamp)> = seen.iter().map(|(hash, at)| (*hash, *at)).collect();
            if let Err(error) = record.sessions_seen(&list) {
                let later = self.0.seen.lock();
                let mut later = later.unwrap_or_else(PoisonError::into_inner);
                for (hash, at) in list {
                    later.entry(hash).or_insert(at);
                }
                return Err(error);
            }
        }
        let refused = mem::take(&mut *self.refused());
        let entries = refused.entries();
        if entries.is_empty() {
            return Ok(());
        }
        let written = record.audit_all(&entries);
        if written.is_err() {
            self.refused().put_back(refused);
        }
        written
    }
}

fn unauthorized(detail: Text) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail)
}

#[cfg(test)]
mod tests {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    use rusqlite::Connection;

    use super::*;
    use crate::{
        http::Settings,
        store::{files::Files, live::Live, record::Record},
    };

    #[test]
    fn who_writes_down_last_waits_for_what_another_has_taken() {
        let folder = tempfile::tempdir().unwrap();
        let files = [Files::seeds(None), Files::geodata(None)];
        let record = Record::open(folder.path(), &files[0], &files[1]).unwrap();
        let state = AppState::new(Live::of(record).unwrap(), Settings::default());
        let writing = Connection::open(folder.path().join("renewal-map.db")).unwrap();
        writing.execute_batch("BEGIN IMMEDIATE").unwrap();
        state.note_refused("", "unknown token", "GET /");
        let other = {
            let state = state.clone();
            thread::spawn(move || state.write_down())
        };
        let until = Instant::now() + Duration::from_secs(5);
        while !state.refused().entries().is_empty() {
            assert!(Instant::now() < until, "nobody took it");
            thread::sleep(Duration::from_millis(5));
        }
        let released = thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            drop(writing);
        });
        state.write_down().unwrap();
        let record = state.record().unwrap();
        assert_eq!(record.audited(9, None, Some("")).unwrap().len(), 1);
        other.join().unwrap().unwrap();
        released.join().unwrap();
    }
}

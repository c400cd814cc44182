//! Who asks: the token that a request shows, or none.

use std::{convert::Infallible, sync::PoisonError};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{Extensions, HeaderMap, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{AppState, Work, problem::Problem};
use crate::{
    model::{Role, Text, Viewer},
    people::Token,
    store::record::{Account, AuditEntry, Record, RecordError, Sight},
};

/// Refused attempts that are kept in mind until they are written down; beyond that they are let go.
const MAX_REFUSED: usize = 1_000;
/// Characters of a refused request that are kept.
const MAX_REQUEST: usize = 200;

/// Who asks, as far as a request shows it.
#[derive(Debug, Clone, Default)]
pub struct Asker(Option<Account>);

impl Asker {
    /// Whom [`identify`] has found.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Whether they have an account.
    pub fn is_somebody(&self) -> bool {
        self.0.is_some()
    }

    /// What they may see.
    pub fn viewer(&self) -> Viewer {
        Viewer(self.0.as_ref().map(|account| account.role))
    }
}

impl FromRequestParts<AppState> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// Finds out who asks, before anything is answered: what anybody sees depends on it.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let open = is_open(request.uri().path());
    let shown = bearer(request.headers()).filter(|_| !open && state.0.live.record().is_some());
    if let Some(shown) = shown {
        let asked = format!("{} {}", request.method(), request.uri().path());
        let found = state.blocking(Work::Light, move |state, _| state.account(&shown, &asked));
        match found.await {
            Ok(account) => request.extensions_mut().insert(Asker(Some(account))),
            Err(problem) => return problem.into_response(),
        };
    }
    next.run(request).await
}

/// Whether an address answers everybody alike.
pub fn is_open(path: &str) -> bool {
    path.starts_with("/assets/")
        || matches!(path, "/favicon.svg" | "/pages.css" | "/healthz" | "/readyz")
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

/// Somebody who may change features.
pub struct Editor(pub Account);

impl FromRequestParts<AppState> for Editor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        // Whoever could not change anything with the best of tokens is told so first.
        state.record()?;
        let Some(account) = Asker::of(&parts.extensions).0 else {
            return Err(unauthorized(Text::new(
                "修改数据要令牌：Authorization: Bearer rmap_…，由管理员用 renewal-map people token 发给",
                "changing data takes a token: Authorization: Bearer rmap_…, which an administrator gives with renewal-map people token",
            )));
        };
        if account.role < Role::Editor {
            let request = format!("{} {}", parts.method, parts.uri.path());
            state.note_refused(&account.name, "not allowed", &request);
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                Text::new(
                    format!(
                        "{} 是{}，不能修改数据",
                        account.name,
                        account.role.title().zh
                    ),
                    format!(
                        "{} is a {} and can't change data",
                        account.name, account.role
                    ),
                ),
            ));
        }
        Ok(Self(account))
    }
}

impl AppState {
    /// What of the history who asks may be told.
    pub(super) fn sight(&self, asker: &Asker) -> Sight {
        Sight::of(asker.viewer(), &self.latest(asker.viewer()))
    }

    /// Whose a token is.
    fn account(&self, shown: &str, request: &str) -> Result<Account, Problem> {
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

    /// Keeps a refused attempt in mind: whoever has no account must not make the disk work.
    fn note_refused(&self, who: &str, why: &str, request: &str) {
        let mut refused = self
            .0
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if refused.len() < MAX_REFUSED {
            let request: String = request.chars().take(MAX_REQUEST).collect();
            refused.push(AuditEntry::now(who, why, &request));
        }
    }

    /// Writes down the attempts that were refused since the last time. It blocks.
    pub(super) fn write_down_refused(&self) -> Result<(), RecordError> {
        let refused = {
            let mut refused = self
                .0
                .refused
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *refused)
        };
        match self.0.live.record() {
            Some(record) if !refused.is_empty() => record.audit_all(&refused),
            _ => Ok(()),
        }
    }

    /// The record, without which nothing can be changed.
    ///
    /// # Errors
    /// 405 where there is none.
    pub(super) fn record(&self) -> Result<&Record, Problem> {
        self.0.live.record().ok_or_else(|| {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                Text::new(
                    "这个服务只读：用 serve --data 目录 启动才能修改",
                    "this service only reads: it takes changes when started with serve --data DIR",
                ),
            )
            .with_header(header::ALLOW, "GET, HEAD")
        })
    }
}

fn unauthorized(detail: Text) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail)
}

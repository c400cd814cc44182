//! Who asks: the token that a request shows.

use std::sync::PoisonError;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};

use super::{AppState, Work, problem::Problem};
use crate::{
    model::{Role, Text},
    people::Token,
    store::record::{Account, AuditEntry, Record, RecordError},
};

/// Refused attempts that are kept in mind until they are written down; beyond that they are let go.
const MAX_REFUSED: usize = 1_000;
/// Characters of a refused request that are kept.
const MAX_REQUEST: usize = 200;

/// Somebody who may change features.
pub struct Editor(pub Account);

impl FromRequestParts<AppState> for Editor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        // Whoever could not change anything with the best of tokens is told so first.
        state.record()?;
        let shown = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim().to_owned());
        let Some(shown) = shown else {
            return Err(unauthorized(Text::new(
                "修改数据要令牌：Authorization: Bearer rmap_…，由管理员用 renewal-map people token 发给",
                "changing data takes a token: Authorization: Bearer rmap_…, which an administrator gives with renewal-map people token",
            )));
        };
        let request = format!("{} {}", parts.method, parts.uri.path());
        state
            .blocking(Work::Light, move |state, _| state.account(&shown, &request))
            .await
            .map(Self)
    }
}

impl AppState {
    fn account(&self, shown: &str, request: &str) -> Result<Account, Problem> {
        let token: Option<Token> = shown.parse().ok();
        let account = match token {
            Some(token) => self
                .record()?
                .account_of(token.hash())
                .map_err(|error| Problem::busy(error.text()))?,
            None => None,
        };
        match account {
            Some(account) if account.role >= Role::Editor => Ok(account),
            Some(account) => {
                self.note_refused(&account.name, "not allowed", request);
                Err(Problem::new(
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
                ))
            }
            None => {
                self.note_refused("", "unknown token", request);
                Err(unauthorized(Text::new(
                    "令牌不对、已过期或已收回",
                    "the token is none, has expired or was taken back",
                )))
            }
        }
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

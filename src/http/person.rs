//! Who asks: the token that a request shows.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};

use super::{AppState, Work, problem::Problem};
use crate::{
    model::{Role, Text},
    people::Token,
    store::record::{Account, Record},
};

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
            .blocking(Work::Light, move |state, _| {
                account(state.record()?, &shown, &request)
            })
            .await
            .map(Self)
    }
}

impl AppState {
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
        })
    }
}

fn account(record: &Record, shown: &str, request: &str) -> Result<Account, Problem> {
    let token: Option<Token> = shown.parse().ok();
    let account = token
        .map(|token| record.account_of(token.hash()))
        .transpose()
        .map_err(|error| Problem::busy(error.text()))?
        .flatten();
    let refused = |who: &str, why: &str| {
        record
            .audit(who, why, request)
            .map_err(|error| Problem::busy(error.text()))
    };
    match account {
        Some(account) if account.role >= Role::Editor => Ok(account),
        Some(account) => {
            refused(&account.name, "not allowed")?;
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
            refused("", "unknown token")?;
            Err(unauthorized(Text::new(
                "令牌不对、已过期或已收回",
                "the token is none, has expired or was taken back",
            )))
        }
    }
}

fn unauthorized(detail: Text) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail)
}

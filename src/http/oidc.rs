//! Signing in by the bureau's identity provider: there, and back.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{
    AppState, Work,
    failed::failed,
    params::Params,
    person::{Asker, cookie, is_same},
    problem::Problem,
    session::{next, root, set_cookie, shown_wrong, sign_in_entry, to, with_cookie},
};
use crate::{
    model::Text,
    people::{self, Provider, ProviderError, Secret, for_the_log},
    store::record::RecordError,
};

/// The cookie of an attempt: its secret, and where to go then.
const ATTEMPT: &str = "renewal_map_oidc";
/// Seconds that an attempt may take.
const ATTEMPT_SECONDS: u32 = 600;

/// Characters of a path that fits into a cookie, whatever they are.
const MAX_NEXT: usize = 1_000;

/// Sends somebody to the provider.
pub async fn leave(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    provider(&state)?;
    let params = Params::parse(query.as_deref(), &["next"])?;
    let wanted = params.get("next");
    let next = next(&state, wanted.filter(|path| path.len() <= MAX_NEXT));
    let attempt = Secret::random().map_err(failed)?;
    let encoded: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    let kept = format!("{}.{encoded}; Max-Age={ATTEMPT_SECONDS}", attempt.reveal());
    let address = state.blocking(Work::Provider, move |state, _| {
        let address = provider(state)?.address(&attempt);
        address.map_err(|error| told(state, &error))
    });
    match address.await {
        Ok(address) => Ok(with_attempt(&state, to(&address), &kept)),
        Err(problem) => {
            let entry = sign_in_entry(&state, String::new(), next);
            Ok(shown_wrong(&state, "../", &entry, &problem))
        }
    }
}

/// Signs in who comes back from there.
pub async fn come_back(
    State(state): State<AppState>,
    asker: Asker,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    provider(&state)?;
    let (attempt, wanted) = attempt(&headers).unzip();
    let next = next(&state, wanted.as_deref());
    let returned = Returned::read(query.as_deref());
    let answer = match signed_in(&state, &asker, attempt, returned).await {
        Ok(session) => with_cookie(&state, to(&next), Some(&session)),
        Err(problem) => {
            let entry = sign_in_entry(&state, String::new(), next);
            shown_wrong(&state, "../../", &entry, &problem)
        }
    };
    Ok(with_attempt(&state, answer, "; Max-Age=0"))
}

/// What somebody comes back with. Providers may say more.
#[derive(Default)]
struct Returned {
    state: String,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    issuer: Option<String>,
}

impl Returned {
    fn read(query: Option<&str>) -> Self {
        let mut returned = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let value = value.into_owned();
            match &*name {
                "state" => returned.state = value,
                "code" => returned.code = Some(value),
                "error" => returned.error = Some(value),
                "error_description" => returned.error_description = Some(value),
                "iss" => returned.issuer = Some(value),
                _ => {}
            }
        }
        returned
    }
}

async fn signed_in(
    state: &AppState,
    asker: &Asker,
    attempt: Option<Secret>,
    returned: Returned,
) -> Result<Secret, Problem> {
    let attempt = attempt.filter(|attempt| is_same(&returned.state, &people::state_of(attempt)));
    let Some(attempt) = attempt else {
        state.note_refused("", FAILED, "OpenID Connect: state");
        return Err(Problem::unreadable(Text::new(
            "这次登录不是从这里开始的，或已超过 10 分钟：请重新登录",
            "this sign-in did not begin here, or took over 10 minutes: please sign in again",
        )));
    };
    let before = asker.session().map(Secret::hash);
    let signed_in = state.blocking(Work::Provider, move |state, _| {
        let provider = provider(state)?;
        let code = code(provider, returned).map_err(|error| told(state, &error))?;
        let identity = provider.identity(&attempt, code);
        let identity = identity.map_err(|error| told(state, &error))?;
        let record = state.record()?;
        let (_, session) =
            people::sign_in_by_provider(record, &identity).map_err(|error| match error {
                RecordError::Refused(reason) => {
                    let request = format!("OpenID Connect: {}: {}", identity.name, reason.en);
                    state.note_refused("", FAILED, &request);
                    Problem::new(StatusCode::FORBIDDEN, reason)
                }
                other => failed(other),
            })?;
        if let Some(before) = before {
            record.end_session(before).map_err(failed)?;
        }
        Ok(session)
    });
    signed_in.await
}

/// The code with which the provider sent somebody back.
fn code(provider: &Provider, returned: Returned) -> Result<String, ProviderError> {
    if let Some(issuer) = returned.issuer.filter(|issuer| issuer != provider.issuer()) {
        let words = for_the_log(&format!("another issuer: {issuer}"));
        return Err(ProviderError::Refused(words));
    }
    if let Some(error) = returned.error {
        let more = returned.error_description.unwrap_or_default();
        return Err(ProviderError::Refused(for_the_log(
            format!("{error} {more}").trim_end(),
        )));
    }
    returned
        .code
        .ok_or_else(|| ProviderError::Refused("no code".to_owned()))
}

/// How a failed attempt stands in the log.
const FAILED: &str = "failed sign in";

/// Writes down why somebody was not signed in, and says so to them.
fn told(state: &AppState, error: &ProviderError) -> Problem {
    let title = provider(state).map_or("", Provider::title);
    match error {
        ProviderError::Unanswered(words) => {
            tracing::warn!("the identity provider: {words}");
            state.note_refused("", FAILED, &format!("OpenID Connect: no answer: {words}"));
            Problem::busy(Text::new(
                format!("“{title}”没有应答，请稍后再试，或用密码登录"),
                format!(
                    "“{title}” does not answer: try again in a moment, or sign in with a password"
                ),
            ))
        }
        ProviderError::Refused(words) => {
            state.note_refused("", FAILED, &format!("OpenID Connect: {words}"));
            Problem::new(
                StatusCode::FORBIDDEN,
                Text::new(
                    format!("“{title}”没有让您登录：{words}"),
                    format!("“{title}” did not sign you in: {words}"),
                ),
            )
        }
    }
}

/// The provider, where there is one.
fn provider(state: &AppState) -> Result<&Provider, Problem> {
    state.0.settings.provider.as_deref().ok_or_else(|| {
        Problem::missing(Text::new(
            "这个服务没有接入统一认证（serve --oidc-issuer）",
            "this service knows no identity provider (serve --oidc-issuer)",
        ))
    })
}

/// The attempt that a browser has begun, and where it goes then.
fn attempt(headers: &HeaderMap) -> Option<(Secret, String)> {
    let kept = cookie(headers, ATTEMPT)?;
    let (secret, next) = kept.split_once('.')?;
    let next: String = form_urlencoded::parse(format!("next={next}").as_bytes())
        .next()
        .map(|(_, next)| next.into_owned())?;
    Some((secret.parse().ok()?, next))
}

/// The answer with a cookie for the way to the provider and back.
fn with_attempt(state: &AppState, answer: Response, kept: &str) -> Response {
    let path = format!("{}/sign-in/oidc", root(state));
    set_cookie(state, answer, &format!("{ATTEMPT}={kept}"), &path)
}

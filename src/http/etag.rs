//! Entity tags: the data decide an answer, so a tag is known before the answer is made.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use super::AppState;
use crate::documents::hex;

/// Answers 304 to a client that has the answer already, and tags the others.
///
/// The tag is weak: answers of one tag say the same, if not byte for byte (`timeStamp`).
pub async fn revalidate(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let by_itself = path.starts_with("/assets/") || path.ends_with('z');
    if request.method() != Method::GET || by_itself {
        return next.run(request).await;
    }
    let tag = tag(&state, &request);
    if matches(request.headers().get(header::IF_NONE_MATCH), &tag) {
        let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, no_cache())];
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let mut response = next.run(request).await;
    if response.status().is_success() {
        let headers = response.headers_mut();
        headers.insert(header::ETAG, tag);
        headers.entry(header::CACHE_CONTROL).or_insert(no_cache());
        headers.append(header::VARY, HeaderValue::from_static("accept"));
    }
    response
}

/// Kept by the browser, asked again each time: newer data must show at once.
fn no_cache() -> HeaderValue {
    HeaderValue::from_static("no-cache")
}

fn tag(state: &AppState, request: &Request) -> HeaderValue {
    let mut hash = Sha256::new();
    hash.update(&state.snapshot().fingerprint);
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(super::page::fingerprint());
    hash.update(request.uri().to_string());
    for name in [header::HOST, header::ACCEPT] {
        hash.update([0]);
        if let Some(value) = request.headers().get(name) {
            hash.update(value.as_bytes());
        }
    }
    let text = format!("W/\"{}\"", hex(&hash.finalize()[..12]));
    HeaderValue::from_str(&text).expect("hexadecimal digits can stand in a header")
}

fn matches(if_none_match: Option<&HeaderValue>, tag: &HeaderValue) -> bool {
    let (Some(list), Ok(tag)) = (
        if_none_match.and_then(|value| value.to_str().ok()),
        tag.to_str(),
    ) else {
        return false;
    };
    list.split(',')
        .map(str::trim)
        .any(|candidate| candidate == tag || candidate == "*")
}

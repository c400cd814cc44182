//! Entity tags: the data decide an answer, so a tag is known before the answer is made.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use super::{
    AppState,
    person::{Asker, is_open},
};
use crate::model::{Role, hex};

/// Answers 304 to a client that has the answer already, and tags the others.
///
/// The tag is a hash of the data, as who asks sees them, the program and the request. It is weak: answers of one tag say
/// the same, if not byte for byte (`timeStamp`, compression).
pub async fn revalidate(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path();
    if !reads || is_open(path) {
        return next.run(request).await;
    }
    if path.starts_with("/imports") {
        // What becomes of an import changes nothing of the data, and so would not show in a tag.
        let mut response = next.run(request).await;
        let no_store = HeaderValue::from_static("no-store");
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, no_store);
        return response;
    }
    let asker = Asker::of(request.extensions());
    let keeping = Keeping {
        // Whether anybody else may be given the answer.
        is_private: asker.is_somebody(),
        varies_by_account: state.0.live.record().is_some(),
    };
    let tag = tag(&state, &asker, &request);
    let asked = request.headers().get(header::IF_NONE_MATCH).cloned();
    let has_this = lists(asked.as_ref(), &tag);
    // A share may have been removed since, which shows in no tag.
    let may_be_gone = path.starts_with("/s/") || path.starts_with("/embed/");
    if has_this && !may_be_gone {
        // Only a client that got this very answer knows its tag.
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        keeping.describe(response.headers_mut(), tag);
        return response;
    }
    let mut response = next.run(request).await;
    let is_kept = response
        .headers()
        .get(header::CACHE_CONTROL)
        .is_none_or(|value| value != "no-store");
    if response.status().is_success() && is_kept {
        // A feature that can be changed bears its version, by which it is changed; what else the
        // answer depends on comes after it.
        let own = response
            .headers()
            .get(header::ETAG)
            .map(|version| of_version(version, &tag));
        let has_it = match &own {
            Some(own) => lists(asked.as_ref(), own),
            None => has_this,
        };
        keeping.describe(response.headers_mut(), own.unwrap_or(tag));
        if has_it || asked.is_some_and(|asked| asked == "*") {
            *response.body_mut() = Body::empty();
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
    }
    response
}

/// Who may keep an answer.
struct Keeping {
    is_private: bool,
    varies_by_account: bool,
}

impl Keeping {
    fn describe(&self, headers: &mut HeaderMap, tag: HeaderValue) {
        headers.insert(header::ETAG, tag);
        // Kept by the browser, asked again each time: newer data must show at once.
        let kept = if self.is_private {
            "private, no-cache"
        } else {
            "no-cache"
        };
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static(kept));
        let varies = if self.varies_by_account {
            "accept, accept-encoding, authorization, cookie, host"
        } else {
            "accept, accept-encoding, host"
        };
        headers.insert(header::VARY, HeaderValue::from_static(varies));
    }
}

fn tag(state: &AppState, asker: &Asker, request: &Request) -> HeaderValue {
    let mut hash = Sha256::new();
    let viewer = asker.viewer();
    let snapshot = state.latest(viewer);
    hash.update(&snapshot.fingerprint);
    // Who sees the same of the data may be told more of their history.
    hash.update(viewer.0.map_or("", Role::as_str));
    hash.update([0]);
    // After a change and back the data are the same, and their history is not.
    hash.update(snapshot.revision.0.to_le_bytes());
    hash.update(&state.0.build);
    hash.update(state.0.settings.public_url.as_deref().unwrap_or_default());
    for origin in &state.0.settings.allowed_frames {
        hash.update(origin.as_bytes());
        hash.update([0]);
    }
    // It stands in pictures.
    hash.update(state.0.settings.map_approval.as_deref().unwrap_or_default());
    if let Some(base_map) = &state.0.settings.base_map {
        hash.update(base_map.source().identity());
    }
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

/// `"version-answer"` of `"version"` and `W/"answer"`.
fn of_version(version: &HeaderValue, answer: &HeaderValue) -> HeaderValue {
    let [version, answer] = [version, answer].map(|tag| {
        let tag = tag.to_str().unwrap_or_default();
        tag.trim_start_matches("W/").trim_matches('"')
    });
    HeaderValue::from_str(&format!("\"{version}-{answer}\""))
        .expect("hexadecimal digits can stand in a header")
}

fn lists(if_none_match: Option<&HeaderValue>, tag: &HeaderValue) -> bool {
    let (Some(list), Ok(tag)) = (
        if_none_match.and_then(|value| value.to_str().ok()),
        tag.to_str(),
    ) else {
        return false;
    };
    list.split(',')
        .map(str::trim)
        .any(|candidate| candidate == tag)
}

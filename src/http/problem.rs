//! Errors as RFC 9457 problem documents.

use std::time::Duration;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::model::Text;

/// An answer that says what was wrong with which input, and what would be right.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    detail: Text,
    /// After how many seconds the same may be asked again.
    retry_after: Option<u64>,
    /// Members beyond those of every problem.
    members: Vec<(&'static str, Value)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// 400: the request can't be read.
    pub fn unreadable(detail: Text) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404: there is no such thing.
    pub fn missing(detail: Text) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 422: the request is read and can't be answered.
    pub fn unanswerable(detail: Text) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 503: not now.
    pub fn busy(detail: Text) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// 429: not so fast.
    pub fn too_early(detail: Text, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait.as_secs() + 1),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }

    /// Its status, and what it says.
    pub fn parts(&self) -> (StatusCode, &Text) {
        (self.status, &self.detail)
    }

    /// Any other status.
    pub fn new(status: StatusCode, detail: Text) -> Self {
        Self {
            status,
            detail,
            retry_after: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(2),
            members: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// With one member more, for what words alone do not tell.
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.members.push((name, value));
        self
    }

    /// With a header that its status asks for.
    pub fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail.zh,
            "detail_en": self.detail.en,
        });
        for (name, value) in self.members {
            body[name] = value;
        }
        let mut response = (
            self.status,
            [
                (header::CONTENT_TYPE, "application/problem+json"),
                (header::CACHE_CONTROL, "no-store"),
            ],
            body.to_string(),
        )
            .into_response();
        response.headers_mut().extend(self.headers);
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"renewal-map\""),
            );
        }
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

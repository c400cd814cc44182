//! Requests to the provider. Beside those for tiles of a base map this service sends no others.

use std::time::{Duration, Instant};

use openidconnect::{HttpRequest, HttpResponse, SyncHttpClient};
use ureq::{
    Agent,
    http::Response,
    tls::{RootCerts, TlsConfig},
};

/// How long all requests of one step of a sign-in may take together.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Bytes that an answer may have.
const MAX_ANSWER: u64 = 1 << 20;

/// The requests of one step of a sign-in. None follows where it is sent on to.
pub struct Asking {
    agent: Agent,
    until: Instant,
}

impl Asking {
    /// Of a provider that is reached by TLS alone, or by plain HTTP too.
    pub fn new(by_tls: bool) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(by_tls)
            .max_redirects(0)
            .tls_config(tls.build())
            .build();
        Self {
            agent: agent.into(),
            until: Instant::now() + TIME_LIMIT,
        }
    }
}

impl SyncHttpClient for Asking {
    type Error = ureq::Error;

    fn call(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let left = self.until.saturating_duration_since(Instant::now());
        // None at all would be no limit.
        let left = left.max(Duration::from_millis(1));
        let request = self.agent.configure_request(request);
        let request = request.timeout_global(Some(left)).build();
        let (head, mut body) = self.agent.run(request)?.into_parts();
        let body = body.with_config().limit(MAX_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, body))
    }
}

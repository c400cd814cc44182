//! The bureau's own identity provider: who signs in there is known here (OpenID Connect, by a code
//! with PKCE).
//!
//! The provider is asked nothing before somebody signs in, so the service starts without it. What it
//! says of itself is kept then, and asked for again when it signs with a key that is not known.

mod ask;

use std::{
    collections::HashMap,
    error::Error,
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
};

use openidconnect::{
    AccessToken, AdditionalClaims, AuthType, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse, SubjectIdentifier,
    TokenResponse, UserInfoClaims, UserInfoError,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod,
        CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::ask::Asking;
use super::Secret;
use crate::{model::Role, store::record::Identity};

/// The scope that gives names.
const PROFILE: &str = "profile";
/// Characters of what the provider says that are repeated.
const MAX_WORDS: usize = 200;

/// What an operator decides of an identity provider.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Its address, as it names itself: what it says of itself lies beneath.
    pub issuer: IssuerUrl,
    /// Whom it takes this service for.
    pub client: ClientId,
    /// What shows it that it is this service.
    pub secret: ClientSecret,
    /// To where it sends people back: the callback of this service.
    pub redirect: RedirectUrl,
    /// What people call it.
    pub title: String,
    /// Who may do what by what it says; where that is nothing, roles are given here.
    pub roles: Option<Roles>,
}

/// Roles by the groups that a provider names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// The claim that lists groups.
    pub claim: String,
    /// The group of editors.
    pub editors: Option<String>,
    /// The group of administrators.
    pub administrators: Option<String>,
}

/// An identity provider.
#[derive(Debug)]
pub struct Provider {
    settings: ProviderSettings,
    /// What it said of itself.
    known: Mutex<Option<Arc<Known>>>,
}

/// Why somebody is not signed in by a provider. The words are for the log and, shortened, for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// It did not answer, or not as it should.
    Unanswered(String),
    /// It, or what it says, does not let them in.
    Refused(String),
}

/// Claims beyond those that every provider knows.
#[derive(Debug, Deserialize, Serialize)]
struct Others(HashMap<String, Value>);

impl AdditionalClaims for Others {}

type Tokens = StandardTokenResponse<
    IdTokenFields<
        Others,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Relying = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What a provider said of itself.
#[derive(Debug)]
struct Known {
    client: Relying,
    scopes: Vec<Scope>,
}

impl Provider {
    /// A provider, of which nothing is asked yet.
    #[must_use]
    pub fn new(settings: ProviderSettings) -> Self {
        Self {
            settings,
            known: Mutex::default(),
        }
    }

    /// What people call it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.settings.title
    }

    /// Its address, as it names itself.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Where somebody signs in, in an attempt that a secret stands for; who comes back shows
    /// [`state_of`] it. It blocks, for ten seconds at most.
    ///
    /// # Errors
    /// Where the provider says nothing of itself.
    pub fn address(&self, attempt: &Secret) -> Result<String, ProviderError> {
        let known = self.known(&self.asking())?;
        let (state, nonce) = (state_of(attempt), nonce_of(attempt));
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier_of(attempt));
        let (address, _, _) = known
            .client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || nonce,
            )
            .add_scopes(known.scopes.iter().cloned())
            .set_pkce_challenge(challenge)
            .url();
        Ok(address.into())
    }

    /// Who came back from there with a code. It blocks, for ten seconds at most.
    ///
    /// # Errors
    /// Where the provider does not answer, does not take the code, or what it signs is not for this
    /// service and this attempt.
    pub fn identity(&self, attempt: &Secret, code: String) -> Result<Identity, ProviderError> {
        let asking = self.asking();
        let known = self.known(&asking)?;
        let tokens = known
            .client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| unanswered(&error))?
            .set_pkce_verifier(verifier_of(attempt))
            .request(&asking)
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(said) => refused(&said.to_string()),
                other => unanswered(&other),
            })?;
        let token = tokens
            .id_token()
            .ok_or_else(|| refused("no ID token came with the code"))?;
        let nonce = nonce_of(attempt);
        let claims = match token.claims(&known.client.id_token_verifier(), &nonce) {
            Ok(claims) => claims,
            Err(first) => {
                // It may have changed its keys since.
                if !is_of_keys(&first) {
                    return Err(refused(&words(&first)));
                }
                let renewed = self.discover(&asking)?;
                token
                    .claims(&renewed.client.id_token_verifier(), &nonce)
                    .map_err(|error| refused(&words(&error)))?
            }
        };
        let more = self.more_of(&asking, tokens.access_token(), claims.subject())?;
        let more = more.as_ref();
        let subject = claims.subject().to_string();
        let candidates = [
            claims.preferred_username().map(|name| name.as_str()),
            more.and_then(|more| more.preferred_username().map(|name| name.as_str())),
            claims
                .name()
                .and_then(|name| name.get(None))
                .map(|name| name.as_str()),
            more.and_then(|more| more.name()?.get(None))
                .map(|name| name.as_str()),
        ];
        let named = candidates.into_iter().flatten().map(str::trim);
        let name = named.into_iter().find(|name| !name.is_empty());
        let others = [
            Some(claims.additional_claims()),
            more.map(UserInfoClaims::additional_claims),
        ];
        let role = self.settings.roles.as_ref().map(|roles| {
            let listed = others.into_iter().flatten();
            roles.role(listed.filter_map(|Others(claims)| claims.get(&roles.claim)))
        });
        Ok(Identity {
            issuer: self.issuer().to_owned(),
            name: name.unwrap_or(&subject).to_owned(),
            subject,
            role,
        })
    }

    /// What the provider says of somebody beyond the ID token, where it has a place for it: many say
    /// names and groups there alone.
    fn more_of(
        &self,
        asking: &Asking,
        token: &AccessToken,
        subject: &SubjectIdentifier,
    ) -> Result<Option<UserInfoClaims<Others, CoreGenderClaim>>, ProviderError> {
        let known = self.known(asking)?;
        let Ok(request) = known.client.user_info(token.clone(), Some(subject.clone())) else {
            return Ok(None);
        };
        request
            .request(asking)
            .map(Some)
            .map_err(|error| match error {
                UserInfoError::ClaimsVerification(error) => refused(&words(&error)),
                other => unanswered(&other),
            })
    }

    fn asking(&self) -> Asking {
        Asking::new(self.settings.issuer.url().scheme() == "https")
    }

    fn known(&self, asking: &Asking) -> Result<Arc<Known>, ProviderError> {
        let known = self.known.lock();
        let known = known.unwrap_or_else(PoisonError::into_inner).clone();
        known.map_or_else(|| self.discover(asking), Ok)
    }

    fn discover(&self, asking: &Asking) -> Result<Arc<Known>, ProviderError> {
        let settings = &self.settings;
        let said = CoreProviderMetadata::discover(&settings.issuer, asking)
            .map_err(|error| unanswered(&error))?;
        // Many know a scope for groups; who does not would refuse it.
        let mut scopes = vec![Scope::new(PROFILE.to_owned())];
        let groups = settings
            .roles
            .as_ref()
            .map(|roles| Scope::new(roles.claim.clone()));
        let offered = said.scopes_supported().map_or(&[][..], Vec::as_slice);
        scopes.extend(groups.filter(|groups| offered.contains(groups)));
        let ways = said.token_endpoint_auth_methods_supported();
        let takes = |way| ways.is_some_and(|ways| ways.contains(&way));
        let in_body = takes(CoreClientAuthMethod::ClientSecretPost)
            && !takes(CoreClientAuthMethod::ClientSecretBasic);
        let client = Relying::from_provider_metadata(
            said,
            settings.client.clone(),
            Some(settings.secret.clone()),
        )
        .set_redirect_uri(settings.redirect.clone())
        .set_auth_type(if in_body {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        });
        let known = Arc::new(Known { client, scopes });
        let mut kept = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Arc::clone(&known));
        Ok(known)
    }
}

impl Roles {
    /// The role of who is in the groups that claims list: texts, or one.
    fn role<'a>(&self, claims: impl Iterator<Item = &'a Value>) -> Role {
        let groups: Vec<&str> = claims
            .flat_map(|claim| match claim {
                Value::Array(groups) => groups.iter().filter_map(Value::as_str).collect(),
                other => other.as_str().into_iter().collect::<Vec<_>>(),
            })
            .collect();
        let is_in = |group: &Option<String>| {
            group
                .as_deref()
                .is_some_and(|group| groups.contains(&group))
        };
        if is_in(&self.administrators) {
            Role::Administrator
        } else if is_in(&self.editors) {
            Role::Editor
        } else {
            Role::Reader
        }
    }
}

/// What who comes back from the provider shows of an attempt. All that an attempt needs follows from
/// its secret, which the browser alone keeps.
#[must_use]
pub fn state_of(attempt: &Secret) -> String {
    attempt.proof("oidc state")
}

fn nonce_of(attempt: &Secret) -> Nonce {
    Nonce::new(attempt.proof("oidc nonce"))
}

fn verifier_of(attempt: &Secret) -> PkceCodeVerifier {
    PkceCodeVerifier::new(attempt.proof("oidc verifier"))
}

/// Words of a provider, short enough to be shown and written down.
#[must_use]
pub fn for_the_log(words: &str) -> String {
    let plain = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(MAX_WORDS).collect()
}

fn is_of_keys(error: &openidconnect::ClaimsVerificationError) -> bool {
    use openidconnect::{ClaimsVerificationError, SignatureVerificationError};
    matches!(
        error,
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_)
        )
    )
}

fn refused(words: &str) -> ProviderError {
    ProviderError::Refused(for_the_log(words))
}

fn unanswered(error: &(dyn Error + 'static)) -> ProviderError {
    ProviderError::Unanswered(words(error))
}

/// An error with what caused it.
fn words(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        // Writing to a string does not fail.
        let _ = write!(words, ": {deeper}");
        cause = deeper.source();
    }
    for_the_log(&words)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn roles_are_those_of_groups() {
        let roles = Roles {
            claim: "groups".to_owned(),
            editors: Some("规划科".to_owned()),
            administrators: Some("信息中心".to_owned()),
        };
        let role = |claims: &[Value]| roles.role(claims.iter());
        assert_eq!(role(&[]), Role::Reader);
        assert_eq!(role(&[json!(["规划", "规划科二组", 7])]), Role::Reader);
        assert_eq!(role(&[json!("规划科")]), Role::Editor);
        assert_eq!(role(&[json!([]), json!(["其他", "规划科"])]), Role::Editor);
        assert_eq!(role(&[json!(["规划科", "信息中心"])]), Role::Administrator);
        let nobody = Roles {
            administrators: None,
            editors: None,
            ..roles
        };
        assert_eq!(nobody.role([json!(["", null])].iter()), Role::Reader);
    }

    #[test]
    fn what_an_attempt_shows_tells_nothing_of_the_rest() {
        let attempt = Secret::random().unwrap();
        let shown = [
            state_of(&attempt),
            nonce_of(&attempt).secret().clone(),
            verifier_of(&attempt).secret().clone(),
            attempt.reveal().to_owned(),
        ];
        for (place, one) in shown.iter().enumerate() {
            assert!(!shown[..place].contains(one));
            // RFC 7636 asks for so many of a verifier.
            assert!((43..=128).contains(&one.len()));
        }
    }
}

//! Which identity provider people may sign in by.

use std::{fs, net::SocketAddr, path::PathBuf};

use clap::Args;
use openidconnect::{ClientId, ClientSecret, IssuerUrl, RedirectUrl};
use renewal_map::people::{Provider, ProviderSettings, Roles};

/// Where the provider sends people back to, under the address of the service.
const CALLBACK: &str = "/sign-in/oidc/callback";
/// What people call a provider that has no other name.
const TITLE: &str = "统一认证";
/// The claim in which many providers list groups.
const GROUPS: &str = "groups";

#[derive(Args)]
pub struct OidcOptions {
    /// 统一认证（OpenID Connect）的网址，即其 issuer (address of the identity provider: its issuer)
    #[arg(
        long = "oidc-issuer",
        value_name = "URL",
        env = "RENEWAL_MAP_OIDC_ISSUER"
    )]
    issuer: Option<String>,
    /// 本服务在统一认证中的标识 (what the provider knows this service by: its client id)
    #[arg(
        long = "oidc-client",
        value_name = "ID",
        env = "RENEWAL_MAP_OIDC_CLIENT"
    )]
    client: Option<String>,
    /// 存有本服务密钥的文件 (file with the client secret)
    #[arg(
        long = "oidc-secret-file",
        value_name = "FILE",
        env = "RENEWAL_MAP_OIDC_SECRET_FILE"
    )]
    secret_file: Option<PathBuf>,
    /// 登录按钮上的名称；不给则为“统一认证” (what the button is called; 统一认证 without it)
    #[arg(
        long = "oidc-title",
        value_name = "TITLE",
        env = "RENEWAL_MAP_OIDC_TITLE"
    )]
    title: Option<String>,
    /// 列出用户组的声明；不给则为 groups (claim that lists a person's groups; groups without it)
    #[arg(
        long = "oidc-role-claim",
        value_name = "CLAIM",
        env = "RENEWAL_MAP_OIDC_ROLE_CLAIM"
    )]
    role_claim: Option<String>,
    /// 编辑的用户组 (group of editors)
    #[arg(
        long = "oidc-editors",
        value_name = "GROUP",
        env = "RENEWAL_MAP_OIDC_EDITORS"
    )]
    editors: Option<String>,
    /// 管理员的用户组 (group of administrators)
    #[arg(
        long = "oidc-administrators",
        value_name = "GROUP",
        env = "RENEWAL_MAP_OIDC_ADMINISTRATORS"
    )]
    administrators: Option<String>,
}

impl OidcOptions {
    /// The provider, where one is named, without where it sends people back to.
    ///
    /// # Errors
    /// Where the options do not go together, or the secret can't be read.
    pub fn provider(
        &self,
        has_record: bool,
        public_url: Option<&str>,
        listen: SocketAddr,
    ) -> Result<Option<Waiting>, String> {
        let Some(issuer) = &self.issuer else {
            return self.nothing_else().map(|()| None);
        };
        if !has_record {
            return Err("--oidc-issuer 要与 --data 一起用：账户存在库中 (--oidc-issuer goes with --data: accounts are kept in the record)".into());
        }
        if public_url.is_none() && listen.ip().is_unspecified() {
            return Err(format!(
                "监听所有地址时，--oidc-issuer 要与 --public-url 一起用：统一认证要知道送回何处 (where the service listens at {listen}, --oidc-issuer goes with --public-url: the provider has to know where to send people back to)"
            ));
        }
        let is_web = issuer.starts_with("https://") || issuer.starts_with("http://");
        let issuer = IssuerUrl::new(issuer.clone())
            .ok()
            .filter(|issuer| is_web && issuer.url().query().is_none())
            .ok_or("--oidc-issuer 应为 http:// 或 https:// 网址 (--oidc-issuer should be an address with http:// or https://)")?;
        let (Some(client), Some(file)) = (&self.client, &self.secret_file) else {
            return Err("--oidc-issuer 要与 --oidc-client 和 --oidc-secret-file 一起用 (--oidc-issuer goes with --oidc-client and --oidc-secret-file)".into());
        };
        let named = [
            Some(client),
            self.title.as_ref(),
            self.role_claim.as_ref(),
            self.editors.as_ref(),
            self.administrators.as_ref(),
        ];
        if named
            .into_iter()
            .flatten()
            .any(|name| name.trim().is_empty())
        {
            return Err("--oidc-… 的值不能为空 (what follows --oidc-… must not be empty)".into());
        }
        let secret = fs::read_to_string(file).map_err(|error| {
            format!(
                "不能读 --oidc-secret-file {} (can't read it): {error}",
                file.display()
            )
        })?;
        let secret = secret.trim();
        if secret.is_empty() {
            return Err(format!(
                "--oidc-secret-file {} 是空的 (it is empty)",
                file.display()
            ));
        }
        Ok(Some(Waiting {
            issuer,
            client: ClientId::new(client.clone()),
            secret: ClientSecret::new(secret.to_owned()),
            title: self.title.clone().unwrap_or_else(|| TITLE.to_owned()),
            roles: self.roles()?,
        }))
    }

    fn nothing_else(&self) -> Result<(), String> {
        let given = [
            self.client.is_some(),
            self.secret_file.is_some(),
            self.title.is_some(),
            self.role_claim.is_some(),
            self.editors.is_some(),
            self.administrators.is_some(),
        ];
        if given.contains(&true) {
            return Err(
                "--oidc-… 要与 --oidc-issuer 一起用 (--oidc-… go with --oidc-issuer)".into(),
            );
        }
        Ok(())
    }

    fn roles(&self) -> Result<Option<Roles>, String> {
        let (editors, administrators) = (&self.editors, &self.administrators);
        if editors.is_none() && administrators.is_none() {
            return match self.role_claim {
                Some(_) => Err("--oidc-role-claim 要与 --oidc-editors 或 --oidc-administrators 一起用 (--oidc-role-claim goes with --oidc-editors or --oidc-administrators)".into()),
                None => Ok(None),
            };
        }
        if editors == administrators {
            return Err("--oidc-editors 与 --oidc-administrators 应为不同的组 (--oidc-editors and --oidc-administrators should be different groups)".into());
        }
        Ok(Some(Roles {
            claim: self.role_claim.clone().unwrap_or_else(|| GROUPS.to_owned()),
            editors: editors.clone(),
            administrators: administrators.clone(),
        }))
    }
}

/// A provider for which it is not known yet at which address the service is reached.
pub struct Waiting {
    issuer: IssuerUrl,
    client: ClientId,
    secret: ClientSecret,
    title: String,
    roles: Option<Roles>,
}

impl Waiting {
    /// The provider of a service that is reached at `here` (no slash at its end).
    ///
    /// # Errors
    /// Where that is no address.
    pub fn at(self, here: &str) -> Result<Provider, String> {
        let redirect = RedirectUrl::new(format!("{here}{CALLBACK}"))
            .map_err(|error| format!("--public-url {here}: {error}"))?;
        Ok(Provider::new(ProviderSettings {
            issuer: self.issuer,
            client: self.client,
            secret: self.secret,
            redirect,
            title: self.title,
            roles: self.roles,
        }))
    }
}

//! Signing in with OAuth, as the settings say it: whom to ask, and as which program.
//!
//! Owns the presets for Microsoft 365 and Google. It holds no token; a client's secret is confidential here too, although
//! a program on a desk cannot keep one (RFC 8252 §8.5).

use std::{fmt, ops::Range, path::Path};

use serde::Deserialize;
use toml::Spanned;
use toml_edit::{InlineTable, Value};

use super::{
    error::Mistake,
    raw::RawTrust,
    settings::{TrustSource, resolve_trust},
};
use crate::domain::confidential::Confidential;

/// Whose sign-in page it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// Microsoft 365 (Entra ID).
    Microsoft,
    /// Google Workspace and Gmail.
    Google,
    /// Any other one; its addresses stand in the settings.
    Generic,
}

impl ProviderKind {
    /// Its word in the settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Microsoft => "microsoft",
            Self::Google => "google",
            Self::Generic => "generic",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Microsoft => "Microsoft",
            Self::Google => "Google",
            Self::Generic => "the identity provider",
        }
    }
}

/// Where a client's secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientSecret {
    /// It stands in the settings.
    Written(Confidential<String>),
    /// The first line that this program prints; never empty. No shell.
    Command(Vec<String>),
}

/// How an account signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuth {
    /// Whose page.
    pub provider: ProviderKind,
    /// Which program asks: the id under which the firm has registered it.
    pub client_id: String,
    /// With what it proves that; Google wants one, Microsoft none.
    pub client_secret: Option<ClientSecret>,
    /// The firm's directory at Microsoft: its id or a domain of it; empty for any organisation.
    pub tenant: String,
    /// Takes the place of the preset's page; always `https`.
    pub authorize_url: Option<String>,
    /// Takes the place of the preset's token address; always `https`.
    pub token_url: Option<String>,
    /// Takes the place of the preset's address for device codes; always `https`.
    pub device_url: Option<String>,
    /// What is asked for; empty for what the preset asks for.
    pub scopes: Vec<String>,
    /// The port to which the browser comes back; 0 takes a free one.
    pub redirect_port: u16,
    /// Whose word on the provider's certificate counts.
    pub trust: TrustSource,
}

/// The addresses of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Where a person signs in.
    pub authorize: String,
    /// Where tokens come from.
    pub token: String,
    /// Where device codes come from, if anywhere.
    pub device: Option<String>,
}

impl OAuth {
    /// A preset with everything else left to it.
    pub fn preset(provider: ProviderKind, client_id: &str) -> Self {
        Self {
            provider,
            client_id: client_id.to_owned(),
            client_secret: None,
            tenant: String::new(),
            authorize_url: None,
            token_url: None,
            device_url: None,
            scopes: Vec::new(),
            redirect_port: 0,
            trust: TrustSource::Platform,
        }
    }

    /// Where to ask.
    pub fn endpoints(&self) -> Endpoints {
        let (authorize, token, device) = match self.provider {
            ProviderKind::Microsoft => {
                let tenant =
                    if self.tenant.is_empty() { "organizations" } else { self.tenant.as_str() };
                let at = |what: &str| {
                    format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/{what}")
                };
                (at("authorize"), at("token"), Some(at("devicecode")))
            }
            // Google gives no device codes for mail (developers.google.com, "OAuth 2.0 for TV and Limited-Input Device
            // Applications": allowed scopes).
            ProviderKind::Google => (
                "https://accounts.google.com/o/oauth2/v2/auth".to_owned(),
                "https://oauth2.googleapis.com/token".to_owned(),
                None,
            ),
            ProviderKind::Generic => (String::new(), String::new(), None),
        };
        Endpoints {
            authorize: self.authorize_url.clone().unwrap_or(authorize),
            token: self.token_url.clone().unwrap_or(token),
            device: self.device_url.clone().or(device),
        }
    }

    /// What to ask for.
    pub fn scopes(&self) -> Vec<String> {
        if !self.scopes.is_empty() {
            return self.scopes.clone();
        }
        let preset: &[&str] = match self.provider {
            ProviderKind::Microsoft => &[
                "https://outlook.office.com/IMAP.AccessAsUser.All",
                "https://outlook.office.com/SMTP.Send",
                "offline_access",
            ],
            ProviderKind::Google => &["https://mail.google.com/"],
            ProviderKind::Generic => &["offline_access"],
        };
        preset.iter().map(|scope| (*scope).to_owned()).collect()
    }

    /// What the sign-in page wants to hear besides.
    pub fn extra(&self) -> &'static [(&'static str, &'static str)] {
        match self.provider {
            // Without both Google gives a refresh token only the very first time.
            ProviderKind::Google => &[("access_type", "offline"), ("prompt", "consent")],
            ProviderKind::Microsoft | ProviderKind::Generic => &[],
        }
    }
}

/// The table as the file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOAuth {
    provider: ProviderKind,
    client_id: Spanned<String>,
    client_secret: Option<Spanned<RawClientSecret>>,
    tenant: Option<Spanned<String>>,
    authorize_url: Option<Spanned<String>>,
    token_url: Option<Spanned<String>>,
    device_url: Option<Spanned<String>>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    redirect_port: u16,
    trust: Option<Spanned<RawTrust>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawClientSecret {
    Written(String),
    Command { command: Vec<String> },
}

impl fmt::Debug for RawClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹hidden›")
    }
}

/// Works out what the table means. `span` is where it stands.
pub(super) fn resolve(raw: RawOAuth, span: &Range<usize>, folder: &Path) -> Result<OAuth, Mistake> {
    let client_id = raw.client_id.get_ref().trim().to_owned();
    if client_id.is_empty() {
        return Err(Mistake::new(raw.client_id.span(), "the client id is empty")
            .remedy("register matterbox with the provider; it gives you the id"));
    }
    let microsoft = raw.provider == ProviderKind::Microsoft;
    let tenant = raw.tenant.map_or(Ok(String::new()), |tenant| {
        let sound = tenant.get_ref().chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
        if sound && microsoft {
            return Ok(tenant.into_inner());
        }
        Err(Mistake::new(tenant.span(), "this is not a tenant of Microsoft 365")
            .remedy("write the directory's id, or a domain of it, with provider = \"microsoft\""))
    })?;
    let oauth = OAuth {
        provider: raw.provider,
        client_id,
        client_secret: raw.client_secret.map(resolve_secret).transpose()?,
        tenant,
        authorize_url: raw.authorize_url.as_ref().map(url).transpose()?,
        token_url: raw.token_url.as_ref().map(url).transpose()?,
        device_url: raw.device_url.as_ref().map(url).transpose()?,
        scopes: raw.scopes,
        redirect_port: raw.redirect_port,
        trust: raw.trust.map_or(Ok(TrustSource::Platform), |trust| resolve_trust(trust, folder))?,
    };
    let endpoints = oauth.endpoints();
    if endpoints.authorize.is_empty() || endpoints.token.is_empty() {
        return Err(Mistake::new(span.clone(), "a generic provider needs its addresses")
            .remedy("add authorize_url and token_url (and device_url, if there is one)"));
    }
    Ok(oauth)
}

fn resolve_secret(raw: Spanned<RawClientSecret>) -> Result<ClientSecret, Mistake> {
    let span = raw.span();
    match raw.into_inner() {
        RawClientSecret::Written(secret) if secret.trim().is_empty() => {
            Err(Mistake::new(span, "the client's secret is empty")
                .remedy("leave client_secret out if the provider gave none"))
        }
        RawClientSecret::Written(secret) => Ok(ClientSecret::Written(secret.into())),
        RawClientSecret::Command { command } if command.first().is_none_or(String::is_empty) => {
            Err(Mistake::new(span, "the command is empty")
                .remedy("write { command = [\"program\", \"argument\"] }"))
        }
        RawClientSecret::Command { command } => Ok(ClientSecret::Command(command)),
    }
}

fn url(raw: &Spanned<String>) -> Result<String, Mistake> {
    let text = raw.get_ref().trim();
    let host = text.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    let sound = host.is_some_and(|host| !host.is_empty() && !host.contains('@'))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    if sound {
        return Ok(text.to_owned());
    }
    Err(Mistake::new(raw.span(), "this is not an https address")
        .remedy("write it in full, such as https://login.firm.example/token"))
}

/// The table as it is written into the settings.
pub(super) fn to_value(oauth: &OAuth, trust: impl Fn(&TrustSource) -> Value) -> Value {
    let mut table = InlineTable::new();
    table.insert("provider", Value::from(oauth.provider.word()));
    table.insert("client_id", Value::from(oauth.client_id.as_str()));
    match &oauth.client_secret {
        Some(ClientSecret::Written(secret)) => {
            table.insert("client_secret", Value::from(secret.expose().as_str()));
        }
        Some(ClientSecret::Command(words)) => {
            let mut command = InlineTable::new();
            command.insert("command", words.iter().collect());
            table.insert("client_secret", Value::InlineTable(command));
        }
        None => {}
    }
    if !oauth.tenant.is_empty() {
        table.insert("tenant", Value::from(oauth.tenant.as_str()));
    }
    for (key, address) in [
        ("authorize_url", &oauth.authorize_url),
        ("token_url", &oauth.token_url),
        ("device_url", &oauth.device_url),
    ] {
        if let Some(address) = address {
            table.insert(key, Value::from(address.as_str()));
        }
    }
    if !oauth.scopes.is_empty() {
        table.insert("scopes", oauth.scopes.iter().collect());
    }
    if oauth.redirect_port != 0 {
        table.insert("redirect_port", Value::from(i64::from(oauth.redirect_port)));
    }
    if oauth.trust != TrustSource::Platform {
        table.insert("trust", trust(&oauth.trust));
    }
    Value::InlineTable(table)
}

#[cfg(test)]
mod tests {
    use super::super::{error::ConfigError, parse, settings::SecretSource};
    use super::*;

    fn read(table: &str) -> Result<OAuth, ConfigError> {
        let text = format!(
            "[[account]]\nname = \"a\"\naddress = \"a@firm.example\"\n\
             imap = {{ host = \"i\", port = 993, tls = \"implicit\" }}\n\
             smtp = {{ host = \"s\", port = 465, tls = \"implicit\" }}\n[account.secret.oauth]\n{table}"
        );
        let settings = parse(&text, Path::new("/firm/config.toml"))?;
        let Some(SecretSource::OAuth(oauth)) =
            settings.accounts.into_iter().next().map(|a| a.secret)
        else {
            panic!("no oauth")
        };
        Ok(*oauth)
    }

    fn mistake(table: &str) -> String {
        read(table).unwrap_err().to_string()
    }

    #[test]
    fn microsoft_needs_a_client_id_and_takes_a_tenant() {
        let oauth = read("provider = \"microsoft\"\nclient_id = \"4711\"\n").unwrap();
        let endpoints = oauth.endpoints();
        assert_eq!(
            endpoints.authorize,
            "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize"
        );
        assert!(endpoints.device.is_some());
        assert!(oauth.scopes().iter().any(|scope| scope.ends_with("IMAP.AccessAsUser.All")));
        let tenant = "provider = \"microsoft\"\nclient_id = \"4711\"\ntenant = \"firm.example\"\n";
        assert!(read(tenant).unwrap().endpoints().token.contains("/firm.example/oauth2/"));
        assert!(mistake("provider = \"microsoft\"\nclient_id = \" \"\n").contains("client id"));
        let odd = "provider = \"microsoft\"\nclient_id = \"4711\"\ntenant = \"../x\"\n";
        assert!(mistake(odd).contains("tenant"));
    }

    #[test]
    fn google_asks_for_a_refresh_token_and_gives_no_device_code() {
        let secret = "provider = \"google\"\nclient_id = \"4711\"\nclient_secret = \"marker\"\n";
        let oauth = read(secret).unwrap();
        assert_eq!(oauth.endpoints().device, None);
        assert!(oauth.extra().contains(&("access_type", "offline")));
        assert_eq!(oauth.client_secret, Some(ClientSecret::Written("marker".into())));
        assert!(!format!("{oauth:?}").contains("marker"));
    }

    #[test]
    fn a_generic_provider_needs_https_addresses() {
        let bare = "provider = \"generic\"\nclient_id = \"x\"\n";
        assert!(mistake(bare).contains("needs its addresses"));
        for bad in ["http://a.example/x", "a.example", "https://", "https://user@host/x"] {
            let text = format!("{bare}authorize_url = \"{bad}\"\ntoken_url = \"https://b/t\"\n");
            assert!(mistake(&text).contains("https address"), "{bad}");
        }
        let good = format!("{bare}authorize_url = \"https://a/x\"\ntoken_url = \"https://b/t\"\n");
        assert_eq!(read(&good).unwrap().endpoints().device, None);
    }
}

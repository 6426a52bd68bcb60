//! The part of `init` that looks for the servers of an address and asks for each value.
//!
//! Owns the words about what was found. It asks nobody before the person agreed, and takes nothing that the person did
//! not see; a proposal that anybody on the way could have forged is never the default.

use super::{Failure, init::Questions};
use crate::{
    app::discovery::Finder,
    config::settings::{Server, TlsMode},
    domain::{address::EmailAddress, text::SafeText},
    net::discover::{
        Identity, Proposal, SignIn, Spot, Standing, Tls, host_name,
        search::{Found, Remark, own_hosts},
        table,
    },
};

/// Both servers and the login name, as the person wants them.
pub(super) struct Chosen {
    pub imap: Server,
    pub smtp: Server,
    pub user: String,
    /// How one signs in there, as far as it is known.
    pub sign_in: SignIn,
    /// Whose sign-in by browser that is.
    pub identity: Option<Identity>,
}

/// Looks, shows, asks.
pub(super) fn ask_servers(
    ask: &mut Questions<'_, '_>,
    address: &EmailAddress,
) -> Result<Chosen, Failure> {
    let found = match table::of_domain(address) {
        Some(known) => Found { proposals: vec![known], remarks: Vec::new() },
        None => look(ask, address)?,
    };
    let taken = choose(ask, &found)?;
    let domain = host_name(address.domain()).unwrap_or_else(|| address.domain().to_lowercase());
    let (imap, smtp, login) = match taken {
        Some(one) => (one.imap.as_ref(), one.smtp.as_ref(), one.login.as_str()),
        None => (None, None, address.as_str()),
    };
    let found = taken.map(|one| (one.sign_in, one.identity));
    let proposed = server(imap, format!("imap.{domain}"), 993);
    let smtp = server(smtp, format!("smtp.{domain}"), 465);
    let imap = ask.server("IMAP", &proposed, [993, 143])?;
    // The list may know a server that was typed; else what was found holds, whatever was changed of it.
    let typed = table::of_server(&imap.host).filter(|_| imap.host != proposed.host);
    let (sign_in, identity) = typed.or(found).unwrap_or_default();
    Ok(Chosen {
        imap,
        smtp: ask.server("SMTP", &smtp, [465, 587])?,
        user: ask.text("Login name", &SafeText::line(login).to_string())?,
        sign_in,
        identity,
    })
}

fn server(spot: Option<&Spot>, guess: String, port: u16) -> Server {
    spot.map_or(Server { host: guess, port, tls: TlsMode::Implicit }, |spot| Server {
        host: spot.host.clone(),
        port: spot.port,
        tls: match spot.tls {
            Tls::Implicit => TlsMode::Implicit,
            Tls::Starttls => TlsMode::Starttls,
        },
    })
}

/// Says who would be asked, and looks if the person agrees.
fn look(ask: &mut Questions<'_, '_>, address: &EmailAddress) -> Result<Found, Failure> {
    let Some(domain) = host_name(address.domain()) else { return Ok(Found::default()) };
    let finder = match Finder::new(ask.resolver) {
        Ok(finder) => finder,
        Err(error) => {
            ask.say(&format!("The servers cannot be looked for: {error}."))?;
            return Ok(Found::default());
        }
    };
    let names: Vec<_> = finder.name_servers().iter().map(|one| one.ip().to_string()).collect();
    let [config, own, discovery] = own_hosts(&domain);
    ask.say(&format!("matterbox can look for the servers of {domain}. It would ask"))?;
    ask.say(&format!("  the name server {} about {domain};", names.join(" or ")))?;
    ask.say(&format!("  {config} and {discovery}, which learn your address;"))?;
    ask.say(&format!("  {own}, and whoever takes its mail: they learn nothing of you."))?;
    ask.say("No password is sent, and nothing is written.")?;
    let answer = ask.choice("Look for the servers, (y)es or (n)o", &["y", "n"])?;
    if answer == "n" {
        return Ok(Found::default());
    }
    let mut said = Ok(());
    let found = finder.find(address, &mut |asking| {
        let learns = if asking.learns_address { ", which learns your address" } else { "" };
        let line = format!("Asking https://{}{learns}", asking.host);
        if said.is_ok() {
            said = ask.say(&line);
        }
    });
    said?;
    if found.proposals.is_empty() {
        ask.say("Nobody named them; please type what your provider tells you.")?;
    }
    Ok(found)
}

/// Shows everything that was found and lets the person choose.
fn choose<'a>(
    ask: &mut Questions<'_, '_>,
    found: &'a Found,
) -> Result<Option<&'a Proposal>, Failure> {
    for remark in &found.remarks {
        ask.say(&words_of(remark))?;
    }
    let Some(first) = found.proposals.first() else { return Ok(None) };
    ask.say("")?;
    for (number, proposal) in (1_usize..).zip(&found.proposals) {
        show(ask, number, proposal)?;
    }
    let last = found.proposals.len();
    let default = if first.standing == Standing::Claimed { "0" } else { "1" };
    ask.say(
        "Each value can still be changed, and both servers are tried before anything is written.",
    )?;
    loop {
        let question = format!("Take which, 1 to {last}, or 0 to type them");
        let answer = ask.text(&question, default)?.parse::<usize>();
        match answer.ok().filter(|number| *number <= last) {
            Some(number) => {
                return Ok(number.checked_sub(1).and_then(|at| found.proposals.get(at)));
            }
            None => ask.say("That cannot be read; once more.")?,
        }
    }
}

fn show(ask: &mut Questions<'_, '_>, number: usize, found: &Proposal) -> Result<(), Failure> {
    let name = found
        .name
        .as_deref()
        .map_or_else(String::new, |name| format!(" {}", SafeText::line(name).cut(60)));
    ask.say(&format!("{number}.{name}"))?;
    ask.say(&format!("   fetching: {}", place(found.imap.as_ref())))?;
    ask.say(&format!("   sending: {}", place(found.smtp.as_ref())))?;
    ask.say(&format!("   login name: {}", SafeText::line(&found.login)))?;
    for source in &found.sources {
        ask.say(&format!("   source: {source}"))?;
    }
    match found.standing {
        Standing::Known => {}
        Standing::Vouched => ask.say("   the domain itself says so, over verified HTTPS")?,
        Standing::OwnServers => {
            ask.say("   servers of the domain itself; their certificates will prove it")?;
        }
        Standing::Claimed => ask.say(
            "   UNVERIFIED: only DNS leads there, which can be forged; compare the names with what \
             your provider tells you",
        )?,
    }
    let page = found.page.as_deref().unwrap_or_default();
    match found.sign_in {
        SignIn::Unsaid | SignIn::Password => {}
        SignIn::AppPassword => ask.say(&format!(
            "   needs an app password instead of the usual one; make it at {page}"
        ))?,
        SignIn::Oauth => {
            let page = if page.is_empty() { String::new() } else { format!(" (see {page})") };
            ask.say(&format!(
                "   needs sign-in by browser (OAuth); passwords are refused as a rule{page}"
            ))?;
        }
    }
    found.hint.as_ref().map_or(Ok(()), |hint| ask.say(&format!("   {hint}")))
}

fn place(spot: Option<&Spot>) -> String {
    spot.map_or_else(
        || "not named".to_owned(),
        |spot| {
            let tls = match spot.tls {
                Tls::Implicit => "TLS from the first byte",
                Tls::Starttls => "TLS after STARTTLS",
            };
            format!("{}, port {}, {tls}", spot.host, spot.port)
        },
    )
}

fn words_of(remark: &Remark) -> String {
    match remark {
        Remark::Names(error) => format!("DNS could not be asked: {error}; only pages were."),
        Remark::InClear(host) => {
            format!("{host} also names servers without TLS; matterbox passes them over.")
        }
        Remark::SentAstray(host) => format!(
            "{host} wanted to send matterbox on without TLS, or with your address to somebody else; \
             it did not go there."
        ),
        Remark::WantsLogin(host) => format!(
            "{host} looks like an Exchange server and tells more only after a login; ask your \
             administrator for its IMAP server."
        ),
    }
}

//! Autodiscover as Outlook asks for it (POX), without a password: many hosters answer, Exchange wants a login first.
//!
//! Owns the question and the reading of the answer. The question carries the address, so it goes to hosts of the
//! address's own domain only; whoever sends it sees to that.

use super::{
    Spot, Tls,
    autoconfig::{document, text_of},
    host_name,
};
use crate::domain::address::EmailAddress;

/// What an answer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The IMAP server.
    pub imap: Option<Spot>,
    /// The SMTP server.
    pub smtp: Option<Spot>,
    /// The login name, where it is told.
    pub login: Option<String>,
}

/// The question for an address (MS-OXDSCLI §3.1.5.2).
pub fn question(address: &EmailAddress) -> Vec<u8> {
    let escaped = address.as_str().replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\">\
         <Request><EMailAddress>{escaped}</EMailAddress>\
         <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a\
         </AcceptableResponseSchema></Request></Autodiscover>"
    )
    .into_bytes()
}

/// Reads an answer; `None` when it is none or names no server with TLS.
pub fn read(bytes: &[u8]) -> Option<Answer> {
    let document = document(bytes)?;
    let root = document.root_element();
    if root.tag_name().name() != "Autodiscover" {
        return None;
    }
    let mut answer = Answer::default();
    for protocol in root.descendants().filter(|node| node.tag_name().name() == "Protocol") {
        // "on" is the default of both; in clear we do not talk.
        let off =
            |name| text_of(protocol, name).is_some_and(|text| text.eq_ignore_ascii_case("off"));
        let encryption = text_of(protocol, "Encryption").map(str::to_ascii_lowercase);
        if off("SSL") && encryption.as_deref() != Some("tls")
            || encryption.as_deref() == Some("none")
        {
            continue;
        }
        let spot = |plain: u16| {
            let host = text_of(protocol, "Server").and_then(host_name)?;
            let port = text_of(protocol, "Port")?.parse().ok().filter(|port: &u16| *port != 0)?;
            // "TLS" means STARTTLS in this schema, "SSL" the first byte; without a word the port tells.
            let tls = match encryption.as_deref() {
                Some("tls") => Tls::Starttls,
                Some("ssl") => Tls::Implicit,
                Some(_) | None if port == plain => Tls::Starttls,
                Some(_) | None => Tls::Implicit,
            };
            Some(Spot { host, port, tls })
        };
        match text_of(protocol, "Type") {
            Some("IMAP") if answer.imap.is_none() => answer.imap = spot(143),
            Some("SMTP") if answer.smtp.is_none() => answer.smtp = spot(587),
            Some(_) | None => continue,
        }
        let login = text_of(protocol, "LoginName").filter(|login| login.len() <= 254);
        answer.login = answer.login.take().or(login.map(str::to_owned));
    }
    (answer.imap.is_some() || answer.smtp.is_some()).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(protocols: &str) -> Option<Answer> {
        let text = format!(
            "<?xml version=\"1.0\"?><Autodiscover xmlns=\"http://a/2006\"><Response xmlns=\"http://b/2006a\">\
             <Account><AccountType>email</AccountType>{protocols}</Account></Response></Autodiscover>"
        );
        read(text.as_bytes())
    }

    fn protocol(kind: &str, port: u16, more: &str) -> String {
        format!(
            "<Protocol><Type>{kind}</Type><Server>Mail.firm.test</Server><Port>{port}</Port>{more}</Protocol>"
        )
    }

    #[test]
    fn the_servers_of_an_answer_are_read_with_their_kind_of_tls() {
        let found = answer(
            &(protocol("POP3", 995, "")
                + &protocol("IMAP", 993, "<SSL>on</SSL><LoginName>kofi</LoginName>")
                + &protocol("SMTP", 587, "<SSL>off</SSL><Encryption>TLS</Encryption>")),
        );
        let at = |port, tls| Some(Spot { host: "mail.firm.test".into(), port, tls });
        let expected = Answer {
            imap: at(993, Tls::Implicit),
            smtp: at(587, Tls::Starttls),
            login: Some("kofi".into()),
        };
        assert_eq!(found, Some(expected));
        let found = answer(&protocol("IMAP", 143, "")).unwrap();
        assert_eq!(found.imap, at(143, Tls::Starttls));
    }

    #[test]
    fn a_server_in_clear_is_never_taken() {
        assert_eq!(answer(&protocol("IMAP", 143, "<SSL>off</SSL>")), None);
        assert_eq!(answer(&protocol("IMAP", 143, "<Encryption>None</Encryption>")), None);
        assert_eq!(read(b"<html>sign in</html>"), None);
    }

    #[test]
    fn an_address_cannot_break_out_of_the_question() {
        let odd = EmailAddress::parse("\"a<b&c\"@firm.test").unwrap();
        let text = String::from_utf8(question(&odd)).unwrap();
        assert!(text.contains("<EMailAddress>\"a&lt;b&amp;c\"@firm.test</EMailAddress>"), "{text}");
    }
}

//! Where to send, who logs in, how long to wait, and what a server says that it can do.
//!
//! Owns the words of the settings as SMTP needs them. It never connects.

use std::{fmt, time::Duration};

use lettre::transport::smtp::extension::ClientId;

use crate::domain::{confidential::Confidential, credential::Credential};

/// How a line is encrypted. There is no third way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (port 465, RFC 8314 §3.3).
    ImplicitTls,
    /// `STARTTLS`, required (port 587, RFC 3207).
    StartTls,
}

/// Where to send.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// Host name or address; the certificate must be for it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the line is encrypted.
    pub security: Security,
    /// The name for `EHLO`: the office's domain. Without one, or with one that is not ASCII, `[127.0.0.1]` is said:
    /// the machine's own name and address are nobody's business.
    pub hello: Option<String>,
}

impl SmtpServer {
    /// What `EHLO` says.
    pub(super) fn hello(&self) -> ClientId {
        self.hello
            .as_ref()
            .filter(|name| {
                (1..=255).contains(&name.len())
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
            })
            .map_or(ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST), |name| {
                ClientId::Domain(name.clone())
            })
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpServer")
            .field("port", &self.port)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

/// Who logs in.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user name.
    pub user: Confidential<String>,
    /// The password, an app password, or where tokens come from.
    pub password: Credential,
}

/// Time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For finding the server, for reaching each of its addresses, for the handshake, and for a line that rested to
    /// answer.
    pub connect: Duration,
    /// For each command.
    pub command: Duration,
    /// For the answer after the final dot; sending the content has a second per 16 KiB on top.
    pub content: Duration,
}

impl Default for Timeouts {
    /// 20 s to connect, 2 min per command, 10 min after the dot (RFC 5321 §4.5.3.2.6).
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            command: Duration::from_mins(2),
            content: Duration::from_mins(10),
        }
    }
}

/// What a server said that it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent extensions, as EHLO lists them")]
pub struct ServerFacts {
    /// The largest message in octets (`SIZE`, RFC 1870); `None` without a limit.
    pub size_limit: Option<u64>,
    /// Does it know `SIZE` at all?
    pub size: bool,
    /// `8BITMIME`.
    pub eight_bit: bool,
    /// `SMTPUTF8`.
    pub utf8: bool,
    /// `DSN` (RFC 3461).
    pub dsn: bool,
    /// `AUTH` mechanisms, upper case.
    pub mechanisms: Vec<String>,
}

impl ServerFacts {
    /// Reads the lines of an answer to `EHLO`; keywords ignore case (RFC 5321 §4.1.1.1).
    pub(super) fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut facts = Self::default();
        for line in lines.skip(1) {
            let mut words = line.split_whitespace().map(str::to_ascii_uppercase);
            match words.next().as_deref() {
                Some("SIZE") => {
                    facts.size = true;
                    facts.size_limit =
                        words.next().and_then(|n| n.parse().ok()).filter(|limit| *limit > 0);
                }
                Some("8BITMIME") => facts.eight_bit = true,
                Some("SMTPUTF8") => facts.utf8 = true,
                Some("DSN") => facts.dsn = true,
                Some("AUTH") => facts.mechanisms.extend(words),
                // As servers wrote it before RFC 2554, and some still do.
                Some(word) => {
                    if let Some(first) = word.strip_prefix("AUTH=") {
                        facts.mechanisms.push(first.to_owned());
                        facts.mechanisms.extend(words);
                    }
                }
                None => {}
            }
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_ehlo_is_read_whatever_its_case() {
        let lines =
            ["mx.example at your service", "size 1000", "8bitmime", "auth plain LOGIN", "DSN"];
        let facts = ServerFacts::read(lines.into_iter());
        assert_eq!(facts.size_limit, Some(1000));
        assert!(facts.eight_bit && facts.dsn && !facts.utf8);
        assert_eq!(facts.mechanisms, ["PLAIN", "LOGIN"]);
        let unlimited = ServerFacts::read(["mx", "SIZE 0"].into_iter());
        assert_eq!((unlimited.size, unlimited.size_limit), (true, None));
    }

    #[test]
    fn the_name_for_ehlo_cannot_carry_a_second_command() {
        let server = |hello: Option<&str>| SmtpServer {
            host: "mx.example".to_owned(),
            port: 465,
            security: Security::ImplicitTls,
            hello: hello.map(str::to_owned),
        };
        assert_eq!(server(Some("office.example")).hello().to_string(), "office.example");
        for name in [Some("a\r\nMAIL FROM:<x@y>"), Some(""), Some("büro.example"), None] {
            assert_eq!(server(name).hello().to_string(), "[127.0.0.1]");
        }
    }
}

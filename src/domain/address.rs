//! E-mail addresses: parsed once at the edge, after which the type is the proof.
//!
//! Owns the rules of RFC 5321/5322 addr-spec as far as sending needs them, and the comparison rule.
//! It never guesses: what is not an address is refused.

use std::{cmp::Ordering, fmt};

/// An address `local@domain` that can be put into an SMTP envelope.
///
/// Equality and order ignore case (the domain's is insignificant by RFC 5321 §2.4, and no mail system that an
/// office meets tells `Kofi@` from `kofi@`); the spelling is kept for sending and showing.
#[derive(Clone)]
pub struct EmailAddress {
    spelled: String,
    key: String,
    at: usize,
}

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `@`, or nothing before or after it.
    #[error("an address has the form name@domain")]
    Shape,
    /// Longer than the 254 octets that RFC 5321 §4.5.3.1.3 leaves for it.
    #[error("an address has at most 254 characters")]
    Long,
    /// White space, a control, a bracket, a comma or the like outside quotes.
    #[error("an address has no spaces, commas, brackets or control characters")]
    Character,
    /// The domain is not made of labels of letters, digits and hyphens (or a literal in brackets).
    #[error("the part after the @ is not a domain name")]
    Domain,
}

impl EmailAddress {
    /// Parses an addr-spec. No display name, no angle brackets, no surrounding space.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let at = text.rfind('@').ok_or(AddressError::Shape)?;
        let (local, rest) = text.split_at(at);
        let domain = rest.strip_prefix('@').unwrap_or_default();
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Shape);
        }
        if text.len() > 254 {
            return Err(AddressError::Long);
        }
        if !local_is_sound(local) {
            return Err(AddressError::Character);
        }
        if !domain_is_sound(domain) {
            return Err(AddressError::Domain);
        }
        Ok(Self { spelled: text.to_owned(), key: text.to_lowercase(), at })
    }

    /// The address as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.spelled
    }

    /// The lower-case form under which the record finds it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The part before the last `@`, as spelled.
    pub fn local(&self) -> &str {
        self.spelled.get(..self.at).unwrap_or_default()
    }

    /// The part after the last `@`, as spelled.
    pub fn domain(&self) -> &str {
        self.spelled.get(self.at.saturating_add(1)..).unwrap_or_default()
    }
}

fn local_is_sound(local: &str) -> bool {
    if let Some(quoted) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return !quoted.chars().any(|c| c.is_control() || matches!(c, '"' | '\\'));
    }
    !local.chars().any(|c| c.is_control() || c.is_whitespace() || "()<>[]:;@\\,\"".contains(c))
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn domain_is_sound(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return !literal.is_empty()
            && literal.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':'));
    }
    domain.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    })
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for EmailAddress {}

impl PartialOrd for EmailAddress {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EmailAddress {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl fmt::Debug for EmailAddress {
    /// Redacted: an address names a client.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹address {} B›", self.spelled.len())
    }
}

/// An address with the display name that came with it (RFC 5322 calls it a mailbox; that word is IMAP's here).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedAddress {
    /// The display name, decoded, as the sender wrote it. Never proof of who someone is.
    pub name: Option<String>,
    /// The address.
    pub address: EmailAddress,
}

impl NamedAddress {
    /// An address without a name.
    pub const fn bare(address: EmailAddress) -> Self {
        Self { name: None, address }
    }
}

impl fmt::Debug for NamedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_make_a_different_address() {
        let a = EmailAddress::parse("Kofi@Mensah.Example").unwrap();
        assert_eq!(a, EmailAddress::parse("kofi@mensah.example").unwrap());
        assert_eq!((a.local(), a.domain()), ("Kofi", "Mensah.Example"));
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in [
            "foo",
            "@b",
            "a@",
            "<a@b>",
            ",c@d",
            "a b@c",
            "a@b,c",
            "a@b\r\nBcc: x@y",
            "a..b@c",
            "a@-b",
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
        for text in
            ["a@b", "a+t@b.example", "\"a b\"@c.example", "müller@straße.example", "x@[127.0.0.1]"]
        {
            assert!(EmailAddress::parse(text).is_ok(), "{text:?}");
        }
    }
}

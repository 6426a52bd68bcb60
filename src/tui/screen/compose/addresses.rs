//! Address fields: from text to addresses and back.
//!
//! Owns the reading of `Name <name@domain>, other@domain`. It never guesses: what is no address is named and refused.

use crate::domain::{
    address::{AddressError, EmailAddress, NamedAddress},
    text::SafeText,
};

/// What is not understood in an address field.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: \"{found}\" is no address ({source})")]
pub struct AddressComplaint {
    /// Which field.
    pub field: &'static str,
    /// What stands there.
    pub found: SafeText,
    /// What is missing.
    pub source: AddressError,
}

impl std::fmt::Debug for AddressComplaint {
    /// Redacted: what was typed may name a client.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddressComplaint").field("field", &self.field).finish_non_exhaustive()
    }
}

/// The list as a person edits it.
pub fn print(list: &[NamedAddress]) -> String {
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn one(address: &NamedAddress) -> String {
    let name = address.name.as_deref().map(SafeText::line).unwrap_or_default();
    let name = name.as_str().replace(['"', '\\'], "");
    let name = name.trim();
    if name.is_empty() {
        address.address.as_str().to_owned()
    } else if name.contains([',', ';', '<', '>', '@']) {
        format!("\"{name}\" <{}>", address.address.as_str())
    } else {
        format!("{name} <{}>", address.address.as_str())
    }
}

/// The addresses in a field. A `known` address that looks the same keeps its name exactly as it came.
pub fn parse(
    field: &'static str,
    text: &str,
    known: &[NamedAddress],
) -> Result<Vec<NamedAddress>, AddressComplaint> {
    split(text)
        .into_iter()
        .map(|part| {
            if let Some(same) = known.iter().find(|address| one(address) == part) {
                return Ok(same.clone());
            }
            single(&part).map_err(|source| AddressComplaint {
                field,
                found: SafeText::line(&part),
                source,
            })
        })
        .collect()
}

fn single(part: &str) -> Result<NamedAddress, AddressError> {
    let Some((name, rest)) = part.rsplit_once('<') else {
        return EmailAddress::parse(part).map(NamedAddress::bare);
    };
    let inside = rest.strip_suffix('>').ok_or(AddressError::Shape)?;
    let address = EmailAddress::parse(inside.trim())?;
    let name = name.trim().trim_matches('"').trim();
    Ok(NamedAddress { name: (!name.is_empty()).then(|| name.to_owned()), address })
}

/// Parts between commas or semicolons that stand neither in quotes nor in angle brackets.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut angle) = (false, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '<' if !quoted => angle = true,
            '>' if !quoted => angle = false,
            ',' | ';' if !quoted && !angle => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_list_reads_back_as_the_same_list() {
        let named = |name: &str, address: &str| NamedAddress {
            name: Some(name.to_owned()),
            address: EmailAddress::parse(address).unwrap(),
        };
        let list = vec![
            named("Kofi Mensah", "kofi@mensah.example"),
            named("Whitfield, Dana", "dana@whitfield.example"),
            NamedAddress::bare(EmailAddress::parse("court@registry.example").unwrap()),
        ];
        assert_eq!(parse("To", &print(&list), &[]).unwrap(), list);
    }

    #[test]
    fn what_is_no_address_is_named_with_its_field() {
        let complaint = parse("Cc", "a@b.example, kofi", &[]).unwrap_err();
        assert!(complaint.to_string().starts_with("Cc: \"kofi\" is no address"), "{complaint}");
        assert!(parse("To", "Kofi <kofi@x.example", &[]).is_err());
        assert!(parse("To", " , ;", &[]).unwrap().is_empty());
    }
}

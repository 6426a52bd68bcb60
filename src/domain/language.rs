//! The languages in which matterbox can write on the office's behalf: footers, attributions, acknowledgements.
//!
//! Owns their codes and the few sentences it writes into a client's mail. It never translates what a person wrote.

/// A language with shipped texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::En, Self::De, Self::Fr, Self::Es];

    /// Its ISO 639-1 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
        }
    }

    /// Reads a code such as `de`, `de-AT` or `DE_at`; `None` for a language without shipped texts.
    pub fn from_code(code: &str) -> Option<Self> {
        let primary = code.split(['-', '_']).next()?.to_ascii_lowercase();
        Self::ALL.iter().copied().find(|language| language.code() == primary)
    }

    /// The line above a quotation; `when` is a written date, `who` the writer.
    pub fn attribution(self, when: &str, who: &str) -> String {
        match self {
            Self::En => format!("On {when}, {who} wrote:"),
            Self::De => format!("Am {when} schrieb {who}:"),
            Self::Fr => format!("Le {when}, {who} a écrit :"),
            Self::Es => format!("El {when}, {who} escribió:"),
        }
    }

    /// An acknowledgement that says when the answer will come; without `by` the sentence asks the writer to name a
    /// day instead of promising one.
    pub fn acknowledgement(self, by: Option<&str>) -> String {
        match (self, by) {
            (Self::En, Some(by)) => format!(
                "Thank you for your message, which has arrived safely. You will have a full answer by {by}."
            ),
            (Self::En, None) => "Thank you for your message, which has arrived safely.".to_owned(),
            (Self::De, Some(by)) => format!(
                "Vielen Dank für Ihre Nachricht, die gut angekommen ist. Eine ausführliche Antwort erhalten Sie bis {by}."
            ),
            (Self::De, None) => {
                "Vielen Dank für Ihre Nachricht, die gut angekommen ist.".to_owned()
            }
            (Self::Fr, Some(by)) => format!(
                "Merci pour votre message, qui nous est bien parvenu. Vous recevrez une réponse complète d'ici le {by}."
            ),
            (Self::Fr, None) => "Merci pour votre message, qui nous est bien parvenu.".to_owned(),
            (Self::Es, Some(by)) => format!(
                "Gracias por su mensaje, que hemos recibido correctamente. Tendrá una respuesta completa antes del {by}."
            ),
            (Self::Es, None) => {
                "Gracias por su mensaje, que hemos recibido correctamente.".to_owned()
            }
        }
    }
}

/// Phrases, in every language, with which people announce an attachment. Compared with whole words, lower case.
/// Single words that lawyers use in another sense (`joint`, `pièce`) stand only in a phrase.
pub const ATTACHMENT_PHRASES: &[&str] = &[
    "attached",
    "attachment",
    "attachments",
    "attaching",
    "i attach",
    "we attach",
    "enclosed",
    "enclosure",
    "enclosures",
    "i enclose",
    "we enclose",
    "anhang",
    "anbei",
    "angehängt",
    "beigefügt",
    "beigefügte",
    "beigefügten",
    "anlage",
    "anlagen",
    "ci-joint",
    "ci-jointe",
    "ci-joints",
    "ci-jointes",
    "pièce jointe",
    "pièces jointes",
    "en annexe",
    "adjunto",
    "adjunta",
    "adjuntos",
    "adjuntas",
    "adjuntamos",
    "en anexo",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regional_code_finds_its_language() {
        assert_eq!(Language::from_code("de-AT"), Some(Language::De));
        assert_eq!(Language::from_code("FR_ca"), Some(Language::Fr));
        assert_eq!(Language::from_code("tlh"), None);
    }
}

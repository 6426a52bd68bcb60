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

    /// An acknowledgement that says when the answer will come; without `by` it says only that the message has arrived.
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

/// Words that are frequent in one of the languages and in none of the others.
const FREQUENT: &[(Language, &[&str])] = &[
    (
        Language::En,
        &[
            "the", "and", "of", "is", "that", "you", "have", "with", "this", "are", "would",
            "please", "thank", "we", "your", "not", "can", "be", "it", "will",
        ],
    ),
    (
        Language::De,
        &[
            "der", "die", "das", "und", "ist", "nicht", "ich", "sie", "wir", "mit", "für", "auf",
            "ein", "eine", "dem", "den", "zu", "bitte", "vielen", "haben",
        ],
    ),
    (
        Language::Fr,
        &[
            "le", "les", "des", "est", "vous", "nous", "et", "pour", "une", "dans", "je", "pas",
            "avec", "sur", "votre", "merci", "ce", "au", "du", "avez",
        ],
    ),
    (
        Language::Es,
        &[
            "el", "los", "las", "y", "por", "para", "con", "una", "usted", "gracias", "del", "su",
            "se", "lo", "como", "pero", "favor", "muy", "nos", "ha",
        ],
    ),
];

impl Language {
    /// The language of a text, by its most frequent words; `None` when there are too few of them, or two languages are
    /// close: then the office's language is the safer one. Reads the first 4,000 words.
    pub fn of_text(text: &str) -> Option<Self> {
        let mut counts = [0_usize; 4];
        for word in
            text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).take(4_000)
        {
            let word = word.to_lowercase();
            for (count, (_, words)) in counts.iter_mut().zip(FREQUENT) {
                *count = count.saturating_add(usize::from(words.contains(&word.as_str())));
            }
        }
        let mut ranked: Vec<(usize, Self)> = counts
            .into_iter()
            .zip(FREQUENT)
            .map(|(count, (language, _))| (count, *language))
            .collect();
        ranked.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        match ranked.as_slice() {
            [(first, language), (second, _), ..]
                if *first >= 4 && *first >= second.saturating_mul(2) =>
            {
                Some(*language)
            }
            _ => None,
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
    fn the_language_of_a_letter_is_told_by_its_small_words() {
        for (text, language) in [
            (
                "Dear Alice, can you tell me if the landlord is right and we have to go?",
                Language::En,
            ),
            (
                "Sehr geehrte Frau Tan, ich bitte Sie, die Klage nicht zu erheben und mit der Bank zu reden.",
                Language::De,
            ),
            (
                "Madame, nous avons reçu votre lettre et je vous prie de ne pas signer le contrat.",
                Language::Fr,
            ),
            (
                "Estimada señora: gracias por su carta, pero los plazos del contrato y las firmas son claros.",
                Language::Es,
            ),
        ] {
            assert_eq!(Language::of_text(text), Some(language), "{text}");
        }
        for text in ["", "OK", "Lease 2026-0147", "Die, the der and le et y los: mixed"] {
            assert_eq!(Language::of_text(text), None, "{text}");
        }
    }

    #[test]
    fn a_regional_code_finds_its_language() {
        assert_eq!(Language::from_code("de-AT"), Some(Language::De));
        assert_eq!(Language::from_code("FR_ca"), Some(Language::Fr));
        assert_eq!(Language::from_code("tlh"), None);
    }
}

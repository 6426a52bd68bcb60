//! What the words of a message mean to a clock, by rule: a courtesy, an acknowledgement, an answer.
//!
//! Owns these rules. They err towards the running clock: a short answer that thanks first counts as an
//! acknowledgement until a person says otherwise.

use unicode_segmentation::UnicodeSegmentation;

use super::Substance;

/// The most words of a courtesy.
const COURTESY_WORDS: u32 = 12;
/// The most words of an acknowledgement.
const ACK_WORDS: u32 = 40;

/// Facts about what a person wrote, without the quoted tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextFacts {
    /// How many words.
    pub words: u32,
    /// A question mark stands in it.
    pub question: bool,
    /// Something is attached.
    pub attachment: bool,
}

impl Default for TextFacts {
    /// Nothing is known: no courtesy can be claimed.
    fn default() -> Self {
        Self { words: u32::MAX, question: true, attachment: true }
    }
}

impl TextFacts {
    /// Looks at the words (without quoted tail and signature) and at whether something is attached.
    pub fn of(text: &str, attachment: bool) -> Self {
        let words = u32::try_from(text.unicode_words().count()).unwrap_or(u32::MAX);
        Self { words, question: text.contains(['?', '？', '؟', '\u{37e}', '՞']), attachment }
    }

    /// Short, asks nothing, brings nothing: after our answer this may be a mere thank-you.
    pub const fn may_be_courtesy(self) -> bool {
        self.words <= COURTESY_WORDS && !self.question && !self.attachment
    }
}

/// The substance of an outbound message that was not written in matterbox: an acknowledgement if it is short, brings
/// nothing and says that something arrived or will be looked into, in English, German, French or Spanish.
pub fn observed_substance(text: &str, attachment: bool) -> Substance {
    let facts = TextFacts::of(text, attachment);
    if facts.words > ACK_WORDS || attachment {
        return Substance::Full;
    }
    let plain = normalised(text);
    if ACK_PHRASES.iter().any(|phrase| plain.contains(phrase)) {
        Substance::Ack
    } else {
        Substance::Full
    }
}

/// Lower case, typographic apostrophes made plain, white space run together.
fn normalised(text: &str) -> String {
    let lower = text.to_lowercase().replace(['’', '‘', 'ʼ'], "'");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How offices say "it has arrived", in lower case.
const ACK_PHRASES: &[&str] = &[
    // English
    "thank you for your e-mail",
    "thank you for your email",
    "thank you for your message",
    "thank you for your letter",
    "thanks for your e-mail",
    "thanks for your email",
    "thanks for your message",
    "thanks for letting",
    "we have received",
    "i have received",
    "we've received",
    "i've received",
    "received, thank",
    "received with thanks",
    "acknowledge receipt",
    "confirm receipt",
    "safely received",
    "will get back to you",
    "get back to you",
    "will revert",
    "will come back to you",
    "will respond",
    "will reply",
    "will be in touch",
    "will look into",
    "looking into",
    "duly noted",
    // German
    "vielen dank für ihre",
    "vielen dank für deine",
    "danke für ihre",
    "danke für deine",
    "haben wir erhalten",
    "habe ich erhalten",
    "ist bei uns eingegangen",
    "bestätigen den eingang",
    "bestätige den eingang",
    "den erhalt ihrer",
    "melden uns",
    "melde mich",
    "kommen auf sie zu",
    "komme auf sie zu",
    "zur kenntnis genommen",
    // French
    "merci pour votre",
    "merci de votre",
    "je vous remercie de votre",
    "nous vous remercions de votre",
    "je vous remercie pour votre",
    "nous vous remercions pour votre",
    "bien reçu",
    "avons reçu",
    "ai reçu",
    "accuse réception",
    "accusons réception",
    "reviens vers vous",
    "reviendrai vers vous",
    "revenons vers vous",
    "reviendrons vers vous",
    // Spanish
    "gracias por su",
    "gracias por tu",
    "hemos recibido",
    "he recibido",
    "acuso recibo",
    "acusamos recibo",
    "nos pondremos en contacto",
    "me pondré en contacto",
    "le responderé",
    "le responderemos",
    "le contestaré",
    "le contestaremos",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_is_recognised_in_four_languages() {
        for text in [
            "Dear Kofi,\n\nThank you for your\nemail. I’ll get back to you tomorrow.",
            "We've received the signed copy. Kind regards",
            "Sehr geehrte Frau Roth, vielen Dank für Ihre Nachricht. Wir melden uns bis Freitag.",
            "J'accuse réception de votre courriel et reviens vers vous demain.",
            "Estimada señora: hemos recibido su correo. Le responderemos mañana.",
        ] {
            assert_eq!(observed_substance(text, false), Substance::Ack, "{text}");
        }
    }

    #[test]
    fn an_answer_is_not_taken_for_an_acknowledgement() {
        let long = format!("Thank you for your email. {}", "The court decides that. ".repeat(10));
        for text in ["No, he cannot make you leave on the first.", "Ja, das ist richtig.", &long] {
            assert_eq!(observed_substance(text, false), Substance::Full, "{text}");
        }
        let with_draft = observed_substance("Thank you for your email, draft attached.", true);
        assert_eq!(with_draft, Substance::Full);
    }

    #[test]
    fn a_courtesy_is_short_and_asks_nothing() {
        assert!(TextFacts::of("Thanks!", false).may_be_courtesy());
        assert!(TextFacts::of("Vielen Dank, das hilft uns sehr.", false).may_be_courtesy());
        assert!(!TextFacts::of("Thanks! Should I pay?", false).may_be_courtesy());
        assert!(!TextFacts::of("Thanks!", true).may_be_courtesy());
        assert!(!TextFacts::of(&"word ".repeat(13), false).may_be_courtesy());
        assert!(!TextFacts::default().may_be_courtesy());
    }
}

//! The words by which mail programs introduce what they copy, in the languages of the office. Owns vocabulary only.

/// How an introduction of a quotation begins and ends, in one language.
pub struct Attribution {
    pub starts: &'static [&'static str],
    pub ends: &'static [&'static str],
}

/// `On … wrote:`.
pub const ATTRIBUTIONS: [Attribution; 11] = [
    Attribution {
        starts: &["on ", "at ", "in ", "le ", "el "],
        ends: &["wrote:", "writes:", "said:", "wrote :"],
    },
    Attribution { starts: &["am ", "on "], ends: &["schrieb:", "geschrieben:"] },
    Attribution {
        starts: &["le ", "on "],
        ends: &["a écrit :", "a écrit:", "a \u{e9}crit\u{a0}:", "écrivait :"],
    },
    Attribution { starts: &["el ", "en ", "on "], ends: &["escribió:", "escribió :"] },
    Attribution { starts: &["il ", "in data ", "on "], ends: &["ha scritto:", "ha scritto :"] },
    Attribution { starts: &["op "], ends: &["schreef:", "geschreven:"] },
    Attribution { starts: &["den ", "on ", "på "], ends: &["skrev:", "skrev følgende:"] },
    Attribution { starts: &["em ", "no dia ", "a "], ends: &["escreveu:", "escreveu :"] },
    Attribution {
        starts: &["dnia ", "w dniu ", "pon", "wt", "śr", "czw", "pt", "sob", "niedz"],
        ends: &["napisał:", "napisał(a):", "napisała:", "pisze:"],
    },
    Attribution { starts: &["dne "], ends: &["napsal(a):", "napsal:", "napsala:"] },
    Attribution { starts: &["tarihinde "], ends: &["şunu yazdı:", "yazdı:"] },
];

/// `Am Montag schrieb John Doe <j@d>:` names the writer behind the verb: how it begins, and the verb.
pub const MIDDLE: [(&str, &str); 6] = [
    ("am ", " schrieb "),
    ("op ", " schreef "),
    ("op ", " heeft "),
    ("den ", " skrev "),
    ("on ", " wrote "),
    ("le ", " a écrit "),
];

/// `"John Doe" <j@d> wrote:` without any date.
pub const VERBS: [&str; 10] = [
    "wrote:",
    "schrieb:",
    "a écrit :",
    "escribió:",
    "ha scritto:",
    "schreef:",
    "skrev:",
    "escreveu:",
    "написал:",
    "пишет:",
];

/// What stands in the lines that programs put above a copied message.
pub const DIVIDERS: [&str; 45] = [
    "original message",
    "forwarded message",
    "begin forwarded message",
    "reply message",
    "forwarded by",
    "original-nachricht",
    "ursprüngliche nachricht",
    "ursprüngliche mail",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
    "originalnachricht",
    "weitergeleitet von",
    "originaltext",
    "message d'origine",
    "message original",
    "message transféré",
    "message transmis",
    "début du message transféré",
    "début du message réexpédié",
    "message initial",
    "mensaje original",
    "mensaje reenviado",
    "mensaje original-",
    "inicio del mensaje reenviado",
    "messaggio originale",
    "messaggio inoltrato",
    "inizio messaggio inoltrato",
    "messaggio inoltrato da",
    "oorspronkelijk bericht",
    "origineel bericht",
    "doorgestuurd bericht",
    "begin doorgestuurd bericht",
    "ursprungligt meddelande",
    "vidarebefordrat meddelande",
    "vidarebefordrat mail",
    "vidarebefordrat brev",
    "börja vidarebefordrat meddelande",
    "originalmeddelande",
    "mensagem original",
    "mensagem encaminhada",
    "mensagem reencaminhada",
    "início da mensagem encaminhada",
    "início da mensagem reencaminhada",
    "wiadomość oryginalna",
    "исходное сообщение",
];

/// `From:`.
pub const FROM: [&str; 12] =
    ["from", "von", "de", "da", "van", "från", "fra", "od", "de la", "lähettäjä", "от", "kimden"];

/// `Sent:`.
pub const SENT: [&str; 24] = [
    "sent",
    "date",
    "gesendet",
    "datum",
    "envoyé",
    "envoyé le",
    "enviado",
    "enviado el",
    "enviada em",
    "enviado em",
    "fecha",
    "data",
    "inviato",
    "data invio",
    "verzonden",
    "skickat",
    "sendt",
    "dato",
    "wysłano",
    "datum/tid",
    "odesláno",
    "отправлено",
    "дата",
    "gönderilme",
];

/// `To:`.
pub const TO: [&str; 13] = [
    "to",
    "an",
    "à",
    "a",
    "para",
    "aan",
    "till",
    "til",
    "do",
    "komu",
    "кому",
    "kime",
    "destinatario",
];

/// `Subject:`.
pub const SUBJECT: [&str; 13] = [
    "subject",
    "betreff",
    "objet",
    "asunto",
    "oggetto",
    "onderwerp",
    "ämne",
    "emne",
    "assunto",
    "temat",
    "předmět",
    "тема",
    "konu",
];

/// How a line begins by which a device says that it sent the message.
pub const SENT_FROM: [&str; 18] = [
    "sent from my ",
    "sent from ",
    "sent via ",
    "get outlook for ",
    "von meinem ",
    "gesendet von ",
    "gesendet mit ",
    "diese nachricht wurde von ",
    "envoyé de mon ",
    "envoyé depuis ",
    "enviado desde ",
    "enviado do meu ",
    "enviado a partir d",
    "inviato da ",
    "verzonden vanaf ",
    "verstuurd vanaf ",
    "skickat från ",
    "sendt fra ",
];

/// The devices and programs that such a line names.
pub const DEVICES: [&str; 14] = [
    "iphone",
    "ipad",
    "android",
    "samsung",
    "galaxy",
    "smartphone",
    "outlook",
    "mobile",
    "blackberry",
    "huawei",
    "xiaomi",
    "pixel",
    "yahoo mail",
    "mail app",
];

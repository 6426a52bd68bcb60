//! Who or what wrote a message (design 4.3). Owns the grading; when the signs are weak it says so, because a clock that
//! runs for nothing is dismissed with one key and one that does not run is never noticed.

use jiff::civil::Date;

use super::{
    block::Block,
    body::text_of,
    days::date_in_text,
    headers::message_ids,
    limits::Limits,
    structure::{Part, Tree},
};
use crate::domain::{
    address::EmailAddress,
    message::{DeliveryAction, DeliveryStatus, Headers, MessageId, Origin, WeakSignal},
};

/// Grades a message. `text` is its body.
pub fn grade(tree: &Tree<'_>, headers: &Headers, text: &str, limits: &Limits) -> Origin {
    let Some(root) = tree.part(0) else { return Origin::Person };
    let block = &root.block;
    if let Some(found) = invitation(tree, limits) {
        return found;
    }
    if let Some(found) = report(tree, root, headers, text, limits) {
        return found;
    }
    if is_auto(block) || is_vacation(block, &headers.subject) {
        return Origin::AutoReply { returns: returns(text, headers) };
    }
    weak(block, headers).map_or(Origin::Person, Origin::Weak)
}

/// `METHOD` of the first calendar part: `REQUEST` and `COUNTER` ask for our time, `REPLY` answers us.
fn invitation(tree: &Tree<'_>, limits: &Limits) -> Option<Origin> {
    let part = own_parts(tree).find(|p| p.media_type() == "text/calendar")?;
    let named = part.content.param("method").map(str::to_owned);
    let method = named.or_else(|| {
        let (text, _) = text_of(part, limits);
        let lines = text.lines().take(100);
        lines.map(str::trim).find_map(|l| l.strip_prefix("METHOD:").map(str::to_owned))
    });
    let method = method?.trim().to_ascii_uppercase();
    match method.as_str() {
        "REQUEST" | "COUNTER" => Some(Origin::Invitation),
        "REPLY" => Some(Origin::InvitationReply),
        _ => None,
    }
}

/// The parts of the message itself, not those of messages enclosed in it.
fn own_parts<'t, 'a>(tree: &'t Tree<'a>) -> impl Iterator<Item = &'t Part<'a>> {
    let enclosed: Vec<&[u16]> = tree
        .parts
        .iter()
        .filter(|p| p.media_type().starts_with("message/") && !p.children.is_empty())
        .map(|p| p.path.numbers())
        .collect();
    tree.parts.iter().filter(move |p| {
        let path = p.path.numbers();
        !enclosed.iter().any(|e| path.len() > e.len() && path.starts_with(e))
    })
}

/// Delivery status notifications (RFC 3464), read receipts (RFC 8098), and the bounces of programs that know neither.
fn report(
    tree: &Tree<'_>,
    root: &Part<'_>,
    headers: &Headers,
    text: &str,
    limits: &Limits,
) -> Option<Origin> {
    let kind = |media: &str| own_parts(tree).find(|p| p.media_type() == media);
    let declared = root.content.param("report-type").unwrap_or_default().to_ascii_lowercase();
    let is_report = root.media_type() == "multipart/report";
    let (from_nobody, daemon) = (null_return_path(&root.block), is_daemon(headers));
    let failed = root.block.has("x-failed-recipients");
    // Someone who passes a bounce or a receipt on, with a question of their own, is a person.
    if !(is_report || from_nobody || daemon || failed) {
        return None;
    }
    if kind("message/disposition-notification").is_some()
        || (is_report && declared == "disposition-notification")
    {
        return Some(Origin::ReadReceipt);
    }
    let status = kind("message/delivery-status").or_else(|| kind("message/global-delivery-status"));
    if let Some(status) = status {
        let (fields, _) = text_of(status, limits);
        return Some(Origin::DeliveryReport {
            statuses: statuses(&fields),
            about: about(tree, limits),
        });
    }
    if (is_report && declared == "delivery-status") || failed || (from_nobody && daemon) {
        return Some(Origin::DeliveryReport {
            statuses: unstructured(&root.block, text),
            about: about(tree, limits).or_else(|| quoted_id(text)),
        });
    }
    None
}

/// RFC 3464 §2.3: blocks of fields, the first about the message and one for each recipient.
fn statuses(fields: &str) -> Vec<DeliveryStatus> {
    let fields = fields.replace("\r\n", "\n");
    let mut found = Vec::new();
    for block in fields.split("\n\n").take(500) {
        let field = |name: &str| {
            block.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        let Some(action) = field("action").and_then(action) else { continue };
        let named = field("original-recipient").and_then(recipient);
        let recipient = named.or_else(|| field("final-recipient").and_then(recipient));
        found.push(DeliveryStatus { recipient, action });
    }
    found
}

fn action(value: &str) -> Option<DeliveryAction> {
    let word = value.split([' ', ';', '(']).next().unwrap_or_default().to_ascii_lowercase();
    match word.as_str() {
        "failed" | "failure" => Some(DeliveryAction::Failed),
        "delayed" => Some(DeliveryAction::Delayed),
        "delivered" => Some(DeliveryAction::Delivered),
        "relayed" => Some(DeliveryAction::Relayed),
        "expanded" => Some(DeliveryAction::Expanded),
        _ => None,
    }
}

/// `rfc822; user@example.com`, also without its type and in brackets.
fn recipient(value: &str) -> Option<EmailAddress> {
    let address = value.split_once(';').map_or(value, |(_, address)| address);
    EmailAddress::parse(address.trim().trim_matches(['<', '>', ' '])).ok()
}

/// The Message-ID of the returned message or of its returned headers.
fn about(tree: &Tree<'_>, limits: &Limits) -> Option<MessageId> {
    tree.parts.iter().skip(1).find_map(|part| match part.media_type() {
        "text/rfc822-headers" | "message/rfc822-headers" => {
            let (text, _) = text_of(part, limits);
            let (block, ..) = Block::read_message(text.as_bytes(), limits);
            first_id(&block, limits)
        }
        "message/rfc822" | "message/global" => {
            let child = part.children.first().and_then(|at| tree.part(*at))?;
            first_id(&child.block, limits)
        }
        _ => None,
    })
}

fn first_id(block: &Block<'_>, limits: &Limits) -> Option<MessageId> {
    message_ids(&block.text("message-id")?, limits.ids).into_iter().next()
}

/// A copy of the headers in the text of an old bounce.
fn quoted_id(text: &str) -> Option<MessageId> {
    let line = text.lines().rfind(|line| {
        let line = line.trim_start_matches(['>', ' ']);
        line.get(..11).is_some_and(|head| head.eq_ignore_ascii_case("message-id:"))
    })?;
    let (_, value) = line.split_once(':')?;
    message_ids(value, 1).into_iter().next()
}

/// Bounces without fields: `X-Failed-Recipients`, or lines like `<user@example.com>:` (qmail and its heirs).
fn unstructured(block: &Block<'_>, text: &str) -> Vec<DeliveryStatus> {
    let failed = |address: EmailAddress| DeliveryStatus {
        recipient: Some(address),
        action: DeliveryAction::Failed,
    };
    let header = block.text("x-failed-recipients").unwrap_or_default();
    let named: Vec<DeliveryStatus> =
        header.split(',').filter_map(|a| EmailAddress::parse(a.trim()).ok()).map(failed).collect();
    if !named.is_empty() {
        return named;
    }
    let lines = text.lines().take(200).filter_map(|line| {
        let line = line.trim().trim_end_matches(':');
        EmailAddress::parse(line.strip_prefix('<')?.strip_suffix('>')?).ok()
    });
    lines.map(failed).collect()
}

fn null_return_path(block: &Block<'_>) -> bool {
    block.text("return-path").is_some_and(|path| matches!(path.trim(), "<>" | ""))
}

fn is_daemon(headers: &Headers) -> bool {
    headers.from.is_empty()
        || headers.from.iter().any(|f| {
            let local = f.address.local().to_ascii_lowercase();
            matches!(local.as_str(), "mailer-daemon" | "postmaster" | "mail-daemon" | "maildaemon")
        })
}

/// RFC 3834: anything but `no`, parameters and comments aside.
fn is_auto(block: &Block<'_>) -> bool {
    block.text("auto-submitted").is_some_and(|value| {
        let word = value.split([';', '(', ' ']).find(|w| !w.is_empty()).unwrap_or_default();
        !word.is_empty() && !word.eq_ignore_ascii_case("no")
    })
}

/// A vacation subject *and* a mark that a program set. The subject alone may be a person's words.
fn is_vacation(block: &Block<'_>, subject: &str) -> bool {
    const ALONE: [&str; 5] =
        ["x-autoreply", "x-autorespond", "x-autoreply-from", "x-vacation", "x-mail-autoreply"];
    const MARKS: [&str; 8] = [
        "x-auto-response-suppress",
        "x-ms-exchange-inbox-rules-loop",
        "x-ms-exchange-generated-message-source",
        "x-autogenerated",
        "x-loop",
        "x-ms-exchange-parent-message-id",
        "x-auto-reply-to",
        "feedback-id",
    ];
    let precedence = block.text("precedence").unwrap_or_default().to_ascii_lowercase();
    if ALONE.iter().any(|name| block.has(name)) || precedence == "auto_reply" {
        return true;
    }
    has_vacation_subject(subject)
        && (MARKS.iter().any(|name| block.has(name))
            || null_return_path(block)
            || matches!(precedence.as_str(), "bulk" | "junk"))
}

fn has_vacation_subject(subject: &str) -> bool {
    const STARTS: [&str; 36] = [
        "automatic reply",
        "auto reply",
        "auto-reply",
        "autoreply",
        "out of office",
        "out of the office",
        "away from",
        "automatische antwort",
        "abwesenheitsnotiz",
        "abwesenheit",
        "réponse automatique",
        "absence du bureau",
        "respuesta automática",
        "fuera de la oficina",
        "risposta automatica",
        "fuori sede",
        "automatisch antwoord",
        "afwezig",
        "niet aanwezig",
        "autosvar",
        "automatiskt svar",
        "automatisk svar",
        "frånvaro",
        "resposta automática",
        "ausência",
        "automaattinen vastaus",
        "automatyczna odpowiedź",
        "automatická odpověď",
        "automatikus válasz",
        "автоматический ответ",
        "автоответ",
        "otomatik yanıt",
        "自动答复",
        "自動回覆",
        "自動応答",
        "자동 회신",
    ];
    let subject = subject.trim().to_lowercase();
    STARTS.iter().any(|start| subject.starts_with(start))
}

/// The day of return in a vacation notice: the first day named behind a word that announces it, else the last day named
/// behind a word that ends an absence.
fn returns(text: &str, headers: &Headers) -> Option<Date> {
    const BACK: [&str; 30] = [
        "until",
        "back on",
        "back in the office",
        "return on",
        "returning on",
        "returning",
        "i return",
        "will return",
        "bis zum",
        "bis einschließlich",
        "bis ",
        "ab dem",
        "zurück am",
        "wieder am",
        "wieder erreichbar",
        "wieder im",
        "jusqu'au",
        "jusqu’au",
        "de retour le",
        "hasta el",
        "de vuelta el",
        "regreso el",
        "fino al",
        "di ritorno il",
        "rientro il",
        "tot en met",
        "t/m",
        "terug op",
        "tillbaka den",
        "até ",
    ];
    let near = headers.date.or(headers.received)?.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let head: String = text.chars().take(4_000).collect::<String>().to_lowercase();
    BACK.iter().find_map(|word| {
        let (_, after) = head.split_once(word)?;
        let window: String = after.chars().take(60).collect();
        date_in_text(&window, near).filter(|day| *day >= near)
    })
}

fn weak(block: &Block<'_>, headers: &Headers) -> Option<WeakSignal> {
    let precedence = block.text("precedence").unwrap_or_default().to_ascii_lowercase();
    if block.has("list-id") || block.has("list-unsubscribe") || precedence == "list" {
        return Some(WeakSignal::List);
    }
    if matches!(precedence.as_str(), "bulk" | "junk") {
        return Some(WeakSignal::Bulk);
    }
    if headers.from.iter().any(|f| is_no_reply(f.address.local())) {
        return Some(WeakSignal::NoReply);
    }
    block.has("x-auto-response-suppress").then_some(WeakSignal::ResponseSuppressed)
}

fn is_no_reply(local: &str) -> bool {
    let plain: String = local.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    [
        "noreply",
        "donotreply",
        "dontreply",
        "nepasrepondre",
        "keineantwort",
        "nichtantworten",
        "noresponder",
        "nonrispondere",
        "mailerdaemon",
    ]
    .iter()
    .any(|word| plain.starts_with(word) || plain.ends_with(word))
}

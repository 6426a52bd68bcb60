//! `report`: the same figures in words, JSON, CSV and as one HTML file; and what a client may read of them.

use serde_json::Value;

use crate::Home;

const SETTINGS: &str = "[office]\nname = \"Moreau\"\nphone = \"1\"\naddress = \"2\"\n\
    [record]\npassphrase_command = [\"echo\", \"correct horse\"]\n\
    [[account]]\nname = \"Office\"\naddress = \"alice@firm.example\"\nsecret = \"prompt\"\n\
    imap = { host = \"127.0.0.1\", port = 1, tls = \"implicit\" }\n\
    smtp = { host = \"127.0.0.1\", port = 1, tls = \"implicit\" }\n";

fn letter(n: u32, from: &str, to: &str, date: &str, parent: &str) -> String {
    format!(
        "Received: from mail.example by mx.firm.example; {date}\nFrom: {from}\nTo: {to}\nSubject: Zanzibar lease\n\
         Message-ID: <lease-{n}@x.example>\n{parent}Date: {date}\n\n\
         Hello, this is letter number {n} about the quagmire rent. What do you think of it?\n"
    )
}

/// An office that answered one letter in time and left another, in matter 2026-0147.
fn office() -> Home {
    let home = Home::with("config.toml", SETTINGS);
    let (kofi, us) = ("Kofi <b>Mensah</b> <kofi@mensah.example>", "alice@firm.example");
    let asked = letter(1, kofi, us, "Mon, 23 Nov 2026 10:00:00 +0000", "");
    let parent = "In-Reply-To: <lease-1@x.example>\nReferences: <lease-1@x.example>\n";
    let answered = letter(2, us, "kofi@mensah.example", "Mon, 23 Nov 2026 12:00:00 +0000", parent);
    let again = letter(3, kofi, us, "Mon, 23 Nov 2026 14:00:00 +0000", parent);
    home.prints(&["matter", "add", "2026-0147", "=Mensah & Harlow"]);
    let party = ["party", "add", "Kofi <Mensah>", "--address", "kofi@mensah.example"];
    home.prints(&[&party[..], &["--matter", "2026-0147", "--role", "client"]].concat());
    for (name, text) in [("1.eml", asked), ("2.eml", answered), ("3.eml", again)] {
        home.write(name, &text);
        home.prints(&["import", home.file(name).to_str().unwrap()]);
    }
    home.prints(&["tag", "1", "--matter", "2026-0147"]);
    home
}

const PERIOD: [&str; 7] =
    ["report", "--from", "2026-11-23", "--to", "2026-11-29", "--now", "2026-11-27T12:00:00Z"];

fn report(home: &Home, more: &[&str]) -> String {
    home.prints(&[&PERIOD[..], more].concat())
}

#[test]
fn every_form_of_the_report_says_the_same_and_that_it_is_internal() {
    let home = office();
    let json: Value = serde_json::from_str(&report(&home, &["--json"])).unwrap();
    assert_eq!(json["mark"], "Internal work product");
    assert_eq!(json["all"]["reply"]["in_time"], 1);
    assert_eq!(json["all"]["reply"]["not_in_time"], 1);
    assert_eq!(json["all"]["reply"]["attainment_permille"], 500);
    assert_eq!(json["all"]["open_not_in_time"], 1);
    assert_eq!(json["all"]["median_business_seconds"], 7200);
    assert_eq!(json["matters"][0]["name"], "2026-0147 =Mensah & Harlow");
    assert_eq!(json["owners"][0]["name"], "Office");
    assert_eq!(json["arrivals"][0][10], 1);
    assert_eq!(json["weeks"][0]["week"], "2026-11-23");

    let words = report(&home, &[]);
    assert!(words.starts_with("Internal work product"), "{words}");
    assert!(words.contains("answered in time 50.0 % (1 late)"), "{words}");
    let chosen = report(&home, &["--wording", "missed"]);
    assert!(chosen.contains("(1 missed)") && !chosen.contains("late"), "{chosen}");

    let csv = report(&home, &["--csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("mark,from,to,by,name,ack in time,ack late"), "{csv}");
    assert!(
        lines[1].starts_with("\"Internal work product\",2026-11-23,2026-11-29,all,\"\""),
        "{csv}"
    );
    assert!(csv.contains(",matter,\"2026-0147 =Mensah & Harlow\",1,1,1,1,"), "{csv}");
}

#[test]
fn the_html_report_is_one_file_without_script_or_addresses_and_escapes_names() {
    let home = office();
    let page = report(&home, &["--html"]);
    assert!(page.starts_with("<!doctype html>"), "{page}");
    assert!(page.ends_with("</html>\n"));
    assert!(page.contains("Internal work product"));
    for absent in
        ["<script", "http://", "https://", "<link", "<img", "@import", "url(", "javascript:"]
    {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(page.contains("Kofi &lt;Mensah&gt;") && !page.contains("Kofi <Mensah>"), "{page}");
    assert!(page.contains("=Mensah &amp; Harlow"));
    // Every chart has a name and every table a caption: a screen reader has as much of it as an eye.
    assert_eq!(page.matches("<svg role=\"img\"").count(), 3);
    assert_eq!(page.matches("<svg").count(), page.matches("<title id=").count());
    assert_eq!(page.matches("<table").count(), page.matches("<caption").count());
    assert!(page.contains("<html lang=\"en\">"));
    // Every element that is opened is closed.
    for tag in
        ["main", "table", "thead", "tbody", "tr", "svg", "figure", "text", "style", "head", "body"]
    {
        let opened =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn the_extract_for_a_client_names_nobody_and_blames_nobody() {
    let home = office();
    let said = report(&home, &["--matter", "2026-0147", "--extract"]);
    assert_eq!(
        said.trim_end(),
        "From 23 Nov 2026 to 29 Nov 2026 we answered within 1 business day in 1 of 2 cases."
    );
    let (code, _, error) = home.run(&[&PERIOD[..], &["--extract"]].concat());
    assert!(code == 2 && error.contains("--matter"), "{error}");
    let (code, _, error) = home.run(&[&PERIOD[..], &["--matter", "9999-1"]].concat());
    assert!(code == 1 && error.contains("there is no matter"), "{error}");
}

#[test]
fn a_period_in_which_nothing_happened_is_said_to_be_empty() {
    let home = office();
    let words = home.prints(&["report", "--from", "2025-01-01", "--to", "2025-01-31"]);
    assert!(words.contains("answered in time –"), "{words}");
    let (code, _, error) = home.run(&["report", "--from", "2026-02-01", "--to", "2026-01-01"]);
    assert!(code == 2 && error.contains("comes after"), "{error}");
}

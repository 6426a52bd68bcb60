//! Invented letters, written as other people's mail programs write them.

use std::fmt::Write;

/// A letter in the making.
#[derive(Clone)]
pub struct Letter {
    headers: Vec<(String, String)>,
    body: String,
}

impl Letter {
    /// From somebody to somebody; the id without brackets.
    pub fn new(id: &str, from: &str, to: &str, subject: &str) -> Self {
        let header = |name: &str, value: String| (name.to_owned(), value);
        Self {
            headers: vec![
                header("From", from.to_owned()),
                header("To", to.to_owned()),
                header("Subject", subject.to_owned()),
                header("Message-ID", format!("<{id}>")),
                header("MIME-Version", "1.0".to_owned()),
                header("Content-Type", "text/plain; charset=utf-8".to_owned()),
            ],
            body: "Dear Alice,\r\n\r\ncan he do that?\r\n\r\nKofi\r\n".to_owned(),
        }
    }

    /// One more header; one that is there already is replaced.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// An answer to the letter with this id.
    pub fn answering(self, id: &str) -> Self {
        self.with("In-Reply-To", &format!("<{id}>")).with("References", &format!("<{id}>"))
    }

    pub fn dated(self, date: &str) -> Self {
        self.with("Date", date)
    }

    pub fn saying(mut self, text: &str) -> Self {
        self.body = text.replace('\n', "\r\n") + "\r\n";
        self
    }

    /// With a file attached.
    pub fn enclosing(self, name: &str, content: &str) -> Self {
        let body = format!(
            "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n--b\r\nContent-Type: text/plain\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n--b--\r\n",
            self.body
        );
        let mut letter = self.with("Content-Type", "multipart/mixed; boundary=b");
        letter.body = body;
        letter
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = String::new();
        for (name, value) in &self.headers {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        write!(text, "\r\n{}", self.body).unwrap();
        text.into_bytes()
    }
}

//! Signing in: from "somebody wants to" to tokens that are kept. The screen and the command line share it.
//!
//! Owns the two ways, browser and code, and the opening of the browser. It never decides which way and never prints: what
//! a person must see is handed to `show`. Dropping the future ends the sign-in, listener and all.

use std::{
    env, io,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::sync::mpsc;

use crate::{
    domain::{
        confidential::Confidential,
        credential::{SignInError, SignInFault},
        fault::Ignore,
    },
    net::oauth::{Tokens as Given, browser, device},
};

use super::tokens::Tokens;

/// So long a person has for the provider's page.
const TIME_FOR_THE_PAGE: Duration = Duration::from_mins(15);

/// How somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// With the browser of this machine, or one elsewhere whose last address is brought back.
    Browser,
    /// With a code that is typed into any browser.
    Code,
}

/// What a person must see.
#[derive(Clone, Debug)]
pub enum Step {
    /// The address of the page, for one use.
    Page {
        /// It holds nothing that lasts, but belongs into no log.
        url: Confidential<String>,
    },
    /// A code and where it is typed.
    Code {
        /// Where.
        url: String,
        /// What is typed there.
        code: Confidential<String>,
        /// How long it holds.
        life: Duration,
    },
}

/// Signs in. `true` when the sign-in outlives the program.
///
/// # Errors
/// When no tokens come of it.
pub async fn sign_in(
    tokens: Arc<Tokens>,
    way: Way,
    brought: mpsc::Receiver<Confidential<String>>,
    mut show: impl FnMut(Step),
) -> Result<bool, SignInError> {
    let given = match way {
        Way::Browser => by_browser(&tokens, brought, &mut show).await?,
        Way::Code => by_code(&tokens, &mut show).await?,
    };
    let kept = tokio::task::spawn_blocking(move || tokens.replace(given)).await;
    kept.map_err(|_| SignInFault::Garbled.into())
}

async fn by_browser(
    tokens: &Tokens,
    brought: mpsc::Receiver<Confidential<String>>,
    show: &mut impl FnMut(Step),
) -> Result<Given, SignInError> {
    let begun = browser::begin(tokens.provider().clone()).await?;
    show(Step::Page { url: begun.url().clone() });
    begun.finish(tokens.http(), brought, || tokens.now(), TIME_FOR_THE_PAGE).await
}

async fn by_code(tokens: &Tokens, show: &mut impl FnMut(Step)) -> Result<Given, SignInError> {
    let waiting = device::begin(tokens.provider().clone(), tokens.http()).await?;
    show(Step::Code {
        url: waiting.url().to_owned(),
        code: waiting.code().into(),
        life: waiting.life(),
    });
    waiting.finish(tokens.http(), || tokens.now(), tokio::time::sleep).await
}

/// Is there a browser on this machine in front of the person? Over SSH there is not.
pub fn has_browser() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("SSH_CONNECTION") && !set("SSH_TTY") && (set("DISPLAY") || set("WAYLAND_DISPLAY"))
}

/// Opens the desktop's browser, without a shell. Whether it shows anything nobody can know: the address is always shown
/// besides.
///
/// # Errors
/// When the desktop's opener cannot be started.
pub fn open_browser(url: &Confidential<String>) -> io::Result<()> {
    let mut opener = Command::new("xdg-open")
        .arg(url.expose())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // It may live as long as the browser does; somebody must take note of its end.
    thread::Builder::new().name("browser".to_owned()).spawn(move || {
        opener.wait().map(drop).ignore("what the browser says at its end is not ours");
    })?;
    Ok(())
}

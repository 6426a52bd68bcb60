//! The screen: the engine and the terminal put together.
//!
//! Owns their start and their end. The terminal is given back before the record is closed.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::Duration,
};

use tokio::sync::mpsc;

use super::{
    Failure, check,
    opened::{self, Opened},
};
use crate::{
    app::{self, engine, event::Event, wiring::Wiring as Wired},
    config::Settings,
    domain::{
        fault::{Ignore, Kind},
        id::AccountId,
    },
    tui::{self, Exit, Ports, ScreenOptions, TuiError},
};

/// After so long the end of the program is explained.
const PATIENCE: Duration = Duration::from_secs(1);

/// Opens the screen on an office and stays until the person leaves.
pub fn run(opened: Opened) -> Result<(), Failure> {
    let Opened { runtime, office, closing } = opened;
    let wirings = Opened::wirings(&office)?;
    let options = options(office.settings(), &office)?;
    let result = runtime.block_on(show(office, wirings, options, None));
    // Everything is in the record by now; a look-up of a name that still waits need not be waited for.
    runtime.shutdown_background();
    drop(closing);
    result
}

/// How the screen looks and listens, by the settings.
pub fn options(
    settings: &Settings,
    office: &app::office::Office,
) -> Result<ScreenOptions, Failure> {
    let keys = check::load_keys(&settings.files.keys).map_err(|error| match error {
        check::KeysFailure::Read(text) => Failure::refused(text),
        check::KeysFailure::Keys(error) => Failure::needs_user(error.to_string()),
    })?;
    let theme = check::load_theme(settings).map_err(Failure::needs_user)?;
    Ok(ScreenOptions { keys, theme, zone: office.zone(), editor: settings.editor.clone() })
}

/// Runs engine and screen. `listener` hears every event before the screen does.
pub async fn show(
    office: app::office::Office,
    wirings: BTreeMap<AccountId, Wired>,
    options: ScreenOptions,
    listener: Option<mpsc::Sender<()>>,
) -> Result<(), Failure> {
    let now = opened::clock(&office);
    let (running, ends) = engine::start(office, wirings)
        .map_err(|error| Failure::refused(format!("a thread could not be started: {error}")))?;
    let events = match listener {
        None => ends.events,
        Some(listener) => overheard(ends.events, listener),
    };
    let ports = Ports { commands: ends.requests, events, ticker: ends.ticker };
    let result = tui::run(ports, options, now).await;
    end(running).await;
    match result {
        Ok(Exit::Quit | Exit::Signal) => Ok(()),
        Ok(Exit::EngineGone) => Err(Failure::new(
            Kind::Bug,
            "the engine stopped; everything up to then is in the record. Start matterbox again and look at the log",
        )),
        Err(error @ TuiError::Terminal(_)) => Err(Failure::needs_user(error.to_string())),
        Err(error @ TuiError::Panicked) => Err(Failure::new(Kind::Bug, error.to_string())),
        Err(error @ TuiError::Io(_)) => Err(Failure::refused(error.to_string())),
    }
}

/// Ends the office. A person who looks at an empty terminal is told what it waits for.
async fn end(running: engine::Running) {
    let ending = running.shutdown();
    tokio::pin!(ending);
    tokio::select! {
        () = &mut ending => {}
        () = tokio::time::sleep(PATIENCE) => {
            writeln!(io::stderr(), "matterbox: finishing what is under way (a message being sent, mail being stored) …")
                .ignore("the terminal is gone");
            ending.await;
        }
    }
}

fn overheard(
    mut events: mpsc::Receiver<Event>,
    listener: mpsc::Sender<()>,
) -> mpsc::Receiver<Event> {
    let (pass_on, heard) = mpsc::channel(1_024);
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            listener.try_send(()).ignore("a listener that is busy looks again anyway");
            if pass_on.send(event).await.is_err() {
                return;
            }
        }
    });
    heard
}

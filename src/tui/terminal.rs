//! The terminal itself: taking it over, giving it back, whatever happens.
//!
//! Owns raw mode, the alternate screen, bracketed paste, the cursor and the panic hook. It never writes a client's
//! word anywhere: no window title, no panic payload.

use std::{
    io::{self, IsTerminal, Stdout, stderr, stdout},
    mem::ManuallyDrop,
    panic,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
};

use crossterm::{
    cursor::{Hide, Show},
    event::{DisableBracketedPaste, EnableBracketedPaste},
    execute,
    terminal::{
        EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
    },
};
use ratatui::{Terminal, backend::CrosstermBackend, layout::Rect};

use crate::domain::fault::Ignore;

/// Is the terminal ours at the moment? Read by the panic hook.
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Why there is no screen.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// `TERM=dumb`.
    #[error(
        "this terminal (TERM=dumb) cannot show a screen; use the subcommands, such as `matterbox due`, instead"
    )]
    Dumb,
    /// Input or output is not a terminal.
    #[error(
        "the screen needs a terminal for its input and output; in scripts use the subcommands, such as `matterbox due --json`"
    )]
    NotATerminal,
    /// The system refused.
    #[error("the terminal could not be set up")]
    System(#[from] io::Error),
}

/// The terminal while it is ours. Dropping it gives it back.
pub struct Screen {
    /// Never dropped: ratatui's own way out complains about a terminal that is gone, to that terminal, and panics over
    /// it; the record would then not be closed in order.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
}

impl Screen {
    /// Takes the terminal over, after making sure that there is one.
    pub fn enter() -> Result<Self, TerminalError> {
        if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
            return Err(TerminalError::Dumb);
        }
        if !io::stdin().is_terminal() || !stdout().is_terminal() {
            return Err(TerminalError::NotATerminal);
        }
        let ui = thread::current().id();
        HOOK.call_once(|| panic::set_hook(Box::new(move |info| on_panic(ui, info))));
        let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        let mut screen = Self { terminal: ManuallyDrop::new(terminal) };
        screen.resume()?;
        Ok(screen)
    }

    /// Takes the terminal again after [`Screen::leave`], and draws everything anew.
    pub fn resume(&mut self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        execute!(
            stdout(),
            EnterAlternateScreen,
            EnableBracketedPaste,
            Hide,
            SetTitle("matterbox")
        )?;
        self.wipe()
    }

    /// Empties the terminal, so that the next picture is drawn whole.
    pub fn wipe(&mut self) -> io::Result<()> {
        // Not `Terminal::clear`: that asks the terminal where its cursor is and waits two seconds for those that never
        // answer. A resize to the same size clears as well.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Gives the terminal back for a while: to an editor, or to the shell.
    pub fn leave() {
        give_back();
    }

    /// Where to draw.
    pub fn terminal(&mut self) -> &mut Terminal<CrosstermBackend<Stdout>> {
        &mut self.terminal
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Puts the terminal back as it was. Does nothing the second time.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show)
            .ignore("a terminal that is gone needs no restoring");
        disable_raw_mode().ignore("a terminal that is gone needs no restoring");
    }
}

/// A panic in the screen's own thread gives the terminal back. One in another thread must not wreck a live screen: its
/// owner catches it and tells. The payload may quote a client and is never shown.
fn on_panic(ui: ThreadId, info: &panic::PanicHookInfo<'_>) {
    let place = info.location().map_or_else(String::new, ToString::to_string);
    tracing::error!(place, "panic");
    if thread::current().id() == ui {
        give_back();
        let line = format!("matterbox stopped because of a mistake of its own, at {place}.\n");
        io::Write::write_all(&mut stderr(), line.as_bytes()).ignore("there is nobody left to tell");
    }
}

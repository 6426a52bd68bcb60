//! From crossterm's events to messages.
//!
//! Owns the filtering: presses and repeats only. It never decides what a key means.

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

use super::{
    key::{Code, Key},
    msg::Msg,
};

/// What a terminal event is to the screen; `None` for what it does not use.
pub fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(press) if press.kind != KeyEventKind::Release => {
            key(press.code, press.modifiers).map(Msg::Key)
        }
        Event::Paste(text) => Some(Msg::Paste(text.into())),
        Event::Resize(width, height) => Some(Msg::Resize { width, height }),
        Event::Key(_) | Event::FocusGained | Event::FocusLost | Event::Mouse(_) => None,
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
    let shifted = code == KeyCode::BackTab;
    let code = match code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::F(n) => Code::F(n),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab | KeyCode::BackTab => Code::Tab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::Null
        | KeyCode::CapsLock
        | KeyCode::ScrollLock
        | KeyCode::NumLock
        | KeyCode::PrintScreen
        | KeyCode::Pause
        | KeyCode::Menu
        | KeyCode::KeypadBegin
        | KeyCode::Media(_)
        | KeyCode::Modifier(_) => return None,
    };
    let key = Key {
        code,
        ctrl: modifiers.contains(KeyModifiers::CONTROL),
        alt: modifiers.contains(KeyModifiers::ALT),
        shift: shifted || modifiers.contains(KeyModifiers::SHIFT),
    };
    Some(key.normalised())
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyEvent;

    use super::*;

    #[test]
    fn a_release_is_nothing_and_a_back_tab_is_shift_tab() {
        let press = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        let Some(Msg::Key(key)) = message(Event::Key(press)) else { panic!("no key") };
        assert_eq!(key.to_string(), "shift-tab");
        let release =
            KeyEvent::new_with_kind(KeyCode::Char('j'), KeyModifiers::NONE, KeyEventKind::Release);
        assert!(message(Event::Key(release)).is_none());
    }
}

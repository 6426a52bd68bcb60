//! From roles to styles: screens name what a text is, a theme says how that looks.
//!
//! Owns the reading of `config/themes/*.toml` and what `NO_COLOR` means. A colour never carries news alone: every
//! state has a word.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

macro_rules! roles {
    ($($(#[$doc:meta])* $field:ident),+ $(,)?) => {
        /// A style for each role a text can have.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Theme { $($(#[$doc])* pub $field: Style),+ }

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct RawTheme { $(#[serde(default)] $field: RawStyle),+ }

        impl RawTheme {
            fn styles(self, colours: bool) -> Theme {
                Theme { $($field: self.$field.style(colours)),+ }
            }
        }
    };
}

roles! {
    /// Ordinary text.
    text,
    /// What may recede: times, counts, rules' labels.
    dim,
    /// The one accent: the selected row's pointer, keys in hints.
    accent,
    /// Headings and the current view.
    heading,
    /// The view in front.
    current,
    /// Unread.
    unread,
    /// The whole selected row.
    selected,
    /// A marked row's sign.
    marked,
    /// Lines between parts.
    rule,
    /// Late.
    late,
    /// Due soon.
    due,
    /// Done as asked; connected.
    good,
    /// Something went wrong; refused; opposing.
    problem,
    /// A field that takes text.
    field,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "the modifiers of a terminal, as the file names them"
)]
struct RawStyle {
    fg: Option<Paint>,
    bg: Option<Paint>,
    bold: bool,
    dim: bool,
    italic: bool,
    underlined: bool,
    reversed: bool,
}

/// A colour as ratatui spells it: `red`, `lightblue`, `#303540`, or a number of the palette.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Paint(Color);

impl TryFrom<String> for Paint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self).map_err(|_| format!("\"{text}\" is no colour"))
    }
}

impl RawStyle {
    fn style(self, colours: bool) -> Style {
        let mut style = Style::new();
        if colours {
            style.fg = self.fg.as_ref().map(|paint| paint.0);
            style.bg = self.bg.as_ref().map(|paint| paint.0);
        }
        for (on, modifier) in [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underlined, Modifier::UNDERLINED),
            (self.reversed, Modifier::REVERSED),
        ] {
            if on {
                style = style.add_modifier(modifier);
            }
        }
        // Without its background a selected row would look like any other.
        if !colours && self.bg.is_some() { style.add_modifier(Modifier::REVERSED) } else { style }
    }
}

/// The themes that come with the program.
const SHIPPED: [(&str, &str); 3] = [
    ("paper", include_str!("../../config/themes/paper.toml")),
    ("night", include_str!("../../config/themes/night.toml")),
    ("high-contrast", include_str!("../../config/themes/high-contrast.toml")),
];

/// What is wrong with a theme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// There is none of that name.
    #[error("there is no theme \"{0}\"; there are paper, night and high-contrast")]
    Unknown(String),
    /// The file has a mistake.
    #[error("theme {name}: {detail}")]
    Broken {
        /// Which theme.
        name: String,
        /// Where and what, in toml's words.
        detail: String,
    },
}

impl Theme {
    /// A theme that comes with the program. Without `colours` only bold, dim and reverse remain.
    pub fn shipped(name: &str, colours: bool) -> Result<Self, ThemeError> {
        let all = BTreeMap::from(SHIPPED);
        let text = all.get(name).ok_or_else(|| ThemeError::Unknown(name.to_owned()))?;
        Self::parse(name, text, colours)
    }

    /// A theme from the text of a file. `name` is for the complaint.
    pub fn parse(name: &str, text: &str, colours: bool) -> Result<Self, ThemeError> {
        let raw: RawTheme = toml::from_str(text).map_err(|error| ThemeError::Broken {
            name: name.to_owned(),
            detail: error.to_string(),
        })?;
        Ok(raw.styles(colours))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_theme_loads_and_shows_the_selected_row() {
        for (name, _) in SHIPPED {
            for colours in [true, false] {
                let theme = Theme::shipped(name, colours).unwrap();
                assert_ne!(theme.selected, theme.text, "{name}");
            }
        }
    }

    #[test]
    fn without_colours_no_style_has_one() {
        for (name, _) in SHIPPED {
            let theme = Theme::shipped(name, false).unwrap();
            assert!(!format!("{theme:?}").contains("fg: Some"), "{name}");
            assert!(theme.late.add_modifier.contains(Modifier::BOLD), "{name}");
        }
    }

    #[test]
    fn a_mistyped_role_is_an_error_with_its_line() {
        let error = Theme::parse("mine", "text = {}\nlat = { fg = \"red\" }\n", true).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}

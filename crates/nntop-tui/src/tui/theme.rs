//! Colours and their meaning: text is the terminal's own, cyan is focus, a variant keeps its hue everywhere,
//! and green, amber and red are states that always come with a sign or a word.

use nntop_core::event::{Family, Slot};
use ratatui::style::{Color, Modifier, Style};

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colors {
    /// None: `NO_COLOR`, or a terminal without.
    None,
    /// The sixteen of the terminal's own palette.
    #[default]
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// All of them.
    True,
}

impl Colors {
    /// What the environment says: `NO_COLOR`, `COLORTERM`, `TERM`.
    pub fn detect(var: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| var(name).unwrap_or_default();
        let (term, colorterm) = (get("TERM"), get("COLORTERM"));
        if !get("NO_COLOR").is_empty() || term.is_empty() || term == "dumb" {
            Self::None
        } else if matches!(colorterm.as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
            Self::True
        } else if term.contains("256color") {
            Self::Ansi256
        } else {
            Self::Ansi16
        }
    }
}

/// How things look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Theme {
    /// What the terminal can show.
    pub colors: Colors,
    /// Whether only ASCII may be used.
    pub ascii: bool,
}

/// One hue in the three palettes. Middle tones: they read on dark and on light backgrounds.
struct Hue(Color, u8, (u8, u8, u8));

const CYAN: Hue = Hue(Color::Cyan, 37, (0, 168, 190));
const GREEN: Hue = Hue(Color::Green, 71, (67, 168, 98));
const AMBER: Hue = Hue(Color::LightYellow, 178, (208, 160, 28));
const RED: Hue = Hue(Color::Red, 167, (220, 72, 72));
const GREY: Hue = Hue(Color::DarkGray, 244, (128, 132, 140));
const FAINT: Hue = Hue(Color::DarkGray, 240, (88, 92, 100));
/// A is blue, B is orange.
const VARIANTS: [Hue; 6] = [
    Hue(Color::LightBlue, 69, (82, 145, 245)),
    Hue(Color::Yellow, 208, (240, 135, 50)),
    Hue(Color::Magenta, 134, (175, 110, 215)),
    Hue(Color::LightCyan, 43, (40, 180, 150)),
    Hue(Color::LightMagenta, 168, (220, 100, 150)),
    Hue(Color::White, 144, (165, 160, 125)),
];

impl Theme {
    fn hue(&self, hue: &Hue) -> Style {
        match self.colors {
            Colors::None => Style::new(),
            Colors::Ansi16 => Style::new().fg(hue.0),
            Colors::Ansi256 => Style::new().fg(Color::Indexed(hue.1)),
            Colors::True => Style::new().fg(Color::Rgb(hue.2.0, hue.2.1, hue.2.2)),
        }
    }

    /// Plain text.
    pub(crate) fn text(&self) -> Style {
        Style::new()
    }

    /// Text that matters.
    pub(crate) fn strong(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Labels, units, what is only there to be found.
    pub(crate) fn dim(&self) -> Style {
        match self.colors {
            Colors::None => Style::new().add_modifier(Modifier::DIM),
            _ => self.hue(&GREY),
        }
    }

    /// Borders, axes, what does not count.
    pub(crate) fn faint(&self) -> Style {
        match self.colors {
            Colors::None => Style::new().add_modifier(Modifier::DIM),
            _ => self.hue(&FAINT),
        }
    }

    /// What keys are about.
    pub(crate) fn focus(&self) -> Style {
        self.hue(&CYAN).add_modifier(Modifier::BOLD)
    }

    /// Sparklines and bars of the device.
    pub(crate) fn accent(&self) -> Style {
        self.hue(&CYAN)
    }

    /// Good.
    pub(crate) fn good(&self) -> Style {
        self.hue(&GREEN)
    }

    /// Take care.
    pub(crate) fn warn(&self) -> Style {
        self.hue(&AMBER)
    }

    /// Less time than before, beside the red of more: blue, as in a differential flame graph.
    pub(crate) fn faster(&self) -> Style {
        self.hue(&VARIANTS[0])
    }

    /// Failed.
    pub(crate) fn bad(&self) -> Style {
        self.hue(&RED)
    }

    /// A family of operators as letters or a bar: the hue that it has in files, too.
    pub(crate) fn family(&self, family: Family) -> Style {
        match self.colors {
            Colors::None => Style::new(),
            Colors::Ansi16 => Style::new().fg(sixteen(family)),
            Colors::Ansi256 => Style::new().fg(Color::Indexed(family.xterm())),
            Colors::True => Style::new().fg(rgb(family.rgb())),
        }
    }

    /// The area of a frame with dark letters on it, of this colour in the three palettes.
    fn ground(&self, of16: Color, of256: u8, of_all: (u8, u8, u8)) -> Style {
        match self.colors {
            Colors::None => Style::new(),
            Colors::Ansi16 => Style::new().fg(Color::Black).bg(of16),
            Colors::Ansi256 => Style::new().fg(Color::Indexed(16)).bg(Color::Indexed(of256)),
            Colors::True => Style::new().fg(rgb((17, 21, 28))).bg(rgb(of_all)),
        }
    }

    /// A frame of a flame that is an operator.
    pub(crate) fn frame(&self, family: Family) -> Style {
        self.ground(sixteen(family), family.xterm(), family.rgb())
    }

    /// A frame that only encloses, or that a search did not find: it steps back.
    pub(crate) fn frame_behind(&self) -> Style {
        match self.colors {
            Colors::None => Style::new().add_modifier(Modifier::DIM),
            Colors::Ansi16 => Style::new().fg(Color::Gray).bg(Color::DarkGray),
            Colors::Ansi256 => Style::new().fg(Color::Indexed(252)).bg(Color::Indexed(239)),
            Colors::True => Style::new().fg(rgb((200, 206, 216))).bg(rgb((62, 70, 84))),
        }
    }

    /// The frame that keys are about.
    pub(crate) fn frame_selected(&self) -> Style {
        let style = match self.colors {
            Colors::None => Style::new().add_modifier(Modifier::REVERSED),
            _ => self.ground(Color::White, 231, (250, 251, 253)),
        };
        style.add_modifier(Modifier::BOLD)
    }

    /// A frame of a difference, by the ratio of the second time to the first: red took longer, blue less, the more the stronger.
    pub(crate) fn frame_difference(&self, ratio: Option<f64>) -> Style {
        match ratio {
            Some(r) if r >= 1.5 => self.ground(Color::Red, 167, (226, 92, 88)),
            Some(r) if r >= 1.15 => self.ground(Color::Red, 174, (238, 140, 132)),
            Some(r) if r >= ALIKE => self.ground(Color::LightRed, 217, (246, 190, 182)),
            Some(r) if r <= 1.0 / 1.5 => self.ground(Color::Blue, 69, (96, 152, 244)),
            Some(r) if r <= 1.0 / 1.15 => self.ground(Color::Blue, 111, (140, 180, 246)),
            Some(r) if r <= 1.0 / ALIKE => self.ground(Color::LightBlue, 153, (190, 212, 248)),
            _ => self.ground(Color::Gray, 252, (214, 217, 222)),
        }
    }

    /// A variant's hue.
    pub(crate) fn variant(&self, slot: Slot) -> Style {
        self.hue(&VARIANTS[slot.0 as usize % VARIANTS.len()])
    }
}

/// Times nearer than this are no difference that a colour should claim.
pub(crate) const ALIKE: f64 = 1.03;

fn rgb((r, g, b): (u8, u8, u8)) -> Color {
    Color::Rgb(r, g, b)
}

/// A family's hue among sixteen.
const fn sixteen(family: Family) -> Color {
    match family {
        Family::Convolution => Color::LightBlue,
        Family::MatrixProduct => Color::Yellow,
        Family::Sequence => Color::Magenta,
        Family::Normalization => Color::LightYellow,
        Family::Activation => Color::Green,
        Family::Elementwise => Color::LightMagenta,
        Family::Pooling => Color::Cyan,
        Family::Quantization => Color::LightRed,
        Family::DataMovement | Family::Other => Color::Gray,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_how_colourful() {
        let env = |pairs: &'static [(&'static str, &'static str)]| {
            move |name: &str| pairs.iter().find(|p| p.0 == name).map(|p| p.1.to_string())
        };
        assert_eq!(Colors::detect(env(&[("TERM", "xterm"), ("NO_COLOR", "1")])), Colors::None);
        assert_eq!(Colors::detect(env(&[("TERM", "xterm")])), Colors::Ansi16);
        assert_eq!(Colors::detect(env(&[("TERM", "tmux-256color")])), Colors::Ansi256);
        assert_eq!(Colors::detect(env(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")])), Colors::True);
        assert_eq!(Colors::detect(env(&[])), Colors::None);
    }
}

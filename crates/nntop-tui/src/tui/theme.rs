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

/// What is behind the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Background {
    /// Dark, as most terminals are.
    #[default]
    Dark,
    /// Light.
    Light,
}

impl Background {
    /// That of a colour: whether dark or light text has more contrast on it.
    pub fn of(rgb: (u8, u8, u8)) -> Self {
        if luminance(rgb) > 0.179 { Self::Light } else { Self::Dark }
    }

    /// What `COLORFGBG` says (rxvt, Konsole and others set it): `15;0` is white on black. Its last part is the background's
    /// place among the sixteen colours.
    pub fn from_environment(var: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let place: u8 = var("COLORFGBG")?.rsplit(';').next()?.parse().ok()?;
        Some(if matches!(place, 7 | 9..=15) { Self::Light } else { Self::Dark })
    }
}

/// The relative luminance of a colour, from 0 to 1 (WCAG 2.2).
pub(crate) fn luminance((r, g, b): (u8, u8, u8)) -> f64 {
    let linear = |c: u8| match f64::from(c) / 255.0 {
        c if c <= 0.040_45 => c / 12.92,
        c => ((c + 0.055) / 1.055).powf(2.4),
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// How things look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Theme {
    /// What the terminal can show.
    pub colors: Colors,
    /// What is behind the text.
    pub background: Background,
    /// Whether only ASCII may be used.
    pub ascii: bool,
}

/// One hue in the three palettes. All are text somewhere, so that each has a contrast of 4.5 to 1 at least on what is behind
/// it (WCAG 2.2, 1.4.3).
struct Hue {
    dark: (Color, u8, (u8, u8, u8)),
    /// Of the sixteen only blue, red and magenta can be read on white: the others are the terminal's own text there, and what
    /// they say is said by signs and words, too.
    light: (Color, u8, (u8, u8, u8)),
}

const fn hue(dark: (Color, u8, (u8, u8, u8)), light: (Color, u8, (u8, u8, u8))) -> Hue {
    Hue { dark, light }
}

const CYAN: Hue = hue((Color::Cyan, 37, (0, 168, 190)), (Color::Blue, 24, (0, 122, 138)));
const GREEN: Hue = hue((Color::Green, 71, (67, 168, 98)), (Color::Reset, 28, (48, 124, 70)));
const AMBER: Hue = hue((Color::LightYellow, 178, (208, 160, 28)), (Color::Reset, 94, (138, 104, 14)));
const RED: Hue = hue((Color::LightRed, 203, (232, 96, 96)), (Color::Red, 124, (194, 52, 52)));
const GREY: Hue = hue((Color::DarkGray, 245, (134, 138, 146)), (Color::Reset, 241, (104, 108, 116)));
/// Lines that carry nothing to read: these may be weak.
const FAINT: Hue = hue((Color::DarkGray, 240, (88, 92, 100)), (Color::DarkGray, 249, (176, 180, 188)));
/// A is blue, B is orange.
const VARIANTS: [Hue; 6] = [
    hue((Color::LightBlue, 69, (82, 145, 245)), (Color::Blue, 26, (40, 98, 196))),
    hue((Color::Yellow, 208, (240, 135, 50)), (Color::Magenta, 130, (170, 84, 14))),
    hue((Color::LightMagenta, 140, (178, 118, 218)), (Color::Reset, 97, (136, 78, 172))),
    hue((Color::LightCyan, 43, (40, 180, 150)), (Color::Reset, 29, (18, 124, 100))),
    hue((Color::LightRed, 168, (222, 108, 156)), (Color::Reset, 125, (176, 64, 112))),
    hue((Color::White, 144, (165, 160, 125)), (Color::Reset, 58, (112, 108, 72))),
];

impl Theme {
    fn hue(&self, hue: &Hue) -> Style {
        let of = match self.background {
            Background::Dark => hue.dark,
            Background::Light => hue.light,
        };
        let color = match self.colors {
            Colors::None => Color::Reset,
            Colors::Ansi16 => of.0,
            Colors::Ansi256 => Color::Indexed(of.1),
            Colors::True => rgb(of.2),
        };
        if color == Color::Reset { Style::new() } else { Style::new().fg(color) }
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

    /// A family of operators as a bar or a mark, in the hue that it has in files, too. It is no text: many of these hues
    /// cannot be read on white.
    pub(crate) fn family(&self, family: Family) -> Style {
        let color = match (self.colors, self.background) {
            (Colors::None, _) => return Style::new(),
            (Colors::Ansi16, Background::Dark) => sixteen(family),
            (Colors::Ansi16, Background::Light) => sixteen_on_light(family),
            (Colors::Ansi256, Background::Dark) => Color::Indexed(family.xterm()),
            (Colors::Ansi256, Background::Light) => Color::Indexed(xterm_on_light(family)),
            (Colors::True, Background::Dark) => rgb(family.rgb()),
            (Colors::True, Background::Light) => rgb(deepened(family.rgb())),
        };
        Style::new().fg(color)
    }

    /// The area of a frame with letters on it that can be read, of this colour in the three palettes.
    fn ground(&self, of16: Color, of256: u8, of_all: (u8, u8, u8)) -> Style {
        match self.colors {
            Colors::None => Style::new(),
            Colors::Ansi16 => {
                // Black on these is hardly to be read.
                let deep =
                    matches!(of16, Color::Blue | Color::LightBlue | Color::Red | Color::Magenta | Color::DarkGray);
                Style::new().fg(if deep { Color::White } else { Color::Black }).bg(of16)
            }
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
        let (of16, of256, of_all) = match self.background {
            Background::Dark => ((Color::White, Color::DarkGray), (252, 239), ((200, 206, 216), (62, 70, 84))),
            Background::Light => ((Color::Black, Color::Gray), (238, 254), ((60, 66, 78), (228, 231, 236))),
        };
        match self.colors {
            Colors::None => Style::new().add_modifier(Modifier::DIM),
            Colors::Ansi16 => Style::new().fg(of16.0).bg(of16.1),
            Colors::Ansi256 => Style::new().fg(Color::Indexed(of256.0)).bg(Color::Indexed(of256.1)),
            Colors::True => Style::new().fg(rgb(of_all.0)).bg(rgb(of_all.1)),
        }
    }

    /// The frame that keys are about: the opposite of what is behind.
    pub(crate) fn frame_selected(&self) -> Style {
        let style = match (self.colors, self.background) {
            (Colors::None, _) => Style::new().add_modifier(Modifier::REVERSED),
            (_, Background::Dark) => self.ground(Color::White, 231, (250, 251, 253)),
            (Colors::Ansi16, Background::Light) => Style::new().fg(Color::White).bg(Color::Black),
            (Colors::Ansi256, Background::Light) => Style::new().fg(Color::Indexed(231)).bg(Color::Indexed(16)),
            (Colors::True, Background::Light) => Style::new().fg(rgb((250, 251, 253))).bg(rgb((17, 21, 28))),
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
            Some(r) if r <= 1.0 / ALIKE => self.ground(Color::LightCyan, 153, (190, 212, 248)),
            _ => self.ground(Color::Gray, 252, (214, 217, 222)),
        }
    }

    /// The row that keys are about: the opposite of what is behind.
    pub(crate) fn chosen(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
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

/// The same on white: the other seven cannot be seen there.
const fn sixteen_on_light(family: Family) -> Color {
    match family {
        Family::Convolution => Color::Blue,
        Family::MatrixProduct | Family::Quantization => Color::Red,
        Family::Sequence | Family::Elementwise => Color::Magenta,
        Family::Pooling => Color::LightBlue,
        Family::Normalization | Family::Activation | Family::DataMovement | Family::Other => Color::DarkGray,
    }
}

/// The nearest of xterm's 256 colours that can be seen on white.
const fn xterm_on_light(family: Family) -> u8 {
    match family {
        Family::Convolution => 68,
        Family::MatrixProduct => 166,
        Family::Sequence => 133,
        Family::Normalization => 136,
        Family::Activation => 29,
        Family::Elementwise => 137,
        Family::Pooling => 67,
        Family::Quantization => 168,
        Family::DataMovement => 245,
        Family::Other => 246,
    }
}

/// A light hue as deep as it has to be to be seen on white, 3 to 1 (WCAG 2.2, 1.4.11).
fn deepened((r, g, b): (u8, u8, u8)) -> (u8, u8, u8) {
    let shade = |percent: u32| {
        let part = |c: u8| (u32::from(c) * percent / 100) as u8;
        (part(r), part(g), part(b))
    };
    (40..=100).rev().map(shade).find(|of| luminance(*of) <= 1.05 / 3.0 - 0.05).unwrap_or((r, g, b))
}

#[cfg(test)]
mod contrast;

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
        let behind = |value: &'static str| Background::from_environment(move |_: &str| Some(value.into()));
        assert_eq!((behind("15;0"), behind("0;15")), (Some(Background::Dark), Some(Background::Light)));
        assert_eq!((behind("0;default;15"), behind("x")), (Some(Background::Light), None));
    }
}

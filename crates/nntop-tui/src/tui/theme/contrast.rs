//! Every colour of the theme against what is behind it, by the formula of WCAG 2.2.

use super::*;

/// The sixteen as xterm has them.
const SIXTEEN: [(Color, (u8, u8, u8)); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (205, 0, 0)),
    (Color::Green, (0, 205, 0)),
    (Color::Yellow, (205, 205, 0)),
    (Color::Blue, (0, 0, 238)),
    (Color::Magenta, (205, 0, 205)),
    (Color::Cyan, (0, 205, 205)),
    (Color::Gray, (229, 229, 229)),
    (Color::DarkGray, (127, 127, 127)),
    (Color::LightRed, (255, 0, 0)),
    (Color::LightGreen, (0, 255, 0)),
    (Color::LightYellow, (255, 255, 0)),
    (Color::LightBlue, (92, 92, 255)),
    (Color::LightMagenta, (255, 0, 255)),
    (Color::LightCyan, (0, 255, 255)),
    (Color::White, (255, 255, 255)),
];

/// What a colour is on the screen; `own` is the terminal's own.
fn shown(color: Option<Color>, own: (u8, u8, u8)) -> (u8, u8, u8) {
    match color {
        None | Some(Color::Reset) => own,
        Some(Color::Rgb(r, g, b)) => (r, g, b),
        Some(Color::Indexed(n @ 232..)) => {
            let grey = 8 + (n - 232) * 10;
            (grey, grey, grey)
        }
        Some(Color::Indexed(n @ 16..)) => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + n * 40 };
            let n = n - 16;
            (level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        Some(named) => SIXTEEN.iter().find(|(of, _)| *of == named).unwrap().1,
    }
}

fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The contrast of a style's text with what is behind it.
fn of(style: Style, background: Background) -> f64 {
    let (text, behind) = match background {
        Background::Dark => ((229, 229, 229), (0, 0, 0)),
        Background::Light => ((0, 0, 0), (255, 255, 255)),
    };
    contrast(shown(style.fg, text), shown(style.bg, behind))
}

fn themes() -> impl Iterator<Item = Theme> {
    let all = [Colors::Ansi16, Colors::Ansi256, Colors::True];
    all.into_iter().flat_map(|colors| {
        [Background::Dark, Background::Light].map(|background| Theme { colors, background, ascii: false })
    })
}

const FAMILIES: [Family; 10] = Family::ALL;

#[test]
fn text_can_be_read_on_black_and_on_white() {
    for theme in themes() {
        let variants = (0..6).map(|slot| (format!("variant {slot}"), theme.variant(Slot(slot))));
        let named = [
            ("text", theme.text()),
            ("strong", theme.strong()),
            ("dim", theme.dim()),
            ("focus", theme.focus()),
            ("accent", theme.accent()),
            ("good", theme.good()),
            ("warn", theme.warn()),
            ("bad", theme.bad()),
            ("faster", theme.faster()),
            ("frame behind", theme.frame_behind()),
            ("frame selected", theme.frame_selected()),
        ];
        let frames = FAMILIES.map(|f| (format!("frame {f:?}"), theme.frame(f)));
        let ratios = [None, Some(2.0), Some(1.2), Some(1.05), Some(1.0), Some(0.95), Some(0.8), Some(0.5)];
        let differences = ratios.map(|r| (format!("difference {r:?}"), theme.frame_difference(r)));
        let all = named.map(|(name, style)| (name.to_owned(), style)).into_iter();
        for (name, style) in all.chain(variants).chain(frames).chain(differences) {
            let found = of(style, theme.background);
            // xterm's own light blue and dark grey miss it by a little, and there is no better one among sixteen.
            let least = match (theme.colors, style.fg, style.bg) {
                (Colors::Ansi16, Some(Color::LightBlue), None) => 4.3,
                (Colors::Ansi16, _, Some(Color::DarkGray)) => 4.0,
                _ => 4.5,
            };
            assert!(found >= least, "{name} has {found:.2} in {theme:?}");
        }
    }
}

#[test]
fn bars_of_families_can_be_seen() {
    for theme in themes() {
        for family in FAMILIES {
            let found = of(theme.family(family), theme.background);
            assert!(found >= 3.0, "{family:?} has {found:.2} in {theme:?}");
        }
    }
}

#[test]
fn lines_that_carry_nothing_are_seen_and_step_back() {
    for theme in themes() {
        let found = of(theme.faint(), theme.background);
        assert!(found >= 1.2 && found <= of(theme.dim(), theme.background), "{found:.2} in {theme:?}");
    }
}

#[test]
fn a_background_is_told_by_its_colour() {
    assert_eq!(Background::of((255, 255, 255)), Background::Light);
    assert_eq!(Background::of((253, 246, 227)), Background::Light, "Solarized light");
    assert_eq!(Background::of((0, 43, 54)), Background::Dark, "Solarized dark");
    assert_eq!(Background::of((29, 31, 33)), Background::Dark);
}

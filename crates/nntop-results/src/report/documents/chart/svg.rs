//! Shapes and words of a chart as SVG. Colours are classes: the page, or the picture's own style sheet, says what they are.

use nntop_trace::op_trace::tree::one_line;
use std::fmt::Write;

/// How wide a chart is, in its own units, on a page that has room.
pub(super) const WIDE: f64 = 960.0;

/// How wide it is on a phone: about a unit per pixel, so that its words stay as large as the page's.
pub(super) const NARROW: f64 = 372.0;

/// A value for a page that has room, and one for a phone.
pub(super) fn by_width<T>(width: f64, roomy: T, narrow: T) -> T {
    if width < WIDE { narrow } else { roomy }
}

/// The average width of a character of the charts' 12 units high type.
const CHARACTER: f64 = 6.5;

/// What a chart is drawn with, in its page or alone.
pub const STYLE: &str = "\
.chart text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:var(--muted);font-variant-numeric:tabular-nums}\
.chart .name{fill:var(--ink)}.chart .strong{fill:var(--ink);font-weight:600}\
.chart .grid{stroke:var(--grid);stroke-width:1}.chart .axis{stroke:var(--rule);stroke-width:1}\
.chart .line{fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}.chart .thin{fill:none;stroke-width:1.1;opacity:.6}\
.chart .area{stroke-width:1.25;stroke-linejoin:round;fill-opacity:.22}.chart .dash{stroke-dasharray:3 3}\
.chart .mark{stroke-width:1.5}.chart .halo{paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}\
.chart .dim{opacity:.45}.chart .better{fill:var(--good)}.chart .worse{fill:var(--bad)}\
.s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}.s6{--c:var(--s6)}.s7{--c:var(--s7)}\
.chart .fill,.chart .area{fill:var(--c)}.chart .line,.chart .thin,.chart .mark,.chart .area{stroke:var(--c)}";

/// The colours of a light page, and of a dark one. Blue is the first variant, orange the second, as on the dashboard.
pub const LIGHT: &str = "--page:#ffffff;--panel:#f6f7f9;--ink:#151a21;--muted:#5b6472;--rule:#aab2bf;--grid:#e6e9ee;--accent:#1c67c9;--good:#0b7a52;--bad:#b3261e;--warn:#b26a00;\
--s0:#1f6fd6;--s1:#d9720b;--s2:#0f8f6b;--s3:#8a4fc2;--s4:#b0850b;--s5:#c23a4d;--s6:#0b87a0;--s7:#6b7480";
/// See [`LIGHT`].
pub const DARK: &str = "--page:#11151c;--panel:#191f29;--ink:#e4e8ef;--muted:#98a1b0;--rule:#4d5768;--grid:#262e3a;--accent:#7db6f2;--good:#5cbe96;--bad:#f08a8a;--warn:#f0b35a;\
--s0:#63a9ed;--s1:#f5a352;--s2:#5cbe96;--s3:#be8fde;--s4:#e6cc5c;--s5:#ec8490;--s6:#7edae4;--s7:#a6aebc";

/// Hues that tell series apart.
pub(super) const HUES: usize = 8;

/// The class of a series.
pub(super) fn hue(series: usize) -> String {
    format!("s{}", series % HUES)
}

/// Text that is text in XML and HTML, in an attribute, too.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// As much of a text as fits into this many units: its beginning and, as names of variants differ there, its end.
pub(super) fn fitting(text: &str, units: f64) -> String {
    let most = (units / CHARACTER).floor().max(2.0) as usize;
    let text = one_line(text);
    match text.chars().count() {
        n if n <= most => text,
        n => {
            let head = (most - 1) / 2;
            text.chars().take(head).chain(['…']).chain(text.chars().skip(n - (most - 1 - head))).collect()
        }
    }
}

/// How wide a text will be, about.
pub(super) fn width(text: &str) -> f64 {
    text.chars().count() as f64 * CHARACTER
}

/// Where a text begins, or ends, or has its middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// Names of series with their hues, in as many lines as they need.
#[derive(Debug)]
pub(super) struct Legend {
    places: Vec<(usize, f64, f64, String)>,
    /// Units that its lines take from the top.
    pub(super) height: f64,
}

/// Height of a line of a legend.
const LEGEND_LINE: f64 = 20.0;

impl Legend {
    /// Of these series and names, between two places.
    pub(super) fn new<'a>(names: impl Iterator<Item = (usize, &'a str)>, (left, right): (f64, f64)) -> Self {
        const SWATCH: f64 = 20.0;
        let (mut at, mut y) = (left, 4.0);
        let mut places = Vec::new();
        for (series, name) in names {
            let name = fitting(name, (right - left - SWATCH).min(240.0));
            let long = SWATCH + width(&name);
            if at > left && at + long > right {
                (at, y) = (left, y + LEGEND_LINE);
            }
            places.push((series, at, y, name));
            at += long + 18.0;
        }
        Self { places, height: y + LEGEND_LINE }
    }

    /// Draws it.
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        for (series, x, y, name) in &self.places {
            canvas.rect(&format!("fill {}", hue(*series)), (*x, *y), (12.0, 12.0), name);
            canvas.text("name", (x + 20.0, y + 10.0), Anchor::Start, name);
        }
    }
}

/// A picture in the making.
#[derive(Debug)]
pub(super) struct Canvas {
    body: String,
    wide: f64,
}

impl Canvas {
    /// An empty one of this width.
    pub(super) fn new(wide: f64) -> Self {
        Self { body: String::new(), wide }
    }

    /// Its width.
    pub(super) fn wide(&self) -> f64 {
        self.wide
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ =
            write!(self.body, "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>");
    }

    /// A rectangle with a hint that shows under the pointer.
    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), (w, h): (f64, f64), hint: &str) {
        let (w, h) = (w.max(0.0), h.max(0.0));
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"1.5\"><title>{}</title></rect>",
            escaped(hint)
        );
    }

    /// A dot with a hint.
    pub(super) fn dot(&mut self, class: &str, (x, y): (f64, f64), radius: f64, hint: &str) {
        let _ = write!(
            self.body,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"><title>{}</title></circle>",
            escaped(hint)
        );
    }

    /// A line through points, closed or not.
    pub(super) fn path(&mut self, class: &str, points: &[(f64, f64)], closed: bool) {
        if points.is_empty() {
            return;
        }
        let _ = write!(self.body, "<path class=\"{class}\" d=\"");
        for (i, (x, y)) in points.iter().enumerate() {
            let _ = write!(self.body, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
        }
        self.body.push_str(if closed { "Z\"/>" } else { "\"/>" });
    }

    /// Words.
    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _ = write!(
            self.body,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            escaped(text)
        );
    }

    /// The picture, with its name and what it shows for those who cannot see it.
    pub(super) fn picture(self, id: &str, height: f64, title: &str, description: &str) -> String {
        let (title, description, wide) = (escaped(title), escaped(description), self.wide);
        // A page holds both widths of a chart, and an id is used once.
        let id = by_width(wide, id.to_owned(), format!("{id}-narrow"));
        format!(
            "<svg class=\"chart\" viewBox=\"0 0 {wide} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc>{}</svg>",
            self.body
        )
    }
}

/// Room around a picture that is a file of its own.
const MARGIN: f64 = 18.0;

/// A picture of a page as a file of its own, with its colours and some room around it.
pub fn alone(svg: &str) -> String {
    let from_page = svg.split("viewBox=\"0 0 ").nth(1).and_then(|rest| rest.split(['"', ' ']).nth(1)).unwrap_or("400");
    let (wide, high) = (WIDE + 2.0 * MARGIN, from_page.parse().unwrap_or(400.0) + 2.0 * MARGIN);
    let open = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" ");
    let style = format!(
        "<style>svg{{{LIGHT};background:var(--page)}}@media (prefers-color-scheme:dark){{svg{{{DARK}}}}}{STYLE}</style>"
    );
    let view = format!("viewBox=\"-{MARGIN} -{MARGIN} {wide} {high}\"");
    let whole = svg.replacen(&format!("viewBox=\"0 0 {WIDE} {from_page}\""), &view, 1).replacen("<svg ", &open, 1);
    // The style sheet stands behind the description: title and desc have to come first.
    whole.replacen("</desc>", &format!("</desc>{style}"), 1) + "\n"
}

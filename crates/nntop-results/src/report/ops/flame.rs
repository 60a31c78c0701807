//! A flame graph as an SVG with zoom and search, drawn by inferno; width is self time, colour is the operator's family.
//!
//! The root is on top, as in the dashboard. inferno draws for light and wide pages only, with a row for the root: what is changed
//! in its picture is in `page`.

use super::tree::{Node, Shade, Tree};
use super::{Subject, Weight, legend, mean, page, subtitle};
use inferno::flamegraph::{
    self, Direction, Options, TextTruncateDirection,
    color::{BackgroundColor, PaletteMap},
};

/// Why there is no flame graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlameError {
    /// No row has any time.
    #[error("the profile has no times: nothing to draw")]
    Empty,
    /// inferno gave up.
    #[error("the flame graph cannot be drawn: {0}")]
    Drawing(String),
}

/// The page where it is light; the style sheet knows the dark one.
const PAGE: (u8, u8, u8) = (248, 249, 251);
/// Frames that only enclose: hardly there, so that operators stand out. The style sheet has it, too.
const ENCLOSING: (u8, u8, u8) = (226, 229, 234);
const OUTSIDE: (u8, u8, u8) = (148, 154, 164);

/// The flame graph of one profile.
pub fn flame(of: Subject) -> Result<String, FlameError> {
    let tree = Tree::of(of.profile);
    let mut lines = Vec::new();
    tree.inner_stacks(|stack| {
        let weight = stack.last().map_or(0, |own| mean(of.profile, own.weights[0]));
        if weight > 0 {
            lines.push(format!("{} {weight}", joined(stack)));
        }
    });
    let mut palette = palette(&tree);
    let mut options = options(of.title, subtitle(of.profile), Weight::of(of.profile));
    options.palette_map = Some(&mut palette);
    let svg = draw(&mut options, &lines)?;
    let svg = of_the_wall(&svg, mean(of.profile, of.profile.whole().0));
    Ok(page::finished(&svg, page::Line::Legend(&legend::shares(of.profile))))
}

/// inferno takes percentages of all widths together; what a device did beside the program is part of that. Here they are
/// parts of the wall time: `Conv (100,000 ns per inference, 40.00%)`.
fn of_the_wall(svg: &str, whole: u64) -> String {
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some(end) = rest.find("%)</title>") {
        let (before, after) = rest.split_at(end);
        // A name may hold anything, so it is read from its end.
        let amount = before.rfind(" (").and_then(|at| before[at + 2..].split_once(' ')).map(|(amount, _)| amount);
        let amount = amount.and_then(|text| text.replace(',', "").parse::<u64>().ok());
        match (amount, before.rfind(", ")) {
            (Some(amount), Some(at)) if whole > 0 => {
                out.push_str(&before[..at + 2]);
                out.push_str(&format!("{:.2}", amount as f64 / whole as f64 * 100.0));
            }
            _ => out.push_str(before),
        }
        out.push_str(&after[.."%)</title>".len()]);
        rest = &after["%)</title>".len()..];
    }
    out + rest
}

/// A stack as inferno reads it.
pub(super) fn joined(stack: &[&Node]) -> String {
    stack.iter().map(|node| shown(&node.label)).collect::<Vec<_>>().join(";")
}

/// A label without the layout that ONNX Runtime puts behind a name: it is the same behind all of them, and the end is what is
/// shown of a label that is shortened.
fn shown(label: &str) -> &str {
    label.strip_suffix("_nchwc").filter(|rest| !rest.is_empty()).unwrap_or(label)
}

/// What a flame graph of nntop always looks like.
pub(super) fn options(title: &str, subtitle: String, weight: Weight) -> Options<'static> {
    let mut options = Options::default();
    options.title = visible(title);
    options.subtitle = Some(visible(&subtitle));
    options.count_name = weight.unit().into();
    options.name_type = String::new();
    options.direction = Direction::Inverted;
    // Names in a network differ at their ends.
    options.text_truncate_direction = TextTruncateDirection::Left;
    options.frame_height = page::ROW;
    options.font_width = 0.61;
    options.bgcolors = Some(BackgroundColor::Flat(PAGE.into()));
    // Lines come in the order of execution, and inferno turns them around in this mode.
    options.flame_chart = true;
    options
}

/// Hands the lines to inferno.
pub(super) fn draw(options: &mut Options, lines: &[String]) -> Result<String, FlameError> {
    if lines.is_empty() {
        return Err(FlameError::Empty);
    }
    let mut svg = Vec::new();
    flamegraph::from_lines(options, lines.iter().rev().map(String::as_str), &mut svg)
        .map_err(|e| FlameError::Drawing(e.to_string()))?;
    String::from_utf8(svg).map_err(|e| FlameError::Drawing(e.to_string()))
}

/// Each label's colour. inferno asks by label, so an operator comes before a module of the same name.
fn palette(tree: &Tree) -> PaletteMap {
    let mut palette = PaletteMap::default();
    for node in tree.frames() {
        let (r, g, b) = color(node);
        if !matches!(node.shade, Shade::Enclosing | Shade::Scope | Shade::Beside)
            || palette.get(shown(&node.label)).is_none()
        {
            palette.insert(shown(&node.label), (r, g, b).into());
        }
    }
    palette.insert("", ENCLOSING.into());
    palette
}

fn color(node: &Node) -> (u8, u8, u8) {
    match node.shade {
        Shade::Enclosing | Shade::Scope | Shade::Beside => ENCLOSING,
        Shade::Outside => OUTSIDE,
        Shade::Op(family) => family.rgb(),
        Shade::Function => function(&node.label),
    }
}

/// Functions have no family: warm hues as flame graphs have them, the same for the same name everywhere.
fn function(name: &str) -> (u8, u8, u8) {
    // FNV-1a.
    let hash = name.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    (235 + (hash % 20) as u8, 140 + (hash / 20 % 80) as u8, 80 + (hash / 1_600 % 40) as u8)
}

/// Text that XML can hold.
fn visible(text: &str) -> String {
    super::tree::one_line(text)
}

//! What is added to inferno's picture: colours of a dark page, and which hue is which family.

use nntop_core::unit::Nanos;
use nntop_trace::op_trace::{Family, OpProfile, RowKind};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// inferno's style sheet draws frames without edges, a search button that can hardly be seen, and light pages only. Frames
/// that only enclose, and those of a difference that did not change, step back on a dark page, too; they are told by their
/// colour, so that search can still mark them.
const STYLE: &str = "
:root { background:#f8f9fb; }
#subtitle, #note { fill:#5b6472; }
#search { opacity:0.7; }
#unzoom, #search { text-decoration:underline; }
#frames rect { stroke:#f8f9fb; stroke-width:1; rx:2px; }
#frames > *:hover { stroke:none; }
#frames > *:hover rect { stroke:#11151c; stroke-width:1; }
.legend { cursor:pointer; }
.legend:hover text { text-decoration:underline; }
@media (prefers-color-scheme: dark) {
  :root { background:#11151c; }
  #background stop { stop-color:#11151c; }
  #title, #details, #search, #unzoom, #matched, .legend text { fill:#d5dae3; }
  #subtitle, #note { fill:#98a1b0; }
  #frames rect { stroke:#11151c; }
  #frames > *:hover { stroke:none; }
#frames > *:hover rect { stroke:#ffffff; }
  #frames rect[fill=\"rgb(226,229,234)\"], #frames rect[fill=\"rgb(250,250,250)\"] { fill:#333b48; }
  rect[fill=\"rgb(226,229,234)\"] + text, rect[fill=\"rgb(250,250,250)\"] + text { fill:#d5dae3; }
}
";

/// Height of the line that the legend stands on.
const LINE: usize = 24;

/// A family, its share of all time, and the operator types that it has here.
pub(super) struct Share {
    family: Family,
    share: f64,
    types: BTreeSet<String>,
}

/// The families of a profile, by their share of the wall time: the device's time where it took longer than the host's.
pub(super) fn shares(profile: &OpProfile) -> Vec<Share> {
    let all = profile.whole().0.max(1) as f64;
    let mut found: BTreeMap<Family, (u64, u64, BTreeSet<String>)> = BTreeMap::new();
    for row in &profile.rows {
        if row.kind != RowKind::Op || row.op_type.is_empty() || row.is_beside() || row.longer() == Nanos::ZERO {
            continue;
        }
        let (time, on_device, types) = found.entry(Family::of(&row.op_type)).or_default();
        *time = time.saturating_add(row.self_time.0);
        *on_device = on_device.saturating_add(row.device_time.0);
        types.insert(super::tree::clean(&row.op_type));
    }
    let share = |(family, (time, device, types)): (_, (u64, u64, _))| Share {
        family,
        share: time.max(device) as f64 / all,
        types,
    };
    let mut shares: Vec<Share> = found.into_iter().map(share).collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.family.cmp(&b.family)));
    shares
}

/// inferno's picture with the style sheet and the legend.
pub(super) fn finished(svg: &str, shares: &[Share]) -> String {
    with_line(svg, |top| if shares.is_empty() { String::new() } else { legend(shares, top) })
}

/// inferno's picture with the style sheet and a sentence in the legend's place.
pub(super) fn with_note(svg: &str, note: &str) -> String {
    let line = |top| format!("<text id=\"note\" x=\"10\" y=\"{}\">{}</text>", top + 10, escaped(note));
    with_line(svg, |top| if note.is_empty() { String::new() } else { line(top) })
}

fn with_line(svg: &str, line: impl Fn(usize) -> String) -> String {
    let styled = svg.replacen("</style>", &format!("{STYLE}</style>"), 1);
    let Some((height, line)) = height(svg).map(|h| (h, line(h))).filter(|(_, line)| !line.is_empty()) else {
        return styled;
    };
    let taller = height + LINE;
    // The picture's own height, its view box, and the background's.
    let grown = styled.replacen(&format!("height=\"{height}\""), &format!("height=\"{taller}\""), 2).replacen(
        &format!(" {height}\""),
        &format!(" {taller}\""),
        1,
    );
    let end = grown.rfind("</svg>").unwrap_or(grown.len());
    format!("{}{line}{}", &grown[..end], &grown[end..])
}

/// The height that the root element states.
fn height(svg: &str) -> Option<usize> {
    let root = &svg[svg.find("<svg")?..];
    root[..root.find('>')?].split_once("height=\"")?.1.split('"').next()?.parse().ok()
}

fn legend(shares: &[Share], top: usize) -> String {
    let mut out = String::from("<g id=\"legend\">");
    let (mut x, square, baseline) = (10.0, top - 1, top + 10);
    for Share { family, share, types } in shares {
        let (r, g, b) = family.rgb();
        let percent = if *share < 0.005 { "<1".to_owned() } else { format!("{:.0}", share * 100.0) };
        let text = format!("{} {percent} %", family.name());
        let _ = write!(
            out,
            "<g class=\"legend\" onclick=\"reset_search(); search('{}')\"><title>{}</title>\
             <rect x=\"{x:.0}\" y=\"{square}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"rgb({r},{g},{b})\"/>\
             <text x=\"{:.0}\" y=\"{baseline}\">{}</text></g>",
            pattern(types),
            escaped(&types.iter().cloned().collect::<Vec<_>>().join(", ")),
            x + 17.0,
            escaped(&text)
        );
        x += 17.0 + 7.3 * text.chars().count() as f64 + 14.0;
    }
    out + "</g>"
}

/// A regular expression that finds the labels of these types: they begin with it. Other characters than those of names
/// are left to match anything, so that nothing of a name is read as a program.
fn pattern(types: &BTreeSet<String>) -> String {
    let plain = |t: &String| -> String {
        t.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '.' }).collect()
    };
    format!("^({})[ _(]", types.iter().map(plain).collect::<Vec<_>>().join("|"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

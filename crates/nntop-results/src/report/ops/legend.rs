//! Which hue is which family, in a picture's last lines.

use nntop_core::unit::Nanos;
use nntop_trace::op_trace::{Family, OpProfile, RowKind};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Height of a line below the frames.
pub(super) const LINE: usize = 24;

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

/// The legend, in lines that end before `right`, and how many lines it takes.
pub(super) fn legend(shares: &[Share], id: &str, top: usize, right: f64) -> (String, usize) {
    let mut out = format!("<g id=\"{id}\">");
    let (mut x, mut lines) = (10.0, 1);
    for Share { family, share, types } in shares {
        let (r, g, b) = family.rgb();
        let percent = if *share < 0.005 { "<1".to_owned() } else { format!("{:.0}", share * 100.0) };
        let text = format!("{} {percent} %", family.name());
        let long = 17.0 + 7.3 * text.chars().count() as f64;
        if x > 10.0 && x + long > right {
            (x, lines) = (10.0, lines + 1);
        }
        let top = top + (lines - 1) * LINE;
        let (square, baseline) = (top - 1, top + 10);
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
        x += long + 14.0;
    }
    (out + "</g>", lines)
}

/// A regular expression that finds the labels of these types: they begin with it. Other characters than those of names
/// are left to match anything, so that nothing of a name is read as a program.
fn pattern(types: &BTreeSet<String>) -> String {
    let plain = |t: &String| -> String {
        t.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '.' }).collect()
    };
    format!("^({})[ _(]", types.iter().map(plain).collect::<Vec<_>>().join("|"))
}

/// Text that is text in an attribute, too.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

//! What `nntop profile` prints: by type, by operator, and what stands beside them.

use super::summary::{self, Line};
use super::tree::{self, Node, Shade, Tree};
use super::{Subject, Weight, differential, subtitle};
use nntop_core::unit::{Nanos, TimeUnit, percent_tenths};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Full width of a share's bar, in characters.
const BAR: usize = 20;

/// The tables of one profile: all types, and the `top` dearest operators (0: all of them).
pub fn text(of: Subject, top: usize) -> String {
    let mut out = format!(" {}\n {}\n", tree::one_line(of.title), subtitle(of.profile));
    let operators = summary::operators(of.profile);
    let types = summary::types(of.profile);
    if !types.is_empty() {
        out.push('\n');
        table(
            &mut out,
            of,
            &types,
            "type",
            &|line| vec![line.operators.to_string(), line.name.clone()],
            &["ops", "type"],
        );
    }
    out.push('\n');
    let shown = if top == 0 { operators.len() } else { top.min(operators.len()) };
    let own = |line: &Line| {
        let provider = line.providers.join("+");
        vec![if provider.is_empty() { "–".into() } else { provider }, line.op_type.clone(), tree::one_line(&line.name)]
    };
    table(&mut out, of, &operators[..shown], "operator", &own, &["on", "type", "operator"]);
    let rest = &operators[shown..];
    if !rest.is_empty() {
        let share: f64 = rest.iter().map(|line| line.share(of)).sum();
        let _ = writeln!(out, " … and {} more with {} (--top 0 shows all)", rest.len(), percent_tenths(share));
    }
    out.push('\n');
    for remark in summary::remarks(of) {
        let _ = writeln!(out, " {}", tree::one_line(&remark));
    }
    out
}

/// Two profiles side by side: what took how much longer or less, by family of operators and by operator, the largest
/// difference first. Operators are matched by their place in the network and their type, else as [`Tree`] pairs them.
pub fn compared(before: Subject, after: Subject, top: usize) -> String {
    let both = Tree::of_both(&[before.profile, after.profile]);
    let mut operators: Vec<Pair> = Vec::new();
    let mut families: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    both.stacks(|stack| {
        let Some(own) = stack.last() else { return };
        let (a, b) = (super::mean(before.profile, own.weights[0]), super::mean(after.profile, own.weights[1]));
        let family =
            families.entry(if let Shade::Op(family) = own.shade { family.name() } else { tree::GAP }).or_default();
        *family = (family.0 + a, family.1 + b);
        let was = own.was.as_ref().map(|was| format!(" (before: {was})")).unwrap_or_default();
        operators.push(Pair { name: Node::path(stack) + &was, a, b });
    });
    let mut families: Vec<Pair> =
        families.into_iter().map(|(name, (a, b))| Pair { name: name.to_owned(), a, b }).collect();
    let mut out = format!(" {}\n\n", differential::title(&tree::one_line(before.title), &tree::one_line(after.title)));
    let any = before.profile.executed_ops().next().is_some();
    if any {
        pairs(&mut out, before, &mut families, "family", 0);
        out.push('\n');
    }
    pairs(&mut out, before, &mut operators, if any { "operator" } else { "frame" }, top);
    out
}

/// What took `a` in the first profile and `b` in the second.
struct Pair {
    name: String,
    a: u64,
    b: u64,
}

impl Pair {
    fn change(&self) -> u64 {
        self.a.abs_diff(self.b)
    }
}

fn pairs(out: &mut String, of: Subject, pairs: &mut [Pair], what: &str, top: usize) {
    pairs.sort_by(|x, y| y.change().cmp(&x.change()).then_with(|| x.name.cmp(&y.name)));
    let shown = if top == 0 { pairs.len() } else { top.min(pairs.len()) };
    let unit = unit_of(of, pairs.iter().map(|p| p.a.max(p.b)).max().unwrap_or(0));
    let most = pairs.first().map_or(1, Pair::change).max(1);
    let or_dash = |n: u64| if n == 0 { "–".into() } else { (unit.1)(n) };
    let mut rows = vec![[format!("before {}", unit.0), format!("after {}", unit.0), "change".into()]];
    rows.extend(pairs[..shown].iter().map(|p| {
        let sign = if p.b > p.a {
            "+"
        } else if p.b < p.a {
            "−"
        } else {
            ""
        };
        [or_dash(p.a), or_dash(p.b), format!("{sign}{}", (unit.1)(p.change()))]
    }));
    let widths = [0, 1, 2].map(|c| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0));
    for (i, row) in rows.iter().enumerate() {
        for (cell, w) in row.iter().zip(widths) {
            let _ = write!(out, "  {cell:>w$}");
        }
        let _ = match i.checked_sub(1).map(|i| &pairs[i]) {
            None => writeln!(out, "  {:BAR$}  {what}", ""),
            Some(p) => writeln!(out, "  {}  {}", bar(p.change() as f64 / most as f64), p.name),
        };
    }
    if shown < pairs.len() {
        let _ = writeln!(out, " … and {} more with smaller differences (--top 0 shows all)", pairs.len() - shown);
    }
}

/// Own time, share, bar and rates of each line; what `tail` gives stands behind.
fn table(
    out: &mut String,
    of: Subject,
    lines: &[Line],
    what: &str,
    tail: &dyn Fn(&Line) -> Vec<String>,
    heads: &[&str],
) {
    let unit = unit_of(of, lines.iter().map(|line| line.mean(of)).max().unwrap_or(0));
    let rated = lines.iter().any(|line| line.flops.is_some_and(|f| f > 0));
    let sized = lines.iter().any(|line| line.bytes.is_some());
    let most = lines.iter().map(|line| line.share(of)).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let mut rows = vec![vec![format!("self {}", unit.0), "share".into(), String::new()]];
    rows[0].extend(rated.then(|| "GFLOP/s".to_owned()));
    rows[0].extend((rated && sized).then(|| "FLOP/B".to_owned()));
    rows[0].extend(heads.iter().map(|h| (*h).to_owned()));
    let or_dash = |value: Option<f64>| value.filter(|v| *v > 0.0).map_or_else(|| "–".into(), super::rate);
    for line in lines {
        let share = line.share(of);
        let mut row = vec![(unit.1)(line.mean(of)), percent_tenths(share), bar(share / most)];
        row.extend(rated.then(|| or_dash(super::gflops(line.flops, line.time))));
        row.extend((rated && sized).then(|| or_dash(super::intensity(line.flops, line.bytes))));
        row.extend(tail(line));
        rows.push(row);
    }
    let columns = rows[0].len();
    let words = columns - if what == "type" { 1 } else { heads.len() };
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let mut text = String::new();
        for (c, cell) in row.iter().enumerate() {
            let w = widths[c];
            let _ = match c {
                // Bars and words stand left; the last column needs no filling.
                2 => write!(text, "  {cell:<BAR$}"),
                c if c + 1 == columns => write!(text, "  {cell}"),
                c if c >= words => write!(text, "  {cell:<w$}"),
                _ => write!(text, "  {cell:>w$}"),
            };
        }
        let _ = writeln!(out, "{}", text.trim_end());
    }
}

fn bar(part: f64) -> String {
    let eighths = (part * (BAR * 8) as f64).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]);
    let filled = bar.chars().count();
    bar + &" ".repeat(BAR.saturating_sub(filled))
}

/// The unit of a column, and how amounts read in it.
fn unit_of(of: Subject, most: u64) -> (&'static str, Box<dyn Fn(u64) -> String>) {
    if Weight::of(of.profile) == Weight::Samples {
        return ("samples", Box::new(|n| n.to_string()));
    }
    let unit = TimeUnit::fitting(Nanos(most).0 as f64);
    (unit.symbol(), Box::new(move |n| unit.format(n as f64)))
}

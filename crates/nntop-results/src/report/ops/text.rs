//! What `nntop profile` prints: by type, by operator, and what stands beside them.

use super::remarks::remarks;
use super::summary::{Line, Lines};
use super::tree::{self, Node, Shade, Tree};
use super::{Subject, Weight, differential, subtitle};
use nntop_core::unit::{Nanos, TimeUnit, percent_tenths};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Full width of a share's bar, in characters.
const BAR: usize = 20;

/// The tables of one profile: all types, the `top` operators that took longest (0: all of them), and what ran on other
/// threads meanwhile.
pub fn text(of: Subject, top: usize) -> String {
    let mut out = format!(" {}\n {}\n", tree::one_line(of.title), subtitle(of.profile));
    let Lines { operators, types, others } = Lines::of(of.profile);
    if !types.is_empty() {
        out.push('\n');
        let own = |line: &Line| vec![(Side::Right, line.operators.to_string()), (Side::Left, line.name.clone())];
        table(&mut out, of, &types, &own, &["ops", "type"]);
    }
    out.push('\n');
    let own = |line: &Line| {
        let provider = line.providers.join("+");
        let provider = if provider.is_empty() { "–".into() } else { provider };
        [provider, line.op_type.clone(), tree::one_line(&line.name)].map(|word| (Side::Left, word)).to_vec()
    };
    shortened(&mut out, of, &operators, top, &own, &["on", "type", "operator"]);
    if !others.is_empty() {
        out.push_str("\n in parallel, on other threads\n");
        parallel(&mut out, of, &others, top);
    }
    out.push('\n');
    for remark in remarks(of) {
        let _ = writeln!(out, " {}", tree::one_line(&remark));
    }
    out
}

/// The first `top` lines, and how many there are more.
fn shortened(out: &mut String, of: Subject, lines: &[Line], top: usize, tail: &Tail, heads: &[&str]) {
    let shown = if top == 0 { lines.len() } else { top.min(lines.len()) };
    table(out, of, &lines[..shown], tail, heads);
    let rest = &lines[shown..];
    if !rest.is_empty() {
        let time = rest.iter().fold(0u64, |sum, line| sum.saturating_add(line.longer().0));
        let share = time as f64 / of.profile.whole().0.max(1) as f64;
        let _ = writeln!(out, " … and {} more with {} (--top 0 shows all)", rest.len(), percent_tenths(share));
    }
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

/// What other threads did during the inferences: no shares, since their time is no part of the wall time.
fn parallel(out: &mut String, of: Subject, lines: &[Line], top: usize) {
    let mean = |time: Nanos| super::mean(of.profile, time.0);
    let shown = if top == 0 { lines.len() } else { top.min(lines.len()) };
    let unit = unit_of(of, lines.iter().map(|line| mean(line.time)).max().unwrap_or(0));
    let left = |text: &str| (Side::Left, tree::one_line(text));
    let mut rows = vec![vec![(Side::Right, format!("self {}", unit.0)), (Side::Right, format!("total {}", unit.0))]];
    rows[0].extend(["thread", "type", "operator"].map(left));
    for line in &lines[..shown] {
        let mut row = vec![(Side::Right, (unit.1)(mean(line.time))), (Side::Right, (unit.1)(mean(line.total)))];
        let words = [line.thread.as_deref().unwrap_or_default(), &line.op_type, &line.name];
        row.extend(words.map(|word| left(if word.is_empty() { "–" } else { word })));
        rows.push(row);
    }
    aligned(out, &rows);
    if shown < lines.len() {
        let _ = writeln!(out, " … and {} more (--top 0 shows all)", lines.len() - shown);
    }
}

/// Where a cell's text stands in its column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The last cells of a line.
type Tail<'a> = dyn Fn(&Line) -> Vec<(Side, String)> + 'a;

/// Times of host and device, share, bar and rates of each line; what `tail` gives stands behind.
fn table(out: &mut String, of: Subject, lines: &[Line], tail: &Tail, heads: &[&str]) {
    let unit = unit_of(of, lines.iter().map(|line| line.mean(of).max(line.mean_device(of))).max().unwrap_or(0));
    let rated = lines.iter().any(|line| line.flops.is_some_and(|f| f > 0));
    let sized = lines.iter().any(|line| line.bytes.is_some());
    let device = lines.iter().any(|line| line.device > Nanos::ZERO);
    let most = lines.iter().map(|line| line.share(of)).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let or_dash = |value: Option<f64>| value.filter(|v| *v > 0.0).map_or_else(|| "–".into(), super::rate);
    let time = |amount: u64| if amount == 0 && device { "–".to_owned() } else { (unit.1)(amount) };
    let mut rows = Vec::with_capacity(lines.len() + 1);
    for line in lines {
        let share = line.share(of);
        let mut row = vec![(Side::Right, time(line.mean(of)))];
        row.extend(device.then(|| (Side::Right, time(line.mean_device(of)))));
        row.push((Side::Right, percent_tenths(share)));
        row.push((Side::Left, bar(share / most)));
        row.extend(rated.then(|| (Side::Right, or_dash(super::gflops(line.flops, line.computing)))));
        row.extend((rated && sized).then(|| (Side::Right, or_dash(super::intensity(line.flops, line.bytes)))));
        row.extend(tail(line));
        rows.push(row);
    }
    let mut head = vec![format!("self {}", unit.0)];
    head.extend(device.then(|| format!("device {}", unit.0)));
    head.extend(["share".to_owned(), " ".repeat(BAR)]);
    head.extend(rated.then(|| "GFLOP/s".to_owned()));
    head.extend((rated && sized).then(|| "FLOP/B".to_owned()));
    head.extend(heads.iter().map(|h| (*h).to_owned()));
    let Some(sides) = rows.first().map(|row| row.iter().map(|(side, _)| *side).collect::<Vec<_>>()) else { return };
    rows.insert(0, sides.into_iter().zip(head).collect());
    aligned(out, &rows);
}

/// Rows with their columns below each other.
fn aligned(out: &mut String, rows: &[Vec<(Side, String)>]) {
    let mut widths = vec![0; rows.first().map_or(0, Vec::len)];
    for row in rows {
        for (width, (_, cell)) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let begin = out.len();
        for ((side, cell), w) in row.iter().zip(&widths) {
            let _ = match side {
                Side::Left => write!(out, "  {cell:<w$}"),
                Side::Right => write!(out, "  {cell:>w$}"),
            };
        }
        out.truncate(begin + out[begin..].trim_end().len());
        out.push('\n');
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
fn unit_of(of: Subject<'_>, most: u64) -> (&str, Box<dyn Fn(u64) -> String>) {
    if let Weight::Counts(what) = Weight::of(of.profile) {
        return (what, Box::new(|n| n.to_string()));
    }
    let unit = TimeUnit::fitting(Nanos(most).0 as f64);
    (unit.symbol(), Box::new(move |n| unit.format(n as f64)))
}

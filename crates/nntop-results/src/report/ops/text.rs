//! What `nntop profile` prints: by type, by operator, and what stands beside them.

use super::super::layout::{Column, Grid, fit};
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
pub fn text(of: Subject, top: usize, width: usize) -> String {
    let mut out = format!(" {}\n {}\n", tree::one_line(of.title), subtitle(of.profile));
    let Lines { operators, types, others } = Lines::of(of.profile);
    if !types.is_empty() {
        out.push('\n');
        let own = |line: &Line| vec![line.operators.to_string(), line.name.clone()];
        table(&mut out, of, &types, &own, &[Column::figures("ops"), Column::words("type")], width);
    }
    out.push('\n');
    let own = |line: &Line| {
        let provider = line.providers.join("+");
        let provider = if provider.is_empty() { "–".into() } else { provider };
        vec![provider, line.op_type.clone(), tree::one_line(&line.name)]
    };
    let heads = [Column::words("on").spare(3), Column::words("type"), Column::words("operator")];
    shortened(&mut out, of, &operators, (top, width), &own, &heads);
    if !others.is_empty() {
        out.push_str("\n in parallel, on other threads\n");
        parallel(&mut out, of, &others, (top, width));
    }
    out.push('\n');
    for remark in remarks(of) {
        let _ = writeln!(out, " {}", tree::one_line(&remark));
    }
    fit(&out, width)
}

/// The first `top` lines, and how many there are more.
fn shortened(
    out: &mut String,
    of: Subject,
    lines: &[Line],
    (top, width): (usize, usize),
    tail: &Tail,
    heads: &[Column],
) {
    let shown = if top == 0 { lines.len() } else { top.min(lines.len()) };
    table(out, of, &lines[..shown], tail, heads, width);
    let rest = &lines[shown..];
    if !rest.is_empty() {
        let time = rest.iter().fold(0u64, |sum, line| sum.saturating_add(line.longer().0));
        let share = time as f64 / of.profile.whole().0.max(1) as f64;
        let _ = writeln!(out, " … and {} more with {} (--top 0 shows all)", rest.len(), percent_tenths(share));
    }
}

/// Two profiles side by side: what took how much longer or less, by family of operators and by operator, the largest
/// difference first. Operators are matched by their place in the network and their type, else as [`Tree`] pairs them.
pub fn compared(before: Subject, after: Subject, top: usize, width: usize) -> String {
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
        pairs(&mut out, before, &mut families, "family", (0, width));
        out.push('\n');
    }
    pairs(&mut out, before, &mut operators, if any { "operator" } else { "frame" }, (top, width));
    fit(&out, width)
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

fn pairs(out: &mut String, of: Subject, pairs: &mut [Pair], what: &str, (top, width): (usize, usize)) {
    pairs.sort_by(|x, y| y.change().cmp(&x.change()).then_with(|| x.name.cmp(&y.name)));
    let shown = if top == 0 { pairs.len() } else { top.min(pairs.len()) };
    let unit = unit_of(of, pairs.iter().map(|p| p.a.max(p.b)).max().unwrap_or(0));
    let most = pairs.first().map_or(1, Pair::change).max(1);
    let or_dash = |n: u64| if n == 0 { "–".into() } else { (unit.1)(n) };
    let figures = [format!("before {}", unit.0), format!("after {}", unit.0), "change".into()].map(Column::figures);
    let columns = figures.into_iter().chain([Column::words("").spare(1), Column::words(what)]);
    let mut grid = Grid::new(columns.collect(), 2, 2).with_tail();
    for p in &pairs[..shown] {
        let sign = if p.b > p.a {
            "+"
        } else if p.b < p.a {
            "−"
        } else {
            ""
        };
        let change = format!("{sign}{}", (unit.1)(p.change()));
        grid.row([or_dash(p.a), or_dash(p.b), change, bar(p.change() as f64 / most as f64), p.name.clone()]);
    }
    grid.write(out, width);
    if shown < pairs.len() {
        let _ = writeln!(out, " … and {} more with smaller differences (--top 0 shows all)", pairs.len() - shown);
    }
}

/// What other threads did during the inferences: no shares, since their time is no part of the wall time.
fn parallel(out: &mut String, of: Subject, lines: &[Line], (top, width): (usize, usize)) {
    let mean = |time: Nanos| super::mean(of.profile, time.0);
    let shown = if top == 0 { lines.len() } else { top.min(lines.len()) };
    let unit = unit_of(of, lines.iter().map(|line| mean(line.time)).max().unwrap_or(0));
    let figures = [format!("self {}", unit.0), format!("total {}", unit.0)].map(Column::figures);
    let words = ["thread", "type", "operator"].map(Column::words);
    let mut grid = Grid::new(figures.into_iter().chain(words).collect(), 2, 2).with_tail();
    for line in &lines[..shown] {
        let times = [(unit.1)(mean(line.time)), (unit.1)(mean(line.total))];
        let words = [line.thread.as_deref().unwrap_or_default(), &line.op_type, &line.name];
        let words = words.map(|word| if word.is_empty() { "–".to_owned() } else { tree::one_line(word) });
        grid.row(times.into_iter().chain(words));
    }
    grid.write(out, width);
    if shown < lines.len() {
        let _ = writeln!(out, " … and {} more (--top 0 shows all)", lines.len() - shown);
    }
}

/// The last cells of a line.
type Tail<'a> = dyn Fn(&Line) -> Vec<String> + 'a;

/// Times of host and device, share, bar and rates of each line; what `tail` gives stands behind.
fn table(out: &mut String, of: Subject, lines: &[Line], tail: &Tail, heads: &[Column], width: usize) {
    let unit = unit_of(of, lines.iter().map(|line| line.mean(of).max(line.mean_device(of))).max().unwrap_or(0));
    let rated = lines.iter().any(|line| line.flops.is_some_and(|f| f > 0));
    let sized = lines.iter().any(|line| line.bytes.is_some());
    let device = lines.iter().any(|line| line.device > Nanos::ZERO);
    let most = lines.iter().map(|line| line.share(of)).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let or_dash = |value: Option<f64>| value.filter(|v| *v > 0.0).map_or_else(|| "–".into(), super::rate);
    let time = |amount: u64| if amount == 0 && device { "–".to_owned() } else { (unit.1)(amount) };
    let mut columns = vec![Column::figures(format!("self {}", unit.0))];
    columns.extend(device.then(|| Column::figures(format!("device {}", unit.0))));
    columns.extend([Column::figures("share"), Column::words("").spare(1)]);
    columns.extend(rated.then(|| Column::figures("GFLOP/s").spare(4)));
    columns.extend((rated && sized).then(|| Column::figures("FLOP/B").spare(2)));
    columns.extend(heads.iter().cloned());
    let mut grid = Grid::new(columns, 2, 2).with_tail();
    for line in lines {
        let share = line.share(of);
        let mut row = vec![time(line.mean(of))];
        row.extend(device.then(|| time(line.mean_device(of))));
        row.extend([percent_tenths(share), bar(share / most)]);
        row.extend(rated.then(|| or_dash(super::gflops(line.flops, line.computing))));
        row.extend((rated && sized).then(|| or_dash(super::intensity(line.flops, line.bytes))));
        row.extend(tail(line));
        grid.row(row);
    }
    if !lines.is_empty() {
        grid.write(out, width);
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

//! Progress on standard error: a line with an ETA on a terminal, a line per phase elsewhere.

use super::fetch_bar;
use super::pace::{Pace, in_words};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nntop_core::event::{BlockKind, Event, Kind, LogLine, LogSource, Outcome, Phase, Plan, Severity, Slot, Stage};
use nntop_core::text::clean;
use nntop_core::unit::{Nanos, percent};
use nntop_state::{State, Variant};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;

/// The length of a bar that shows a share.
const WHOLE: u64 = 1_000;

/// The message of a sweep holds the point, too; the bar gives way, so that 80 columns hold it all.
fn template(plan: &Plan) -> &'static str {
    match plan.sweep {
        Some(_) => " {msg:46!} {bar:8} {percent:>3} %  {prefix}",
        None => " {msg:40!} {bar:30} {percent:>3} %  {prefix}",
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}

/// Shows how far a run is.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    plan: Plan,
    quiet: bool,
    installing: Option<String>,
    /// Whether the line shows what is fetched.
    fetching: Cell<bool>,
    pace: Pace,
    /// What was said last about how sure a median is.
    widths: BTreeMap<Slot, String>,
}

impl Progress {
    /// For `plan`; a moving line when `terminal`, plain lines otherwise, nothing when `quiet`.
    pub fn new(plan: &Plan, terminal: bool, quiet: bool) -> Self {
        let bar = (terminal && !quiet).then(|| {
            let bar = ProgressBar::with_draw_target(Some(WHOLE), ProgressDrawTarget::stderr_with_hz(10));
            bar.set_style(style(template(plan)));
            bar
        });
        Self {
            bar,
            plan: plan.clone(),
            quiet,
            installing: None,
            fetching: Cell::new(false),
            pace: Pace::default(),
            widths: BTreeMap::new(),
        }
    }

    /// A line that stays.
    pub fn note(&self, text: &str) {
        let text = clean(text);
        match &self.bar {
            _ if self.quiet => {}
            Some(bar) => bar.println(format!(" {text}")),
            // Talk goes to standard error; when that is gone there is nobody to tell.
            None => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }

    /// Says what a plain log should hold.
    pub(super) fn event(&mut self, event: &Event, state: &State) {
        self.pace.event(event.t, &event.kind);
        if let Kind::Progress { what, finished: false, .. } = &event.kind
            && self.installing.as_deref() != Some(what)
        {
            self.installing = Some(what.clone());
            self.note(what);
        }
        if self.bar.is_some() {
            return;
        }
        // What the agent does before there are variants: resting, for one.
        if let Kind::Log(LogLine { variant: None, source: LogSource::Nntop, severity: Severity::Info, text }) =
            &event.kind
        {
            self.note(text);
        }
        let name =
            |slot| state.variant(slot).map_or_else(String::new, |v| self.pace.prefix(state, slot, None) + &v.spec.name);
        match &event.kind {
            Kind::Loading { variant, stage: Stage::Process, .. } => {
                let name = state.variant(*variant).map_or("", |v| &v.spec.name);
                let left = self.pace.left(state, &self.shares(state));
                self.note(&format!("{}{name}: loading", self.pace.prefix(state, *variant, left)));
            }
            Kind::Phase { variant, phase: Phase::Warmup, .. } => self.note(&format!("{}: warming up", name(*variant))),
            Kind::Phase { variant, phase: Phase::Measure, .. } => self.note(&format!("{}: measuring", name(*variant))),
            // Drawn anew when there are a quarter more blocks: few lines, even in a long run.
            Kind::Block(block) if block.phase == BlockKind::Measure => {
                let Some((v, width)) = state.variant(block.variant).and_then(|v| Some((v, width(state, v)?))) else {
                    return;
                };
                if v.latency.intervals.is_some() && self.widths.get(&block.variant) != Some(&width) {
                    self.note(&format!("{}: p50 {width}", v.spec.name));
                    self.widths.insert(block.variant, width);
                }
            }
            // The points that a sweep did not come to.
            Kind::Finished { variant, outcome: Outcome::Interrupted, .. }
                if state.sweep.is_some() && state.variant(*variant).is_some_and(never_begun) => {}
            Kind::Finished { variant, outcome, .. } => {
                let how = match outcome {
                    Outcome::Ok => "done",
                    Outcome::Failed { .. } => "failed",
                    Outcome::Interrupted => "interrupted",
                };
                self.note(&format!("{}: {how}", name(*variant)));
            }
            _ => {}
        }
    }

    /// Draws the line.
    pub(super) fn draw(&self, state: &State) {
        let Some(bar) = &self.bar else { return };
        if let Some(work) = &state.progress {
            let template = fetch_bar::template(work.done, work.total);
            bar.set_style(style(template));
            bar.set_message(work.what.clone());
            bar.set_length(work.total.unwrap_or(work.done).0);
            bar.set_position(work.done.0);
            self.fetching.set(true);
            return;
        }
        if self.fetching.replace(false) {
            bar.set_length(WHOLE);
            bar.set_style(style(template(&self.plan)));
        }
        let shares = self.shares(state);
        let share = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
        bar.set_message(message(state, &self.pace));
        bar.set_position((share * 1_000.0) as u64);
        bar.set_prefix(
            self.eta(state, &shares, share).map_or_else(String::new, |left| format!("about {} left", in_words(left))),
        );
    }

    fn shares(&self, state: &State) -> Vec<f64> {
        state.variants.iter().map(|v| self.share(v)).collect()
    }

    /// How much of what was asked for a variant has measured.
    fn share(&self, v: &Variant) -> f64 {
        if v.outcome.is_some() {
            return 1.0;
        }
        let runs = self.plan.stop.runs.map(|n| v.latency.measured.n() as f64 / n.max(1) as f64);
        let time = self.plan.stop.duration.map(|d| v.latency.busy.0 as f64 / d.0.max(1) as f64);
        // Half-widths shrink with the square root of the blocks.
        let narrow = self.plan.stop.until_ci.zip(v.latency.p50_width()).map(|(wanted, width)| (wanted / width).powi(2));
        [runs, time, narrow].into_iter().flatten().fold(0.0, f64::max).min(1.0)
    }

    /// From the pace since the first measured block: settling and other variants' turns are in it.
    fn eta(&self, state: &State, shares: &[f64], share: f64) -> Option<Nanos> {
        if state.sweep.is_some() {
            return self.pace.left(state, shares);
        }
        let began = state.variants.iter().filter(|v| v.latency.blocks > 0).map(|v| v.phase_since).min()?;
        let spent = state.now.since(began).as_secs_f64();
        (share > 0.02).then(|| Nanos::from_secs_f64(spent * (1.0 - share) / share))
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Whether no worker was started to measure it.
fn never_begun(v: &Variant) -> bool {
    v.ready.is_none() && matches!(v.loading, None | Some((Stage::Describe, _)))
}

/// How sure the median is against how sure it has to be: `±2.3 % of ±1 %`.
fn width(state: &State, v: &Variant) -> Option<String> {
    let wanted = percent(state.until_ci?);
    Some(
        v.latency.p50_width().map_or_else(|| format!("±? of ±{wanted}"), |is| format!("±{} of ±{wanted}", percent(is))),
    )
}

/// `warming up 4.2 s of 10 s at most`: a bar of what is measured would look stuck meanwhile.
fn warming(v: &Variant) -> String {
    let Some(w) = v.warming() else { return "warming up".into() };
    let elapsed = format!("warming up {:.1} s", w.elapsed.as_secs_f64());
    w.most.map_or(elapsed.clone(), |most| format!("{elapsed} of {:.0} s at most", most.as_secs_f64()))
}

/// What is happening now, in a few words.
fn message(state: &State, pace: &Pace) -> String {
    let of = |v: &Variant, doing: &str| format!("{}{}: {doing}", pace.prefix(state, v.slot, None), v.spec.name);
    let live = || state.variants.iter().filter(|v| v.outcome.is_none());
    // One that has been described waits until it may load.
    let waits = |v: &Variant| v.model.is_some() && matches!(v.loading, Some((Stage::Describe, _)));
    if let Some(v) = live().find(|v| v.loading.is_some() && !waits(v)) {
        let doing = match v.loading {
            Some((Stage::Describe, _)) => "reading the model",
            Some((Stage::Library, _)) => "loading the runtime",
            Some((Stage::Read, _)) => "reading model files",
            Some((Stage::Session, _)) => "building the session",
            Some((Stage::FirstInference, _)) => "first inference",
            _ => "starting",
        };
        return of(v, doing);
    }
    let current = state.turn.and_then(|slot| live().find(|v| v.slot == slot)).or_else(|| live().next());
    current.map_or_else(String::new, |v| match (v.phase, v.latency.percentile(0.5)) {
        // A point's place leaves no room for more.
        (Phase::Measure, Some(_)) if state.sweep.is_some() => of(v, "measuring"),
        (Phase::Measure, Some(p50)) => match width(state, v) {
            Some(width) => of(v, &format!("p50 {p50} {width}")),
            None => of(v, &format!("measuring, p50 {p50}")),
        },
        _ => of(v, &warming(v)),
    })
}

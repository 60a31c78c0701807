//! The text that a synthetic engine is asked for with: `synthetic[:SHAPE][,key=value]...`.

use super::injected::{InjectedFault, InjectedFaults};
use super::shape::Shape;
use super::trend::{Span, Trend, Wander};
use super::{Pace, Synthetic};
use nntop_core::event::Fault;
use nntop_core::unit::parse;
use std::sync::Arc;

/// All that there is.
const HINT: &str = "synthetic:SHAPE,median=2ms,sigma=0.1,seed=1 with SHAPE one of constant, normal, lognormal, uniform, \
    pareto; spike=SHARExFACTOR, mode=SHARExFACTOR; warmup=FACTORxSPAN, drift=CHANGExSPAN, levels=FACTORxSPAN, \
    wander=SIGMAxSPAN, wander-seed=1, throttle=FACTOR with throttle-at=SPAN and throttle-for=SPAN, where SPAN is a time \
    (500ms) or a number of inferences; stall=TIME with stall-at=N, leak=64kB, fail-at=N, abort-at=N, segfault-at=N, print-at=N, fallback=N";

const NUMBER: &str = "a number is expected";
const TIME: &str = "a time above zero is expected, such as 2ms";
const SPAN: &str = "a time such as 500ms or a number of inferences is expected, above zero";

pub(super) fn parse(text: &str, pace: Pace) -> Result<Synthetic, Fault> {
    let mut s = Synthetic {
        shape: Shape::LogNormal,
        median_ns: 1e6,
        sigma: 0.05,
        seed: 1,
        modes: Vec::new(),
        trend: Trend::default(),
        faults: InjectedFaults::default(),
        fallback: 0,
        pace,
        opened: Arc::default(),
    };
    let fault = |why: String| Fault::input(format!("--engine {text}: {why}")).hint(HINT);
    let body = text.strip_prefix("synthetic").unwrap_or(text).trim_start_matches(':');
    for part in body.split(',').filter(|p| !p.is_empty()) {
        set(&mut s, part).map_err(|why| fault(format!("cannot read {part:?}: {why}")))?;
    }
    complete(&s).map_err(|why| fault(why.into()))?;
    Ok(s)
}

fn set(s: &mut Synthetic, part: &str) -> Result<(), &'static str> {
    let Some((key, value)) = part.split_once('=') else {
        s.shape = match part {
            "constant" => Shape::Constant,
            "normal" => Shape::Normal,
            "lognormal" => Shape::LogNormal,
            "uniform" => Shape::Uniform,
            "pareto" => Shape::Pareto,
            _ => return Err("there is no such distribution"),
        };
        return Ok(());
    };
    let integer = || value.parse().map_err(|_| "a whole number is expected");
    match key {
        "median" => s.median_ns = duration(value).ok_or(TIME)?,
        "sigma" => s.sigma = positive(value)?,
        "seed" => s.seed = integer()?,
        "spike" | "mode" => s.modes.push(share(value)?),
        "warmup" => s.trend.warmup = Some(over(value)?),
        "drift" => s.trend.drift = Some(over(value)?),
        "levels" => s.trend.levels = Some(over(value)?),
        "throttle" => s.trend.throttle = Some(positive(value)?),
        "throttle-at" => s.trend.throttle_at = Some(span(value)?),
        "throttle-for" => s.trend.throttle_for = Some(span(value)?),
        "wander" => {
            let (sigma, span) = over(value)?;
            let seed = s.trend.wander.map_or(1, |w| w.seed);
            s.trend.wander = Some(Wander { sigma, span, seed });
        }
        "wander-seed" => s.trend.wander.as_mut().ok_or("it goes after wander=SIGMAxSPAN")?.seed = integer()?,
        "stall" => s.faults.stall_ns = Some(duration(value).ok_or(TIME)?),
        "fallback" => s.fallback = integer()? as usize,
        "leak" => s.faults.leak = bytes(value).ok_or("a size is expected, such as 64kB")?,
        _ => {
            let fault = match key {
                "fail-at" => InjectedFault::Fail,
                "abort-at" => InjectedFault::Abort,
                "segfault-at" => InjectedFault::Segfault,
                "print-at" => InjectedFault::Print,
                "stall-at" => InjectedFault::Stall,
                _ => return Err("unknown key"),
            };
            s.faults.at.push((fault, integer()?));
        }
    }
    Ok(())
}

/// Whether what belongs together is there.
fn complete(s: &Synthetic) -> Result<(), &'static str> {
    let c = &s.trend;
    let stalls = s.faults.at.iter().any(|(m, _)| *m == InjectedFault::Stall);
    if c.throttle.is_some() != c.throttle_at.is_some() || (c.throttle_for.is_some() && c.throttle.is_none()) {
        return Err("throttle=FACTOR and throttle-at=SPAN go together");
    }
    if stalls != s.faults.stall_ns.is_some() {
        return Err("stall=TIME and stall-at=N go together");
    }
    Ok(())
}

fn number(text: &str) -> Result<f64, &'static str> {
    parse::number(text).map_err(|_| NUMBER)
}

fn positive(text: &str) -> Result<f64, &'static str> {
    let value = number(text)?;
    if value < 0.0 { Err("it must not be below zero") } else { Ok(value) }
}

/// `0.01x5`: a share and a factor.
fn share(text: &str) -> Result<(f64, f64), &'static str> {
    let (share, factor) = text.split_once('x').ok_or("SHARExFACTOR is expected, such as 0.01x5")?;
    let share = positive(share)?;
    if share > 1.0 { Err("a share lies between 0 and 1") } else { Ok((share, positive(factor)?)) }
}

/// `1.3x500ms`, `-0.05x1000`: how much, over which stretch.
fn over(text: &str) -> Result<(f64, Span), &'static str> {
    let (what, over) = text.split_once('x').ok_or("an amount and a stretch are expected, such as 1.3x500ms")?;
    Ok((number(what)?, span(over)?))
}

fn span(text: &str) -> Result<Span, &'static str> {
    let inferences = parse::number(text).ok().filter(|n| *n > 0.0).map(Span::Inferences);
    inferences.or_else(|| duration(text).map(Span::Time)).ok_or(SPAN)
}

/// `2ms`, `50us`, `1.5s`, `800ns`, in nanoseconds.
fn duration(text: &str) -> Option<f64> {
    parse::TIME.read(text).ok().filter(|ns| *ns > 0.0)
}

/// `64kB`, in bytes.
fn bytes(text: &str) -> Option<usize> {
    parse::SIZE.read(text).ok().filter(|bytes| *bytes > 0.0).map(|bytes| bytes as usize)
}

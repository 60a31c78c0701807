//! Runs without processes: what the agent does with workers, done with streams on one virtual clock.

use nntop::agent::turns::{self, Turns};
use nntop::agent::warmup::{Verdict, WarmUp};
use nntop::clock::{Clock, VirtualClock};
use nntop::engine::{Pace, Synthetic, SyntheticStream};
use nntop::event::{
    Block, BlockKind, Event, Fault, Kind, Outcome, Phase, Slot, Stop, VariantSpec, Warmup, WorkerOrder,
};
use nntop::state::State;
use nntop::unit::Nanos;
use nntop::worker::{SingleStream, Turn, TurnLimits};

/// Runs per claim.
pub(crate) const RUNS: u64 = 1_000;

/// Of [`RUNS`], those that must hold the truth where an interval says 95 %: what is left leaves room for chance
/// (three standard deviations are 21) and no more.
pub(crate) const ENOUGH: u64 = 930;

/// The warm-up that is the default.
pub(crate) fn steady() -> Warmup {
    Warmup::default()
}

/// No warm-up: every inference counts.
pub(crate) const NONE: Warmup = Warmup { runs: 0, duration: Nanos::ZERO, steady: false };

/// One variant.
struct Seat {
    slot: Slot,
    turn: Turn,
    load: SingleStream<VirtualClock, SyntheticStream>,
    ended: bool,
    measured: u64,
    busy: Nanos,
    mean: Nanos,
}

/// Where everything is told.
struct Fold<'a> {
    clock: &'a VirtualClock,
    state: State,
    seq: u64,
}

impl Fold<'_> {
    fn say(&mut self, kind: Kind) {
        self.seq += 1;
        self.state.apply(&Event { t: self.clock.now(), host: 0, seq: self.seq, kind });
    }
}

impl Seat {
    /// Carries out an order as a worker does; every block goes into the fold.
    fn obey(&mut self, order: WorkerOrder, fold: &mut Fold<'_>, mut each: impl FnMut(&Block)) -> Result<(), Fault> {
        let WorkerOrder::Turn { kind, block, inferences, duration, both } = order else { unreachable!() };
        let limits = TurnLimits { block, inferences, duration, both };
        let (measured, busy, mean) = (&mut self.measured, &mut self.busy, &mut self.mean);
        self.turn.take(&mut self.load, kind, limits, |block| {
            *mean = Nanos(block.latency.mean as u64);
            if kind == BlockKind::Measure {
                *measured += block.latency.n;
                *busy = *busy + block.duration();
            }
            each(&block);
            fold.say(Kind::Block(block));
            true
        })
    }
}

/// Measures synthetic engines (`normal,median=2ms,…`) in turns, each with a seed of its own.
pub(crate) fn measure(specs: &[&str], seed: u64, warmup: Warmup, stop: Stop) -> State {
    let clock = VirtualClock::default();
    // The weather of each run is another one, and so are the steps of its grid.
    clock.advance(Nanos(seed * 1_000_003_000_017));
    let mut fold = Fold { clock: &clock, state: State::default(), seq: 0 };
    let mut seats: Vec<Seat> = specs.iter().enumerate().map(|(i, spec)| seat(&clock, i, spec, seed)).collect();
    for (seat, spec) in seats.iter().zip(specs) {
        let spec = VariantSpec { name: (*spec).into(), engine: (*spec).into(), ..VariantSpec::default() };
        fold.say(Kind::Variant { variant: seat.slot, run: 1, spec });
    }
    for seat in seats.iter_mut().filter(|_| !warmup.is_none()) {
        warm_up(seat, warmup, &mut fold);
    }
    let mut order = Turns::default();
    let mut last = None;
    loop {
        let open: Vec<usize> = (0..seats.len()).filter(|&i| !seats[i].ended).collect();
        let Some(i) = order.next(&open) else { break };
        let seat = &mut seats[i];
        if last != Some(i) && !warmup.is_none() {
            end(seat.obey(turns::settle(), &mut fold, |_| {}), seat, &mut fold);
        }
        if seat.ended {
            continue;
        }
        if seat.measured == 0 {
            fold.say(Kind::Phase { variant: seat.slot, run: 1, phase: Phase::Measure });
        }
        let turn = turns::measure(stop, seat.measured, seat.busy, seat.mean, open.len() == 1);
        end(seat.obey(turn, &mut fold, |_| {}), seat, &mut fold);
        let enough = stop.runs.is_some_and(|n| seat.measured >= n) || stop.duration.is_some_and(|d| seat.busy >= d);
        if enough && !seat.ended {
            seat.ended = true;
            fold.say(Kind::Finished { variant: seat.slot, run: 1, outcome: Outcome::Ok });
        }
        last = Some(i);
    }
    fold.say(Kind::Done);
    fold.state
}

fn seat(clock: &VirtualClock, at: usize, spec: &str, seed: u64) -> Seat {
    let own = seed * 64 + at as u64 + 1;
    let weather = if spec.contains("wander=") { format!(",wander-seed={}", seed + 1) } else { String::new() };
    let text = format!("synthetic:{spec},seed={own}{weather}");
    let synthetic = Synthetic::parse(&text, Pace::Virtual(clock.clone())).unwrap();
    // Nobody looks at single samples here: they are dropped.
    let (live, _) = rtrb::RingBuffer::new(1);
    let slot = Slot(at as u8);
    Seat {
        slot,
        turn: Turn::new(slot, 1, 1 << 16, live),
        load: SingleStream::new(clock.clone(), synthetic.open_stream()),
        ended: false,
        measured: 0,
        busy: Nanos::ZERO,
        mean: Nanos::ZERO,
    }
}

/// A warm-up in turns of a block, each judged, as the agent does it.
fn warm_up(seat: &mut Seat, warmup: Warmup, fold: &mut Fold<'_>) {
    let mut so_far = WarmUp::default();
    loop {
        end(seat.obey(turns::warmup(warmup), fold, |block| so_far.block(block)), seat, fold);
        let verdict = so_far.verdict(warmup);
        if seat.ended || !warmup.steady || verdict != Verdict::GoOn {
            if warmup.steady {
                fold.say(Kind::Warm { variant: seat.slot, run: 1, steady: verdict == Verdict::Steady });
            }
            return;
        }
    }
}

/// A failure ends the variant.
fn end(result: Result<(), Fault>, seat: &mut Seat, fold: &mut Fold<'_>) {
    if let Err(error) = result {
        seat.ended = true;
        fold.say(Kind::Finished { variant: seat.slot, run: 1, outcome: Outcome::Failed { error } });
    }
}

/// The true quantile of what a spec asks for, in nanoseconds.
pub(crate) fn truth(spec: &str, q: f64) -> f64 {
    Synthetic::parse(&format!("synthetic:{spec}"), Pace::Real).unwrap().true_quantile(q)
}

/// So much measured time.
pub(crate) fn for_ms(ms: u64) -> Stop {
    Stop { duration: Some(Nanos::from_millis(ms)), ..Stop::default() }
}

/// In how many of [`RUNS`] each of `N` things holds, on all cores.
pub(crate) fn times<const N: usize>(of: impl Fn(u64) -> [bool; N] + Sync) -> [u64; N] {
    times_of(RUNS, of)
}

/// In how many of so many runs each of `N` things holds.
pub(crate) fn times_of<const N: usize>(runs: u64, of: impl Fn(u64) -> [bool; N] + Sync) -> [u64; N] {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        let of = &of;
        let part = |core| {
            move || {
                (core..runs).step_by(cores as usize).map(of).fold([0; N], |mut sum, held| {
                    sum.iter_mut().zip(held).for_each(|(n, held)| *n += u64::from(held));
                    sum
                })
            }
        };
        let parts: Vec<_> = (0..cores).map(|core| scope.spawn(part(core))).collect();
        parts.into_iter().fold([0; N], |mut sum, part| {
            sum.iter_mut().zip(part.join().unwrap()).for_each(|(n, add)| *n += add);
            sum
        })
    })
}

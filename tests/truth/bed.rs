//! Runs without processes: the agent's scheduler drives streams on one virtual clock.

use nntop::agent::schedule::{Do, Happened, Request, RunId, Schedule};
use nntop::clock::{Clock, VirtualClock};
use nntop::engine::{Pace, Synthetic, SyntheticStream};
use nntop::event::{Event, Kind, Plan, Profiler, Slot, Stop, VariantSpec, Warmup, WorkerOrder};
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

/// A worker: a stream and its turns.
struct Worker {
    turn: Turn,
    load: SingleStream<VirtualClock, SyntheticStream>,
}

/// Where all events go.
struct Fold {
    clock: VirtualClock,
    state: State,
    seq: u64,
}

impl Fold {
    fn apply(&mut self, kind: Kind) {
        self.seq += 1;
        self.state.apply(&Event { t: self.clock.now(), host: 0, seq: self.seq, kind });
    }
}

/// Measures synthetic engines (`normal,median=2ms,…`) in turns, each with a seed of its own.
pub(crate) fn measure(specs: &[&str], seed: u64, warmup: Warmup, stop: Stop) -> State {
    let clock = VirtualClock::default();
    // The conditions of each run are others, and so are the steps of its grid.
    clock.advance(Nanos(seed * 1_000_003_000_017));
    let mut workers: Vec<Worker> = specs.iter().enumerate().map(|(i, spec)| worker(&clock, i, spec, seed)).collect();
    let mut fold = Fold { clock, state: State::default(), seq: 0 };
    let variant = |spec: &&str| VariantSpec { name: (*spec).into(), engine: (*spec).into(), ..VariantSpec::default() };
    let plan = Plan { variants: specs.iter().map(variant).collect(), warmup, stop, ..Plan::default() };

    let mut schedule = Schedule::default();
    let mut todo = schedule.take(Happened::Asked { id: 0, request: Request::Start(Box::new(plan)) }, fold.clock.now());
    loop {
        // None of these takes time but a turn.
        let mut happened = Vec::new();
        for each in todo {
            happened.push(match each {
                Do::FindLibrary(of) => Happened::LibraryFound(of),
                Do::Describe(of) => Happened::Described(of),
                Do::Load(of) => Happened::Ready { of, profiler: Profiler::None, provider: None },
                Do::Order(of, order) => {
                    take_turn(&mut workers[usize::from(of.slot.0)], of, order, &mut schedule, &mut fold)
                }
                Do::Report(kind) => {
                    fold.apply(*kind);
                    continue;
                }
                Do::Quit => return fold.state,
                Do::SampleRails | Do::Suspend(_) | Do::Resume(_) | Do::End(_) => continue,
                other => unreachable!("nothing here rests or is profiled: {other:?}"),
            });
        }
        todo = happened.into_iter().flat_map(|happened| schedule.take(happened, fold.clock.now())).collect();
    }
}

/// Carries out a turn as a worker does; every block goes to the fold, then to the scheduler.
fn take_turn(
    worker: &mut Worker,
    of: RunId,
    order: WorkerOrder,
    schedule: &mut Schedule,
    fold: &mut Fold,
) -> Happened<'static> {
    let WorkerOrder::Turn { kind, block, inferences, duration, both } = order else { unreachable!() };
    let limits = TurnLimits { block, inferences, duration, both };
    let taken = worker.turn.take(&mut worker.load, kind, limits, |block| {
        fold.apply(Kind::Block(block.clone()));
        let todo = schedule.take(Happened::Block(&block), fold.clock.now());
        !todo.into_iter().any(|each| matches!(each, Do::Order(_, WorkerOrder::Hold)))
    });
    match taken {
        Ok(()) => Happened::TurnDone(of),
        Err(fault) => Happened::Failed { of, fault },
    }
}

fn worker(clock: &VirtualClock, at: usize, spec: &str, seed: u64) -> Worker {
    let own = seed * 64 + at as u64 + 1;
    let wander = if spec.contains("wander=") { format!(",wander-seed={}", seed + 1) } else { String::new() };
    let text = format!("synthetic:{spec},seed={own}{wander}");
    let synthetic = Synthetic::parse(&text, Pace::Virtual(clock.clone())).unwrap();
    // Nothing here reads single samples: they are dropped.
    let (live, _) = rtrb::RingBuffer::new(1);
    Worker {
        turn: Turn::new(Slot(at as u8), 1, 1 << 16, live),
        load: SingleStream::new(clock.clone(), synthetic.open_stream()),
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

//! Profiling bursts: a block with the runtime's profiler on, in the running session or in one made for it.

use super::emitter::Emitter;
use super::inputs;
use super::scenario::SingleStream;
use super::spec::WorkerSpec;
use super::turn::{Turn, TurnLimits};
use crate::engine::{Engines, Profiling, Stream};
use crate::tensor::Tensor;
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{self, BlockKind, Fault, Found, Kind};
use nntop_core::unit::Nanos;
use std::path::Path;

/// A session of its own answers so often before its profile counts: the first inference and what follows it at once
/// are slower than the rest.
const SESSION_WARM_UP: u64 = 3;

/// What a burst is limited to: at most so many inferences, and no further one after the time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) inferences: u64,
    pub(super) duration: Nanos,
}

impl From<Limits> for TurnLimits {
    /// One block, whichever limit comes first.
    fn from(limits: Limits) -> Self {
        let Limits { inferences, duration } = limits;
        Self { block: duration, inferences: Some(inferences), duration: Some(duration), both: false }
    }
}

/// Profiles a stream of the running session, alone whatever the scenario, and says what came of it.
///
/// # Errors
/// What the engine failed with. A stream that cannot be profiled is no error: that is said.
pub(super) fn take<C: Clock>(
    turn: &mut Turn,
    clock: C,
    stream: &mut dyn Stream,
    (spec, emitter): (&WorkerSpec, &Emitter),
    folder: &Path,
    limits: Limits,
) -> Result<(), Fault> {
    let found = profile(turn, clock, stream, emitter, folder, limits)?;
    emitter.say(profiled(spec, found));
    Ok(())
}

/// One block of a stream with its profiler on: what that has found.
fn profile<C: Clock>(
    turn: &mut Turn,
    clock: C,
    stream: &mut dyn Stream,
    emitter: &Emitter,
    folder: &Path,
    limits: Limits,
) -> Result<Found, Fault> {
    let profiling = match stream.profiled(folder, limits.inferences) {
        Ok(profiling) => profiling,
        Err(fault) => return Ok(Found::Nothing(fault.message)),
    };
    let mut load = SingleStream::new(clock, Profiled(profiling));
    turn.take(&mut load, BlockKind::Profile, limits.into(), |block| {
        emitter.say(Kind::Block(block));
        true
    })?;
    Ok(load.into_stream().0.finish())
}

/// A stream under its profiler, for the timed loop.
struct Profiled<'a>(Box<dyn Profiling + 'a>);

impl Stream for Profiled<'_> {
    #[inline]
    fn infer(&mut self) -> Result<(), Fault> {
        self.0.infer()
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        Err(Fault::run("a profiled inference keeps no outputs"))
    }
}

/// A whole session of its own, profiled from its begin to its end.
///
/// # Errors
/// What the engine failed with, or that it cannot be profiled this way.
pub(super) fn session(
    engines: &Engines,
    spec: &WorkerSpec,
    emitter: &Emitter,
    clock: MonotonicClock,
    folder: &Path,
    limits: Limits,
) -> Result<(), Fault> {
    let model = engines.open(&spec.variant)?.load_profiled(&spec.variant, folder)?;
    let answered = inputs::answered(model.as_ref(), &spec.variant, || clock.now(), |stream| stream.infer())?;
    let mut stream = answered.stream;
    (1..SESSION_WARM_UP).try_for_each(|_| stream.infer())?;
    let (live, _unread) = rtrb::RingBuffer::new(1);
    let mut turn = Turn::new(spec.slot, spec.run, limits.inferences as usize, live);
    let found = profile(&mut turn, clock, stream.as_mut(), emitter, folder, limits)?;
    if matches!(found, Found::Files { .. }) {
        // The runtime writes its file when the session ends.
        drop((stream, model));
    }
    emitter.say(profiled(spec, found));
    Ok(())
}

fn profiled(spec: &WorkerSpec, found: Found) -> Kind {
    Kind::Profiled(event::Profiled { variant: spec.slot, run: spec.run, found })
}

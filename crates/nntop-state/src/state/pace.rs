//! What a pace costs: a paced model against the same back to back.

use super::comparison::paired;
use super::{State, Variant};
use nntop_core::event::Scenario;
use nntop_core::stats::{self, Ratio};

impl State {
    /// What the pace costs: the engine's median time when paced over that back to back, from blocks that were measured in
    /// turns with a variant that differs in nothing else. `None` where nothing is paced.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn pace_penalty(&self, v: &Variant) -> Option<Result<Ratio, String>> {
        let paced = v.latency.served.frames.as_ref()?;
        let Some(twin) = self.variants.iter().find(|other| is_twin(v, other)) else {
            return Some(Err("the same model was not measured back to back in this run".into()));
        };
        let (left, right) = paired(paced.services(), (&twin.latency.digests, twin.latency.digest_blocks));
        Some(
            stats::compare(&left, &right)
                .map(|compared| compared.p50)
                .ok_or_else(|| format!("fewer than {} pairs of blocks: measure longer", stats::LEAST_BLOCKS)),
        )
    }
}

/// Whether `other` is the same, back to back.
fn is_twin(v: &Variant, other: &Variant) -> bool {
    let (a, b) = (&v.spec, &other.spec);
    b.scenario == Scenario::SingleStream && (&a.model, &a.engine, &a.options) == (&b.model, &b.engine, &b.options)
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::*;
    use nntop_core::event::{Age, Block, BlockKind, Digest, Frames, Kind, Queries, Slot, VariantSpec};
    use nntop_core::unit::Nanos;
    use rand::SeedableRng;
    use rand_distr::{Distribution, Normal};
    use rand_pcg::Pcg64Mcg;

    const PACED: Scenario = Scenario::Paced { rate: 30.0, deadline: None, queue: 1 };

    fn begin(slot: u8, scenario: Scenario, threads: Option<usize>) -> (u64, Kind) {
        let mut spec = VariantSpec { name: format!("v{slot}"), scenario, ..VariantSpec::default() };
        spec.options.threads = threads;
        (0, Kind::Variant { variant: Slot(slot), run: 1, spec: Box::new(spec) })
    }

    /// A block of ten inferences of 4 ms with noise of 2 %, times `factor`; when paced a millisecond late.
    fn block(slot: u8, end: u64, factor: f64, random: &mut Pcg64Mcg) -> (u64, Kind) {
        let normal = Normal::new(4e6 * factor, 8e4 * factor).unwrap();
        let services: Vec<u64> = (0..10).map(|_| normal.sample(random) as u64).collect();
        let times = [Nanos::from_millis(end - 333), Nanos::from_millis(end)];
        let mut block = Block::of(Slot(slot), 0, BlockKind::Measure, times, &services);
        if slot == 0 {
            block.latency = Digest::of(&services.iter().map(|ns| ns + 1_000_000).collect::<Vec<_>>());
            let frames = Frames {
                missed: 1,
                dropped: 2,
                lateness: Some(Digest::of(&[1_000_000; 10])),
                age: Some(Age { mean: 2e7, max: Nanos(4), over: Nanos(end) }),
                call_cpu: Some(Nanos(10_000)),
                idle_cpu: Some(Nanos(500)),
            };
            block.queries = Queries {
                service: Some(Digest::of(&services)),
                offered: Some(12),
                waiting: Some(0),
                frames: Some(frames),
            };
        }
        (end, Kind::Block(block))
    }

    fn run(seed: u64, factor: f64, blocks: u64, threads: Option<usize>) -> State {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut story = vec![begin(0, PACED, None), begin(1, Scenario::SingleStream, threads)];
        for i in 1..=blocks {
            story.push(block(0, i * 800, factor, &mut random));
            story.push(block(1, i * 800 + 400, 1.0, &mut random));
        }
        told(story)
    }

    #[test]
    fn a_penalty_is_found_within_its_interval() {
        let covered = |seed: &u64| {
            let state = run(*seed, 1.3, 30, None);
            let ratio = state.pace_penalty(&state.variants[0]).unwrap().unwrap();
            ratio.interval.low <= 1.3 && 1.3 <= ratio.interval.high && (ratio.value - 1.3).abs() < 0.05
        };
        let times = (0..40).filter(covered).count();
        assert!(times >= 34, "{times} of 40");
    }

    #[test]
    fn without_the_same_model_back_to_back_it_says_why() {
        let state = run(1, 1.3, 30, Some(2));
        assert!(state.pace_penalty(&state.variants[0]).unwrap().unwrap_err().contains("back to back"));
        assert_eq!(state.pace_penalty(&state.variants[1]), None, "nothing is paced there");
        let short = run(1, 1.3, 2, None);
        assert!(short.pace_penalty(&short.variants[0]).unwrap().unwrap_err().contains("pairs of blocks"));
    }

    #[test]
    fn frames_add_up_and_are_judged() {
        let state = run(1, 1.0, 20, None);
        let frames = state.variants[0].latency.served.frames.as_ref().unwrap();
        assert_eq!((frames.answered, frames.missed, frames.dropped, frames.oldest), (200, 20, 40, Nanos(4)));
        assert_eq!((frames.call_cpu(), frames.idle_cpu()), (Some(Nanos(1_000)), Some(Nanos(50))));
        assert!((frames.mean_age().unwrap() - 2e7).abs() < 1.0);
        assert_eq!(frames.lateness.n(), 200);
        let text = |state: &State| state.health.findings.iter().find(|f| f.text.starts_with("paced")).unwrap().clone();
        let found = text(&state);
        assert_eq!(found.text, "paced at 30/s: of 240 frames 20 answered later than 33.3 ms, 40 dropped");
    }
}

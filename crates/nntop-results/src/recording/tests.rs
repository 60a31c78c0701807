//! The recorder and the reader against each other, in process.

use super::recorder::Writer;
use super::{Info, Player, Recording};
use crate::result::RunResult;
use nntop_core::event::{
    Block, BlockKind, Digest, Event, Hello, HostInfo, Kind, LogLine, LogSource, MetricDecl, MetricKey, Outcome,
    PROTOCOL, Part, PartId, Phase, Plan, Quantity, Queries, Readings, Recorder, RecorderStatus, Samples, Severity,
    Slot, Tick, VariantSpec,
};
use nntop_core::unit::Nanos;
use nntop_state::State;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A run of two variants in turns, with all that moves state: `seconds` of it, `rate` inferences a second.
pub(super) struct Source {
    random: Pcg64Mcg,
    seq: u64,
    t: u64,
    index: u64,
    per_block: usize,
}

impl Source {
    pub(super) fn new(seed: u64, rate: u64) -> Self {
        Self { random: Pcg64Mcg::seed_from_u64(seed), seq: 0, t: 0, index: 0, per_block: (rate / 10) as usize }
    }

    fn say(&mut self, kind: Kind) -> Event {
        self.seq += 1;
        Event { t: Nanos(self.t), host: 0, seq: self.seq, kind }
    }

    pub(super) fn begin(&mut self) -> Vec<Event> {
        let info = HostInfo { name: "bench".into(), cpus: 4, ..HostInfo::default() };
        let hello = Hello { protocol: PROTOCOL, nntop: "0.1.0".into(), wall_unix_ns: 1_700_000_000_000_000_000, info };
        let mut all = vec![self.say(Kind::Hello(hello))];
        for (id, part, quantity) in
            [(0, Part::Cpu, Quantity::Load), (1, Part::Zone, Quantity::Temperature), (2, Part::Rail, Quantity::Power)]
        {
            let decl = MetricDecl::new(id, MetricKey::new(part, quantity), PartId::named(format!("p{id}")));
            all.push(self.say(Kind::Metric(decl)));
        }
        for slot in [0, 1] {
            let (name, variant) = (format!("net{slot}"), Slot(slot));
            let spec = VariantSpec {
                model: format!("{name}.onnx"),
                name,
                engine: "synthetic".into(),
                ..VariantSpec::default()
            };
            all.push(self.say(Kind::Variant { variant, run: 1, spec: Box::new(spec) }));
            all.push(self.say(Kind::Phase { variant, run: 1, phase: Phase::Measure }));
        }
        all
    }

    /// A tenth of a second: a block with its samples, and what else comes by.
    pub(super) fn tenth(&mut self) -> Vec<Event> {
        let mut all = Vec::new();
        let variant = Slot((self.index / 5 % 2) as u8);
        let t0 = self.t;
        let median = 100_000_000 / self.per_block.max(1) as u64;
        let samples: Vec<u64> = (0..self.per_block)
            .map(|_| {
                // A sum of uniforms is near enough to what latencies look like; one in a hundred is slow.
                let spread: f64 = (0..4).map(|_| self.random.random::<f64>()).sum::<f64>() / 4.0;
                let tail = if self.random.random::<f64>() > 0.99 { 2.0 } else { 1.0 };
                ((0.8 + 0.4 * spread) * tail * median as f64) as u64
            })
            .collect();
        self.t += 100_000_000;
        let latency: Vec<Nanos> = samples.iter().map(|ns| Nanos(*ns)).collect();
        let mut end = t0;
        let at = samples
            .iter()
            .map(|ns| {
                end += ns;
                Nanos(end)
            })
            .collect();
        let of = latency.len() as u64;
        all.push(self.say(Kind::Samples(Samples { variant, run: 1, at, latency, of })));
        let (phase, t0, t1) = (BlockKind::Measure, Nanos(t0), Nanos(self.t));
        let (latency, queries) = (Digest::of(&samples), Queries::default());
        let block = Block { variant, run: 1, index: self.index, phase, t0, t1, drops: 0, latency, queries };
        all.push(self.say(Kind::Block(block)));
        let power = self.random.random::<f64>();
        let mut values = vec![(2, Some(8.0 + power))];
        let second = self.index.is_multiple_of(10);
        if second {
            values.extend([(0, Some(power * 100.0)), (1, (power < 0.9).then_some(50.0 + power))]);
        }
        all.push(self.say(Kind::Readings(Readings { values, cost_ns: if second { 400_000 } else { 0 } })));
        if second {
            let tick = Tick {
                cpu_percent: power,
                rss: nntop_core::unit::Bytes(11_000_000),
                terminal_bytes_per_s: 1e3 * power,
            };
            all.push(self.say(Kind::Tick(tick)));
        }
        if self.index % 97 == 96 {
            let text = format!("line {}", self.index);
            let line = LogLine { variant: Some(variant), source: LogSource::Stderr, severity: Severity::Info, text };
            all.push(self.say(Kind::Log(line)));
            all.push(self.say(Kind::Mark {}));
        }
        self.index += 1;
        all
    }

    pub(super) fn end(&mut self) -> Vec<Event> {
        let mut all: Vec<Event> =
            [0, 1].map(|slot| self.say(Kind::Finished { variant: Slot(slot), run: 1, outcome: Outcome::Ok })).into();
        all.push(self.say(Kind::Done));
        all
    }

    fn run(seed: u64, tenths: usize) -> Vec<Event> {
        let mut source = Self::new(seed, 200);
        let mut all = source.begin();
        (0..tenths).for_each(|_| all.extend(source.tenth()));
        all.extend(source.end());
        all
    }
}

/// What was reported of recordings.
type Said = Arc<Mutex<Vec<Recorder>>>;

pub(super) fn writer(full_bytes: u64) -> (Writer, Said) {
    let said = Said::default();
    let to = Arc::clone(&said);
    let writer = Writer::new(plan(), full_bytes, Box::new(move |r| to.lock().unwrap().push(r)), Arc::default());
    (writer, said)
}

fn plan() -> Plan {
    Plan { sample_every: Nanos::from_millis(250), ..Plan::default() }
}

/// Records events as a run of so many frames would, ten tenths to a frame.
fn record(events: &[Event], path: &Path, full_bytes: u64) {
    let (mut writer, _) = writer(full_bytes);
    writer.start(path);
    let mut next = 1_000_000_000;
    for event in events {
        writer.event(event);
        if event.t.0 >= next {
            next = event.t.0 + 1_000_000_000;
            writer.flush();
        }
    }
    writer.end();
}

/// Everything that is known, as bytes: what a keyframe holds.
fn bytes(state: &State) -> Vec<u8> {
    rmp_serde::to_vec_named(state).unwrap()
}

fn folded<'a>(events: impl IntoIterator<Item = &'a Event>) -> State {
    let mut state = State::default();
    events.into_iter().for_each(|e| state.apply(e));
    state
}

/// What the live run knew at `t`.
fn live_at(events: &[Event], t: Nanos) -> State {
    folded(events.iter().take_while(|e| e.t <= t))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_state_that_was_written_and_read_goes_on_as_if_nothing_had_been(seed in any::<u64>(), cut in 0usize..400) {
        let events = Source::run(seed, 100);
        let (before, after) = events.split_at(cut.min(events.len()));
        let mut state = super::frame::state(&bytes(&folded(before))).unwrap();
        prop_assert_eq!(bytes(&state), bytes(&folded(before)));
        after.iter().for_each(|e| state.apply(e));
        let whole = folded(&events);
        prop_assert_eq!(bytes(&state), bytes(&whole));
        prop_assert_eq!(RunResult::of(&state, &plan()), RunResult::of(&whole, &plan()));
    }
}

proptest! {
    // More than a minute each, so that there are keyframes: a case takes seconds.
    #![proptest_config(ProptestConfig::with_cases(3))]
    #[test]
    fn replay_knows_at_any_time_what_the_run_knew_whatever_the_way_there(
        seed in any::<u64>(), places in prop::collection::vec(0u64..80_000, 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.nntop");
        let events = Source::run(seed, 700);
        record(&events, &path, u64::MAX);
        let recording = Recording::open(&path).unwrap();
        prop_assert!(recording.notes.is_empty() && recording.frames().1 == 2, "{:?}", recording.frames());
        let mut player = Player::new(&recording);
        for ms in places {
            let t = Nanos::from_millis(ms);
            player.seek(t).unwrap();
            prop_assert_eq!(bytes(player.state()), bytes(&live_at(&events, t)), "at {} ms", ms);
            // From there on it plays: the same again a little later.
            let later = t + Nanos::from_millis(350);
            while player.due(later).unwrap().is_some() {}
            prop_assert_eq!(bytes(player.state()), bytes(&live_at(&events, later)));
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_no_recording_is_an_error_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), at in 0usize..4_000) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.nntop");
        std::fs::write(&path, &bytes).unwrap();
        prop_assert!(Recording::open(&path).is_err());
        // Damage in the middle of a real one.
        record(&Source::run(1, 30), &path, u64::MAX);
        let mut whole = std::fs::read(&path).unwrap();
        let at = at % whole.len();
        let end = (at + bytes.len()).min(whole.len());
        whole[at..end].copy_from_slice(&bytes[..end - at]);
        std::fs::write(&path, &whole).unwrap();
        if let Ok(recording) = Recording::open(&path) {
            let _ = recording.state_at(recording.end());
            let _ = Info::of(&recording);
        }
    }
}

#[test]
fn a_torn_recording_opens_wherever_it_is_torn() {
    let folder = tempfile::tempdir().unwrap();
    let (path, torn) = (folder.path().join("x.nntop"), folder.path().join("torn.nntop"));
    let events = Source::run(7, 320);
    record(&events, &path, u64::MAX);
    let whole = std::fs::read(&path).unwrap();
    let recording = Recording::open(&path).unwrap();
    let boundaries = recording.boundaries();
    assert!(boundaries.len() > 30);
    let header = boundaries[0] as usize;
    let mut random = Pcg64Mcg::seed_from_u64(3);
    let offsets = (0..200).map(|_| header as u64 + random.random_range(0..(whole.len() - header) as u64));
    for cut in boundaries.iter().copied().chain(offsets) {
        std::fs::write(&torn, &whole[..cut as usize]).unwrap();
        let part = Recording::open(&torn).unwrap();
        // What a frame that is there holds is there, and nothing else.
        let last = part.end();
        let left: Vec<Event> = part.iter().map(|e| e.unwrap()).collect();
        assert_eq!(left, events[..left.len()], "cut at {cut}");
        let full_frames = boundaries.iter().filter(|b| **b <= cut).count() - 1;
        assert_eq!(part.frames().0 + part.frames().1, full_frames, "cut at {cut}");
        assert_eq!(
            part.notes.is_empty(),
            boundaries.contains(&cut) && full_frames > 0,
            "cut at {cut}: {:?}",
            part.notes
        );
        if cut % 16 == 0 {
            assert_eq!(bytes(&part.state_at(last).unwrap()), bytes(&folded(&left)));
        }
    }
    std::fs::write(&torn, &whole[..header - 3]).unwrap();
    assert!(Recording::open(&torn).unwrap_err().message.contains("within its header"));
}

#[test]
fn a_recording_begun_on_the_way_knows_what_was_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.nntop");
    let events = Source::run(5, 90);
    let (mut writer, said) = writer(u64::MAX);
    events[..150].iter().for_each(|e| writer.event(e));
    writer.start(&path);
    events[150..].iter().for_each(|e| writer.event(e));
    writer.end();
    let recording = Recording::open(&path).unwrap();
    assert_eq!(recording.start(), folded(&events[..150]).now);
    assert_eq!(bytes(&recording.state_at(recording.end()).unwrap()), bytes(&folded(&events)));
    assert_eq!(
        bytes(&recording.state_at(recording.start()).unwrap()),
        bytes(&folded(events.iter().take_while(|e| e.t <= recording.start())))
    );
    let statuses: Vec<_> = said.lock().unwrap().iter().map(|r| r.status).collect();
    assert_eq!(statuses, [RecorderStatus::Recording, RecorderStatus::Saved]);
    assert_eq!(recording.plan(), &plan());

    let cut = folder.path().join("cut.nntop");
    let (from, to) = (Nanos::from_millis(5_000), Nanos::from_millis(7_000));
    super::trim(&recording, from, to, &cut).unwrap();
    let part = Recording::open(&cut).unwrap();
    assert_eq!(bytes(&part.state_at(part.end()).unwrap()), bytes(&live_at(&events, to)));
    assert!(part.length() <= Nanos::from_millis(2_000));
    assert!(super::trim(&recording, from, to, &cut).is_err(), "nothing is replaced");
}

#[test]
fn a_long_run_is_condensed_and_exact_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (path, full) = (folder.path().join("x.nntop"), folder.path().join("full.nntop"));
    let events = Source::run(11, 900);
    record(&events, &path, 20_000);
    record(&events, &full, u64::MAX);
    let recording = Recording::open(&path).unwrap();
    let condensed = recording.condensed_from().expect("it was condensed");
    assert!(condensed > Nanos::from_millis(2_000) && condensed < Nanos::from_millis(40_000), "{condensed}");
    assert!(recording.size() * 2 < Recording::open(&full).unwrap().size());
    let (end, live) = (recording.state_at(recording.end()).unwrap(), folded(&events));
    assert_eq!(bytes(&end), bytes(&live), "the end is a keyframe");
    // Between keyframes what was measured is the run's own at the end of every frame: counts, time, extremes, percentiles.
    let mut checked = 0;
    let (mut player, mut then, mut left) = (Player::new(&recording), State::default(), events.iter());
    for end in recording.ends() {
        while player.due(end).unwrap().is_some() {}
        // A frame ends with the first event of its last moment, as `record` has it.
        while then.now < end
            && let Some(event) = left.next()
        {
            then.apply(event);
        }
        if end.since(recording.start()) <= condensed || end == recording.end() {
            continue;
        }
        let seen = player.state();
        assert_eq!(seen.missed, 0, "what was left out is not missing");
        for (a, b) in seen.variants.iter().zip(&then.variants) {
            let (a, b) = (&a.latency, &b.latency);
            let exact = |l: &nntop_state::Latency| {
                let (m, busy) = (&l.measured, l.busy);
                let percentiles = [0.001, 0.5, 0.9, 0.95, 0.99, 0.999].map(|q| m.quantile(q));
                (m.n(), m.min(), m.max(), percentiles, busy, m.pairs())
            };
            assert_eq!(exact(a), exact(b), "at {end}");
            let near = |a: Option<f64>, b: Option<f64>| (a.unwrap() / b.unwrap() - 1.0).abs() < 1e-12;
            assert!(near(a.measured.mean(), b.measured.mean()) && near(a.measured.stddev(), b.measured.stddev()));
            checked += 1;
        }
    }
    assert!(checked > 60, "{checked}");
}

#[test]
fn a_file_that_cannot_be_written_is_said_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let events = Source::run(2, 40);
    let (mut full, said) = writer(u64::MAX);
    full.start(Path::new("/dev/full"));
    full.start(&folder.path().join("nosuch/x.nntop"));
    events.iter().for_each(|e| full.event(e));
    assert!(full.end().lost.unwrap().lost.unwrap().contains("cannot be written"));
    assert!(said.lock().unwrap().iter().all(|r| r.status == RecorderStatus::Failed && r.lost.is_some()));

    let path = folder.path().join("taken.nntop");
    let (mut taken, said) = writer(u64::MAX);
    taken.start(&path);
    events[..60].iter().for_each(|e| taken.event(e));
    taken.flush();
    std::fs::remove_file(&path).unwrap();
    events[60..].iter().for_each(|e| taken.event(e));
    let lost = taken.end().lost.unwrap();
    assert!(lost.lost.as_ref().unwrap().contains("taken away"), "{lost:?}");
    assert_eq!(said.lock().unwrap().last().unwrap().status, RecorderStatus::Failed);
    let mut state = folded(&events);
    state.apply(&Event::new(state.now, Kind::Recorder(lost)));
    let result = RunResult::of(&state, &plan());
    assert!(result.findings.iter().any(|f| f.text.contains("taken away")), "{:?}", result.findings);
}

//! A day of events at 2 000 inferences a second: how large the recording is, and how long it takes to open and to seek.
//! `cargo bench --bench soak`; `-- 2` is two hours, the rest extrapolated from the condensed part.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark talks")]

use nntop::event::{
    Block, BlockKind, Digest, Event, Hello, HostInfo, Kind, MetricDecl, MetricKey, PROTOCOL, Part, PartId, Phase, Plan,
    Quantity, Queries, Readings, Samples, Slot, VariantSpec,
};
use nntop::recording::{FULL_BYTES, Player, Recording, Writer};
use nntop::unit::Nanos;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal};
use rand_pcg::Pcg64Mcg;
use std::time::Instant;

const PER_BLOCK: usize = 200;
const METRICS: u16 = 24;

struct Source {
    random: Pcg64Mcg,
    latency: LogNormal<f64>,
    seq: u64,
}

impl Source {
    fn say(&mut self, t: Nanos, kind: Kind) -> Event {
        self.seq += 1;
        Event { t, host: 0, seq: self.seq, kind }
    }

    fn begin(&mut self) -> Vec<Event> {
        let info = HostInfo { name: "soak".into(), cpus: 6, ..HostInfo::default() };
        let hello = Hello { protocol: PROTOCOL, nntop: "0.1.0".into(), wall_unix_ns: 1_700_000_000_000_000_000, info };
        let mut all = vec![self.say(Nanos::ZERO, Kind::Hello(hello))];
        for id in 0..METRICS {
            let (part, quantity) =
                if id < 3 { (Part::Rail, Quantity::Power) } else { (Part::Zone, Quantity::Temperature) };
            let decl = MetricDecl::new(id, MetricKey::new(part, quantity), PartId::named(format!("m{id}")));
            all.push(self.say(Nanos::ZERO, Kind::Metric(decl)));
        }
        let spec = VariantSpec { name: "net".into(), model: "net.onnx".into(), ..VariantSpec::default() };
        all.push(self.say(Nanos::ZERO, Kind::Variant { variant: Slot(0), run: 1, spec }));
        all.push(self.say(Nanos::ZERO, Kind::Phase { variant: Slot(0), run: 1, phase: Phase::Measure }));
        all
    }

    fn tenth(&mut self, index: u64) -> Vec<Event> {
        let (t0, t1) = (Nanos(index * 100_000_000), Nanos((index + 1) * 100_000_000));
        // 2 000 a second are half a millisecond each, 4 % apart.
        let samples: Vec<u64> =
            (0..PER_BLOCK).map(|_| (self.latency.sample(&mut self.random) * 500e3) as u64).collect();
        let at = (1..=PER_BLOCK as u64).map(|i| Nanos(t0.0 + i * 500_000)).collect();
        let latency: Vec<Nanos> = samples.iter().map(|ns| Nanos(*ns)).collect();
        let of = PER_BLOCK as u64;
        let samples_event = Samples { variant: Slot(0), run: 1, at, latency, of };
        let (phase, latency, queries) = (BlockKind::Measure, Digest::of(&samples), Queries::default());
        let block = Block { variant: Slot(0), run: 1, index, phase, t0, t1, drops: 0, latency, queries };
        let second = index.is_multiple_of(10);
        let ids = if second { 0..METRICS } else { 0..3 };
        let values = ids.map(|id| (id, Some((self.random.random::<f64>() * 1e4).round() / 1e3))).collect();
        let readings = Readings { values, cost_ns: if second { 400_000 } else { 0 } };
        vec![
            self.say(t1, Kind::Samples(samples_event)),
            self.say(t1, Kind::Block(block)),
            self.say(t1, Kind::Readings(readings)),
        ]
    }
}

fn main() {
    let hours: f64 = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(24.0);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("soak.nntop");
    let mut source = Source { random: Pcg64Mcg::seed_from_u64(1), latency: LogNormal::new(0.0, 0.04).unwrap(), seq: 0 };
    let mut writer = Writer::new(Plan::default(), FULL_BYTES, Box::new(|_| {}), Default::default());
    writer.start(&path);
    let began = Instant::now();
    source.begin().iter().for_each(|e| writer.event(e));
    let (tenths, mut sizes) = ((hours * 36_000.0) as u64, Vec::new());
    for index in 0..tenths {
        source.tenth(index).iter().for_each(|e| writer.event(e));
        if index % 10 == 9 {
            writer.flush();
        }
        if index % 6_000 == 5_999 {
            sizes.push(std::fs::metadata(&path).unwrap().len() as f64 / 1e6);
            println!(
                "{:5.0} min  {:7.2} MB  {:.0?}",
                (index + 1) as f64 / 600.0,
                sizes[sizes.len() - 1],
                began.elapsed()
            );
        }
    }
    writer.end();

    let began = Instant::now();
    let recording = Recording::open(&path).unwrap();
    println!("opened in {:.1?}: {:?} frames and keyframes", began.elapsed(), recording.frames());
    let mut player = Player::new(&recording);
    let mut worst = 0.0f64;
    for i in 0..40u64 {
        let t = Nanos((i * 7_919 + 13) * recording.end().0 / 40 % recording.end().0.max(1));
        let began = Instant::now();
        player.seek(t).unwrap();
        worst = worst.max(began.elapsed().as_secs_f64());
    }
    println!("the slowest of 40 seeks took {worst:.3} s");
    println!("{hours} h are {:.1} MB", recording.size() as f64 / 1e6);
    if let (Some(condensed), true) = (recording.condensed_from(), hours < 24.0) {
        // From the hour's last half, where everything that is kept has reached its bound.
        let half = sizes.len() / 2;
        let per_hour = (sizes[sizes.len() - 1] - sizes[half]) / ((sizes.len() - 1 - half) as f64 / 6.0);
        let day = recording.size() as f64 / 1e6 + per_hour * (24.0 - hours);
        println!(
            "condensed from {:.0} s on, {per_hour:.2} MB an hour since: {day:.0} MB a day",
            condensed.as_secs_f64()
        );
    }
}

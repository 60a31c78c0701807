//! Events as a run of 2 000 inferences a second gives them.

use nntop::event::{
    Block, BlockKind, Digest, Event, Hello, HostInfo, Kind, LogLine, LogSource, MetricDecl, MetricKey, PROTOCOL, Part,
    PartId, Phase, Quantity, Queries, Readings, Samples, Severity, Slot, VariantSpec,
};
use nntop::unit::Nanos;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal};
use rand_pcg::Pcg64Mcg;

const PER_BLOCK: usize = 200;
const METRICS: u16 = 24;

pub(crate) struct Source {
    random: Pcg64Mcg,
    latency: LogNormal<f64>,
    seq: u64,
    variants: u8,
}

impl Source {
    /// Events of `variants` models.
    pub(crate) fn new(variants: u8) -> Self {
        Self { random: Pcg64Mcg::seed_from_u64(1), latency: LogNormal::new(0.0, 0.04).unwrap(), seq: 0, variants }
    }

    fn say(&mut self, t: Nanos, kind: Kind) -> Event {
        self.seq += 1;
        Event { t, host: 0, seq: self.seq, kind }
    }

    pub(crate) fn begin(&mut self) -> Vec<Event> {
        let info = HostInfo { name: "soak".into(), cpus: 6, ..HostInfo::default() };
        let hello = Hello { protocol: PROTOCOL, nntop: "0.1.0".into(), wall_unix_ns: 1_700_000_000_000_000_000, info };
        let mut all = vec![self.say(Nanos::ZERO, Kind::Hello(hello))];
        for id in 0..METRICS {
            let (part, quantity) =
                if id < 3 { (Part::Rail, Quantity::Power) } else { (Part::Zone, Quantity::Temperature) };
            let decl = MetricDecl::new(id, MetricKey::new(part, quantity), PartId::named(format!("m{id}")));
            all.push(self.say(Nanos::ZERO, Kind::Metric(decl)));
        }
        for variant in (0..self.variants).map(Slot) {
            let name = format!("net{}", variant.0);
            let spec = VariantSpec { model: format!("{name}.onnx"), name, ..VariantSpec::default() };
            all.push(self.say(Nanos::ZERO, Kind::Variant { variant, run: 1, spec: Box::new(spec) }));
            all.push(self.say(Nanos::ZERO, Kind::Phase { variant, run: 1, phase: Phase::Measure }));
        }
        all
    }

    pub(crate) fn tenth(&mut self, index: u64, slot: Slot) -> Vec<Event> {
        let (t0, t1) = (Nanos(index * 100_000_000), Nanos((index + 1) * 100_000_000));
        // 2 000 a second are half a millisecond each, 4 % apart.
        let samples: Vec<u64> =
            (0..PER_BLOCK).map(|_| (self.latency.sample(&mut self.random) * 500e3) as u64).collect();
        let at = (1..=PER_BLOCK as u64).map(|i| Nanos(t0.0 + i * 500_000)).collect();
        let latency: Vec<Nanos> = samples.iter().map(|ns| Nanos(*ns)).collect();
        let of = PER_BLOCK as u64;
        let samples_event = Samples { variant: slot, run: 1, at, latency, of };
        let (phase, latency, queries) = (BlockKind::Measure, Digest::of(&samples), Queries::default());
        let block = Block { variant: slot, run: 1, index, phase, t0, t1, drops: 0, latency, queries };
        let second = index.is_multiple_of(10);
        let ids = if second { 0..METRICS } else { 0..3 };
        let values = ids.map(|id| (id, Some((self.random.random::<f64>() * 1e4).round() / 1e3))).collect();
        let readings = Readings { values, cost_ns: if second { 400_000 } else { 0 } };
        let mut all = vec![
            self.say(t1, Kind::Samples(samples_event)),
            self.say(t1, Kind::Block(block)),
            self.say(t1, Kind::Readings(readings)),
        ];
        if second {
            // As many lines as a runtime that warns at every call.
            let line = LogLine {
                variant: Some(slot),
                source: LogSource::Stderr,
                severity: Severity::Warning,
                text: format!("call {index}: a warning of the runtime"),
            };
            all.push(self.say(t1, Kind::Log(line)));
        }
        all
    }
}

//! A rail of known power, and what the variants that measured beside it get.

use super::*;
use nntop_core::event::{
    Block, BlockKind, EngineInfo, MetricDecl, MetricKey, PartId, Rail, RailRole, Readings, Ready, VariantSpec,
};

/// A machine whose rails are read every 50 ms.
struct Machine {
    state: State,
    ids: u16,
}

impl Machine {
    fn new() -> Self {
        let mut machine = Self { state: State::default(), ids: 0 };
        for slot in [0, 1] {
            let spec = VariantSpec::default();
            machine.say(0, Kind::Variant { variant: Slot(slot), run: 1, spec: Box::new(spec) });
        }
        machine
    }

    fn say(&mut self, ms: u64, kind: Kind) {
        self.state.apply(&Event { t: Nanos::from_millis(ms), host: 0, seq: 0, kind });
    }

    fn rail(&mut self, quantity: Quantity, label: &str, role: RailRole) -> u16 {
        let id = self.ids;
        self.ids += 1;
        self.say(
            0,
            Kind::Metric(MetricDecl {
                rail: Some(Rail { role, scope: format!("all of {label}"), update: None }),
                ..MetricDecl::new(id, MetricKey::new(Part::Rail, quantity), PartId::named(label))
            }),
        );
        id
    }

    fn read(&mut self, ms: u64, values: &[(u16, Option<f64>)]) {
        self.say(ms, Kind::Readings(Readings { values: values.to_vec(), cost_ns: 0 }));
    }

    /// Readings every 50 ms, from `from` to `to` in milliseconds.
    fn readings(&mut self, from: u64, to: u64, id: u16, value: impl Fn(f64) -> f64) {
        for ms in (from..=to).step_by(50) {
            self.read(ms, &[(id, Some(value(ms as f64 / 1e3)))]);
        }
    }

    /// A block of ten inferences, its end told late, as it comes.
    fn block(&mut self, slot: u8, phase: BlockKind, from: u64, to: u64) {
        let times = [Nanos::from_millis(from), Nanos::from_millis(to)];
        self.say(to, Kind::Block(Block::of(Slot(slot), 0, phase, times, &[(to - from) * 100_000; 10])));
    }

    fn energy(&self, slot: usize) -> Result<Energy, String> {
        self.state.energy(&self.state.variants[slot])
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9 * b.abs().max(1.0)
}

#[test]
fn a_rail_of_five_watts_gives_five_joules_a_second() {
    let mut machine = Machine::new();
    let input = machine.rail(Quantity::Power, "VDD_IN", RailRole::Input);
    // Within the input: not added.
    machine.rail(Quantity::Power, "VDD_SOC", RailRole::Part);
    machine.readings(0, 1_000, input, |_| 2.0);
    let (begin, end) = (Nanos::from_millis(0), Nanos::from_millis(1_000));
    machine.say(1_000, Kind::Idle { begin, end });
    machine.readings(1_050, 3_000, input, |_| 5.0);
    // Its edges lie between readings; what is no measurement takes no part.
    machine.block(0, BlockKind::Warmup, 1_000, 1_070);
    machine.block(0, BlockKind::Measure, 1_075, 2_990);
    assert!(
        machine.energy(0).unwrap_err().starts_with("only 0 new values of VDD_IN"),
        "no reading has followed the block"
    );
    machine.read(3_050, &[(input, Some(5.0))]);
    let energy = machine.energy(0).unwrap();
    assert!(close(energy.joules, 5.0 * 1.915), "{energy:?}");
    assert!(close(energy.gross_mj(), 957.5) && close(energy.net_mj().unwrap(), 3.0 * 191.5), "{energy:?}");
    assert!(close(energy.inferences_per_joule(), 10.0 / 9.575));
    assert_eq!((energy.rails, energy.scope.as_str()), (vec!["VDD_IN".to_owned()], "all of VDD_IN"));
}

#[test]
fn each_variant_gets_the_energy_of_its_own_blocks() {
    let mut machine = Machine::new();
    let input = machine.rail(Quantity::Power, "VDD_IN", RailRole::Input);
    // A B B A, 600 ms each; A draws 4 W, B 7 W.
    let watts = |s: f64| if (0.6..1.8).contains(&s) { 7.0 } else { 4.0 };
    machine.readings(0, 2_400, input, watts);
    for (slot, from) in [(0, 0), (1, 600), (1, 1_200), (0, 1_800)] {
        // Settling takes the first 100 ms, in which power has changed.
        machine.block(slot, BlockKind::Settle, from, from + 100);
        machine.block(slot, BlockKind::Measure, from + 100, from + 550);
    }
    machine.read(2_450, &[(input, Some(4.0))]);
    let (a, b) = (machine.energy(0), machine.energy(1));
    assert!(a.is_err(), "nine or ten readings in each of two blocks are not enough");
    assert!(b.unwrap_err().contains("20 are needed"));

    machine.readings(2_500, 4_950, input, |s| if s < 3.695 { 4.0 } else { 7.0 });
    machine.block(0, BlockKind::Measure, 2_510, 3_640);
    machine.block(1, BlockKind::Measure, 3_710, 4_930);
    machine.read(5_000, &[(input, Some(7.0))]);
    let (a, b) = (machine.energy(0).unwrap(), machine.energy(1).unwrap());
    assert!(close(a.joules, 4.0 * (0.45 + 0.45 + 1.13)) && a.inferences == 30, "{a:?}");
    assert!(close(b.joules, 7.0 * (0.45 + 0.45 + 1.22)) && b.inferences == 30, "{b:?}");
    assert_eq!(a.net_mj(), None, "nobody measured the rest");
}

#[test]
fn counters_come_before_power_and_shares_are_added() {
    let mut machine = Machine::new();
    let power = machine.rail(Quantity::Power, "package-0", RailRole::Share);
    let counter = machine.rail(Quantity::Energy, "package-0", RailRole::Share);
    let gpu = machine.rail(Quantity::Power, "gpu", RailRole::Share);
    let battery = machine.rail(Quantity::Power, "battery", RailRole::Battery);
    for ms in (0..=2_000).step_by(50) {
        let joules = 240_000.0 + 15.0 * ms as f64 / 1e3;
        // A reading of the counter that fails costs nothing: the next one holds its energy.
        let counted = (ms != 500).then_some(joules);
        machine.read(ms, &[(power, Some(99.0)), (counter, counted), (gpu, Some(3.0)), (battery, Some(30.0))]);
    }
    machine.block(0, BlockKind::Measure, 110, 1_890);
    machine.read(2_050, &[(counter, Some(240_030.75)), (gpu, Some(3.0))]);
    let energy = machine.energy(0).unwrap();
    assert!((energy.joules - 18.0 * 1.78).abs() < 1e-6, "{energy:?}");
    assert_eq!(energy.rails, ["package-0", "gpu"]);
    assert_eq!(energy.scope, "all of package-0; and all of gpu");
}

#[test]
fn what_was_not_read_is_not_guessed() {
    let mut machine = Machine::new();
    let input = machine.rail(Quantity::Power, "VDD_IN", RailRole::Input);
    machine.readings(0, 1_500, input, |_| 5.0);
    machine.block(0, BlockKind::Measure, 0, 1_450);
    machine.read(1_550, &[(input, Some(5.0))]);
    // One reading fails within the second block; nobody reads for four seconds in the third; none ends the fourth.
    machine.readings(1_600, 2_000, input, |_| 5.0);
    machine.read(2_050, &[(input, None)]);
    machine.readings(2_100, 3_000, input, |_| 5.0);
    machine.block(0, BlockKind::Measure, 1_600, 2_900);
    machine.readings(7_000, 9_000, input, |_| 5.0);
    machine.block(0, BlockKind::Measure, 2_950, 7_500);
    machine.block(0, BlockKind::Measure, 7_600, 8_990);
    machine.read(9_050, &[(input, Some(5.0))]);
    machine.block(0, BlockKind::Measure, 9_040, 9_990);
    let energy = machine.energy(0).unwrap();
    assert_eq!(energy.inferences, 20, "the first and the fourth");
    assert!(close(energy.joules, 5.0 * (1.45 + 1.39)), "{energy:?}");
}

#[test]
fn without_a_total_or_with_two_at_once_there_is_a_reason() {
    let mut machine = Machine::new();
    assert_eq!(machine.energy(0).unwrap_err(), "no power rail was found");
    machine.rail(Quantity::Power, "VDD_SOC", RailRole::Part);
    assert!(machine.energy(0).unwrap_err().ends_with("there are VDD_SOC"));

    let input = machine.rail(Quantity::Power, "VDD_IN", RailRole::Input);
    machine.readings(0, 3_000, input, |_| 5.0);
    machine.block(0, BlockKind::Measure, 0, 2_000);
    machine.block(1, BlockKind::Measure, 1_000, 2_900);
    machine.read(3_050, &[(input, Some(5.0))]);
    assert!(machine.energy(0).unwrap_err().contains("at the same time"));
    assert!(machine.energy(1).unwrap_err().contains("at the same time"));
}

#[test]
fn a_gpu_tells_nothing_about_a_model_on_the_processor() {
    let mut machine = Machine::new();
    let gpu = machine.rail(Quantity::Power, "H200", RailRole::Share);
    let mut decl = machine.state.device.quantity(Quantity::Power).next().unwrap().decl.clone();
    decl.key.part = Part::Gpu;
    machine.say(0, Kind::Metric(decl));
    for (slot, provider) in [(0, "cpu"), (1, "cuda")] {
        let engine = EngineInfo {
            name: "onnxruntime".into(),
            version: "1.23.2".into(),
            providers: vec![provider.into()],
            threads: None,
            library: None,
            profiler: nntop_core::event::Profiler::default(),
            ..EngineInfo::default()
        };
        machine.state.variants[slot].ready = Some(Ready {
            clock_precision: Nanos(1),
            loop_overhead: Nanos(1),
            ..Ready::of(Slot(slot as u8), 1, engine)
        });
    }
    machine.readings(0, 5_000, gpu, |_| 100.0);
    machine.block(0, BlockKind::Measure, 0, 2_000);
    machine.block(1, BlockKind::Measure, 2_050, 4_050);
    machine.read(5_050, &[(gpu, Some(100.0))]);
    assert!(machine.energy(0).unwrap_err().starts_with("the model ran on the processor"));
    assert!(close(machine.energy(1).unwrap().joules, 200.0));
}

#[test]
fn a_slow_sensor_counts_its_own_updates() {
    let mut machine = Machine::new();
    let input = machine.rail(Quantity::Power, "VIN", RailRole::Input);
    let decl = &machine.state.device.quantity(Quantity::Power).next().unwrap().decl;
    let mut slow = decl.clone();
    slow.rail.as_mut().unwrap().update = Some(Nanos::from_millis(1_000));
    machine.say(0, Kind::Metric(slow));
    machine.readings(0, 10_000, input, |_| 5.0);
    machine.block(0, BlockKind::Measure, 0, 9_900);
    machine.read(10_050, &[(input, Some(5.0))]);
    assert!(machine.energy(0).unwrap_err().starts_with("only 9 new values"), "{:?}", machine.energy(0));
}

#[test]
fn in_parallel_a_rail_is_nobodys() {
    let mut machine = Machine::new();
    machine.rail(Quantity::Power, "VDD_IN", RailRole::Input);
    machine.say(0, Kind::Parallel);
    assert!(machine.energy(0).unwrap_err().contains("in parallel"));
}

/// Eight turns each, A B B A, of 500 ms: A draws 8 W, B `watts`, on top of a machine that gets hotter.
fn taking_turns(watts: f64) -> Machine {
    let mut machine = Machine::new();
    let input = machine.rail(Quantity::Power, "VDD_IN", RailRole::Input);
    let order = [0, 1, 1, 0].repeat(4);
    // Power steps in the gaps between blocks, where nobody counts it.
    let own = |s: f64| if order.get((s / 0.5) as usize) == Some(&1) { watts } else { 8.0 };
    machine.readings(0, 8_000, input, |s| own(s) + 0.05 * s);
    for (i, slot) in order.iter().enumerate() {
        let from = i as u64 * 500;
        machine.block(*slot, BlockKind::Measure, from + 50, from + 450);
    }
    machine.read(8_050, &[(input, Some(8.0))]);
    machine.say(8_100, Kind::Finished { variant: Slot(0), run: 1, outcome: nntop_core::event::Outcome::Ok });
    machine
}

#[test]
fn two_rails_of_known_power_have_a_known_ratio() {
    let machine = taking_turns(4.0);
    let energy = machine.state.comparisons[0].energy.as_ref().unwrap();
    // Both grow by 0.2 W on average.
    assert!((energy.value / (8.2 / 4.2) - 1.0).abs() < 0.01 && energy.interval.holds(8.2 / 4.2), "{energy:?}");
    // Eight pairs on a machine that gets hotter all the while: few, and each like the one before.
    assert!(energy.interval.relative(energy.value) < 0.08, "{energy:?}");
    let alike = taking_turns(8.0);
    let energy = alike.state.comparisons[0].energy.as_ref().unwrap();
    assert!(energy.interval.holds(1.0), "{energy:?}");
}

#[test]
fn no_rail_or_a_slow_one_is_no_ratio() {
    let mut machine = Machine::new();
    for i in 0..12 {
        machine.block(i as u8 % 2, BlockKind::Measure, i * 500, i * 500 + 450);
    }
    let why = machine.state.comparisons[0].energy.as_ref().unwrap_err();
    assert!(why.ends_with("no power rail was found"), "{why}");

    // A value a second is what both share of it, not what each took.
    let mut machine = Machine::new();
    let input = machine.rail(Quantity::Power, "VIN", RailRole::Input);
    let mut slow = machine.state.device.quantity(Quantity::Power).next().unwrap().decl.clone();
    slow.rail.as_mut().unwrap().update = Some(Nanos::from_millis(1_000));
    machine.say(0, Kind::Metric(slow));
    machine.readings(0, 60_050, input, |_| 5.0);
    for i in 0..120 {
        machine.block(i as u8 % 2, BlockKind::Measure, i * 500, i * 500 + 450);
    }
    machine.read(60_100, &[(input, Some(5.0))]);
    machine.say(60_200, Kind::Finished { variant: Slot(0), run: 1, outcome: nntop_core::event::Outcome::Ok });
    machine.say(60_200, Kind::Finished { variant: Slot(1), run: 1, outcome: nntop_core::event::Outcome::Ok });
    assert!(machine.energy(0).is_ok(), "each alone is known");
    let why = machine.state.comparisons[0].energy.as_ref().unwrap_err();
    assert!(why.contains("less than one each"), "{why}");
}

#[test]
fn a_target_for_energy_is_met_missed_or_without_a_figure() {
    let judged = |limit: &str, rail: bool| {
        let mut machine = Machine::new();
        machine.say(0, Kind::Targets { targets: vec![limit.parse().unwrap()] });
        if rail {
            let input = machine.rail(Quantity::Power, "VDD_IN", RailRole::Input);
            machine.readings(0, 2_000, input, |_| 5.0);
            machine.block(0, BlockKind::Measure, 50, 1_950);
            machine.read(2_050, &[(input, Some(5.0))]);
        } else {
            machine.block(0, BlockKind::Measure, 50, 1_950);
        }
        machine.say(2_100, Kind::Finished { variant: Slot(0), run: 1, outcome: nntop_core::event::Outcome::Ok });
        machine.state.health.targets[0].clone()
    };
    // Ten inferences in 1.9 s at 5 W.
    let met = judged("energy<1J", true);
    assert!(met.met && close(met.value.unwrap(), 950.0) && met.absent.is_none(), "{met:?}");
    assert!(!judged("energy<900mJ", true).met);
    let unknown = judged("energy<1000J", false);
    assert!(!unknown.met && unknown.value.is_none(), "{unknown:?}");
    assert_eq!(unknown.absent.as_deref(), Some("no power rail was found"));
}

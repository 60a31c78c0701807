//! What the synthetic engine says of itself is what comes out.

use super::*;
use nntop_core::clock::Clock;
use nntop_core::unit::Nanos;

/// The first `n` latencies, in nanoseconds.
fn latencies(spec: &str, n: usize) -> Vec<u64> {
    let clock = VirtualClock::default();
    let mut stream = Synthetic::parse(spec, Pace::Virtual(clock.clone())).unwrap().open_stream();
    let mut next = || {
        let t = clock.now();
        stream.infer().unwrap();
        clock.now().since(t).0
    };
    (0..n).map(|_| next()).collect()
}

fn truth(spec: &str, q: f64) -> f64 {
    Synthetic::parse(spec, Pace::Real).unwrap().true_quantile(q)
}

#[test]
fn the_true_quantiles_come_out_on_the_virtual_clock() {
    for spec in [
        "constant,median=2ms",
        "normal,median=2ms,sigma=0.05",
        "lognormal,median=2ms,sigma=0.2,seed=3",
        "uniform,median=2ms,sigma=0.1",
        "pareto,median=2ms,sigma=0.2",
        "lognormal,median=2ms,sigma=0.05,spike=0.02x5",
        "normal,median=2ms,sigma=0.02,mode=0.3x1.5,spike=0.03x3",
        "lognormal,median=2ms,sigma=0.05,wander=0.05x20",
        "lognormal,median=2ms,sigma=0.02,wander=0.2x20ms",
    ] {
        let spec = format!("synthetic:{spec}");
        let mut all = latencies(&spec, 200_000);
        all.sort_unstable();
        for q in [0.1, 0.5, 0.9, 0.95, 0.99] {
            let (is, said) = (all[(200_000.0 * q) as usize] as f64, truth(&spec, q));
            assert!((is / said - 1.0).abs() < 0.012, "{spec}: p{} is {is}, said {said}", q * 100.0);
        }
    }
    assert!((truth("synthetic:lognormal,median=2ms,sigma=0.2", 0.8413) / 2e6 - 0.2f64.exp()).abs() < 1e-3);
}

#[test]
fn the_course_goes_as_asked() {
    let at = |trend: &str, n| latencies(&format!("synthetic:constant,median=1ms,{trend}"), n).last().copied().unwrap();
    assert_eq!(at("warmup=3x10", 1), 3_000_000);
    assert_eq!(at("warmup=3x10", 11), 1_735_758);
    assert_eq!(at("warmup=3x10ms", 1_000), 1_000_000);
    assert_eq!([1, 101].map(|n| at("drift=0.05x100", n)), [1_000_000, 1_050_000]);
    assert_eq!(at("drift=-0.1x100ms", 115) / 10_000, 89);
    assert_eq!([10, 11, 20, 21].map(|n| at("levels=1.5x10", n)), [1_000_000, 1_500_000, 1_500_000, 1_000_000]);
    let throttled = "throttle=2,throttle-at=10ms,throttle-for=4ms";
    assert_eq!([10, 11, 12, 13].map(|n| at(throttled, n) / 1_000_000), [1, 2, 2, 1]);
    assert_eq!(at("throttle=2,throttle-at=3", 50), 2_000_000);
    assert_eq!([4, 5, 6].map(|n| at("stall=7ms,stall-at=5", n) / 1_000_000), [1, 8, 1]);
}

#[test]
fn engines_on_one_machine_share_its_weather() {
    let open = |seed, from| {
        let (clock, spec) =
            (VirtualClock::default(), format!("constant,median=1ms,wander=0.1x50ms,wander-seed={seed}"));
        clock.advance(from);
        (clock.clone(), Synthetic::parse(&spec, Pace::Virtual(clock)).unwrap().open_stream())
    };
    let take = |(clock, stream): &mut (VirtualClock, SyntheticStream)| {
        let t = clock.now();
        stream.infer().unwrap();
        clock.now().since(t).0
    };
    let mut first = open(1, Nanos::ZERO);
    for _ in 0..300 {
        take(&mut first);
    }
    // Others begin later, at the same time: one under the same weather.
    let (mut same, mut other) = (open(1, first.0.now()), open(2, first.0.now()));
    let theirs = [&mut first, &mut same, &mut other].map(|of| (0..50).map(|_| take(of)).collect::<Vec<_>>());
    for (a, b) in theirs[0].iter().zip(&theirs[1]) {
        assert!((*a as f64 / *b as f64 - 1.0).abs() < 1e-4, "{a} {b}");
    }
    assert_ne!(theirs[0], theirs[2]);
}

#[test]
fn what_it_does_not_know_is_named() {
    let error = Synthetic::parse("synthetic:gauss,median=2ms", Pace::Real).unwrap_err();
    assert!(error.message.contains("gauss") && error.hint.unwrap().contains("lognormal"));
    for (wrong, words) in [
        ("constant,median=2", "cannot read \"median=2\": a time"),
        ("sigma=-1", "cannot read \"sigma=-1\": it must not be below zero"),
        ("spike=5x2", "cannot read \"spike=5x2\": a share"),
        ("warmup=3", "cannot read \"warmup=3\": an amount and a stretch"),
        ("drift=0.1x0", "cannot read \"drift=0.1x0\": a time such as 500ms or a number of inferences"),
        ("wander-seed=1", "it goes after wander"),
        ("throttle=2", "throttle=FACTOR and throttle-at=SPAN go together"),
        ("stall-at=2", "stall=TIME and stall-at=N go together"),
        ("leak=much", "cannot read \"leak=much\": a size"),
        ("leek=1kB", "cannot read \"leek=1kB\": unknown key"),
    ] {
        let error = Synthetic::parse(&format!("synthetic:{wrong}"), Pace::Real).unwrap_err();
        assert!(error.message.contains(words), "{}", error.message);
    }
    assert!(Synthetic::parse("synthetic", Pace::Real).is_ok());
}

#[test]
fn it_fails_when_asked() {
    let s = Synthetic::parse("synthetic:constant,fail-at=2", Pace::Virtual(VirtualClock::default())).unwrap();
    let mut stream = s.open_stream();
    assert!(stream.infer().is_ok());
    assert!(stream.infer().unwrap_err().message.contains("inference 2"));
}

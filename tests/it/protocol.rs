//! The worker from its agent's side: a spec and orders in, events out, both a JSON object a line.

use crate::support::{LIMIT, nntop};
use command_fds::{CommandFdExt, FdMapping};
use nntop::event::{BlockKind, Event, Kind, Outcome, Slot, Stage, VariantSpec, WorkerOrder};
use nntop::unit::Nanos;
use nntop::worker::{EVENTS_FD, Task, WorkerSpec};
use std::io::{BufRead, BufReader, PipeWriter, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

struct Worker {
    child: Child,
    orders: Option<PipeWriter>,
    events: Receiver<Event>,
}

impl Worker {
    fn start(task: Task, engine: &str) -> Self {
        let (events, events_end) = std::io::pipe().unwrap();
        let (stdin, mut orders) = std::io::pipe().unwrap();
        let mut command = nntop();
        command.arg("worker").stdin(stdin).stdout(Stdio::null()).stderr(Stdio::null());
        command.fd_mappings(vec![FdMapping { parent_fd: events_end.into(), child_fd: EVENTS_FD }]).unwrap();
        let child = command.spawn().unwrap();
        // Holds our copies of the worker's ends, with which its end would never be seen.
        drop(command);
        let variant =
            VariantSpec { name: "v".into(), model: engine.into(), engine: engine.into(), ..VariantSpec::default() };
        let (slot, run, clock_origin, spawned) = (Slot(2), 7, 0, Nanos(0));
        let spec = WorkerSpec {
            task,
            slot,
            run,
            clock_origin,
            spawned,
            data_files: Vec::new(),
            tell_outputs: false,
            pythons: Vec::new(),
            variant,
        };
        writeln!(orders, "{}", serde_json::to_string(&spec).unwrap()).unwrap();
        let (to, heard) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(events).lines().map_while(Result::ok) {
                let _ = to.send(Event::from_line(&line).unwrap());
            }
        });
        Self { child, orders: Some(orders), events: heard }
    }

    fn order(&mut self, orders: &[WorkerOrder]) {
        let lines: String = orders.iter().map(|o| serde_json::to_string(o).unwrap() + "\n").collect();
        self.orders.as_mut().unwrap().write_all(lines.as_bytes()).unwrap();
    }

    /// The next event that is not about the chart or memory; `None` at the end.
    #[track_caller]
    fn next(&self) -> Option<Kind> {
        loop {
            match self.events.recv_timeout(LIMIT) {
                Ok(Event { kind: Kind::Samples(_) | Kind::Memory(_), .. }) => {}
                Ok(event) => return Some(event.kind),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => panic!("the worker hangs"),
            }
        }
    }

    /// The kinds and counts of the blocks of a turn.
    #[track_caller]
    fn blocks(&self) -> Vec<(BlockKind, u64, u64)> {
        let mut blocks = Vec::new();
        let mut counted = 0;
        loop {
            match self.next() {
                // Once, at the end of a measured turn.
                Some(Kind::Counters(c)) => {
                    assert_eq!((c.variant, c.run), (Slot(2), 7));
                    counted += 1;
                }
                Some(Kind::Block(b)) => {
                    assert_eq!((b.variant, b.run), (Slot(2), 7));
                    assert!(b.t1 > b.t0);
                    blocks.push((b.phase, b.index, b.latency.n));
                }
                Some(Kind::TurnDone { variant: Slot(2), run: 7 }) => {
                    if let Some((kind, ..)) = blocks.last() {
                        assert_eq!(counted, u32::from(*kind == BlockKind::Measure), "times counted");
                    }
                    return blocks;
                }
                other => panic!("in a turn: {other:?}"),
            }
        }
    }

    #[track_caller]
    fn ready(&self) {
        let mut stages = Vec::new();
        loop {
            match self.next() {
                Some(Kind::Loading { variant: Slot(2), run: 7, stage }) => stages.push(stage),
                Some(Kind::Ready(ready)) => {
                    assert_eq!(ready.engine.name, "synthetic");
                    assert!(
                        ready.startup.first_inference.0 > 0 && ready.startup.total >= ready.startup.first_inference
                    );
                    break;
                }
                other => panic!("while loading: {other:?}"),
            }
        }
        assert_eq!(stages, [Stage::Library, Stage::Read, Stage::Session, Stage::FirstInference]);
    }

    /// It says no more, and ends.
    #[track_caller]
    fn ends(mut self) -> Option<i32> {
        while self.next().is_some() {}
        self.child.wait().unwrap().code()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn turn(kind: BlockKind, inferences: Option<u64>) -> WorkerOrder {
    WorkerOrder::Turn { kind, block: Nanos::from_millis(5), inferences, duration: None, both: false }
}

const ENGINE: &str = "synthetic:constant,median=200us";

#[test]
fn turns_have_exactly_the_inferences_ordered() {
    let mut worker = Worker::start(Task::Measure, ENGINE);
    worker.ready();
    worker.order(&[turn(BlockKind::Warmup, Some(1)), turn(BlockKind::Measure, Some(61))]);
    assert_eq!(worker.blocks(), [(BlockKind::Warmup, 0, 1)]);
    let measured = worker.blocks();
    assert_eq!(measured.iter().map(|(_, _, n)| n).sum::<u64>(), 61);
    assert!(measured.iter().all(|(kind, _, _)| *kind == BlockKind::Measure));
    let indices: Vec<_> = measured.iter().map(|(_, index, _)| *index).collect();
    assert_eq!(indices, (1..=measured.len() as u64).collect::<Vec<_>>(), "blocks are numbered through");
}

#[test]
fn a_hold_ends_a_turn_without_limit() {
    let mut worker = Worker::start(Task::Measure, ENGINE);
    worker.ready();
    worker.order(&[turn(BlockKind::Measure, None)]);
    assert!(matches!(worker.next(), Some(Kind::Block(_))));
    worker.order(&[WorkerOrder::Hold]);
    worker.blocks();
    // … and the next turn is none the wiser; nor is a hold lost that comes on the heels of its turn.
    for _ in 0..20 {
        worker.order(&[turn(BlockKind::Measure, None), WorkerOrder::Hold]);
        assert!(!worker.blocks().is_empty(), "the block in hand is said");
    }
    worker.order(&[turn(BlockKind::Settle, Some(3))]);
    assert_eq!(worker.blocks().iter().map(|(_, _, n)| n).sum::<u64>(), 3);
}

#[test]
fn the_end_of_its_orders_ends_it_in_the_middle_of_a_turn() {
    let mut worker = Worker::start(Task::Measure, ENGINE);
    worker.ready();
    worker.order(&[turn(BlockKind::Measure, None)]);
    assert!(matches!(worker.next(), Some(Kind::Block(_))));
    worker.orders = None;
    assert_eq!(worker.ends(), Some(0));
}

#[test]
fn the_end_of_its_orders_ends_it_in_the_middle_of_an_inference() {
    // An hour for one inference.
    let mut worker = Worker::start(Task::Measure, "synthetic:constant,median=3600s");
    let mut next = worker.next();
    while !matches!(next, Some(Kind::Loading { stage: Stage::FirstInference, .. })) {
        assert!(next.is_some());
        next = worker.next();
    }
    worker.orders = None;
    assert_eq!(worker.ends(), Some(0));
}

#[test]
fn orders_that_it_does_not_know_are_left_out() {
    let mut worker = Worker::start(Task::Measure, ENGINE);
    worker.ready();
    worker.orders.as_mut().unwrap().write_all(b"{\"teleport\":{}}\nnonsense\n").unwrap();
    worker.order(&[turn(BlockKind::Measure, Some(2))]);
    assert_eq!(worker.blocks().iter().map(|(_, _, n)| n).sum::<u64>(), 2);
}

#[test]
fn an_error_is_its_last_word() {
    let mut worker = Worker::start(Task::Measure, "synthetic:constant,median=200us,fail-at=12");
    worker.ready();
    worker.order(&[turn(BlockKind::Measure, Some(100))]);
    let mut measured = 0;
    let error = loop {
        match worker.next() {
            Some(Kind::Block(b)) => measured += b.latency.n,
            Some(Kind::Finished { outcome: Outcome::Failed { error }, .. }) => break error,
            other => panic!("{other:?}"),
        }
    };
    // The first inference is part of loading; what came before the failure is not lost.
    assert_eq!(measured, 10);
    assert!(error.message.contains("inference 12"), "{error:?}");
    assert_eq!(worker.ends(), Some(1));
}

#[test]
fn describing_says_what_the_file_holds_and_ends() {
    let worker = Worker::start(Task::Describe, ENGINE);
    let Some(Kind::Model { model, .. }) = worker.next() else { panic!("no model") };
    assert_eq!(model.format, "synthetic");
    assert_eq!(worker.ends(), Some(0));
}

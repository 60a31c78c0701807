//! A profile as ONNX Runtime 1.31 writes it, of any number of events, from a seed.
//!
//! The model is ResNet-like: some dozen convolutions with their shapes, a loop whose body runs four times, arguments
//! in an order that changes from event to event, as the runtime's hash map does it.

use rand::prelude::*;
use rand_pcg::Pcg64;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

/// Where the line breaks are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// After every event, as ONNX Runtime does it.
    Lines,
    /// None at all.
    None,
}

/// What was written, to be found again.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) events: u64,
    pub(crate) runs: u64,
    /// Of all runs, in nanoseconds.
    pub(crate) wall: u64,
    pub(crate) bytes: u64,
}

const NODES: usize = 60;
const LOOP_AT: usize = 40;
const BODY: usize = 5;
const ITERATIONS: usize = 4;

struct Generator<W> {
    to: W,
    random: Pcg64,
    breaks: Breaks,
    written: Written,
    /// Microseconds.
    now: u64,
}

/// Writes at least `events` events, whole runs only.
pub(crate) fn write(path: &Path, events: u64, breaks: Breaks) -> Result<Written> {
    let to = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    let mut g = Generator { to, random: Pcg64::seed_from_u64(7), breaks, written: Written::default(), now: 1000 };
    g.put("[")?;
    g.line_break()?;
    g.session("model_loading_uri", 1, 400)?;
    g.session("session_initialization", 430, 500)?;
    while g.written.events < events {
        g.run()?;
    }
    g.line_break()?;
    g.put("]")?;
    g.line_break()?;
    g.to.flush()?;
    Ok(g.written)
}

impl<W: Write> Generator<W> {
    fn put(&mut self, text: &str) -> Result<()> {
        self.written.bytes += text.len() as u64;
        self.to.write_all(text.as_bytes())
    }

    fn line_break(&mut self) -> Result<()> {
        if self.breaks == Breaks::Lines { self.put("\n") } else { Ok(()) }
    }

    fn head(&mut self, category: &str, name: &str, begin: u64, duration: u64) -> Result<()> {
        if self.written.events > 0 {
            self.put(",")?;
            self.line_break()?;
        }
        self.written.events += 1;
        self.put(&format!(
            r#"{{"cat" : "{category}","pid" :25793,"tid" :25793,"dur" :{duration},"ts" :{begin},"ph" : "X","name" :"{name}","args" : {{"#
        ))
    }

    fn session(&mut self, name: &str, begin: u64, duration: u64) -> Result<()> {
        self.head("Session", name, begin, duration)?;
        self.put("}}")
    }

    fn run(&mut self) -> Result<()> {
        let begin = self.now;
        self.now += 5;
        for index in 0..NODES {
            if index == LOOP_AT {
                self.repeat(index)?;
            } else {
                let begin = self.now;
                self.now += self.random.random_range(3..400u64);
                self.node(
                    &format!("layer{}.{}/conv{}_nchwc", index / 12, index / 3 % 4, index % 3),
                    index,
                    "Conv",
                    begin,
                )?;
            }
            self.now += self.random.random_range(1..4u64);
        }
        self.session("SequentialExecutor::Execute", begin + 3, self.now - begin - 3)?;
        self.now += 2;
        self.session("model_run", begin, self.now - begin)?;
        self.written.runs += 1;
        self.written.wall += (self.now - begin) * 1000;
        self.now += self.random.random_range(1..9u64);
        Ok(())
    }

    fn repeat(&mut self, index: usize) -> Result<()> {
        let begin = self.now;
        for _ in 0..ITERATIONS {
            let begin = self.now;
            for inner in 0..BODY {
                let begin = self.now;
                self.now += self.random.random_range(1..9u64);
                self.node(&format!("loop/body/add_{inner}"), inner, "Add", begin)?;
                self.now += 1;
            }
            self.session("SequentialExecutor::Execute", begin, self.now - begin)?;
        }
        self.now += 1;
        self.node("loop", index, "Loop", begin)
    }

    /// Ends now.
    fn node(&mut self, name: &str, index: usize, op_type: &str, begin: u64) -> Result<()> {
        self.head("Node", &format!("{name}_kernel_time"), begin, self.now - begin)?;
        let channels = 64 << (index / 16).min(3);
        let size = 56 >> (index / 16).min(3);
        let image = format!(r#"{{"float":[1,{channels},{size},{size}]}}"#);
        let inputs = match op_type {
            "Conv" => format!(r#"[{image},{{"float":[{channels},{channels},3,3]}},{{"float":[{channels}]}}]"#),
            _ => format!("[{image},{image}]"),
        };
        let memory: u64 = self.random.random_range(1 << 20..1 << 24);
        let text = |value: String| format!("\"{value}\"");
        let mut args = [
            ("op_name", text(op_type.into())),
            ("provider", text("CPUExecutionProvider".into())),
            ("node_index", text(index.to_string())),
            ("input_type_shape", inputs),
            ("output_type_shape", format!("[{image}]")),
            ("activation_size", text("802816".into())),
            ("parameter_size", text("147712".into())),
            ("output_size", text("802816".into())),
            ("thread_scheduling_stats", text(String::new())),
            ("mem_bytes_in_use", text(memory.to_string())),
            ("mem_in_use_delta", text("802816".into())),
            ("mem_in_use_peak", text("16777216".into())),
        ];
        args.shuffle(&mut self.random);
        let args: Vec<String> = args.iter().map(|(key, value)| format!("\"{key}\" : {value}")).collect();
        self.put(&args.join(","))?;
        self.put("}}")
    }
}

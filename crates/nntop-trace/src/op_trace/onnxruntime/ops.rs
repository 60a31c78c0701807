//! The different operators of a profile, each kept once however often it ran.

use super::json::Event;
use super::values;
use crate::op_trace::flops::{self, Cost};
use nntop_core::event::{RowKind, TensorSig, short_provider};
use std::collections::HashMap;

/// More different operators than any model has: beyond it a file is not a profile.
const MOST_OPERATORS: usize = 1 << 18;

/// Different shapes beyond this are not told apart any more; their FLOPs and bytes are then unknown.
const MOST_SHAPES: usize = 100_000;

/// What may enclose what decides where rounding to microseconds leaves two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// `model_run`.
    Run,
    /// `SequentialExecutor::Execute`, of the model or of a subgraph.
    Executor,
    /// Another event of the session.
    Session,
    /// A node of a graph.
    Node,
    /// A call of a device's interface.
    Api,
    /// A kernel on a device.
    Kernel,
}

impl Level {
    /// Whether one of `inner` can lie directly in one of these.
    pub(super) fn may_hold(self, inner: Self) -> bool {
        match self {
            Self::Run | Self::Session => true,
            Self::Executor => inner > Self::Executor,
            Self::Node => inner != Self::Node && inner != Self::Run,
            Self::Api | Self::Kernel => false,
        }
    }
}

/// One operator: everything that its first call says.
#[derive(Debug)]
pub(super) struct Op {
    pub(super) level: Level,
    pub(super) name: String,
    pub(super) op_type: String,
    pub(super) provider: Option<String>,
    pub(super) inputs: Vec<TensorSig>,
    pub(super) outputs: Vec<TensorSig>,
    /// The most threads at one of its calls; 0 where the runtime does not say.
    pub(super) threads: u32,
    /// The shapes of its last call, as written, and what they stand for.
    last: (Vec<u8>, ShapesId),
}

impl Op {
    pub(super) fn kind(&self) -> RowKind {
        match self.level {
            Level::Run | Level::Executor | Level::Session => RowKind::Scope,
            Level::Node => RowKind::Op,
            Level::Api => RowKind::Function,
            Level::Kernel => RowKind::Kernel,
        }
    }
}

/// An operator by its place in [`Ops`].
pub(super) type OpId = u32;

/// A [`Cost`] by its place in [`Ops`].
pub(super) type ShapesId = u32;

/// The shapes that nothing is known of.
pub(super) const UNKNOWN: ShapesId = 0;

#[derive(Debug)]
pub(super) struct Ops {
    ops: Vec<Op>,
    by_key: HashMap<Box<[u8]>, OpId>,
    costs: Vec<Cost>,
    by_shapes: HashMap<Box<[u8]>, ShapesId>,
    key: Vec<u8>,
}

impl Default for Ops {
    fn default() -> Self {
        Self {
            ops: Vec::new(),
            by_key: HashMap::new(),
            costs: vec![Cost::default()],
            by_shapes: HashMap::new(),
            key: Vec::new(),
        }
    }
}

/// There is more of something than any profile has.
#[derive(Debug)]
pub(super) struct TooMany(pub(super) &'static str);

impl Ops {
    pub(super) fn get(&self, id: OpId) -> &Op {
        &self.ops[id as usize]
    }

    pub(super) fn cost(&self, id: ShapesId) -> Cost {
        self.costs[id as usize]
    }

    /// The operator of an earlier call, by what tells operators apart: kind of event, node index and name.
    pub(super) fn find(&mut self, level: Level, name: &[u8], node_index: &[u8]) -> Option<OpId> {
        self.set_key(level, name, node_index);
        self.by_key.get(self.key.as_slice()).copied()
    }

    fn set_key(&mut self, level: Level, name: &[u8], node_index: &[u8]) {
        self.key.clear();
        self.key.push(level as u8);
        self.key.extend_from_slice(node_index);
        self.key.push(0);
        self.key.extend_from_slice(name);
    }

    /// The operator of this event, made when it is the first of its kind.
    pub(super) fn intern(&mut self, level: Level, event: &Event<'_>) -> Result<OpId, TooMany> {
        let name = values::text(event.name);
        let index = values::text(event.args.node_index);
        if let Some(id) = self.find(level, &name, &index) {
            return Ok(id);
        }
        if self.ops.len() == MOST_OPERATORS {
            return Err(TooMany("different operators"));
        }
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let shown = lossy(&name);
        let args = &event.args;
        let op_type = lossy(&values::text(args.op_type));
        let op = Op {
            level,
            name: if level == Level::Node { without_suffix(&shown).to_owned() } else { shown },
            provider: Some(lossy(&values::text(args.provider))).filter(|p| !p.is_empty()).map(|p| short_provider(&p)),
            inputs: values::shapes(args.inputs).unwrap_or_default(),
            outputs: values::shapes(args.outputs).unwrap_or_default(),
            threads: values::threads(args.threads).unwrap_or(0),
            // Kernels carry the type of the node that started them; theirs is none.
            op_type: if level == Level::Node { op_type } else { String::new() },
            last: (Vec::new(), UNKNOWN),
        };
        let id = self.ops.len() as OpId;
        self.ops.push(op);
        self.by_key.insert(self.key.as_slice().into(), id);
        Ok(id)
    }

    /// Whether the runtime says which threads work on this operator.
    pub(super) fn says_threads(&self, id: OpId) -> bool {
        self.ops[id as usize].threads > 0
    }

    /// A call of it was worked on by this many threads.
    pub(super) fn saw_threads(&mut self, id: OpId, threads: u32) {
        let op = &mut self.ops[id as usize];
        if op.threads > 0 {
            op.threads = op.threads.max(threads);
        }
    }

    /// What a call with these shapes costs; both lists as they stand in the file.
    pub(super) fn shapes(&mut self, id: OpId, inputs: &[u8], outputs: &[u8]) -> ShapesId {
        let op = &self.ops[id as usize];
        let (last, known) = &op.last;
        if last.len() == inputs.len() + outputs.len() && last.starts_with(inputs) && last.ends_with(outputs) {
            return *known;
        }
        let found = self.find_shapes(id, inputs, outputs);
        let op = &mut self.ops[id as usize];
        op.last.0.clear();
        op.last.0.extend_from_slice(inputs);
        op.last.0.extend_from_slice(outputs);
        op.last.1 = found;
        found
    }

    fn find_shapes(&mut self, id: OpId, inputs: &[u8], outputs: &[u8]) -> ShapesId {
        // White space does not make another shape.
        let solid = |list: &[u8], key: &mut Vec<u8>| key.extend(list.iter().filter(|b| !b.is_ascii_whitespace()));
        self.key.clear();
        self.key.extend_from_slice(&id.to_le_bytes());
        solid(inputs, &mut self.key);
        solid(outputs, &mut self.key);
        if let Some(known) = self.by_shapes.get(self.key.as_slice()) {
            return *known;
        }
        if self.costs.len() == MOST_SHAPES {
            return UNKNOWN;
        }
        let cost = match (values::shapes(inputs), values::shapes(outputs)) {
            (Some(inputs), Some(outputs)) => flops::cost(&self.ops[id as usize].op_type, &inputs, &outputs),
            _ => Cost::default(),
        };
        let new = self.costs.len() as ShapesId;
        self.costs.push(cost);
        self.by_shapes.insert(self.key.as_slice().into(), new);
        new
    }
}

/// ONNX Runtime's name of a node's event without what it adds: `conv1_kernel_time` is `conv1`.
fn without_suffix(name: &str) -> &str {
    name.strip_suffix("_kernel_time").unwrap_or(name)
}

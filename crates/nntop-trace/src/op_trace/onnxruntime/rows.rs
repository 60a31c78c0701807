//! Calls folded into rows: one row for each operator at each place of the tree.

use super::ops::{Level, OpId, Ops, ShapesId};
use nntop_core::event::{OpRow, RowKind};
use nntop_core::unit::{Bytes, Nanos};
use std::collections::HashMap;

/// One call of an operator, as its event says it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// In nanoseconds since profiling began.
    pub(super) begin: i64,
    pub(super) duration: i64,
    /// Memory in use at its end; 0 where the runtime does not say.
    pub(super) memory: u64,
    pub(super) op: OpId,
    pub(super) shapes: ShapesId,
}

impl Call {
    pub(super) fn end(&self) -> i64 {
        self.begin + self.duration
    }
}

/// A row by its place in [`Rows`].
pub(super) type RowId = u32;

#[derive(Debug)]
struct Row {
    parent: Option<RowId>,
    op: OpId,
    calls: u64,
    total: i64,
    own: i64,
    begin: i64,
    memory: u64,
    flops: Option<u64>,
    bytes: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: Vec<Row>,
    by_place: HashMap<(Option<RowId>, OpId), RowId>,
    /// Kernels and calls of a device's interface by the operator that started them: how often, how long.
    started: HashMap<(OpId, OpId), (u64, i64)>,
}

impl Rows {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a call that took `time` of what encloses it.
    pub(super) fn add(&mut self, parent: Option<RowId>, call: &Call, time: i64, ops: &Ops) -> RowId {
        let cost = ops.cost(call.shapes);
        let id = *self.by_place.entry((parent, call.op)).or_insert_with(|| {
            self.rows.push(Row {
                parent,
                op: call.op,
                calls: 0,
                total: 0,
                own: 0,
                begin: call.begin,
                memory: 0,
                flops: Some(0),
                bytes: Some(0),
            });
            (self.rows.len() - 1) as RowId
        });
        let row = &mut self.rows[id as usize];
        row.calls += 1;
        row.total = row.total.saturating_add(time);
        row.own = row.own.saturating_add(time);
        row.begin = row.begin.min(call.begin);
        row.memory = row.memory.max(call.memory);
        row.flops = row.flops.zip(cost.flops).and_then(|(sum, n)| sum.checked_add(n));
        row.bytes = row.bytes.zip(cost.bytes).and_then(|(sum, n)| sum.checked_add(n));
        id
    }

    /// Takes `time` out of a row's own: something that it encloses took it.
    pub(super) fn take(&mut self, row: RowId, time: i64) {
        let own = &mut self.rows[row as usize].own;
        *own = own.saturating_sub(time);
    }

    /// Adds what an operator started on a device, or the interface that it called for that.
    pub(super) fn start(&mut self, by: OpId, call: &Call) {
        let (calls, time) = self.started.entry((by, call.op)).or_default();
        *calls += 1;
        *time = time.saturating_add(call.duration);
    }

    /// The rows, every parent before its children, siblings in the order of their first calls.
    pub(super) fn finish(mut self, ops: &Ops) -> Vec<OpRow> {
        self.add_started(ops);
        let origin = self.rows.iter().map(|row| row.begin).min().unwrap_or(0);
        let mut children: Vec<Vec<RowId>> = vec![Vec::new(); self.rows.len()];
        let mut next: Vec<RowId> = Vec::new();
        for id in 0..self.rows.len() as RowId {
            match self.rows[id as usize].parent {
                Some(parent) => children[parent as usize].push(id),
                None => next.push(id),
            }
        }
        // Taken from the end, so the first comes last.
        let last_first = |ids: &mut Vec<RowId>| {
            ids.sort_by_key(|id| std::cmp::Reverse((self.rows[*id as usize].begin, *id)));
        };
        last_first(&mut next);
        let mut place: Vec<u32> = vec![0; self.rows.len()];
        let mut all = Vec::with_capacity(self.rows.len());
        while let Some(id) = next.pop() {
            let row = &self.rows[id as usize];
            place[id as usize] = all.len() as u32;
            let mut shown = row.shown(ops, row.parent.map(|parent| place[parent as usize]), origin);
            if let Some(starter) = row.parent.filter(|_| shown.kind == RowKind::Kernel) {
                // A kernel names no provider: it is that of the node that started it.
                let provider = ops.get(self.rows[starter as usize].op).provider.clone();
                shown.device = shown.device.or_else(|| provider.clone());
                shown.provider = shown.provider.or(provider);
            }
            all.push(shown);
            let mut inner = std::mem::take(&mut children[id as usize]);
            last_first(&mut inner);
            next.extend(inner);
        }
        all
    }

    /// What operators started becomes rows below the first row of its operator. The interface is called in the
    /// operator's own time; a device's time is its own.
    fn add_started(&mut self, ops: &Ops) {
        let mut first: HashMap<OpId, RowId> = HashMap::new();
        for (id, row) in self.rows.iter().enumerate() {
            first.entry(row.op).or_insert(id as RowId);
        }
        let mut started: Vec<_> = self.started.drain().collect();
        started.sort_unstable_by_key(|(ops, _)| *ops);
        for ((by, op), (calls, total)) in started {
            let Some(&parent) = first.get(&by) else { continue };
            let enclosing = &mut self.rows[parent as usize];
            let mut time = total;
            if ops.get(op).level == Level::Api {
                time = total.min(enclosing.own);
                enclosing.own -= time;
            }
            let begin = enclosing.begin;
            let (flops, bytes) = (None, None);
            self.rows.push(Row {
                parent: Some(parent),
                op,
                calls,
                total: time,
                own: time,
                begin,
                memory: 0,
                flops,
                bytes,
            });
        }
    }
}

impl Row {
    fn shown(&self, ops: &Ops, parent: Option<u32>, origin: i64) -> OpRow {
        let op = ops.get(self.op);
        let is_op = op.kind() == RowKind::Op;
        let nanos = |ns: i64| Nanos(u64::try_from(ns).unwrap_or(0));
        OpRow {
            name: op.name.clone(),
            kind: op.kind(),
            op_type: op.op_type.clone(),
            parent,
            provider: op.provider.clone(),
            calls: self.calls,
            total: nanos(self.total),
            self_time: nanos(self.own),
            start: Some(nanos(self.begin - origin)),
            inputs: op.inputs.clone(),
            outputs: op.outputs.clone(),
            flops: self.flops.filter(|_| is_op),
            bytes: self.bytes.filter(|_| is_op).map(Bytes),
            memory: Some(Bytes(self.memory)).filter(|memory| memory.0 > 0),
            threads: op.threads,
            ..OpRow::default()
        }
    }
}

//! The way back to the agent of a session: orders, the recorder, the end.

use super::metric::Metrics;
use super::silence::Silence;
use super::{Finished, Stopper};
use crate::remote::Link;
use nntop_agent::agent::{Commander, Ending};
use nntop_core::event::{Event, Fault, Kind, Order, Plan};
use nntop_results::recording::StreamRecorder;
use nntop_results::result::RunResult;
use nntop_state::State;
use std::process::ExitStatus;
use std::sync::{Arc, Weak};

/// The way back to the agent. Dropping it ends the recording, the agent and its workers.
#[derive(Debug)]
pub struct Connection {
    plan: Plan,
    /// The only owner: the agent ends when it is dropped.
    commander: Option<Arc<Commander>>,
    recorder: Option<StreamRecorder>,
    ending: Option<Ending>,
    metrics: Metrics,
    stopper: Stopper,
    /// The way to a board, where the agent is on one.
    link: Option<Link>,
    silence: Option<Silence>,
    /// How the agent's process ended, once it has.
    status: Option<ExitStatus>,
}

/// Sends orders from anywhere. Once the session has ended, orders go nowhere.
#[derive(Debug, Clone)]
pub struct Orders(Weak<Commander>);

impl Orders {
    /// Sends an order to the agent.
    pub fn send(&self, order: Order) {
        if let Some(commander) = self.0.upgrade() {
            commander.send(order);
        }
    }
}

impl Connection {
    pub(super) fn new(plan: Plan, commander: Commander, ending: Ending, metrics: Metrics, stopper: Stopper) -> Self {
        let (commander, ending) = (Some(Arc::new(commander)), Some(ending));
        let (recorder, link, silence, status) = (None, None, None, None);
        Self { plan, commander, recorder, ending, metrics, stopper, link, silence, status }
    }

    /// What tells why an agent elsewhere ended.
    pub(super) fn watch(&mut self, link: Option<Link>, silence: Option<Silence>) {
        (self.link, self.silence) = (link, silence);
    }

    pub(super) fn record(&mut self, recorder: StreamRecorder) {
        self.recorder = Some(recorder);
    }

    /// What is measured.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Sends an order to the agent.
    pub fn send(&self, order: Order) {
        if let Some(commander) = &self.commander {
            commander.send(order);
        }
    }

    /// A way for other threads to send orders.
    pub fn orders(&self) -> Orders {
        Orders(self.commander.as_ref().map(Arc::downgrade).unwrap_or_default())
    }

    /// The recorder, where the session has one.
    pub fn recorder(&self) -> Option<&StreamRecorder> {
        self.recorder.as_ref()
    }

    /// Ends the recording, the agent and its workers, and then measures what metrics of the user's own there are. `state` is
    /// what the front end knows, `interrupted` whether it was stopped before the plan was done.
    pub fn end(mut self, mut state: State, mut interrupted: bool) -> Finished {
        if !self.metrics.is_empty() {
            // Nothing is measured any more: a metric may take the whole machine. The recording goes on until it has them.
            self.end_agent();
            let mut metrics = std::mem::take(&mut self.metrics);
            let heeded = self.stopper.asked();
            let events = metrics.measure(&mut state, &self.plan, &self.stopper, interrupted);
            interrupted |= self.stopper.asked() > heeded;
            if let Some(recorder) = &self.recorder {
                events.into_iter().for_each(|event| recorder.add(event));
            }
        }
        let lost = self.close();
        if let Some(lost) = lost.as_ref().filter(|_| state.recording.lost.is_none()) {
            // The stream may have ended before the recorder could report it there.
            state.apply(&Event::new(state.now, Kind::Recorder(lost.clone())));
        }
        let mut result = RunResult::of(&state, &self.plan);
        result.deployment = self.link.as_ref().map(|link| link.deployment.clone());
        let broken = self.broken();
        Finished { result, state, interrupted, lost, broken }
    }

    /// Why the agent ended by itself, where it did, and was one of another process.
    fn broken(&self) -> Option<Fault> {
        let silent = self.silence.as_ref().and_then(Silence::fault);
        let host = self.link.as_ref().map(|link| link.host());
        let silent = silent.map(|fault| host.map_or(fault.clone(), |host| fault.about(host)));
        silent.or_else(|| {
            let status = self.status.filter(|status| !status.success())?;
            let code = status.code().map(|code| format!(" (exit code {code})")).unwrap_or_default();
            Some(match &self.link {
                Some(link) => link.lost(Some(status)),
                None => Fault::run(format!("the agent ended before the run did{code}")),
            })
        })
    }

    /// Gives what the recording has lost.
    fn close(&mut self) -> Option<nntop_core::event::Recorder> {
        // The recorder first: it reports through the agent.
        let summary = self.recorder.take().map(StreamRecorder::end).unwrap_or_default();
        self.end_agent();
        summary.lost
    }

    fn end_agent(&mut self) {
        drop(self.commander.take());
        if let Some(ending) = self.ending.take() {
            self.status = ending.wait();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

//! What a session leaves.

use nntop_core::event::{Fault, Outcome, Recorder};
use nntop_core::unit::Nanos;
use nntop_results::recording::Recording;
use nntop_results::result::RunResult;
use nntop_state::State;

/// What a session leaves.
#[derive(Debug)]
pub struct Finished {
    /// The result: figures, settings, machine, findings. As JSON it is `nntop.result/1`.
    pub result: RunResult,
    /// Everything that was folded from the events, for views and for figures that are in no result.
    pub state: State,
    /// Whether it was stopped before the plan was done. What was measured until then holds.
    pub interrupted: bool,
    /// What the recording has lost, and why, where anything was.
    pub lost: Option<Recorder>,
    /// Why the agent's process ended by itself, where it did: it failed, its link was lost, or it was silent for too long.
    pub broken: Option<Fault>,
}

impl Finished {
    /// What a recording knew at `at`, a time on its own clock: [`Recording::end`] for all of it.
    ///
    /// # Errors
    /// When the recording is damaged before that.
    pub fn replayed(recording: &Recording, at: Nanos) -> Result<Self, Fault> {
        let state = recording.state_at(at)?;
        let result = RunResult::of(&state, recording.plan());
        Ok(Self { result, state, interrupted: false, lost: None, broken: None })
    }

    /// Why variants failed. Two variants that failed of the same cause are one error.
    pub fn faults(&self) -> Vec<&Fault> {
        let mut faults: Vec<&Fault> = Vec::new();
        for v in &self.state.variants {
            if let Some(Outcome::Failed { error }) = &v.outcome
                && !faults.contains(&error)
            {
                faults.push(error);
            }
        }
        faults
    }

    /// Whether the agent came to the end of the plan. An agent that was killed, or whose connection broke, has not.
    pub fn is_complete(&self) -> bool {
        self.state.done
    }
}

//! How many files may be open: raised where that is allowed, and said where it is too few to begin.

use nntop_core::event::Fault;
use rustix::process::{Resource, getrlimit, setrlimit};

/// Fewer are not enough for an agent with its pipes, a worker and the sensors.
const FEWEST: u64 = 64;

/// As many as a shell usually allows.
const USUAL: u64 = 1_024;

/// Raises the limit to the usual one, as far as this process may.
///
/// # Errors
/// When so few may be open that nothing could be measured.
pub(super) fn raise() -> Result<(), Fault> {
    let mut limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current.filter(|current| *current < USUAL) else { return Ok(()) };
    limit.current = Some(limit.maximum.map_or(USUAL, |most| most.min(USUAL)));
    // Where it cannot be raised, what there is has to do.
    let current = if setrlimit(Resource::Nofile, limit).is_ok() { limit.current.unwrap_or(current) } else { current };
    if current < FEWEST {
        return Err(Fault::run(format!("only {current} files may be open at a time, and nntop needs {FEWEST}"))
            .hint("ulimit -n 1024 allows more, or LimitNOFILE= in a unit of systemd"));
    }
    Ok(())
}

//! The CPUs that a worker may use, set before the engine's library is loaded: its threads inherit them.

use nntop_core::event::{EngineOptions, Fault};
use nntop_core::unit::ranges;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Confines this process to the CPUs of `options`, if there are any. Runtimes that choose the number of their
/// threads themselves count the machine's CPUs and may pin a thread to each, outside of what they were given;
/// so as many threads as CPUs are asked for where nothing else is.
pub(super) fn confine(options: &mut EngineOptions) -> Result<(), Fault> {
    if options.cpus.is_empty() {
        return Ok(());
    }
    let cannot =
        |e: rustix::io::Errno| Fault::run(format!("cannot be confined to CPUs {}: {e}", ranges(&options.cpus)));
    // Asked for all, the kernel gives what there is, and what a container leaves of it.
    sched_setaffinity(None, &set_of(0..CpuSet::MAX_CPU)).map_err(cannot)?;
    let there = sched_getaffinity(None).map_err(cannot)?;
    let there: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&cpu| there.is_set(cpu)).collect();
    let missing: Vec<usize> = options.cpus.iter().copied().filter(|cpu| !there.contains(cpu)).collect();
    if !missing.is_empty() {
        return Err(Fault::input(format!("--cpus {}: there is no CPU {}", ranges(&options.cpus), ranges(&missing)))
            .hint(format!("CPUs that can be used here: {}", ranges(&there))));
    }
    sched_setaffinity(None, &set_of(options.cpus.iter().copied())).map_err(cannot)?;
    options.threads.get_or_insert(options.cpus.len());
    Ok(())
}

fn set_of(cpus: impl Iterator<Item = usize>) -> CpuSet {
    let mut set = CpuSet::new();
    cpus.filter(|&cpu| cpu < CpuSet::MAX_CPU).for_each(|cpu| set.set(cpu));
    set
}

//! What only Jetsons have: memory controller, engines, power mode, over-current counters, memory of the GPU.

mod emc;
mod engines;
mod nvmap;
mod nvpmodel;
mod over_current;
mod worker_memory;

pub(super) use nvpmodel::mode_name;
pub(super) use over_current::enabled;
pub(super) use worker_memory::WorkerMemory;

use super::Root;
use super::identity::is_tegra;
use super::nodes::Finds;

/// Finds all of it; nothing on other boards.
pub(super) fn find(root: &Root, finds: &mut Finds) {
    if is_tegra(root) {
        emc::find(root, finds);
        engines::find(root, finds);
        nvpmodel::find(root, finds);
        over_current::find(root, finds);
        nvmap::find(root, finds);
    }
}

//! Options of a session that `ort` has no method for.

use super::status::check;
use ort::AsPointer;
use ort::session::builder::SessionBuilder;

/// Memory of the CPU is asked for and given back tensor by tensor, instead of being kept in an arena.
pub(in super::super) fn without_arena(builder: &mut SessionBuilder) -> Result<(), String> {
    // SAFETY: the options are valid, and nobody else has them.
    check(unsafe { (ort::api().DisableCpuMemArena)(builder.ptr_mut()) })
}

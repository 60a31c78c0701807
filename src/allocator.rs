//! The end of memory: one line and exit code 1, where the standard library would print a stack and abort.
#![allow(unsafe_code, reason = "a global allocator")]

use std::alloc::{GlobalAlloc, Layout, System};

/// A larger piece is asked for by what can do without it, and says itself that it was not there.
const SMALL: usize = 1 << 20;

/// The system's allocator.
pub(crate) struct Allocator;

// SAFETY: it is the system's allocator, but for what happens when there is no memory: then nothing is returned at all.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller has promised.
        there(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller has promised.
        there(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller has promised.
        there(unsafe { System.realloc(old, layout, size) }, size)
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: as the caller has promised.
        unsafe { System.dealloc(old, layout) }
    }
}

#[inline]
fn there(pointer: *mut u8, size: usize) -> *mut u8 {
    if pointer.is_null() && size < SMALL {
        out_of_memory();
    }
    pointer
}

#[cold]
fn out_of_memory() -> ! {
    // Nothing here needs memory.
    let text = b"error: out of memory\nhint: ulimit -v, or the limit of a container, may allow too little\n";
    let _ = rustix::io::write(rustix::stdio::stderr(), text);
    // SAFETY: it has no preconditions. Destructors would need memory.
    unsafe { libc::_exit(1) }
}

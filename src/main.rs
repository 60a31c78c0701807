//! The `nntop` program.

mod memory;

#[global_allocator]
static MEMORY: memory::Memory = memory::Memory;

fn main() -> std::process::ExitCode {
    nntop::cli::main()
}

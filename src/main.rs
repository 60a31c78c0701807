//! The `nntop` program.

mod allocator;

#[global_allocator]
static MEMORY: allocator::Allocator = allocator::Allocator;

fn main() -> std::process::ExitCode {
    nntop::cli::main()
}

//! `nntop compare`: measures variants in turns and says which is faster, and how sure that is.

use super::args::BenchArgs;
use super::{Exit, bench, run};
use crate::event::Fault;
use crate::report;

pub(super) fn run(args: &BenchArgs) -> Result<Exit, Fault> {
    let signals = run::signals()?;
    let args = &bench::with_dataset(args)?;
    let plan = run::plan(&args.run, false)?;
    if plan.variants.len() < 2 {
        return Err(Fault::input("nntop compare: there is one variant, and nothing to compare it with")
            .hint("name two or more: nntop compare fp32:a.onnx int8:b.onnx"));
    }
    bench::measured(args, &plan, report::compared, signals)
}

//! `nntop demo`: the bundled models, fp32 and int8, side by side.

use super::args::{DemoArgs, GraphOpt, RunArgs};
use super::history::HistoryArgs;
use super::metrics::MetricArgs;
use super::scenario::ScenarioArgs;
use super::tuning::TuningArgs;
use super::{Exit, live};
use nntop_agent::installer::{DataDir, Environment};
use nntop_core::catalog::EngineKind;
use nntop_core::event::Fault;
use std::path::PathBuf;

const FP32: &[u8] = include_bytes!("../../assets/demo/digits-fp32.onnx");
const INT8: &[u8] = include_bytes!("../../assets/demo/digits-int8.onnx");

pub(super) fn run(args: &DemoArgs) -> Result<Exit, Fault> {
    let run = RunArgs {
        model: vec![
            format!("fp32:{}", unpack("digits-fp32.onnx", FP32)?.display()),
            format!("int8:{}", unpack("digits-int8.onnx", INT8)?.display()),
        ],
        models: None,
        runs: args.runs,
        duration: args.duration,
        until_ci: None,
        warmup: None,
        parallel: false,
        scenario: ScenarioArgs::default(),
        idle: None,
        threads: vec![args.threads],
        ep: Vec::new(),
        require_ep: false,
        no_profile: false,
        tuning: TuningArgs::default(),
        engine: Some(EngineKind::OnnxRuntime.name().into()),
        engine_path: args.engine_path.clone(),
        graph_opt: GraphOpt::All,
        batch_size: Vec::new(),
        dim: Vec::new(),
        shape: Vec::new(),
        input: None,
        seed: 0,
        target: Vec::new(),
        metrics: MetricArgs::default(),
        cpus: None,
        cpu_quota: None,
        memory_limit: None,
        history: HistoryArgs::default(),
        record: args.record.clone(),
        offline: args.offline,
        agent: None,
    };
    live::run(&run, &args.screen)
}

/// Writes a bundled model into the data folder, unless it is there already.
fn unpack(name: &str, content: &[u8]) -> Result<PathBuf, Fault> {
    let data = DataDir::of(&Environment::of_this_process()).map_err(|e| Fault::run(e.to_string()))?;
    let folder = data.path().join("demo");
    let path = folder.join(name);
    if std::fs::read(&path).is_ok_and(|there| there == content) {
        return Ok(path);
    }
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&temporary, content))
        .and_then(|()| std::fs::rename(&temporary, &path))
        .map_err(|e| {
            Fault::run(format!("{}: the demo models cannot be written: {e}", folder.display()))
                .hint("NNTOP_DATA_DIR=FOLDER names another folder")
        })?;
    Ok(path)
}

//! `nntop demo`: the bundled models, fp32 and int8, side by side.

use super::heading;
use super::run_args::RunArgs;
use super::screen::ScreenArgs;
use super::settings::Settings;
use super::values::{above_zero, duration};
use super::{Exit, live};
use clap::Args;
use nntop_agent::installer::{DataDir, Environment};
use nntop_core::catalog::EngineKind;
use nntop_core::event::Fault;
use nntop_core::settings::Setting;
use nntop_core::unit::Nanos;
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DemoArgs {
    /// Stop each variant after N measured inferences
    #[arg(short = 'n', long, value_name = "N", value_parser = above_zero, help_heading = heading::MEASURE)]
    runs: Option<u64>,
    /// Stop each variant after TIME of measuring: 10s, 500ms, 2m [default: 10s, and no end in the dashboard]
    #[arg(short = 't', long, value_name = "TIME", value_parser = duration, help_heading = heading::MEASURE)]
    duration: Option<Nanos>,
    /// Threads for one operator
    #[arg(long, value_name = "N", default_value = "1", value_parser = above_zero, help_heading = heading::ENGINE)]
    threads: u64,
    /// The engine's library, or the folder that holds it [default: searched for, see nntop doctor]
    #[arg(long, value_name = "PATH", help_heading = heading::ENGINE)]
    engine_path: Option<PathBuf>,
    /// Never download anything
    #[arg(long, help_heading = heading::ENGINE)]
    offline: bool,
    /// Record the run: every event, for nntop replay FILE
    #[arg(long, value_name = "FILE", help_heading = heading::OUTPUT)]
    record: Option<PathBuf>,
    #[command(flatten)]
    screen: ScreenArgs,
}

const EXAMPLES: &str = "\
Examples:
  nntop demo                     the dashboard, until q
  nntop demo -t 10s -o r.json    10 s of each, the result in a file";

const FP32: &[u8] = include_bytes!("../../assets/demo/digits-fp32.onnx");
const INT8: &[u8] = include_bytes!("../../assets/demo/digits-int8.onnx");

pub(super) fn run(args: &DemoArgs) -> Result<Exit, Fault> {
    let mut settings = Settings::default();
    settings.set(Setting::Engine, EngineKind::OnnxRuntime.name());
    settings.set(Setting::Threads, args.threads.to_string());
    if let Some(path) = &args.engine_path {
        settings.set(Setting::Library, path.display().to_string());
    }
    let run = RunArgs {
        model: vec![
            format!("fp32:{}", unpack("digits-fp32.onnx", FP32)?.display()),
            format!("int8:{}", unpack("digits-int8.onnx", INT8)?.display()),
        ],
        runs: args.runs,
        duration: args.duration,
        settings,
        record: args.record.clone(),
        offline: args.offline,
        ..RunArgs::default()
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
    std::fs::create_dir_all(&folder).and_then(|()| nntop_core::new_file::write(&path, content)).map_err(|e| {
        Fault::run(format!("{}: the demo models cannot be written: {e}", folder.display()))
            .hint("NNTOP_DATA_DIR=FOLDER names another folder")
    })?;
    Ok(path)
}

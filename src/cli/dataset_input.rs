//! What `--dataset` feeds a measurement with.

use super::accuracy::is_labelled;
use super::dataset::{self, Found};
use super::output::note;
use super::run_args::RunArgs;
use nntop_core::event::{ACCURACY_METRICS, Fault};
use nntop_core::settings::Setting;
use nntop_engine::workload;
use std::path::Path;

/// The options with the data set as an input, as far as it can be one, and with the figures that its labels give.
///
/// # Errors
/// What is wrong with the data set.
pub(super) fn with_dataset(args: &RunArgs) -> Result<RunArgs, Fault> {
    let mut args = args.clone();
    let Some(dir) = args.accuracy.dataset.clone() else { return Ok(args) };
    let mut feed = |path: &Path| args.settings.set(Setting::Input, path.display().to_string());
    if is_labelled(&dir)? {
        // Labels tell which files are examples. Pictures are measured with, arrays beside them may be anything.
        if dir.is_dir() && workload::holds_images(&dir) {
            feed(&dir);
        }
        args.metrics.expect(ACCURACY_METRICS);
        return Ok(args);
    }
    match dataset::look(&dir)? {
        Found::Input(path) => feed(&path),
        Found::Others(n) => note(&format!(
            "note: --dataset {}: none of its {n} files is an image (.jpg, .png) or holds arrays (input_0.pb, .npz, .npy): inputs are \
             random values",
            dir.display()
        )),
    }
    Ok(args)
}

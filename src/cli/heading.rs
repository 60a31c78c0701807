//! Headings of the help, in the order in which they appear.

/// Models, and until when they are measured.
pub(super) const MEASURE: &str = "What to measure";
/// How inferences are issued.
pub(super) const LOAD: &str = "Load";
/// What runs the models.
pub(super) const ENGINE: &str = "Engine";
/// What goes into the models.
pub(super) const INPUTS: &str = "Shapes and inputs";
/// Whether the answers are right.
pub(super) const ACCURACY: &str = "Accuracy (with --dataset)";
/// What the models are confined to.
pub(super) const LIMITS: &str = "Limits";
/// Where it is measured, if not here.
pub(super) const BOARD: &str = "Another machine";
/// What is written, and where.
pub(super) const OUTPUT: &str = "Output";
/// What is read of the device, and how often.
pub(super) const DEVICE: &str = "Device";
/// How the dashboard is drawn.
pub(super) const SCREEN: &str = "Screen";
/// Help and version.
pub(super) const HELP: &str = "Help";

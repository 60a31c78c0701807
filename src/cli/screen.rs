//! How the dashboard looks: the options of all that draws one.

use super::heading;
use clap::Args;
use std::path::PathBuf;

/// How the screen is drawn.
#[derive(Debug, Clone, Args)]
pub(super) struct ScreenArgs {
    /// Write the result to this file at the end, in the format of its ending: .json, .csv, .md, .html, else text
    #[arg(short, long, value_name = "FILE", help_heading = heading::OUTPUT, display_order = 1)]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) look: LookArgs,
}

/// How a screen looks and how often it is drawn.
#[derive(Debug, Clone, Args)]
pub(super) struct LookArgs {
    /// Maximum frames per second
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=60), help_heading = heading::SCREEN)]
    pub(super) fps: u8,
    /// Draw with ASCII characters only
    #[arg(long, help_heading = heading::SCREEN)]
    pub(super) ascii: bool,
    /// For slow links: one frame a second, ASCII, charts that sweep instead of scroll
    #[arg(long, help_heading = heading::SCREEN)]
    pub(super) low_bandwidth: bool,
    /// Leave the mouse to the terminal: no clicks, no wheel
    #[arg(long, help_heading = heading::SCREEN)]
    pub(super) no_mouse: bool,
}

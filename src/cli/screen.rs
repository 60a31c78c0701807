//! How the dashboard looks: the options of all that draws one.

use super::heading;
use clap::{Args, ValueEnum};
use nntop_tui::tui::Background;
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
    /// Colours for a dark or a light background [default: what the terminal answers, else dark]
    #[arg(long, value_name = "THEME", default_value = "auto", hide_default_value = true, hide_possible_values = true, help_heading = heading::SCREEN)]
    pub(super) theme: ThemeArg,
    /// For slow links: one frame a second, ASCII, charts that sweep instead of scroll
    #[arg(long, help_heading = heading::SCREEN)]
    pub(super) low_bandwidth: bool,
    /// Leave the mouse to the terminal: no clicks, no wheel
    #[arg(long, help_heading = heading::SCREEN)]
    pub(super) no_mouse: bool,
}

/// What is behind the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum ThemeArg {
    /// As the terminal answers
    #[default]
    Auto,
    /// A dark background
    Dark,
    /// A light background
    Light,
}

impl ThemeArg {
    /// What was asked for; `None` asks the terminal.
    pub(super) fn background(self) -> Option<Background> {
        match self {
            Self::Auto => None,
            Self::Dark => Some(Background::Dark),
            Self::Light => Some(Background::Light),
        }
    }
}

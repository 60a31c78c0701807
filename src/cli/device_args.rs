//! What can be typed about the device: watching it, serving it, changing it, asking what is there.

use super::args::LookArgs;
use super::values::{above_zero, duration, interval, listen};
use clap::{Args, Subcommand, ValueEnum};
use nntop_core::unit::Nanos;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub(super) struct MonitorArgs {
    /// One snapshot instead of the live page
    #[arg(long)]
    pub(super) once: bool,
    /// How it is written; ndjson and csv are a line per interval, without a screen
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: MonitorFormat,
    /// End after so many lines of ndjson or csv
    #[arg(long, value_name = "N", value_parser = above_zero, conflicts_with = "once")]
    pub(super) count: Option<u64>,
    /// How often the device is read: 500ms
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub(super) interval: Nanos,
    /// Read this tree instead of the machine: a folder that holds a recorded /proc and /sys
    #[arg(long, value_name = "DIR")]
    pub(super) sysroot: Option<PathBuf>,
    /// The same tree later, or a layer with what has changed: gives the rates between the two
    #[arg(long, value_name = "DIR", requires = "sysroot")]
    pub(super) sysroot_next: Option<PathBuf>,
    /// Seconds between the two states [default: 1]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) dt: Option<Nanos>,
    /// Let the key c change the device: power mode, pinned clocks, fan, CPU governor, ending a process. Each change is asked
    /// for and taken back at the end
    #[arg(long, conflicts_with_all = ["sysroot", "once", "count"])]
    pub(super) allow_control: bool,
    #[command(flatten)]
    pub(super) look: LookArgs,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum ControlCommand {
    /// Show what can be changed here, what is set, and what an nntop has left
    List {
        /// How it is written
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: SnapshotFormat,
    },
    /// Change one; it stays until `nntop control restore`
    Set {
        /// The control: power-mode, pinned-clocks, fan, governor, end-process
        name: String,
        /// What it is to be: nntop control list says what can be had
        value: String,
        /// Without this nothing is changed
        #[arg(long, required = true)]
        allow_control: bool,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Take back what nntop has changed, also one that was killed
    Restore {
        /// Without this nothing is changed
        #[arg(long, required = true)]
        allow_control: bool,
    },
}

#[derive(Debug, Clone, Args)]
pub(super) struct ExporterArgs {
    /// Where to listen; a port alone is on loopback. Name another address to be reached from outside
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9099", value_parser = listen)]
    pub(super) listen: SocketAddr,
    /// Scrapes that come within this time of each other share a reading
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub(super) interval: Nanos,
    /// Read this tree instead of the machine: a folder that holds a /proc and a /sys
    #[arg(long, value_name = "DIR")]
    pub(super) sysroot: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MonitorFormat {
    /// One fact a line
    Text,
    /// For programs: schema nntop.device/1
    Json,
    /// The same on one line per interval, with the time
    Ndjson,
    /// A row per interval, a column per metric
    Csv,
}

#[derive(Debug, Clone, Args)]
pub(super) struct DoctorArgs {
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: SnapshotFormat,
    /// Look at this tree instead of the machine: a folder that holds a recorded /proc and /sys
    #[arg(long, value_name = "DIR")]
    pub(super) sysroot: Option<PathBuf>,
    /// Tell the board's serial number, too: not for what is passed on
    #[arg(long)]
    pub(super) serial: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SnapshotFormat {
    /// One fact a line
    Text,
    /// For programs: schema nntop.device/1 or nntop.doctor/1
    Json,
}

//! `nntop record`: looks into recordings, cuts and exports them.

use super::formats::{Format, TextOrJson};
use super::output::{self, print};
use super::values::position;
use super::{Exit, overwrite};
use clap::{Subcommand, ValueEnum};
use nntop_core::event::Fault;
use nntop_core::new_file::NewFile;
use nntop_core::unit::Nanos;
use nntop_results::recording::{self, ExportError, Info, Recording};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Shown below the help.
pub(super) const EXAMPLES: &str = "\
Examples:
  nntop record info run.nntop
  nntop record trim run.nntop --from 00:40 --to 01:10 -o part.nntop
  nntop record export run.nntop -o blocks.csv";

#[derive(Debug, Clone, Subcommand)]
pub(super) enum RecordCommand {
    /// Show what a recording holds: length, variants, events
    Info {
        /// The recording
        file: PathBuf,
        /// Output format; json is schema nntop.recording-info/1
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: TextOrJson,
    },
    /// Copy a part of a recording into a new one
    Trim {
        /// The recording
        file: PathBuf,
        /// From this time on [default: its beginning]: 00:42
        #[arg(long, value_name = "TIME", value_parser = position)]
        from: Option<Nanos>,
        /// Until this time [default: its end]
        #[arg(long, value_name = "TIME", value_parser = position)]
        to: Option<Nanos>,
        /// The new file
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Convert a recording to another format
    Export {
        /// The recording
        file: PathBuf,
        /// Format [default: by the ending of -o]
        #[arg(long, value_name = "FORMAT", required_unless_present = "output")]
        format: Option<ExportFormat>,
        /// Write to this file instead of standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

impl Format for ExportFormat {
    const ENDINGS: &'static [(&'static str, Self)] =
        &[("csv", Self::Csv), ("json", Self::Json), ("hdr", Self::Hdr), ("hlog", Self::Hdr)];
    const DEFAULT: Self = Self::Csv;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// Every block as a row
    Csv,
    /// The result and all events
    Json,
    /// HdrHistogram's interval log
    Hdr,
}

pub(super) fn run(command: &RecordCommand) -> Result<Exit, Fault> {
    match command {
        RecordCommand::Info { file, format } => {
            let info = Info::of(&Recording::open(file)?)?;
            print(&match format {
                TextOrJson::Json => info.to_json(),
                TextOrJson::Text => info.to_text(),
            })?;
        }
        RecordCommand::Trim { file, from, to, output } => {
            let recording = Recording::open(file)?;
            let from = from.map_or(recording.start(), |from| recording.start() + from);
            let to = to.map_or(recording.end(), |to| recording.start() + to);
            if from >= to {
                return Err(Fault::input("empty range: --from is not before --to")
                    .hint("nntop record info FILE shows how long the recording is"));
            }
            recording::trim(&recording, from, to, output)?;
            output::written(output);
        }
        RecordCommand::Export { file, format, output } => {
            let format = ExportFormat::choose(*format, output.as_deref());
            export(&Recording::open(file)?, format, output.as_deref())?;
        }
    }
    Ok(Exit::Ok)
}

fn export(recording: &Recording, format: ExportFormat, output: Option<&Path>) -> Result<(), Fault> {
    let written = match output {
        None => write(recording, format, &mut io::stdout().lock()),
        Some(path) => {
            overwrite::check(path).map_err(|fault| fault.about("-o"))?;
            let mut file = NewFile::create(path).map_err(|e| output::cannot(path, &e))?;
            write(recording, format, &mut file).and_then(|()| Ok(file.finish()?))
        }
    };
    match written {
        Ok(()) => {
            output.iter().for_each(|path| output::written(path));
            Ok(())
        }
        // `| head` has had enough: that is no failure.
        Err(ExportError::Write(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(ExportError::Write(e)) => Err(Fault::run(format!("the export cannot be written: {e}"))),
        Err(ExportError::Read(fault)) => Err(fault),
    }
}

fn write(recording: &Recording, format: ExportFormat, to: &mut dyn Write) -> Result<(), ExportError> {
    let mut out = BufWriter::new(to);
    match format {
        ExportFormat::Csv => recording::csv(recording, &mut out),
        ExportFormat::Json => recording::json(recording, &mut out),
        ExportFormat::Hdr => recording::histogram_log(recording, &mut out),
    }?;
    Ok(out.flush()?)
}

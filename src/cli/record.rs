//! `nntop record`: looks into recordings, cuts and exports them.

use super::Exit;
use super::args::{ExportFormat, RecordCommand, SnapshotFormat};
use super::output::print;
use nntop_core::event::Fault;
use nntop_results::recording::{self, ExportError, Info, Recording};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

pub(super) fn run(command: &RecordCommand) -> Result<Exit, Fault> {
    match command {
        RecordCommand::Info { file, format } => {
            let info = Info::of(&Recording::open(file)?)?;
            print(&match format {
                SnapshotFormat::Json => info.to_json(),
                SnapshotFormat::Text => info.to_text(),
            })?;
        }
        RecordCommand::Trim { file, from, to, output } => {
            let recording = Recording::open(file)?;
            let from = from.map_or(recording.start(), |from| recording.start() + from);
            let to = to.map_or(recording.end(), |to| recording.start() + to);
            if from >= to {
                return Err(Fault::input("nothing lies between --from and --to")
                    .hint("nntop record info FILE says how long the recording is"));
            }
            recording::trim(&recording, from, to, output)?;
        }
        RecordCommand::Export { file, format, output } => export(&Recording::open(file)?, *format, output.as_deref())?,
    }
    Ok(Exit::Ok)
}

fn export(recording: &Recording, format: ExportFormat, output: Option<&Path>) -> Result<(), Fault> {
    let to: Box<dyn Write> = match output {
        None => Box::new(io::stdout().lock()),
        Some(path) => Box::new(File::create(path).map_err(|e| {
            Fault::input(format!("-o {}: cannot be written: {e}", path.display()))
                .hint("name a file in a folder that exists and that you may write to")
        })?),
    };
    let mut out = BufWriter::new(to);
    let written = match format {
        ExportFormat::Csv => recording::csv(recording, &mut out),
        ExportFormat::Json => recording::json(recording, &mut out),
        ExportFormat::Hdr => recording::histogram_log(recording, &mut out),
    };
    match written.and_then(|()| Ok(out.flush()?)) {
        Ok(()) => Ok(()),
        // `| head` has had enough: that is no failure.
        Err(ExportError::Write(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(ExportError::Write(e)) => Err(Fault::run(format!("the export cannot be written: {e}"))),
        Err(ExportError::Read(fault)) => Err(fault),
    }
}

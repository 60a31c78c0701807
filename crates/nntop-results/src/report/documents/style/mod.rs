//! The styles: which tables a report has.

mod compression;
mod custom;
mod difference;
mod keras;
mod summary;
mod tables;

use super::compose::{Words, frame};
use super::document::{Document, Notes};
use super::row::{Source, rows};

/// A style, by the name that the command line has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// What most want to know, how the variants compare, what was found.
    Summary,
    /// The model's and the platform's metrics of an edge device.
    Edge,
    /// The same of a microcontroller.
    Mcu,
    /// One row for a model zoo's pull request.
    Zoo,
    /// The same with the size of the parameters.
    ZooShort,
    /// Keras's table of applications.
    Keras,
    /// Target devices against each other.
    Platform,
    /// Compression methods of a model, with conclusions.
    Compression,
    /// Before and after an optimization.
    BeforeAfter,
}

impl Style {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Summary,
        Self::Edge,
        Self::Mcu,
        Self::Zoo,
        Self::ZooShort,
        Self::Keras,
        Self::Platform,
        Self::Compression,
        Self::BeforeAfter,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Edge => "edge",
            Self::Mcu => "mcu",
            Self::Zoo => "zoo",
            Self::ZooShort => "zoo-short",
            Self::Keras => "keras",
            Self::Platform => "platform",
            Self::Compression => "compression",
            Self::BeforeAfter => "before-after",
        }
    }
}

/// A report of these results.
pub fn compose(style: Style, sources: &[Source], words: &Words) -> Document {
    let rows = rows(sources);
    let mut document = frame(style.name(), sources, &rows);
    let mut notes = Notes::default();
    match style {
        Style::Summary => summary::fill(&mut document, sources, &rows, &mut notes),
        Style::Edge => document.tables = tables::edge(&rows, &mut notes),
        Style::Mcu => document.tables = tables::mcu(&rows, &mut notes),
        Style::Zoo => document.tables = vec![tables::zoo(&rows, words, false, &mut notes)],
        Style::ZooShort => document.tables = vec![tables::zoo(&rows, words, true, &mut notes)],
        Style::Keras => keras::fill(&mut document, &rows, &mut notes),
        Style::Platform => document.tables = vec![tables::platform(&rows, &mut notes)],
        Style::Compression => compression::fill(&mut document, sources, &mut notes),
        Style::BeforeAfter => difference::fill(&mut document, &rows, &mut notes),
    }
    // A zoo's row has the columns that the zoo wants; before-after has these among its own rows.
    if !matches!(style, Style::Zoo | Style::ZooShort | Style::BeforeAfter) {
        document.tables.extend(custom::tables(&rows, &mut notes));
    }
    document.notes = notes.all();
    document
}

//! What a report is made of, whatever it is written in: tables whose cells know their figures, conclusions, the machine, and
//! notes that say why a cell is empty.

use serde::Serialize;

/// A report, ready to be written in any format.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The style's name.
    pub style: &'static str,
    /// What it is about.
    pub title: String,
    /// When and where it was measured.
    pub subtitle: String,
    /// How much the figures of which variants can be trusted, the least first.
    pub verdicts: Vec<Badge>,
    /// Its tables, the most important first.
    pub tables: Vec<Table>,
    /// What follows from the figures.
    pub conclusions: Vec<String>,
    /// What was found while measuring that limits the figures.
    pub findings: Vec<String>,
    /// The machines and settings: a heading and its lines.
    pub environment: Vec<(String, Vec<String>)>,
    /// Notes that cells and columns refer to, by their place: note 1 is the first.
    pub notes: Vec<String>,
}

/// A verdict and those that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// `NOISY`, or `FAILED`.
    pub word: String,
    /// The variants, and why where it is one.
    pub about: String,
}

/// A table. All rows have as many cells as there are columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What stands above it; nothing where the document's title says it.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A column's head.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name, with the unit: `Latency (ms)`.
    pub name: String,
    /// Whether it holds figures, which stand to the right.
    pub figures: bool,
    /// Numbers of notes.
    pub notes: Vec<usize>,
}

/// A cell and the notes to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// What stands in it.
    pub content: Content,
    /// Numbers of notes.
    pub notes: Vec<usize>,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// Nothing, for the reason in a note.
    #[default]
    Absent,
    /// Words.
    Text(String),
    /// A figure and how people read it.
    Figure {
        /// In the unit of its column or row.
        value: f64,
        /// As it is shown.
        text: String,
    },
    /// Words that lead somewhere.
    Link {
        /// The words.
        text: String,
        /// An address.
        url: String,
    },
}

/// The name of the column that holds verdicts.
pub(super) const VERDICT: &str = "Verdict";

/// The name of a first column whose equal cells follow each other: the first row of each is of all the others, and a page folds
/// these.
pub(super) const FAMILY: &str = "Family";

/// How an absent cell is shown.
pub(super) const ABSENT: &str = "n/a";

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: Content::Text(text.into()), notes: vec![] }
    }

    /// A figure with three significant digits.
    pub fn figure(value: f64) -> Self {
        Self::shown(value, digits(value))
    }

    /// A figure, shown so.
    pub fn shown(value: f64, text: impl Into<String>) -> Self {
        Self { content: Content::Figure { value, text: text.into() }, notes: vec![] }
    }

    /// With notes.
    pub fn noted(mut self, notes: impl IntoIterator<Item = usize>) -> Self {
        self.notes.extend(notes);
        self.notes.dedup();
        self
    }

    /// As people read it, without its notes.
    pub fn shown_text(&self) -> &str {
        match &self.content {
            Content::Absent => ABSENT,
            Content::Text(text) | Content::Figure { text, .. } | Content::Link { text, .. } => text,
        }
    }

    /// Its figure.
    pub fn value(&self) -> Option<f64> {
        match self.content {
            Content::Figure { value, .. } => Some(value),
            _ => None,
        }
    }
}

impl Column {
    /// Of words.
    pub fn words(name: impl Into<String>) -> Self {
        Self { name: name.into(), figures: false, notes: vec![] }
    }

    /// Of figures.
    pub fn figures(name: impl Into<String>) -> Self {
        Self { name: name.into(), figures: true, notes: vec![] }
    }

    /// With notes.
    pub fn noted(mut self, notes: impl IntoIterator<Item = usize>) -> Self {
        self.notes.extend(notes);
        self
    }
}

/// Collects notes; what was said before keeps its number.
#[derive(Debug, Default)]
pub(super) struct Notes(Vec<String>);

impl Notes {
    /// The number of this note.
    pub(super) fn number(&mut self, note: &str) -> usize {
        let at = self.0.iter().position(|known| known == note).unwrap_or_else(|| {
            self.0.push(note.to_owned());
            self.0.len() - 1
        });
        at + 1
    }

    /// An empty cell and why it is so.
    pub(super) fn absent(&mut self, why: &str) -> Cell {
        Cell { content: Content::Absent, notes: vec![self.number(why)] }
    }

    /// All of them, in order.
    pub(super) fn all(self) -> Vec<String> {
        self.0
    }
}

/// Three significant digits, however small the figure; whole numbers keep all of theirs.
pub(super) fn digits(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || !size.is_finite() {
        return if size == 0.0 { "0".into() } else { "–".into() };
    }
    // 9.995 rounds to 10.0: the place counts after rounding.
    let rounded: f64 = format!("{size:.2e}").parse().unwrap_or(size);
    let place = rounded.log10().floor() as i32;
    let decimals = usize::try_from(2 - place).unwrap_or(0).min(9);
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_however_small() {
        let shown = [0.0, 0.005_678, 0.999_6, 1.0, 9.999, 45.123, 99.96, 4_510.4, -0.25, 2e-11].map(digits);
        let expected = ["0", "0.00568", "1.00", "1.00", "10.0", "45.1", "100", "4510", "-0.250", "0.000000000"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_note_is_said_once() {
        let mut notes = Notes::default();
        let cells = [notes.absent("no sensor"), notes.absent("no GPU"), notes.absent("no sensor")];
        assert_eq!(cells.map(|c| c.notes[0]), [1, 2, 1]);
        assert_eq!(notes.all(), ["no sensor", "no GPU"]);
    }
}

//! Reports for people: the tables of a style, filled from results, in the format that was asked for, with charts.
//!
//! [`compose`] makes a [`Document`] of results, which is the same for all formats; each format writes a document and knows no
//! style. So a style is one file, and a format is one file.

pub mod chart;
mod compose;
mod document;
mod format;
mod metric;
mod row;
mod style;

pub use compose::Words;
pub use document::{Cell, Column, Content, Document, Table};
pub use format::{Picture, SCHEMA, csv, html, json, markdown, text};
pub use row::Source;
pub use style::{Style, compose};

#[cfg(test)]
mod tests;

//! Tables that fit: whole where they do, else with heads broken between words, with their last column folded, without columns
//! that can be spared, and at last a block of lines per row. No number and no word is split.

use super::{ROOM, UNLIMITED, folded, lines};
use nntop_core::text::Width;
use std::fmt::Write;

/// A column's head and how its cells stand.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Column {
    head: String,
    figures: bool,
    spare: Option<u8>,
}

impl Column {
    /// Of words, to the left. A line break in the head makes two lines of it.
    pub fn words(head: impl Into<String>) -> Self {
        Self { head: head.into(), figures: false, spare: None }
    }

    /// Of figures, to the right.
    pub fn figures(head: impl Into<String>) -> Self {
        Self { figures: true, ..Self::words(head) }
    }

    /// One that is left out where the table is too wide: that of the least rank first.
    pub fn spare(self, rank: u8) -> Self {
        Self { spare: Some(rank), ..self }
    }
}

/// A line of a table.
#[derive(Debug, Clone, PartialEq)]
enum Row {
    /// A body and a mark per cell: digits stand under digits, marks beside them.
    Cells(Vec<(String, String)>),
    /// What the rows below have in common.
    Title(String),
}

/// A table, ready to be laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    columns: Vec<Column>,
    rows: Vec<Row>,
    indent: usize,
    gap: usize,
    rule: bool,
    tail: bool,
}

impl Grid {
    /// A table without rows; blanks before each line and between columns.
    pub fn new(columns: Vec<Column>, indent: usize, gap: usize) -> Self {
        Self { columns, rows: Vec::new(), indent, gap, rule: false, tail: false }
    }

    /// With a line under the heads.
    pub fn ruled(self) -> Self {
        Self { rule: true, ..self }
    }

    /// With a last column that may be folded where it is one of words: sentences, paths.
    pub fn with_tail(self) -> Self {
        Self { tail: self.columns.last().is_some_and(|column| !column.figures), ..self }
    }

    /// With these columns left out where the table is too wide, the first of them first.
    pub fn sparing(mut self, heads: &[&str]) -> Self {
        for (rank, head) in (0..).zip(heads) {
            self.columns.iter_mut().filter(|c| c.head == *head).for_each(|c| c.spare = Some(rank));
        }
        self
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.marked(cells.into_iter().map(|cell| (cell, String::new())));
    }

    /// Adds a row of cells with what stands at each: a note's number, a sign.
    pub fn marked(&mut self, cells: impl IntoIterator<Item = (String, String)>) {
        let mut cells: Vec<_> = cells.into_iter().collect();
        cells.resize(self.columns.len(), Default::default());
        self.rows.push(Row::Cells(cells));
    }

    /// Adds a line above the rows that follow.
    pub fn title(&mut self, text: impl Into<String>) {
        self.rows.push(Row::Title(text.into()));
    }

    /// Writes it in at most `width` columns, as far as its words allow that.
    pub fn write(&self, out: &mut String, width: usize) {
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        let mut left: Vec<&str> = Vec::new();
        loop {
            // Columns stand closer before one is left out.
            if self.place(out, &shown, width) || self.closer().place(out, &shown, width) {
                break;
            }
            let rank = |at: &usize| self.columns[shown[*at]].spare.unwrap_or(u8::MAX);
            let spare = (0..shown.len()).filter(|at| rank(at) < u8::MAX).min_by_key(rank);
            let Some(spare) = spare else {
                left.clear();
                self.blocks(out, width);
                break;
            };
            let head = self.columns[shown.remove(spare)].head.trim();
            left.extend((!head.is_empty()).then_some(head));
        }
        if !left.is_empty() {
            let names = left.iter().map(|head| head.replace('\n', " ")).collect::<Vec<_>>().join(", ");
            let lead = " ".repeat(self.indent);
            folded(out, &lead, &format!("no room for: {names}"), width);
        }
    }

    fn closer(&self) -> Self {
        Self { gap: self.gap.min(2), ..self.clone() }
    }

    fn cells(&self) -> impl Iterator<Item = &Vec<(String, String)>> {
        self.rows.iter().filter_map(|row| if let Row::Cells(cells) = row { Some(cells) } else { None })
    }

    /// Writes these columns where they fit.
    fn place(&self, out: &mut String, shown: &[usize], width: usize) -> bool {
        let columns = || shown.iter().map(|c| &self.columns[*c]);
        let mut widths: Vec<(usize, usize)> = shown
            .iter()
            .map(|c| {
                let body = self.cells().map(|row| row[*c].0.width()).max().unwrap_or(0);
                (body, self.cells().map(|row| row[*c].1.width()).max().unwrap_or(0))
            })
            .collect();
        let plain: Vec<Vec<String>> = columns().map(|c| c.head.split('\n').map(str::to_owned).collect()).collect();
        let broken = |widths: &[(usize, usize)]| -> Vec<Vec<String>> {
            let lines = |(column, (b, m)): (&Column, &(usize, usize))| broken_head(&column.head, b + m);
            columns().zip(widths).map(lines).collect()
        };
        let outer = |heads: &[Vec<String>], widths: &mut [(usize, usize)]| -> Vec<usize> {
            let each = heads.iter().zip(widths).zip(columns()).map(|((lines, (body, mark)), column)| {
                let head = lines.iter().map(|line| line.width()).max().unwrap_or(0);
                // A head stands over the figures, where no rule ends above their marks.
                if column.figures && !self.rule {
                    *body = (*body).max(head);
                }
                (*body + *mark).max(head)
            });
            each.collect()
        };
        let whole =
            |outer: &[usize]| self.indent + outer.iter().sum::<usize>() + self.gap * outer.len().saturating_sub(1);
        let mut own = widths.clone();
        let (mut heads, mut outers) = (plain.clone(), outer(&plain, &mut own));
        if whole(&outers) > width {
            own.clone_from(&widths);
            heads = broken(&widths);
            outers = outer(&heads, &mut own);
        }
        let last = shown.len().saturating_sub(1);
        if whole(&outers) > width && self.tail && shown.last() == Some(&(self.columns.len() - 1)) {
            let room = width.saturating_sub(whole(&outers) - outers[last]);
            if room >= ROOM {
                outers[last] = room;
            }
        }
        if whole(&outers) > width {
            return false;
        }
        widths = own;
        self.heads(out, shown, &heads, &outers, &widths);
        for row in &self.rows {
            match row {
                Row::Title(text) => folded(out, &" ".repeat(self.indent), text, width),
                Row::Cells(cells) => self.cells_of(out, shown, cells, (&outers, &widths), width),
            }
        }
        true
    }

    fn heads(
        &self,
        out: &mut String,
        shown: &[usize],
        heads: &[Vec<String>],
        outers: &[usize],
        widths: &[(usize, usize)],
    ) {
        if heads.iter().flatten().all(String::is_empty) {
            return;
        }
        let deep = heads.iter().map(Vec::len).max().unwrap_or(1);
        for i in 0..deep {
            let at = |c: usize| {
                // Heads stand on the rows.
                let text = (i + heads[c].len()).checked_sub(deep).map_or("", |k| heads[c][k].as_str());
                let figures = self.columns[shown[c]].figures;
                match figures && !self.rule {
                    true => padded(&padded(text, widths[c].0, true), outers[c], false),
                    false => padded(text, outers[c], figures),
                }
            };
            self.line(out, (0..shown.len()).map(at));
        }
        if self.rule {
            self.line(out, outers.iter().map(|n| "─".repeat(*n)));
        }
    }

    fn cells_of(
        &self,
        out: &mut String,
        shown: &[usize],
        cells: &[(String, String)],
        (outers, widths): (&[usize], &[(usize, usize)]),
        width: usize,
    ) {
        let cell = |c: usize| {
            let (figures, (b, m), (body, mark)) = (self.columns[shown[c]].figures, widths[c], &cells[shown[c]]);
            let own = match figures {
                true => padded(body, b, true) + &padded(mark, m, false),
                false => format!("{body}{mark}"),
            };
            padded(&own, outers[c], figures)
        };
        let last = shown.len() - 1;
        let (body, mark) = &cells[shown[last]];
        let own = format!("{body}{mark}");
        if !self.tail || own.width() <= outers[last] || width == UNLIMITED {
            return self.line(out, (0..shown.len()).map(cell));
        }
        let mut lead = String::new();
        self.line(&mut lead, (0..last).map(cell).chain(["|".to_owned()]));
        let lead = lead.trim_end_matches(['|', '\n']);
        lines(out, lead, &own, " ".repeat(lead.width()), width);
    }

    fn line(&self, out: &mut String, cells: impl Iterator<Item = String>) {
        let cells = cells.collect::<Vec<_>>().join(&" ".repeat(self.gap));
        let _ = writeln!(out, "{}", format!("{}{cells}", " ".repeat(self.indent)).trim_end());
    }

    /// Each row as a block, each of its columns a line.
    fn blocks(&self, out: &mut String, width: usize) {
        let heads: Vec<String> = self.columns.iter().map(|c| c.head.replace('\n', " ").trim().to_owned()).collect();
        let longest = heads.iter().map(|head| head.width()).max().unwrap_or(0);
        let indent = " ".repeat(self.indent);
        let mut first = true;
        for row in &self.rows {
            if !std::mem::replace(&mut first, false) {
                out.push('\n');
            }
            match row {
                Row::Title(text) => {
                    folded(out, &indent, text, width);
                    first = true;
                }
                Row::Cells(cells) => {
                    for (c, (head, (body, mark))) in heads.iter().zip(cells).enumerate() {
                        let text = format!("{body}{mark}");
                        if c == 0 && head.is_empty() {
                            folded(out, &indent, text.trim(), width);
                            continue;
                        }
                        // A bar without a head is kept only next to its figure.
                        if !head.is_empty() || text.contains(char::is_alphanumeric) {
                            folded(out, &format!("{indent}{}  ", padded(head, longest, false)), text.trim(), width);
                        }
                    }
                }
            }
        }
    }
}

fn padded(text: &str, to: usize, right: bool) -> String {
    let fill = " ".repeat(to.saturating_sub(text.width()));
    if right { format!("{fill}{text}") } else { format!("{text}{fill}") }
}

/// A head in lines of at most `most` columns, as far as its words allow it.
fn broken_head(head: &str, most: usize) -> Vec<String> {
    let longest = head.split([' ', '\n']).map(|word| word.width()).max().unwrap_or(0).max(most);
    let mut all: Vec<String> = Vec::new();
    for part in head.split('\n') {
        let mut lines: Vec<String> = Vec::new();
        for word in part.split(' ') {
            match lines.last_mut().filter(|line| line.width() + 1 + word.width() <= longest) {
                Some(line) => *line = format!("{line} {word}"),
                None => lines.push(word.to_owned()),
            }
        }
        all.extend(lines);
    }
    all
}

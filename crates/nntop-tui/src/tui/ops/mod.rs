//! The Ops page's choices: whose operators, grouped by what, in which order, which of them, and how far the flame is zoomed.

mod data;
mod memo;
mod rows;
mod update;

pub(crate) use data::Data;
pub(crate) use rows::Row;
pub(crate) use update::{back, update};

use nntop_core::event::Slot;
use nntop_state::State;

/// What a row of the table stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    /// One operator.
    #[default]
    Operator,
    /// All operators of a type.
    Type,
    /// All operators that a provider ran.
    Provider,
    /// All operators of a module, which is their name's path without its last part.
    Module,
}

impl By {
    /// All of them, in the order in which the key goes through them.
    pub const ALL: [Self; 4] = [Self::Operator, Self::Type, Self::Provider, Self::Module];

    /// Its name, which is the last column's title, too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Type => "type",
            Self::Provider => "provider",
            Self::Module => "module",
        }
    }
}

/// A column of the table, by which it can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Column {
    /// Own time per inference, on the host or on devices, whichever took longer; of two variants, the first's.
    #[default]
    Time,
    /// Own time on the host per inference, where devices have one, too.
    Host,
    /// Time on devices per inference.
    Device,
    /// Own time per inference of the second variant.
    Other,
    /// By how much the second differs from the first.
    Delta,
    /// Part of the inference that `Time` is.
    Share,
    /// How many operators there are in a group.
    Operators,
    /// Calls per inference.
    Calls,
    /// Operations per second.
    Rate,
    /// Operations per byte.
    Intensity,
    /// Bytes of inputs, weights and outputs.
    Bytes,
    /// The most memory in use.
    Memory,
    /// The provider that ran it.
    Provider,
    /// Its type.
    Type,
    /// Its name.
    Name,
}

impl Column {
    /// Whether it holds words: those begin at A, numbers with the largest.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Provider | Self::Type | Self::Name)
    }
}

/// Whose operators the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// One variant's.
    One(Slot),
    /// What the second's differ from the first's.
    Both(Slot, Slot),
}

impl Side {
    /// All that the key goes through: the differences first, then each variant alone.
    pub fn all(state: &State) -> Vec<Self> {
        let slots: Vec<Slot> = state.variants.iter().map(|v| v.slot).collect();
        let first = slots.first().copied();
        let both = slots.iter().skip(1).filter_map(|other| Some(Self::Both(first?, *other)));
        both.chain(slots.iter().map(|slot| Self::One(*slot))).collect()
    }
}

/// The choices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpsUi {
    /// Whose operators; `None` is the difference of two variants as soon as both were profiled.
    pub side: Option<Side>,
    /// What a row stands for.
    pub by: By,
    /// The column that sorts; `None` is the time, or the difference.
    pub sort: Option<Column>,
    /// The other way round.
    pub reverse: bool,
    /// Only rows in whose name, type or provider this is found, whatever its case.
    pub filter: String,
    /// Whether keys go into `filter`.
    pub typing: bool,
    /// Only operators of this group.
    pub within: Option<(By, String)>,
    /// The operator, or what encloses some, that table and flame are about: its path.
    pub selected: Option<String>,
    /// The group that the table is about, where its rows are groups.
    pub group: Option<String>,
    /// The frame that fills the flame's width: its path.
    pub zoom: Option<String>,
    /// Of two variants: widths are the first's, not the second's.
    pub widths_of_first: bool,
    /// What the last picture showed.
    pub(crate) memo: memo::Memo,
}

impl OpsUi {
    /// Whose operators are shown.
    pub fn shown(&self, state: &State) -> Option<Side> {
        let all = Side::all(state);
        if let Some(side) = self.side.filter(|side| all.contains(side)) {
            return Some(side);
        }
        let profiled = |slot: &Slot| state.variant(*slot).is_some_and(|v| v.ops.latest.is_some());
        let complete = |side: &&Side| match side {
            Side::One(slot) => profiled(slot),
            Side::Both(a, b) => profiled(a) && profiled(b),
        };
        all.iter().find(complete).or(all.first()).copied()
    }

    /// The column that sorts.
    pub fn sorted_by(&self, both: bool) -> Column {
        let fits = |column: &Column| match column {
            Column::Other | Column::Delta => both,
            Column::Operators => self.by != By::Operator && !both,
            Column::Memory | Column::Provider | Column::Type => self.by == By::Operator,
            Column::Host | Column::Device => !both,
            Column::Share | Column::Calls | Column::Rate | Column::Intensity | Column::Bytes => !both,
            Column::Time | Column::Name => true,
        };
        self.sort.filter(fits).unwrap_or(if both { Column::Delta } else { Column::Time })
    }
}

/// What a person did on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpsMsg {
    /// Group by the next thing.
    NextBy,
    /// Group by this.
    By(By),
    /// Sort by the column so many further on.
    SortStep(isize),
    /// Sort by this column; again: the other way round.
    Sort(Column),
    /// The other way round.
    Reverse,
    /// Show the next variant, or difference.
    NextSide,
    /// Take the widths of the other variant.
    SwapWidths,
    /// Select the row so many further on.
    Rows(isize),
    /// Select the row with this key.
    Row(String),
    /// Select the frame so many further on, at the same depth.
    Frames(isize),
    /// Select the frame that encloses this one, or the largest in it.
    Depth(isize),
    /// Select the frame with this path; again: zoom into it.
    Frame(String),
    /// Zoom into the selected frame, or show the operators of the selected group.
    Enter,
}

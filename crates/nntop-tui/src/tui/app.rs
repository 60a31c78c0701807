//! What the person at the screen chose: the page, the focus, what is open. None of it changes a measurement.

use super::{ControlMenu, DeviceUi, OpsUi};
use nntop_core::event::{Playhead, Slot};
use nntop_core::unit::Nanos;
use nntop_state::State;

/// A page. Adding one: a variant here, a key in the key table, an arm in `view::draw`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Page {
    /// The figures as they come in.
    #[default]
    Live,
    /// Operators: where the time goes.
    Ops,
    /// What the machine does.
    Device,
    /// Two variants held against each other.
    Compare,
    /// What the runtimes printed.
    Log,
    /// How right the answers are; there only where something is evaluated.
    Accuracy,
}

impl Page {
    /// All pages, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::Live, Self::Ops, Self::Device, Self::Compare, Self::Log, Self::Accuracy];

    /// Those that there are where nothing is evaluated.
    const MEASURING: [Self; 5] = [Self::Live, Self::Ops, Self::Device, Self::Compare, Self::Log];

    /// Those that there are where only the device is watched.
    const MONITOR: [Self; 2] = [Self::Device, Self::Log];

    /// Its name in the header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Ops => "Ops",
            Self::Device => "Device",
            Self::Compare => "Compare",
            Self::Log => "Log",
            Self::Accuracy => "Accuracy",
        }
    }

    /// Its name where there is little room.
    pub const fn short_name(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Ops => "Ops",
            Self::Device => "Dev",
            Self::Compare => "Cmp",
            Self::Log => "Log",
            Self::Accuracy => "Acc",
        }
    }

    /// Its number in the header, which is its key: fixed, whatever pages there are.
    pub const fn number(self) -> usize {
        match self {
            Self::Live => 1,
            Self::Ops => 2,
            Self::Device => 3,
            Self::Compare => 4,
            Self::Log => 5,
            Self::Accuracy => 6,
        }
    }
}

/// How the log is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogUi {
    /// Entries scrolled away from home: the newest line, or the top when errors come first.
    pub scroll: usize,
    /// Errors, then warnings, then the rest, each in order of time.
    pub errors_first: bool,
    /// Only lines that contain this, whatever their case.
    pub search: String,
    /// Whether keys go into `search`.
    pub typing: bool,
}

/// The choices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ui {
    /// The page on the screen.
    pub page: Page,
    /// Whether help lies over it.
    pub help: bool,
    /// Lines of help scrolled away.
    pub help_scroll: u16,
    /// Whether the picture stands still. The run goes on, and is folded on.
    pub frozen: bool,
    /// The variant that keys are about; `None` is the first.
    pub focus: Option<Slot>,
    /// How the log is looked at.
    pub log: LogUi,
    /// How operators are looked at.
    pub ops: OpsUi,
    /// How the device page is looked at.
    pub device: DeviceUi,
    /// The menu of controls, while it is open.
    pub control: Option<ControlMenu>,
    /// Whether only the device is watched: nothing is measured.
    pub monitor: bool,
    /// Whether a variant is evaluated on labelled data.
    pub evaluated: bool,
    /// The terminal's width and height.
    pub size: (u16, u16),
    /// Something to say in the footer until the next key.
    pub message: Option<String>,
    /// Where the replay stands; `None` is a live run.
    pub playhead: Option<Playhead>,
    /// By how many steps latency charts show more time than fits what was measured; negative is less.
    pub chart_zoom: isize,
    /// Charts sweep instead of scrolling: one column changes, not all.
    pub sweep: bool,
}

impl Ui {
    /// The pages that there are, in the order of their numbers.
    pub fn pages(&self) -> &'static [Page] {
        match (self.monitor, self.evaluated) {
            (true, _) => &Page::MONITOR,
            (false, true) => &Page::ALL,
            (false, false) => &Page::MEASURING,
        }
    }

    /// The page `by` further on, around the end.
    pub(crate) fn page_after(&self, by: isize) -> Page {
        let pages = self.pages();
        let at = pages.iter().position(|p| *p == self.page).unwrap_or(0) as isize;
        pages[(at + by).rem_euclid(pages.len() as isize) as usize]
    }

    /// How often processes have to be looked at for what is on the screen: often on their page; elsewhere now and then,
    /// since a heavy one that comes is marked in the charts, and over a slow link, where a list that changes places is
    /// most of what is sent.
    /// What is searched for among them is looked for among all.
    pub(crate) fn watch(&self) -> (Nanos, String) {
        let often = self.page == Page::Device && !self.sweep;
        (Nanos::from_millis(if often { 1_000 } else { 5_000 }), self.device.filter.clone())
    }

    /// The slot in focus, of those that are there.
    pub fn focused(&self, state: &State) -> Option<Slot> {
        let there = |slot: &Slot| state.variants.iter().any(|v| v.slot == *slot);
        self.focus.filter(there).or_else(|| state.variants.first().map(|v| v.slot))
    }
}

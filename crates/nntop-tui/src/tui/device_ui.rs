//! How the device page is looked at: the panel in focus, whether it is open, the order of processes, the zoom.

/// A panel of the device page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Panel {
    /// Processors.
    Cpu,
    /// GPU, neural processor, codecs, memory controller.
    Gpu,
    /// Memory and swap.
    Memory,
    /// Power rails and battery.
    Power,
    /// Temperatures and fans.
    Temperature,
    /// Throttling, caps of clocks, what happened.
    Throttling,
    /// Network and disks.
    Io,
    /// Module, libraries, addresses.
    About,
    /// Processes.
    #[default]
    Processes,
}

impl Panel {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 9] = [
        Self::Cpu,
        Self::Gpu,
        Self::Memory,
        Self::Power,
        Self::Temperature,
        Self::Throttling,
        Self::Io,
        Self::About,
        Self::Processes,
    ];
}

/// What processes are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProcessOrder {
    /// CPU time, most first.
    #[default]
    Cpu,
    /// Resident memory, most first.
    Memory,
    /// Memory on the GPU, most first.
    Gpu,
    /// Their numbers.
    Pid,
    /// Below the process that started them.
    Tree,
}

impl ProcessOrder {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::Gpu => "GPU memory",
            Self::Pid => "pid",
            Self::Tree => "parent, as a tree",
        }
    }

    /// The one after it, around the end.
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Cpu => Self::Memory,
            Self::Memory => Self::Gpu,
            Self::Gpu => Self::Pid,
            Self::Pid => Self::Tree,
            Self::Tree => Self::Cpu,
        }
    }
}

/// How far back charts go, in minutes.
pub(crate) const ZOOMS: [u64; 3] = [1, 5, 15];

/// The choices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceUi {
    /// The panel that keys are about.
    pub focus: Panel,
    /// Whether it fills the page.
    pub open: bool,
    /// Rows scrolled away.
    pub scroll: u16,
    /// The process that keys are about, by its number.
    pub process: Option<u32>,
    /// The order of processes.
    pub order: ProcessOrder,
    /// Only processes whose name, command or number contain this, whatever their case.
    pub filter: String,
    /// Whether keys go into `filter`.
    pub typing: bool,
    /// Place in the list of zooms: how far back charts go.
    pub zoom: usize,
}

impl DeviceUi {
    /// How far back charts go, in minutes.
    pub fn minutes(&self) -> u64 {
        ZOOMS[self.zoom.min(ZOOMS.len() - 1)]
    }

    /// Zooms by steps; negative shows less time.
    pub(crate) fn zoom_by(&mut self, by: isize) {
        self.zoom = self.zoom.saturating_add_signed(by).min(ZOOMS.len() - 1);
    }
}

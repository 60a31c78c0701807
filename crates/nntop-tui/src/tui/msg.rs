//! What can happen to the screen, and what it can ask of the world.

use super::{ControlMsg, OpsMsg, Page};
use nntop_core::event::{Order, Playback};

/// Something that a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Msg {
    /// End.
    Quit,
    /// Close the innermost thing that is open.
    Back,
    /// Pause the work, or go on.
    TogglePause,
    /// Stop the picture, or go on.
    ToggleFreeze,
    /// Start the focused variant anew.
    Restart,
    /// Profile the operators of all variants, now.
    Profile,
    /// Focus the variant so many further on.
    FocusStep(isize),
    /// Focus the variant in this place.
    Focus(u8),
    /// Show a page.
    Show(Page),
    /// Show the page so many further on.
    PageStep(isize),
    /// Save the screen as SVG.
    Screenshot,
    /// Save the flame graph of the newest profile as SVG.
    Flame,
    /// Begin or end a recording.
    Record,
    /// Save what was seen so far as a recording.
    SaveSeen,
    /// Mark this moment.
    Mark,
    /// Something of a replay.
    Playback(Playback),
    /// Open or close help.
    ToggleHelp,
    /// Scroll by lines; negative is up.
    Scroll(isize),
    /// Scroll to the first line.
    ScrollTop,
    /// Scroll to the last line.
    ScrollBottom,
    /// Errors first, or by time.
    ToggleErrorsFirst,
    /// Open the panel in focus so that it fills the page, or close it.
    ToggleOpen,
    /// Focus the panel so many further on.
    PanelStep(isize),
    /// Show more or less time in charts; negative is less.
    Zoom(isize),
    /// Ask whether the chosen process is to be ended.
    EndProcess,
    /// Sort processes by something else.
    NextOrder,
    /// Begin to type a search.
    Search,
    /// A character of the search.
    Type(char),
    /// Take the last character of the search back.
    Erase,
    /// Stop typing, keep the search.
    Accept,
    /// Something of the menu of controls.
    Control(ControlMsg),
    /// Something on the Ops page.
    Ops(OpsMsg),
    /// Paint everything anew.
    Redraw,
    /// Give the terminal back to the shell for a while.
    Suspend,
    /// Say something in the footer.
    Say(String),
}

/// What the dashboard asks of a recorder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecorderOrder {
    /// Begin to write into this file.
    Start(String),
    /// End the file.
    Stop,
    /// Write what is in memory into this file.
    Save(String),
}

/// Something that the loop must do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send an order to the agent.
    Send(Order),
    /// Save the screen.
    Screenshot,
    /// Save the flame graph.
    Flame,
    /// Begin a recording, or end it.
    Record,
    /// Save what was seen so far.
    SaveSeen,
    /// Send to the replay.
    Playback(Playback),
    /// Paint everything anew.
    Redraw,
    /// Stop this process until the shell continues it.
    Suspend,
    /// End.
    Quit,
}

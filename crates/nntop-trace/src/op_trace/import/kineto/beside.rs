//! When threads and devices worked, and for how much of that the inferences' own thread did, too.

use super::own::Own;
use crate::op_trace::import::intervals::Intervals;
use nntop_core::event::Track;
use nntop_core::unit::Nanos;
use std::collections::BTreeMap;

/// Intervals of work, by who worked.
#[derive(Debug, Default)]
pub(super) struct Busy {
    /// The inferences' own threads, in operators and functions.
    pub(super) own: Vec<(i64, i64)>,
    /// Other threads, by their names.
    pub(super) threads: BTreeMap<String, Vec<(i64, i64)>>,
    pub(super) devices: BTreeMap<String, Vec<(i64, i64)>>,
}

impl Busy {
    /// The tracks, busiest first, and the wall time between operators in which at least one of them worked.
    pub(super) fn tracks(self, own: &Own) -> (Vec<Track>, Nanos) {
        let mine = Intervals::of(self.own);
        let threads = self.threads.into_iter().map(|(name, busy)| {
            // What a thread did before or after an inference is none of its time.
            (name, false, Intervals::of(busy).both(&own.windows))
        });
        let devices = self.devices.into_iter().map(|(name, busy)| (name, true, Intervals::of(busy)));
        let all: Vec<(String, bool, Intervals)> = threads.chain(devices).collect();
        let worked = Intervals::with(all.iter().map(|(_, _, busy)| busy)).both(&own.windows);
        let elsewhere = worked.length() - worked.both(&mine).length();
        let track = |(name, is_device, busy): (String, bool, Intervals)| Track {
            name,
            is_device,
            overlap: Some(Nanos(busy.both(&mine).length())),
            busy: Nanos(busy.length()),
        };
        let mut tracks: Vec<Track> = all.into_iter().map(track).collect();
        tracks.sort_by(|a, b| b.busy.cmp(&a.busy).then_with(|| a.name.cmp(&b.name)));
        (tracks, Nanos(elsewhere))
    }
}

//! The power mode, without nvpmodel itself and without root.

use crate::sampler::Root;
use crate::sampler::nodes::{Finds, Found, parsed};
use nntop_core::event::{Part, PartId, Quantity};

const STATUS: &str = "/var/lib/nvpmodel/status";
const MODES: &str = "/etc/nvpmodel.conf";

pub(super) fn find(root: &Root, finds: &mut Finds) {
    if root.exists(STATUS) {
        let label = mode_name(root).unwrap_or_default();
        let found = Found::new(Part::Board, Quantity::PowerMode, PartId::only(), parsed(root.file(STATUS), mode));
        finds.push(found.label(label).source(STATUS));
    } else {
        finds.absent(Part::Board, "power_mode", format!("{STATUS}: not there: nvpmodel has never set one"));
    }
}

/// `pmode:0002`
fn mode(text: &str) -> Option<f64> {
    text.trim().strip_prefix("pmode:")?.split_whitespace().next()?.parse::<u32>().ok().map(f64::from)
}

/// What the mode in force is called, by the board's table: `< POWER_MODEL ID=2 NAME=MAXN_SUPER >`.
pub(crate) fn mode_name(root: &Root) -> Option<String> {
    let now = mode(&root.read(STATUS).ok()?)?;
    let table = root.read(MODES).ok()?;
    let modes = table.lines().filter(|line| line.contains("POWER_MODEL"));
    let value = |line: &str, key: &str| {
        line.split([' ', '<', '>']).find_map(|word| word.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned)
    };
    let mut named = modes.filter(|line| value(line, "ID").and_then(|id| id.parse::<f64>().ok()) == Some(now));
    value(named.next()?, "NAME")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_a_number_in_a_line() {
        assert_eq!((mode("pmode:0002\n"), mode("pmode:0002 fmode:fanNull\n")), (Some(2.0), Some(2.0)));
        assert_eq!((mode("pmode:-1"), mode("2"), mode("")), (None, None, None));
    }
}

//! Neural processors that have a class of their own and tell no load in it: Hailo's, Google's Edge TPU.

use super::Root;
use super::nodes::Finds;
use nntop_core::event::Part;

const HAILO: &str = "/sys/class/hailo_chardev";
const TPUS: &str = "/sys/class/apex";

pub(super) fn find(root: &Root, finds: &mut Finds) {
    for name in root.list(HAILO) {
        let place =
            root.text(format!("{HAILO}/{name}/board_location")).map_or_else(String::new, |pci| format!(" at {pci}"));
        let reason = format!(
            "{HAILO}/{name}: Hailo{place}, driver hailo_pci: its load is not in sysfs: `hailortcli monitor` has it"
        );
        finds.unsupported(Part::Npu, format!("npu.{name}"), reason);
    }
    for name in root.list(TPUS) {
        let reason = format!("{TPUS}/{name}: Coral Edge TPU, driver apex: it shows a temperature, and no load");
        finds.unsupported(Part::Npu, format!("npu.{name}"), reason);
    }
}

//! What the machine is: board, system, kernel, processor, memory.

use super::parse::{cpu_list, kilobytes};
use super::{Root, cores, identity, tegra};
use nntop_core::event::HostInfo;
use nntop_core::text::lines;
use nntop_core::unit::Bytes;

/// Reads what the machine says about itself. What it does not say is `None`; a name is always there.
pub fn host_info(root: &Root) -> HostInfo {
    let cpuinfo = root.read("/proc/cpuinfo").unwrap_or_default();
    let cpuinfo = lines(&cpuinfo);
    let l4t = identity::l4t(root);
    let live = root.is_live().then(rustix::system::uname);
    let uname = |field: fn(&rustix::system::Uname) -> &std::ffi::CStr| {
        live.as_ref().map(|live| field(live).to_string_lossy().into_owned())
    };
    HostInfo {
        name: root
            .text("/proc/sys/kernel/hostname")
            .or_else(|| uname(rustix::system::Uname::nodename))
            .or_else(|| root.text("/etc/hostname"))
            .unwrap_or_else(|| "unknown".to_owned()),
        board: board(root),
        os: os(root),
        kernel: root.text("/proc/sys/kernel/osrelease").or_else(|| uname(rustix::system::Uname::release)),
        arch: std::env::consts::ARCH.to_owned(),
        cpu_model: cpu_model(&cpuinfo),
        cpus: cpus(root, &cpuinfo),
        governor: root
            .text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
            .or_else(|| root.text("/sys/devices/system/cpu/cpufreq/policy0/scaling_governor")),
        memory: root
            .read("/proc/meminfo")
            .ok()
            .and_then(|text| kilobytes(&text, "MemTotal"))
            .map(|bytes| Bytes(bytes as u64)),
        vendor: identity::vendor(root, &cpuinfo),
        soc: identity::soc(root),
        jetpack: identity::jetpack(root, l4t.as_deref()),
        l4t,
        power_mode: tegra::mode_name(root),
    }
}

fn board(root: &Root) -> Option<String> {
    // What vendors leave in their firmware instead of a name.
    let blank = ["to be filled by o.e.m.", "system product name", "default string", "not specified", "none", "o.e.m."];
    // /proc/device-tree is an absolute link to the first path: in a recorded tree it would lead out of it.
    let sources = [
        "/sys/firmware/devicetree/base/model",
        "/proc/device-tree/model",
        "/sys/class/dmi/id/product_name",
        "/sys/devices/virtual/dmi/id/product_name",
        "/sys/class/dmi/id/board_name",
    ];
    let named = |name: &String| !blank.contains(&name.to_lowercase().as_str());
    let named = sources.into_iter().filter_map(|source| root.text(source)).find(named);
    // What containers still show.
    let named = named.or_else(|| identity::cpuinfo_model(root)).or_else(|| root.text("/sys/devices/soc0/machine"));
    named.or_else(|| identity::nameless_tegra(root))
}

fn os(root: &Root) -> Option<String> {
    // os-release(5): the second path is where systems without the first keep it.
    let text = root.read("/etc/os-release").or_else(|_| root.read("/usr/lib/os-release")).ok()?;
    let text = lines(&text);
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='))?;
        let value = line.trim_matches(['"', '\'']);
        (!value.is_empty()).then(|| value.to_owned())
    };
    value("PRETTY_NAME").or_else(|| value("NAME"))
}

/// Logical CPUs online; 0 when nothing tells.
fn cpus(root: &Root, cpuinfo: &str) -> usize {
    let online = root.text("/sys/devices/system/cpu/online").map_or(0, |list| cpu_list(&list).len());
    // Both files list the CPUs that are online, and no others.
    let listed = fields(cpuinfo, "processor").count();
    if online > 0 { online } else { listed }
}

fn cpu_model(cpuinfo: &str) -> Option<String> {
    // On ARM the model name, where there is one, is only the architecture: `ARMv8 Processor rev 1 (v8l)`.
    let named = fields(cpuinfo, "model name").find(|name| !name.is_empty() && !name.starts_with("ARMv"));
    if let Some(name) = named {
        return Some(name.to_owned());
    }
    let mut cores: Vec<String> = Vec::new();
    for (implementer, part) in fields(cpuinfo, "CPU implementer").zip(fields(cpuinfo, "CPU part")) {
        let core = cores::arm(implementer, part);
        if !cores.contains(&core) {
            cores.push(core);
        }
    }
    // Big and little cores: both are named. RISC-V's name themselves.
    let cores = if cores.is_empty() { cores::risc_v(cpuinfo) } else { cores.join(" + ") };
    (!cores.is_empty()).then_some(cores).or_else(|| fields(cpuinfo, "model name").next().map(str::to_owned))
}

/// The values of a key in `/proc/cpuinfo`, one for each CPU that has it.
fn fields<'a>(cpuinfo: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    pairs.filter(move |(name, _)| name.trim() == key).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arm_cores_go_by_their_names() {
        let cpu = |implementer, part| {
            format!(
                "model name\t: ARMv8 Processor rev 1 (v8l)\nCPU implementer\t: {implementer}\nCPU part\t: {part}\n\n"
            )
        };
        let rk3588 = [cpu("0x41", "0xd05"), cpu("0x41", "0xd05"), cpu("0x41", "0xd0b")].concat();
        assert_eq!(cpu_model(&rk3588).unwrap(), "ARM Cortex-A55 + ARM Cortex-A76");
        assert_eq!(cpu_model(&cpu("0x4e", "0x004")).unwrap(), "NVIDIA Carmel");
        assert_eq!(cpu_model(&cpu("0x99", "0x023")).unwrap(), "ARM core 0x99:0x023");
        assert_eq!(cpu_model("model name\t: ARMv7 Processor rev 3 (v7l)\n").unwrap(), "ARMv7 Processor rev 3 (v7l)");
        assert_eq!(cpu_model(""), None);
    }

    #[test]
    fn this_machine_has_a_name_and_cpus() {
        let info = host_info(&Root::live());
        assert!(!info.name.is_empty() && info.cpus > 0);
        assert!(info.kernel.is_some() && info.memory.is_some_and(|bytes| bytes.0 > 0));
    }
}

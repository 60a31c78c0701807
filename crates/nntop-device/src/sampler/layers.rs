//! Network interfaces and disks that lie on others: bridges, VLANs and tunnels, RAID and device-mapper. Whatever goes
//! through them goes through the hardware below, too, so that only that is added up.

use super::Root;

const INTERFACES: &str = "/sys/class/net";
const DISKS: [&str; 2] = ["/sys/class/block", "/sys/block"];

/// How interfaces without hardware are called, where nothing else tells.
const SOFT_INTERFACES: [&str; 36] = [
    "veth",
    "docker",
    "br-",
    "br0",
    "br1",
    "bridge",
    "virbr",
    "vnet",
    "tun",
    "tap",
    "bond",
    "team",
    "dummy",
    "wg",
    "cni",
    "flannel",
    "cali",
    "cilium",
    "lxc",
    "lxd",
    "incus",
    "podman",
    "ifb",
    "sit",
    "gre",
    "ip6",
    "ipvlan",
    "macv",
    "vxlan",
    "geneve",
    "vlan",
    "tailscale",
    "zt",
    "nordlynx",
    "l4tbr",
    "ovs",
];

/// How disks without hardware are called: memory, network, and what lies on other disks.
const SOFT_DISKS: [&str; 13] =
    ["loop", "ram", "zram", "dm-", "md", "sr", "bcache", "zd", "drbd", "nbd", "rbd", "rnbd", "ublkb"];

/// The type of an interface that listens to all of a radio, whose own interface counts the same (ARPHRD_IEEE80211_RADIOTAP).
const MONITOR: f64 = 803.0;

fn begins(name: &str, with: &[&str]) -> bool {
    with.iter().any(|start| name.starts_with(start))
}

/// Which of these interfaces have hardware below them that no other of them counts.
///
/// Where none has any, as in a container, those that lie on no other are the machine's.
pub(super) fn interfaces<'a>(root: &Root, names: impl Iterator<Item = &'a str> + Clone) -> Vec<&'a str> {
    let names = names.filter(|name| *name != "lo");
    let hard: Vec<&str> = names.clone().filter(|name| has_hardware(root, name)).collect();
    if !hard.is_empty() {
        // Hyper-V's interface counts what goes through the adapter that it has for itself.
        let master = |name: &str| {
            let link = std::fs::read_link(root.path(format!("{INTERFACES}/{name}/master"))).ok()?;
            Some(link.file_name()?.to_str()?.to_owned())
        };
        let below = |name: &&str| !master(name).is_some_and(|master| hard.contains(&master.as_str()));
        return hard.iter().copied().filter(below).collect();
    }
    let plain = |name: &&str| !begins(name, &SOFT_INTERFACES) && !name.contains('.') && !lies_on_another(root, name);
    let plain: Vec<&str> = names.clone().filter(plain).collect();
    // A container may have nothing but such a one.
    if plain.is_empty() && names.clone().count() == 1 { names.collect() } else { plain }
}

fn lies_on_another(root: &Root, name: &str) -> bool {
    root.list(format!("{INTERFACES}/{name}")).iter().any(|file| file.starts_with("lower_"))
}

fn has_hardware(root: &Root, name: &str) -> bool {
    let directory = format!("{INTERFACES}/{name}");
    let number = |file: &str| root.number(format!("{directory}/{file}")).ok();
    // A switch's ports and a VLAN have the interface below in `iflink`.
    let port = number("iflink").zip(number("ifindex")).is_some_and(|(link, own)| link != own);
    let real = std::fs::canonicalize(root.path(&directory));
    let is_virtual = real.is_ok_and(|real| real.to_string_lossy().contains("/devices/virtual/"));
    root.exists(format!("{directory}/device")) && !is_virtual && !port && number("type") != Some(MONITOR)
}

/// Which of these disks have hardware below them, partitions left out.
pub(super) fn disks<'a>(root: &Root, names: &[&'a str]) -> Vec<&'a str> {
    // A partition is called by its disk: `sda1`, `nvme0n1p1`. Sorted, a disk stands before its partitions.
    let mut all: Vec<&str> = names.to_vec();
    all.sort_unstable();
    let is_part = |name: &str| {
        let disk = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let disks =
            [disk, disk.strip_suffix('p').filter(|d| d.ends_with(|c: char| c.is_ascii_digit())).unwrap_or(disk)];
        disk.len() < name.len() && disks.iter().any(|disk| *disk != name && all.binary_search(disk).is_ok())
    };
    let hard = |name: &&&str| !is_part(name) && !is_layer(root, name, &all);
    names.iter().filter(hard).copied().collect()
}

fn is_layer(root: &Root, name: &str, all: &[&str]) -> bool {
    if begins(name, &SOFT_DISKS) {
        return true;
    }
    // NVMe with several paths: `nvme0n1` lies on `nvme0c0n1`, `nvme0c1n1`, which not all kernels list.
    if let Some((controller, space)) = name.strip_prefix("nvme").and_then(|rest| rest.split_once('n')) {
        if controller.contains('c') {
            return false;
        }
        let path = |other: &&str| {
            let rest = other.strip_prefix("nvme").and_then(|rest| rest.strip_prefix(controller));
            rest.and_then(|rest| rest.strip_prefix('c'))
                .and_then(|rest| rest.split_once('n'))
                .is_some_and(|(_, n)| n == space)
        };
        return all.iter().any(path);
    }
    DISKS.iter().map(|class| format!("{class}/{name}")).any(|directory| {
        let real = std::fs::canonicalize(root.path(&directory));
        real.is_ok_and(|real| real.to_string_lossy().contains("/devices/virtual/"))
            || !root.list(format!("{directory}/slaves")).is_empty()
    })
}

/// The most names in a line.
const NAMED: usize = 8;

/// `eth0, wlan0`, with how many more there are.
pub(super) fn named<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let more = names.len().saturating_sub(NAMED);
    let shown = names[..names.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::tests::boards::Tree;

    #[test]
    fn without_sysfs_names_tell() {
        let root = Root::at("/nowhere");
        let names = ["lo", "eth0", "docker0", "veth1", "wlan0", "eth0.5", "br-12ab", "bond0", "tun0", "wg0", "l4tbr0"];
        assert_eq!(interfaces(&root, names.into_iter()), ["eth0", "wlan0"]);
        let names = [
            "sda",
            "sda1",
            "nvme0n1",
            "nvme0n1p2",
            "mmcblk0",
            "mmcblk0p1",
            "dm-0",
            "md127",
            "md127p1",
            "zd0",
            "zd0p1",
            "bcache0",
            "drbd1",
            "loop7",
            "zram0",
            "nbd0",
            "xvda",
            "vda",
            "vda15",
            "mmcblk0boot0",
        ];
        assert_eq!(disks(&root, &names), ["sda", "nvme0n1", "mmcblk0", "xvda", "vda", "mmcblk0boot0"]);
    }

    #[test]
    fn an_nvme_with_several_paths_counts_by_its_paths() {
        let root = Root::at("/nowhere");
        assert_eq!(
            disks(&root, &["nvme0n1", "nvme0n1p1", "nvme0c0n1", "nvme0c1n1", "nvme1n1"]),
            ["nvme0c0n1", "nvme0c1n1", "nvme1n1"]
        );
        assert_eq!(disks(&root, &["nvme0n1", "nvme0n1p1"]), ["nvme0n1"]);
    }

    #[test]
    fn sysfs_tells_hardware_whatever_its_name() {
        let tree = Tree::new(&[
            ("/sys/devices/pci0/net/br0/ifindex", "2"),
            ("/sys/devices/pci0/net/br0/iflink", "2"),
            ("/sys/devices/pci0/vendor", "0x8086"),
            ("/sys/devices/virtual/net/uplink/ifindex", "3"),
            ("/sys/devices/platform/switch/net/lan1/ifindex", "4"),
            ("/sys/devices/platform/switch/net/lan1/iflink", "2"),
            ("/sys/devices/virtual/block/fast/size", "1"),
            ("/sys/devices/pci0/block/data/slaves/sdb/size", "1"),
            ("/sys/devices/pci0/block/sda/size", "1"),
        ]);
        tree.link("/sys/devices/pci0/net/br0/device", "../..");
        tree.link("/sys/devices/platform/switch/net/lan1/device", "../..");
        tree.link("/sys/class/net/br0", "../../devices/pci0/net/br0");
        tree.link("/sys/class/net/uplink", "../../devices/virtual/net/uplink");
        tree.link("/sys/class/net/lan1", "../../devices/platform/switch/net/lan1");
        for (name, at) in [("fast", "virtual/block/fast"), ("data", "pci0/block/data"), ("sda", "pci0/block/sda")] {
            tree.link(&format!("/sys/class/block/{name}"), &format!("../../devices/{at}"));
        }
        assert_eq!(interfaces(&tree.root(), ["lo", "br0", "uplink", "lan1"].into_iter()), ["br0"]);
        assert_eq!(disks(&tree.root(), &["sda", "fast", "data"]), ["sda"]);
    }

    #[test]
    fn a_container_has_the_interface_that_it_was_given() {
        let tree =
            Tree::new(&[("/sys/devices/virtual/net/eth0/ifindex", "5"), ("/sys/devices/virtual/net/eth0/iflink", "6")]);
        tree.link("/sys/class/net/eth0", "../../devices/virtual/net/eth0");
        assert_eq!(interfaces(&tree.root(), ["lo", "eth0"].into_iter()), ["eth0"]);
        assert_eq!(interfaces(&tree.root(), ["lo", "veth7"].into_iter()), ["veth7"]);
    }
}

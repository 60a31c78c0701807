//! What jtop's info page tells, from files alone: the module's numbers, libraries, interfaces with their addresses.

use super::{Root, identity};
use nntop_core::event::{About, Fact};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Where libraries lie.
const FOLDERS: [&str; 7] = [
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
    "/usr/local/cuda/lib64",
    "/opt/rocm/lib",
];

/// Libraries that people ask for, by their files: `libcudnn.so.9.3.0`.
const LIBRARIES: [(&str, &str); 8] = [
    ("cuDNN", "libcudnn.so."),
    ("TensorRT", "libnvinfer.so."),
    ("VPI", "libnvvpi.so."),
    ("OpenCV", "libopencv_core.so."),
    ("Vulkan", "libvulkan.so."),
    ("OpenCL", "libOpenCL.so."),
    ("RKNN", "librknnrt.so."),
    ("ROCm HIP", "libamdhip64.so."),
];

/// OpenCV that was built with CUDA has this module.
const OPENCV_CUDA: &str = "libopencv_cudaarithm.so";

/// Looks it all up. Reads some directories whole: once, not every second.
pub fn about(root: &Root) -> About {
    About {
        module: identity::module(root),
        part_number: part_number(root),
        cuda_arch: cuda_arch(root).map(str::to_owned),
        libraries: libraries(root),
        interfaces: interfaces(root),
    }
}

/// The board's serial number. Apart from the rest: it is the owner's.
pub fn serial_number(root: &Root) -> Option<String> {
    let paths = ["/sys/firmware/devicetree/base/serial-number", "/sys/class/dmi/id/board_serial"];
    paths.into_iter().find_map(|path| root.text(path))
}

/// From the module's EEPROM, which on some releases only root may read.
fn part_number(root: &Root) -> Option<String> {
    const DEVICES: &str = "/sys/bus/i2c/devices";
    // NVIDIA's boards have it at address 0x50 of the first bus; carriers have theirs elsewhere.
    let chips = root.list(DEVICES).into_iter().filter(|name| name.ends_with("-0050"));
    chips.into_iter().find_map(|chip| {
        let text = root.read(format!("{DEVICES}/{chip}/eeprom")).ok()?;
        let number = &text[text.find("699-")?..];
        let end = number.find(|c: char| !(c.is_ascii_alphanumeric() || "-. ".contains(c))).unwrap_or(number.len());
        Some(number[..end].trim().to_owned())
    })
}

/// The compute capability of a Jetson's GPU (NVIDIA's table of CUDA GPUs).
fn cuda_arch(root: &Root) -> Option<&'static str> {
    Some(match identity::soc(root)?.as_str() {
        "tegra210" => "5.3",
        "tegra186" => "6.2",
        "tegra194" => "7.2",
        "tegra234" => "8.7",
        "tegra264" => "11.0",
        _ => return None,
    })
}

fn cuda(root: &Root) -> Option<String> {
    let json = root.read("/usr/local/cuda/version.json").ok();
    let said = json.and_then(|text| {
        let all: serde_json::Value = serde_json::from_str(&text).ok()?;
        Some(all["cuda"]["version"].as_str()?.to_owned())
    });
    // Before CUDA 11: `CUDA Version 10.2.300`.
    said.or_else(|| Some(root.text("/usr/local/cuda/version.txt")?.strip_prefix("CUDA Version ")?.trim().to_owned()))
}

fn libraries(root: &Root) -> Vec<Fact> {
    let mut found: BTreeMap<usize, String> = BTreeMap::new();
    let mut with_cuda = false;
    for name in FOLDERS.iter().flat_map(|folder| root.list(folder)) {
        with_cuda |= name.starts_with(OPENCV_CUDA);
        for (place, (_, file)) in LIBRARIES.iter().enumerate() {
            let version = name.strip_prefix(file).filter(|version| version.starts_with(|c: char| c.is_ascii_digit()));
            // `libcudnn.so.9` leads to `libcudnn.so.9.3.0`: the longest name tells most.
            if let Some(version) = version
                && found.get(&place).is_none_or(|known| known.len() < version.len())
            {
                found.insert(place, version.to_owned());
            }
        }
    }
    let mut facts: Vec<Fact> = cuda(root).map(|value| Fact { name: "CUDA".into(), value }).into_iter().collect();
    facts.extend(found.into_iter().map(|(place, version)| {
        let name = LIBRARIES[place].0;
        let value = if name == "OpenCV" && with_cuda { format!("{version} with CUDA") } else { version };
        Fact { name: name.into(), value }
    }));
    facts
}

/// Addresses of this machine by interface. IPv4's come without their interface (`fib_trie`), which the routes tell.
fn interfaces(root: &Root) -> Vec<Fact> {
    let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let routes = routes(&root.read("/proc/net/route").unwrap_or_default());
    for address in locals(&root.read("/proc/net/fib_trie").unwrap_or_default()) {
        let bits = u32::from(address);
        let near = routes.iter().filter(|(_, network, mask)| *mask != 0 && bits & mask == *network);
        if let Some((name, _, _)) = near.max_by_key(|(_, _, mask)| mask.count_ones()) {
            by.entry(name.clone()).or_default().push(address.to_string());
        }
    }
    for line in root.read("/proc/net/if_inet6").unwrap_or_default().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        // Address, index, prefix, scope (00: everywhere), flags, name.
        if let [address, _, _, "00", _, name] = *words
            && let Ok(bits) = u128::from_str_radix(address, 16)
        {
            by.entry(name.to_owned()).or_default().push(Ipv6Addr::from(bits).to_string());
        }
    }
    by.into_iter().map(|(name, addresses)| Fact { name, value: addresses.join(", ") }).collect()
}

/// Interface, network and mask of each route of `/proc/net/route`, whose numbers are as memory has them.
fn routes(text: &str) -> Vec<(String, u32, u32)> {
    let route = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |n: usize| Some(u32::from_str_radix(words.get(n)?, 16).ok()?.swap_bytes());
        Some(((*words.first()?).to_owned(), number(1)?, number(7)?))
    };
    text.lines().skip(1).filter_map(route).collect()
}

/// This machine's own addresses in `/proc/net/fib_trie`, loopback's left out.
fn locals(text: &str) -> Vec<Ipv4Addr> {
    let mut found = Vec::new();
    let mut last = None;
    for line in text.lines() {
        if let Some((_, address)) = line.split_once("|-- ") {
            last = address.trim().parse::<Ipv4Addr>().ok();
        } else if line.contains("/32 host LOCAL") {
            found.extend(last.filter(|address| !address.is_loopback() && !found.contains(address)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    fn tree(files: &[(&str, &str)]) -> TempDir {
        let tree = TempDir::new().unwrap();
        for (path, text) in files {
            let path = tree.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        tree
    }

    fn facts(facts: &[Fact]) -> Vec<(&str, &str)> {
        facts.iter().map(|fact| (fact.name.as_str(), fact.value.as_str())).collect()
    }

    #[test]
    fn a_jetson_tells_its_module_and_its_libraries() {
        let tree = tree(&[
            (
                "sys/firmware/devicetree/base/compatible",
                "nvidia,p3768-0000+p3767-0005-super\0nvidia,p3767-0005\0nvidia,tegra234\0",
            ),
            ("sys/firmware/devicetree/base/serial-number", "1421123456789\0"),
            ("sys/bus/i2c/devices/0-0050/eeprom", "\u{1}\u{2}699-13767-0005-300 M.2\0\0\0"),
            ("usr/local/cuda/version.json", r#"{"cuda": {"name": "CUDA SDK", "version": "12.6.68"}}"#),
            ("usr/lib/aarch64-linux-gnu/libcudnn.so.9", ""),
            ("usr/lib/aarch64-linux-gnu/libcudnn.so.9.3.0", ""),
            ("usr/lib/aarch64-linux-gnu/libnvinfer.so.10.3.0", ""),
            ("usr/lib/aarch64-linux-gnu/libnvinfer.so.x", ""),
            ("usr/lib/libopencv_core.so.4.8.0", ""),
            ("usr/lib/libopencv_cudaarithm.so.4.8.0", ""),
        ]);
        let root = Root::at(tree.path());
        let about = about(&root);
        assert_eq!(about.module.as_deref(), Some("p3767-0005"));
        assert_eq!(about.part_number.as_deref(), Some("699-13767-0005-300 M.2"));
        assert_eq!(about.cuda_arch.as_deref(), Some("8.7"));
        assert_eq!(
            facts(&about.libraries),
            [("CUDA", "12.6.68"), ("cuDNN", "9.3.0"), ("TensorRT", "10.3.0"), ("OpenCV", "4.8.0 with CUDA")]
        );
        assert_eq!(serial_number(&root).as_deref(), Some("1421123456789"));
        assert!(!serde_json::to_string(&about).unwrap().contains("1421123456789"));
    }

    #[test]
    fn addresses_go_to_their_interfaces() {
        let tree = tree(&[
            (
                "proc/net/route",
                "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n\
                 eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\n\
                 eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\n\
                 docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\n",
            ),
            (
                "proc/net/fib_trie",
                "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 172.17.0.1\n        /32 host LOCAL\n\
                 \x20    |-- 192.168.1.0\n        /24 link UNICAST\n     |-- 192.168.1.50\n        /32 host LOCAL\n\
                 Local:\n     |-- 192.168.1.50\n        /32 host LOCAL\n",
            ),
            (
                "proc/net/if_inet6",
                "00000000000000000000000000000001 01 80 10 80       lo\n\
                 fe800000000000000000000000000001 02 40 20 80     eth0\n\
                 20010db8000000000000000000000005 02 40 00 00     eth0\ngarbage\n",
            ),
        ]);
        let interfaces = interfaces(&Root::at(tree.path()));
        assert_eq!(facts(&interfaces), [("docker0", "172.17.0.1"), ("eth0", "192.168.1.50, 2001:db8::5")]);
    }

    #[test]
    fn a_machine_that_tells_nothing_has_nothing_made_up() {
        let empty = TempDir::new().unwrap();
        assert_eq!(about(&Root::at(empty.path())), About::default());
    }
}

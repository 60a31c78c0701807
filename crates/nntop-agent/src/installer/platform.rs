//! This machine as wheels name it: architecture, C library, platform tags.

/// Architecture and glibc of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Platform {
    /// As in wheel names: `x86_64`, `aarch64`, `armv7l`.
    pub(super) arch: String,
    /// glibc's version: `(2, 36)`.
    pub(super) glibc: (u32, u32),
}

/// The builds that ONNX Runtime has been published as; enough for a command that a person types.
const COMMON_MINORS: [u32; 4] = [28, 27, 24, 17];

impl Platform {
    /// This machine; `None` without glibc, for which alone there are wheels.
    pub(super) fn of_this_machine() -> Option<Self> {
        let arch = match std::env::consts::ARCH {
            "arm" => "armv7l",
            "x86" => "i686",
            other => other,
        };
        Some(Self { arch: arch.into(), glibc: glibc()? })
    }

    /// Every platform tag this machine can use, newest first: pip takes each one literally.
    pub(super) fn tags(&self) -> Vec<String> {
        let Self { arch, glibc } = self;
        let perennial = (17..=self.newest_minor()).rev().map(|n| format!("manylinux_2_{n}_{arch}"));
        let legacy: &[(u32, &str)] = match arch.as_str() {
            "x86_64" | "i686" => &[(17, "manylinux2014"), (12, "manylinux2010"), (5, "manylinux1")],
            _ => &[(17, "manylinux2014")],
        };
        let legacy = legacy.iter().filter(|(n, _)| (2, *n) <= *glibc).map(|(_, name)| format!("{name}_{arch}"));
        // Vendors' own indexes (Jetson) have wheels for just `linux`.
        perennial.chain(legacy).chain([format!("linux_{arch}")]).collect()
    }

    /// The few tags that matter in practice.
    pub(super) fn short_tags(&self) -> Vec<String> {
        let fitting = COMMON_MINORS.iter().filter(|n| **n <= self.newest_minor());
        fitting.map(|n| format!("manylinux_2_{n}_{}", self.arch)).collect()
    }

    /// Why a wheel with these platform tags (`manylinux_2_17_x86_64`) does not run here; `None` when one does.
    pub(super) fn refuses(&self, platform_tags: &[String]) -> Option<String> {
        if platform_tags.is_empty() || platform_tags.iter().any(|t| self.accepts(t)) {
            return None;
        }
        let (major, minor) = self.glibc;
        Some(format!("it is for {}, this is {} with glibc {major}.{minor}", platform_tags.join(", "), self.arch))
    }

    fn accepts(&self, tag: &str) -> bool {
        let Some(system) = tag.strip_suffix(&self.arch).and_then(|t| t.strip_suffix('_')) else { return false };
        let needed = match system {
            "linux" => (2, 0),
            "manylinux1" => (2, 5),
            "manylinux2010" => (2, 12),
            "manylinux2014" => (2, 17),
            _ => match system.strip_prefix("manylinux_").and_then(two_numbers) {
                Some(version) => version,
                None => return false,
            },
        };
        needed <= self.glibc
    }

    fn newest_minor(&self) -> u32 {
        match self.glibc {
            (2, minor) => minor.min(200),
            _ => COMMON_MINORS[0],
        }
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} with glibc {}.{}", self.arch, self.glibc.0, self.glibc.1)
    }
}

fn two_numbers(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once(['_', '.'])?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}

#[cfg(target_env = "gnu")]
#[allow(unsafe_code, reason = "glibc's version, a C string")]
fn glibc() -> Option<(u32, u32)> {
    // SAFETY: glibc returns a pointer to a constant, NUL-terminated string.
    let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
    two_numbers(version.to_str().ok()?)
}

#[cfg(not(target_env = "gnu"))]
fn glibc() -> Option<(u32, u32)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(arch: &str, minor: u32) -> Platform {
        Platform { arch: arch.into(), glibc: (2, minor) }
    }

    #[test]
    fn tags_end_at_this_machines_glibc() {
        let old = platform("x86_64", 31).tags();
        assert_eq!(old.first().unwrap(), "manylinux_2_31_x86_64");
        assert!(old.contains(&"manylinux_2_17_x86_64".into()) && old.contains(&"manylinux1_x86_64".into()));
        assert!(!old.contains(&"manylinux_2_34_x86_64".into()));

        let new = platform("aarch64", 39).tags();
        assert!(new.contains(&"manylinux_2_39_aarch64".into()) && new.contains(&"manylinux_2_34_aarch64".into()));
        assert_eq!(new[new.len() - 2..], ["manylinux2014_aarch64", "linux_aarch64"]);
    }

    #[test]
    fn a_wheel_that_needs_a_newer_glibc_is_refused() {
        let tags = |t: &[&str]| t.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let here = platform("x86_64", 27);
        assert_eq!(here.refuses(&tags(&["manylinux_2_17_x86_64", "manylinux_2_28_x86_64"])), None);
        assert_eq!(here.refuses(&tags(&["linux_x86_64"])), None);
        let why = here.refuses(&tags(&["manylinux_2_28_x86_64"])).unwrap();
        assert_eq!(why, "it is for manylinux_2_28_x86_64, this is x86_64 with glibc 2.27");
        assert!(here.refuses(&tags(&["win_amd64"])).is_some());
    }
}

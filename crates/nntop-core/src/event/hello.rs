//! The first event of every stream: who speaks, on what machine, in which version.

use super::Fault;
use crate::unit::Bytes;
use serde::{Deserialize, Serialize};

/// The version of the contract that this program speaks.
pub const PROTOCOL: Protocol = Protocol { major: 1, minor: 1 };

/// A version of the contract. A newer minor adds kinds and fields; a newer major is another language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protocol {
    /// Changes when old readers would misunderstand.
    pub major: u16,
    /// Changes when something was added.
    pub minor: u16,
}

impl Protocol {
    /// Whether this program can read a stream of version `self`: a warning when it is newer in its
    /// minor, an error with the way out when it is of another major.
    pub fn check(self) -> Result<Option<String>, Fault> {
        if self.major != PROTOCOL.major {
            return Err(Fault::input(format!(
                "the other side speaks event protocol {}.{}, this nntop {}.{}",
                self.major, self.minor, PROTOCOL.major, PROTOCOL.minor
            ))
            .hint("install the same version of nntop on both sides"));
        }
        Ok((self.minor > PROTOCOL.minor).then(|| {
            format!(
                "the other side speaks the newer event protocol {}.{}: what this nntop {} does not know is left out",
                self.major,
                self.minor,
                env!("CARGO_PKG_VERSION")
            )
        }))
    }
}

/// Version, host and wall-clock anchor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The contract's version.
    pub protocol: Protocol,
    /// The program's version.
    pub nntop: String,
    /// Wall-clock time at the stream's zero, nanoseconds since 1970-01-01 UTC.
    pub wall_unix_ns: u64,
    /// The machine.
    pub info: HostInfo,
}

impl Hello {
    /// The version in a hello whose major is not this program's; nothing else in it can be relied on.
    pub(super) fn of_another_major(line: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Version {
            kind: String,
            protocol: Protocol,
        }
        let said: Version = serde_json::from_str(line).ok()?;
        let other = said.kind == "hello" && said.protocol.major != PROTOCOL.major;
        other.then(|| Self {
            protocol: said.protocol,
            nntop: String::new(),
            wall_unix_ns: 0,
            info: HostInfo::default(),
        })
    }
}

/// What the machine is. Absent facts are `None`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HostInfo {
    /// Its name in the network.
    pub name: String,
    /// The board, as the device tree or DMI names it.
    pub board: Option<String>,
    /// The operating system, as it names itself.
    pub os: Option<String>,
    /// The kernel's release.
    pub kernel: Option<String>,
    /// The processor architecture, as Rust names it.
    pub arch: String,
    /// The CPU's model name.
    pub cpu_model: Option<String>,
    /// Logical CPUs online.
    pub cpus: usize,
    /// The frequency governor of CPU 0.
    pub governor: Option<String>,
    /// Memory in all.
    pub memory: Option<Bytes>,
    /// Who made the board or, where it is a PC, its processor.
    #[serde(default)]
    pub vendor: Option<String>,
    /// The system on a chip: `tegra234`.
    #[serde(default)]
    pub soc: Option<String>,
    /// The release of NVIDIA's Linux for Tegra: `36.4.3`.
    #[serde(default)]
    pub l4t: Option<String>,
    /// The JetPack that this release belongs to.
    #[serde(default)]
    pub jetpack: Option<String>,
    /// What the board's power mode is called: `MAXN_SUPER`.
    #[serde(default)]
    pub power_mode: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Kind};

    #[test]
    fn a_newer_minor_warns_and_another_major_is_refused() {
        assert_eq!(PROTOCOL.check(), Ok(None));
        let newer = Protocol { minor: PROTOCOL.minor + 1, ..PROTOCOL };
        assert!(newer.check().unwrap().unwrap().contains("newer"));
        let other = Protocol { major: PROTOCOL.major + 1, minor: 0 };
        assert!(other.check().unwrap_err().hint.unwrap().contains("same version"));
    }

    #[test]
    fn of_another_majors_hello_the_version_is_read() {
        let line = r#"{"at":"noon","kind":"hello","protocol":{"major":99,"minor":2,"patch":1}}"#;
        let Kind::Hello(hello) = Event::from_line(line).unwrap().kind else { panic!("no hello") };
        assert_eq!(hello.protocol, Protocol { major: 99, minor: 2 });
        assert!(Event::from_line(&line.replace("99", "1")).is_err());
    }
}

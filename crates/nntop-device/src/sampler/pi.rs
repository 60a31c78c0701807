//! Raspberry Pi: the firmware's throttling flags, the clock that it measures, and the rails of its power chip.
//!
//! On a real board the firmware is asked through its mailbox, `/dev/vcio`, which costs microseconds; the program
//! `vcgencmd`, which everybody starts for this, costs a process each time.

use super::Root;
use super::identity::is_raspberry_pi;
use super::nodes::{Finds, Found, scaled};
use super::parse::reason;
use super::vcio::Mailbox;
use nntop_core::event::{MetricDecl, MetricKey, Part, PartId, Quantity, Rail, RailRole};
use nntop_core::unit::Nanos;
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, PoisonError};

const PLATFORM: &str = "/sys/devices/platform";
const CHIPS: &str = "/sys/class/hwmon";
const MAILBOX: &str = "/dev/vcio";

/// The flags, by bit; the same sixteen higher say that it has happened since boot.
const FLAGS: [(u32, &str, &str); 4] = [
    (0, "under_voltage", "under-voltage"),
    (1, "freq_capped", "clock capped by the firmware"),
    (2, "throttled", "throttled by the firmware"),
    (3, "soft_temp_limit", "soft temperature limit"),
];

pub(super) fn find(root: &Root, finds: &mut Finds) {
    // Containers hide the device tree: the firmware's own files say what board this is, too.
    if !is_raspberry_pi(root) && flags_file(root).is_none() && alarm(root).is_none() {
        return;
    }
    let mailbox =
        if root.is_live() { Mailbox::open(root) } else { Err(Error::new(ErrorKind::NotFound, "no real board")) };
    flags(root, finds, mailbox.as_ref());
    match mailbox {
        Ok(mailbox) => asked(finds, mailbox),
        Err(e) => {
            let grant = match e.kind() {
                ErrorKind::PermissionDenied => "; `sudo usermod -aG video $USER` and a new login open it",
                _ => "",
            };
            for (part, name) in [(Part::Cpu, "cpu.clock.firmware"), (Part::Rail, "power.pmic")] {
                let why = format!("{MAILBOX}: {}{grant}", reason(&e));
                match e.kind() {
                    ErrorKind::PermissionDenied => finds.unreadable(part, name, why),
                    _ => finds.absent(part, name, why),
                }
            }
        }
    }
}

/// The file with the flags, where the kernel has one (up to Pi 4).
pub(super) fn flags_file(root: &Root) -> Option<String> {
    let soc = root.list(PLATFORM).into_iter().filter(|name| name.starts_with("soc"));
    let firmware = soc.flat_map(|soc| {
        let parts = root.list(format!("{PLATFORM}/{soc}")).into_iter();
        parts.map(move |part| format!("{PLATFORM}/{soc}/{part}")).collect::<Vec<_>>()
    });
    let mut files = firmware.filter(|path| path.ends_with("firmware")).map(|path| format!("{path}/get_throttled"));
    files.find(|path| root.exists(path))
}

/// The flags' number: hexadecimal, without a sign that it is.
pub(super) fn flags_value(text: &str) -> Option<u32> {
    let text = text.trim();
    u32::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

fn flags(root: &Root, finds: &mut Finds, mailbox: std::result::Result<&Mailbox, &Error>) {
    if let Some(path) = flags_file(root) {
        let mut buffer = Vec::new();
        let file = root.file(&path);
        let ask = move || {
            let text = file.read_into(&mut buffer)?;
            flags_value(text).ok_or_else(|| Error::new(ErrorKind::InvalidData, "no hexadecimal number"))
        };
        bits(finds, &path, shared(ask));
    } else if let Ok(mailbox) = mailbox {
        let mailbox = mailbox.clone();
        bits(finds, &format!("{MAILBOX}: GET_THROTTLED"), shared(move || mailbox.throttled()));
    } else {
        let why = match mailbox.err().map(Error::kind) {
            Some(ErrorKind::PermissionDenied) => {
                "may not be opened: `sudo usermod -aG video $USER` and a new login open it"
            }
            _ => "is not there: in a container, start it with --device /dev/vcio",
        };
        // The board has these flags; who has neither file can say nothing of them.
        for flag in ["freq_capped", "throttled", "soft_temp_limit"] {
            let why = format!("no get_throttled below {PLATFORM}, and {MAILBOX} {why}");
            finds.unreadable(Part::Board, format!("throttle.{flag}"), why);
        }
        under_voltage(root, finds);
    }
}

fn bits(finds: &mut Finds, source: &str, ask: impl FnMut(Option<Nanos>) -> Result<u32> + Clone + Send + 'static) {
    for (bit, name, label) in FLAGS {
        for (bit, quantity) in [(bit, Quantity::Throttled), (bit + 16, Quantity::ThrottledEver)] {
            let mut ask = ask.clone();
            let read = move |now| Ok(Some(f64::from(ask(now)? >> bit & 1)));
            let found = Found::of(flag(quantity, name), read).label(label);
            finds.push(found.limit(Some(1.0)).source(format!("{source}, bit {bit}")).often());
        }
    }
}

/// One of the board's flags.
fn flag(quantity: Quantity, name: &str) -> MetricDecl {
    MetricDecl::with_detail(0, MetricKey::new(Part::Board, quantity), PartId::only(), name.to_owned())
}

/// The alarm of the supply's monitor: the one flag that a Pi 5 shows in a file.
fn under_voltage(root: &Root, finds: &mut Finds) {
    match alarm(root) {
        Some(path) => {
            let read = scaled(root.file(&path), 1.0);
            let found = Found::of(flag(Quantity::Throttled, "under_voltage"), read);
            finds.push(found.label("under-voltage").limit(Some(1.0)).source(path).often());
        }
        None => finds.unreadable(Part::Board, "throttle.under_voltage", format!("no chip rpi_volt in {CHIPS}")),
    }
}

/// The file with that alarm.
fn alarm(root: &Root) -> Option<String> {
    let chips = root.list(CHIPS).into_iter().map(|chip| format!("{CHIPS}/{chip}"));
    let mut chips = chips.filter(|chip| root.text(format!("{chip}/name")).as_deref() == Some("rpi_volt"));
    chips.next().map(|chip| format!("{chip}/in0_lcrit_alarm"))
}

/// One answer for all metrics that are read at the same time.
fn shared<T: Copy + Send + 'static>(
    ask: impl FnMut() -> Result<T> + Send + 'static,
) -> impl FnMut(Option<Nanos>) -> Result<T> + Clone + Send + 'static {
    let last: Option<(Nanos, T)> = None;
    let both = Arc::new(Mutex::new((ask, last)));
    move |now| {
        let mut both = both.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some((then, value)), Some(now)) = (both.1, now)
            && then == now
        {
            return Ok(value);
        }
        let value = (both.0)()?;
        both.1 = now.map(|now| (now, value));
        Ok(value)
    }
}

/// What only the firmware knows.
fn asked(finds: &mut Finds, mailbox: Mailbox) {
    let clock = mailbox.clone();
    let read = move |_| Ok(Some(clock.arm_hertz()?));
    let found = Found::new(Part::Cpu, Quantity::Clock, PartId::only(), read).label("firmware");
    finds.push(found.source(format!("{MAILBOX}: GET_CLOCK_MEASURED of the ARM cores")));

    let rails = match mailbox.adc() {
        Ok(text) => rails(&text),
        Err(e) => return finds.absent(Part::Rail, "power.pmic", format!("{MAILBOX}: pmic_read_adc: {e}")),
    };
    if rails.is_empty() {
        return finds.absent(
            Part::Rail,
            "power.pmic",
            "this board's power chip measures nothing (Raspberry Pi 4 and older)",
        );
    }
    let known = Arc::new(Mutex::new((Nanos::ZERO, rails.clone())));
    for (n, (label, _)) in rails.into_iter().enumerate() {
        let (mailbox, known) = (mailbox.clone(), Arc::clone(&known));
        let read = move |now: Option<Nanos>| {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(now) = now.filter(|now| *now != known.0) {
                *known = (now, self::rails(&mailbox.adc()?));
            }
            known.1.get(n).map(|(_, watts)| Some(*watts)).ok_or_else(|| ErrorKind::InvalidData.into())
        };
        let scope = "the rails of the power chip; not USB, fan and what else hangs on 5 V".to_owned();
        let rail = Rail { role: RailRole::Share, scope, update: None };
        let found = Found::new(Part::Rail, Quantity::Power, PartId::named(label), read).rail(rail);
        finds.push(found.source(format!("{MAILBOX}: pmic_read_adc, current x voltage")).often());
    }
}

/// The rails that have a current and a voltage, in watts: `VDD_CORE_A current(7)=5.03652000A`,
/// `VDD_CORE_V volt(15)=0.89369880V`. The 5 V input has a voltage alone.
fn rails(text: &str) -> Vec<(String, f64)> {
    let value = |line: &str| {
        let number = line.split_once('=')?.1.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c.is_whitespace());
        number.parse::<f64>().ok().filter(|value| value.is_finite())
    };
    let find =
        |name: &str| text.lines().map(str::trim).find(|line| line.split(' ').next() == Some(name)).and_then(value);
    let currents = text.lines().filter_map(|line| line.trim().split(' ').next()?.strip_suffix("_A"));
    let watts = |name: &str| Some((name.to_owned(), find(&format!("{name}_A"))? * find(&format!("{name}_V"))?));
    currents.filter_map(watts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_hexadecimal_with_or_without_a_sign_of_it() {
        assert_eq!((flags_value("50005\n"), flags_value("0x50005")), (Some(0x50005), Some(0x50005)));
        assert_eq!((flags_value(""), flags_value("-1"), flags_value("fffffffff")), (None, None, None));
    }

    #[test]
    fn rails_without_a_current_are_none() {
        let text = "     VDD_CORE_A current(7)=5.03652000A\n  EXT5V_V volt(24)=4.92000000V\n \
                    VDD_CORE_V volt(15)=0.89369880V\n  HDMI_A current(22)=x\n  HDMI_V volt(23)=5.0V\n";
        let rails = rails(text);
        assert_eq!(rails.len(), 1);
        assert!((rails[0].1 - 4.501).abs() < 0.001 && rails[0].0 == "VDD_CORE");
    }

    #[test]
    fn metrics_of_one_moment_share_an_answer() {
        let mut count = 0;
        let mut first = shared(move || {
            count += 1;
            Ok(count)
        });
        let mut second = first.clone();
        assert_eq!((first(Some(Nanos(5))).unwrap(), second(Some(Nanos(5))).unwrap()), (1, 1));
        assert_eq!(second(Some(Nanos(6))).unwrap(), 2);
    }
}

//! The dotted names of metrics: made of a row's template, the part's name and the detail, and taken apart again.

/// A dotted name with places for the part's name and the detail: `gpu.{part}.throttle.{detail}.now`.
///
/// A place for which there is nothing goes with its dot, so that a machine's only GPU has `gpu.load`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template(pub(super) &'static str);

const PART: &str = "{part}";
const DETAIL: &str = "{detail}";

impl Template {
    /// The name of a part's metric.
    pub fn fill(self, part: &str, detail: &str) -> String {
        let words = self.0.split('.').map(|word| match word {
            PART => part,
            DETAIL => detail,
            word => word,
        });
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(".")
    }

    /// The first word, which is that of the source: `gpu`.
    pub fn source(self) -> &'static str {
        self.0.split('.').next().unwrap_or_default()
    }

    /// The part's name and the detail of a name that is made so; `None` for another name.
    pub(super) fn take_apart(self, name: &str) -> Option<(String, String)> {
        let (head, rest) = match self.0.split_once(PART) {
            Some((head, rest)) => (head, rest),
            None => return self.detail_alone(name),
        };
        // What stands before and behind the part's name, which may itself hold dots.
        let (middle, tail) = match rest.split_once(DETAIL) {
            Some((middle, tail)) => (middle, Some(tail)),
            None => (rest, None),
        };
        let only = format!("{head}{}", middle.trim_start_matches('.'));
        let Some(tail) = tail else {
            if name == only.trim_end_matches('.') {
                return Some(Default::default());
            }
            let part = name.strip_prefix(head)?.strip_suffix(middle).filter(|part| !part.is_empty())?;
            return Some((part.to_owned(), String::new()));
        };
        let inside = name.strip_prefix(head)?.strip_suffix(tail)?;
        if let Some((part, detail)) = inside.rsplit_once(middle) {
            return Some((part.to_owned(), detail.to_owned()));
        }
        let detail = inside.strip_prefix(middle.trim_start_matches('.'))?;
        Some((String::new(), detail.to_owned()))
    }

    fn detail_alone(self, name: &str) -> Option<(String, String)> {
        let Some((head, tail)) = self.0.split_once(DETAIL) else {
            return (name == self.0).then(Default::default);
        };
        let detail = name.strip_prefix(head)?.strip_suffix(tail).filter(|detail| !detail.is_empty())?;
        Some((String::new(), detail.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_without_a_name_goes_with_its_dot() {
        let load = Template("gpu.{part}.load");
        assert_eq!((load.fill("card0", ""), load.fill("", "")), ("gpu.card0.load".into(), "gpu.load".into()));
        assert_eq!(Template("power.battery.{part}").fill("", ""), "power.battery");
        assert_eq!(Template("throttle.{detail}.now").fill("", "throttled"), "throttle.throttled.now");
    }

    #[test]
    fn names_come_apart_as_they_were_made() {
        let parts = [("", ""), ("card0", ""), ("0", ""), ("VPU.fdbd0000.rkvenc-core", ""), ("coretemp/Core 1", "")];
        for template in ["gpu.{part}.load", "temp.{part}", "power.battery.{part}", "gpu.{part}.pcie.receive"] {
            for (part, detail) in parts {
                let name = Template(template).fill(part, detail);
                let apart = Template(template).take_apart(&name);
                assert_eq!(apart, Some((part.to_owned(), detail.to_owned())), "{name} of {template}");
            }
        }
        for (template, part, detail) in [
            ("gpu.{part}.throttle.{detail}.now", "card0", "pl1"),
            ("gpu.{part}.throttle.{detail}.now", "", "pl1"),
            ("limit.{part}.{detail}", "package-0", "long_term"),
            ("throttle.{detail}", "", "oc1"),
        ] {
            let name = Template(template).fill(part, detail);
            assert_eq!(Template(template).take_apart(&name), Some((part.into(), detail.into())), "{name}");
        }
        assert_eq!(Template("gpu.{part}.load").take_apart("gpu.card0.clock"), None);
        assert_eq!(Template("npu.load").take_apart("npu.clock"), None);
    }
}

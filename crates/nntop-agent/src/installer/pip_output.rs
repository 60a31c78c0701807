//! Reading what pip prints.

use nntop_core::unit::parse;

/// What is known from pip's output so far.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// The wheel that is being fetched.
    pub(super) file: Option<String>,
    /// Bytes of it so far.
    pub(super) done: u64,
    /// Its size.
    pub(super) total: Option<u64>,
    /// The versions on offer, when the one asked for is not.
    pub(super) offered: Option<Vec<String>>,
    /// A line that says the network fails.
    pub(super) network: Option<String>,
    errors: Vec<String>,
}

/// Words of the network layer below pip; pip itself only says that it found nothing.
const NETWORK: [&str; 8] = [
    "Retrying (Retry(",
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeout",
    "ReadTimeout",
    "ProxyError",
    "SSLError",
    "IncompleteRead",
];

impl Output {
    /// Takes a line of standard output; true when the download went on.
    pub(super) fn hear(&mut self, line: &str) -> bool {
        if let Some((file, total)) = file_line(line) {
            (self.file, self.done, self.total) = (Some(file), 0, total);
            return true;
        }
        match progress_line(line) {
            Some((done, total)) => {
                (self.done, self.total) = (done, Some(total).filter(|t| *t > 0).or(self.total));
                true
            }
            // Warnings and errors go to either stream, by pip's version.
            None => line.starts_with("WARNING:") && self.hear_error(line.to_owned()),
        }
    }

    /// Takes a line of standard error.
    pub(super) fn hear_error(&mut self, line: String) -> bool {
        if let Some(versions) = offered_line(&line) {
            self.offered = Some(versions);
        } else if NETWORK.iter().any(|w| line.contains(w)) {
            self.network.get_or_insert_with(|| reason(&line));
        }
        if !line.trim().is_empty() {
            self.errors.push(line);
        }
        false
    }

    /// Takes the size of the download on disk; true when it went on.
    pub(super) fn polled(&mut self, bytes: u64) -> bool {
        let bytes = self.total.map_or(bytes, |t| bytes.min(t));
        let news = self.file.is_some() && bytes > self.done;
        self.done = self.done.max(bytes);
        news
    }

    /// Whether it failed for want of space.
    pub(super) fn disk_is_full(&self) -> bool {
        self.errors.iter().any(|line| line.contains("No space left on device") || line.contains("[Errno 28]"))
    }

    /// The line that says best why pip failed.
    pub(super) fn last_words(&self) -> String {
        let marked = self.errors.iter().rev().find_map(|l| l.strip_prefix("ERROR: "));
        let last = marked.or_else(|| self.errors.last().map(String::as_str)).unwrap_or("nothing");
        shortened(last)
    }
}

/// pip's version and its Python's, from `pip 24.1 from /… (python 3.12)`.
pub(super) fn versions(line: &str) -> Option<((u32, u32), (u32, u32))> {
    let pip = line.strip_prefix("pip ")?.split(' ').next()?;
    let python = line.rsplit_once("(python ")?.1.trim_end().strip_suffix(')')?;
    let pair = |v: &str| {
        let mut parts = v.split('.').map(|p| p.chars().take_while(char::is_ascii_digit).collect::<String>());
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    Some((pair(pip)?, pair(python)?))
}

/// `Progress 262144 of 23753652`: bytes so far and in all (0 when not known).
fn progress_line(line: &str) -> Option<(u64, u64)> {
    let (done, total) = line.trim().strip_prefix("Progress ")?.split_once(" of ")?;
    Some((done.parse().ok()?, total.parse().ok()?))
}

/// `Downloading onnxruntime-….whl (23.8 MB)`: the file's name and about how large it is.
fn file_line(line: &str) -> Option<(String, Option<u64>)> {
    let line = line.trim();
    let rest = line.strip_prefix("Downloading ").or_else(|| line.strip_prefix("Using cached "))?;
    let (file, size) = match rest.split_once(" (") {
        Some((file, size)) => (file, parse::SIZE.read(size.trim_end_matches(')')).ok().map(|bytes| bytes as u64)),
        None => (rest, None),
    };
    let name = file.rsplit('/').next().filter(|n| n.ends_with(".whl"))?;
    Some((name.to_owned(), size))
}

/// `… (from versions: 1.15.0, 1.15.1)`.
fn offered_line(line: &str) -> Option<Vec<String>> {
    let (_, list) = line.split_once("(from versions:")?;
    let list = list.trim().trim_end_matches(')');
    Some(list.split(", ").filter(|v| super::version::is_valid(v)).map(str::to_owned).collect())
}

/// What broke the connection, without the retry and the objects around it.
fn reason(line: &str) -> String {
    let Some((_, inner)) = line.split_once("broken by ") else { return shortened(line) };
    let inner = inner.split_once("': /").map_or(inner, |(inner, _)| inner);
    let inner = inner.trim_end_matches([')', '"', '\'', '>', ' ']);
    let inner = inner.rsplit_once(": ").or_else(|| inner.rsplit_once(", '")).map_or(inner, |(_, end)| end);
    let open = inner.matches('(').count() > inner.matches(')').count();
    shortened(&format!("{inner}{}", if open { ")" } else { "" }))
}

fn shortened(line: &str) -> String {
    let mut short: String = line.trim().chars().take(200).collect();
    if short.len() < line.trim().len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_progress_is_followed() {
        let mut output = Output::default();
        assert!(!output.hear("Looking in indexes: https://pypi.org/simple"));
        assert!(!output.hear("  Downloading onnxruntime-1.31.1-cp311-manylinux_2_28_x86_64.whl.metadata (5.2 kB)"));
        assert!(output.hear("  Downloading onnxruntime-1.31.1-cp311-manylinux_2_28_x86_64.whl (23.8 MB)"));
        assert_eq!(output.total, Some(23_800_000));
        assert!(output.hear("Progress 262144 of 23753652"));
        assert_eq!((output.done, output.total), (262_144, Some(23_753_652)));
        assert!(!output.hear("Progress bars are off"));
        assert_eq!(output.file.as_deref(), Some("onnxruntime-1.31.1-cp311-manylinux_2_28_x86_64.whl"));
    }

    #[test]
    fn an_older_pips_download_is_measured_on_disk() {
        let mut output = Output::default();
        assert!(!output.polled(10), "nothing is being fetched yet");
        output.hear("Using cached https://host/a/onnxruntime-1.whl (2 kB)");
        assert!(output.polled(1500) && !output.polled(1500) && output.polled(9999));
        assert_eq!(output.done, 2000);
    }

    #[test]
    fn versions_on_offer_are_told_from_a_broken_network() {
        let nothing = "ERROR: Could not find a version that satisfies the requirement onnxruntime==9 (from versions: ";
        let mut output = Output::default();
        output.hear_error(format!("{nothing}1.15.0, 1.24.0.dev1)"));
        assert_eq!(output.offered.as_deref().unwrap(), ["1.15.0", "1.24.0.dev1"]);
        assert_eq!(output.network, None);

        let mut output = Output::default();
        output.hear_error(
            "WARNING: Retrying (Retry(total=1, connect=None)) after connection broken by 'NewConnectionError('<pip \
             object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/"
                .into(),
        );
        output.hear_error(format!("{nothing}none)"));
        assert_eq!(output.offered.as_deref().unwrap().len(), 0);
        assert_eq!(output.network.as_deref(), Some("[Errno 111] Connection refused"));
    }

    #[test]
    fn network_errors_are_cut_down_to_the_reason() {
        let shown = |inner: &str| {
            reason(&format!("WARNING: Retrying (Retry(total=0)) after connection broken by '{inner}': /simple/x/"))
        };
        assert_eq!(
            shown(
                "NameResolutionError(\"HTTPSConnection(host='a.b', port=443): Failed to resolve 'a.b' ([Errno -2] Name \
                 or service not known)\")"
            ),
            "Failed to resolve 'a.b' ([Errno -2] Name or service not known)"
        );
        assert_eq!(
            shown("ConnectTimeoutError(<pip at 0x7f>, 'Connection to a.b timed out. (connect timeout=15)')"),
            "Connection to a.b timed out. (connect timeout=15)"
        );
        assert_eq!(reason("ReadTimeoutError: x"), "ReadTimeoutError: x");
    }

    #[test]
    fn pips_own_words_end_with_its_error() {
        let mut output = Output::default();
        output.hear_error("ERROR: no space left".into());
        output.hear_error("  more".into());
        assert_eq!(output.last_words(), "no space left");
        assert_eq!(Output::default().last_words(), "nothing");
    }

    #[test]
    fn pips_version_line_names_its_python() {
        let line = "pip 23.2.1 from /usr/lib/python3/dist-packages/pip (python 3.11)";
        assert_eq!(versions(line), Some(((23, 2), (3, 11))));
        assert_eq!(versions("pip 24.1b1 from /x (python 3.13)"), Some(((24, 1), (3, 13))));
        assert_eq!(versions("No module named pip"), None);
    }
}

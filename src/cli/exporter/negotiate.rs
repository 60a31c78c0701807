//! What a request asks for, and whether it was meant for this server.

use hyper::HeaderMap;
use hyper::header::{ACCEPT, HOST};
use std::net::{IpAddr, SocketAddr};

/// Endings of names that no stranger can own.
const LOCAL: [&str; 8] = ["local", "lan", "home", "home.arpa", "internal", "localdomain", "intranet", "corp"];

/// Whether OpenMetrics 1.0 is asked for, rather than the text format that everything reads.
pub(super) fn wants_openmetrics(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
    let (mut open, mut text) = (0.0_f64, 0.0_f64);
    for range in accepted {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let (mut weight, mut version) = (1.0, None);
        for part in parts {
            match part.split_once('=').map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim())) {
                Some((key, value)) if key == "q" => weight = value.parse().unwrap_or(0.0),
                Some((key, value)) if key == "version" => version = Some(value.trim_matches('"')),
                _ => {}
            }
        }
        match kind.as_str() {
            "application/openmetrics-text" if version.is_none_or(|v| v == "1.0.0") => open = open.max(weight),
            "text/plain" => text = text.max(weight),
            _ => {}
        }
    }
    open > 0.0 && open >= text
}

/// The names under which a server may be asked. A page in a browser can make any name of its own lead here ("DNS rebinding") and
/// read what is answered; it cannot make the browser send another name than that.
#[derive(Debug, Clone)]
pub(super) struct Hosts {
    bound: IpAddr,
    own: Vec<String>,
}

impl Hosts {
    /// Those of a bound address, with the machine's own name and those that were given.
    pub(super) fn of(bound: SocketAddr, given: &[String]) -> Self {
        let machine = rustix::system::uname().nodename().to_string_lossy().to_ascii_lowercase();
        let given = given.iter().map(|name| name.to_ascii_lowercase());
        Self { bound: bound.ip(), own: given.chain((!machine.is_empty()).then_some(machine)).collect() }
    }

    /// Whether a request was meant for this server. One without a host (HTTP/1.0) comes from no browser.
    pub(super) fn have(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        match (hosts.next(), hosts.next()) {
            (None, _) => true,
            (Some(host), None) => host.to_str().is_ok_and(|host| self.has(host)),
            (Some(_), Some(_)) => false,
        }
    }

    fn has(&self, host: &str) -> bool {
        let host = host.trim().to_ascii_lowercase();
        // `[::1]:9099`, `board:9099`, `board`.
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name),
        };
        let name = name.trim_end_matches('.');
        if let Ok(address) = name.parse::<IpAddr>() {
            let address = address.to_canonical();
            return match self.bound.to_canonical() {
                bound if bound.is_unspecified() => true,
                bound if bound.is_loopback() => address.is_loopback(),
                bound => address == bound,
            };
        }
        let mine = |own: &String| {
            name == own
                || name.strip_prefix(own.as_str()).and_then(|r| r.strip_prefix('.')).is_some_and(|r| LOCAL.contains(&r))
        };
        // A loopback address may be asked for from this machine alone, or through a tunnel to it.
        name == "localhost" || self.own.iter().any(mine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn the_older_format_is_the_default_and_openmetrics_what_is_asked_for() {
        let wants = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
            wants_openmetrics(&headers)
        };
        assert!(!wants_openmetrics(&HeaderMap::new()));
        for text in ["*/*", "text/plain", "text/html", "application/openmetrics-text;q=0, */*", "", ";;=,"] {
            assert!(!wants(text), "{text}");
        }
        assert!(!wants("application/openmetrics-text;version=2.0.0"), "a version that is not spoken");
        assert!(!wants("text/plain;q=0.9,application/openmetrics-text;version=1.0.0;q=0.5"));
        assert!(wants("application/openmetrics-text"));
        // As Prometheus 2 and 3 ask.
        assert!(wants(
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        ));
        assert!(wants(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5"
        ));
    }

    #[test]
    fn a_name_that_somebody_else_can_own_is_not_served() {
        let hosts = |bound: &str| Hosts {
            bound: bound.parse().unwrap(),
            own: vec!["board".into(), "metrics.example.org".into()],
        };
        for host in
            ["localhost", "LOCALHOST:9099", "127.0.0.1:9099", "127.1.2.3", "[::1]:9099", "board", "board.local:80"]
        {
            assert!(hosts("127.0.0.1").has(host), "{host}");
        }
        for host in
            ["evil.com", "evil.com:9099", "localhost.evil.com", "board.evil.com", "192.168.1.5", "x", "", "[", "a:b:c"]
        {
            assert!(!hosts("127.0.0.1").has(host), "{host}");
        }
        assert!(hosts("0.0.0.0").has("192.168.1.5:9099") && hosts("::").has("[fe80::1]:9099"));
        assert!(!hosts("0.0.0.0").has("evil.com") && hosts("0.0.0.0").has("metrics.example.org"));
        assert!(hosts("192.168.1.5").has("192.168.1.5") && !hosts("192.168.1.5").has("192.168.1.6"));
    }
}

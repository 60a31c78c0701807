//! The file of `--web-config`: passwords and TLS, with the keys of Prometheus' own `web.yml`
//! (<https://prometheus.io/docs/prometheus/latest/configuration/https/>).

use super::tls::Acceptor;
use super::tls_files::{Clients, TlsFiles};
use super::users::Users;
use nntop_core::event::Fault;
use std::path::Path;
use yaml_rust2::{Yaml, YamlLoader};

/// A longer file is none of these.
const LARGEST: u64 = 1 << 20;

/// What such a file may hold.
const KEYS: &str = "it takes basic_auth_users and tls_server_config, as Prometheus' web.yml";

/// What it may hold for TLS.
const TLS_KEYS: &str = "it takes cert_file, key_file, client_auth_type, client_ca_file and min_version";

/// What the file asks for.
#[derive(Default)]
pub(super) struct WebConfig {
    pub(super) users: Option<Users>,
    pub(super) tls: Option<Acceptor>,
}

impl WebConfig {
    /// Reads the file and what it names.
    pub(super) fn read(path: &Path) -> Result<Self, Fault> {
        let about = |fault: Fault| fault.about(&format!("--web-config {}", path.display()));
        let unreadable = |e: std::io::Error| about(Fault::input(format!("cannot be read: {e}")));
        if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
            return Err(about(Fault::input("is longer than 1 MB").hint(KEYS)));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Self::parse(&text, path.parent().unwrap_or(Path::new(""))).map_err(about)
    }

    /// Paths are relative to `folder`, the file's own.
    fn parse(text: &str, folder: &Path) -> Result<Self, Fault> {
        let documents = YamlLoader::load_from_str(text);
        let documents = documents.map_err(|e| Fault::input(format!("is no YAML: {e}")).hint(KEYS))?;
        let mut config = Self::default();
        // Several documents are a mistake, and the second would not count.
        if documents.len() > 1 {
            return Err(Fault::input("holds more than one YAML document").hint(KEYS));
        }
        for (key, value) in documents.first().into_iter().flat_map(|document| entries(document, "the file", KEYS)) {
            let (key, value) = (key?, value);
            match key {
                "basic_auth_users" => config.users = users(value)?,
                "tls_server_config" if !value.is_null() => config.tls = Some(Acceptor::new(&tls(value, folder)?)?),
                "tls_server_config" => {}
                other => return Err(unknown(other, KEYS)),
            }
        }
        Ok(config)
    }
}

/// The entries of a mapping; nothing is an empty one.
fn entries<'a>(
    value: &'a Yaml,
    what: &'a str,
    keys: &'static str,
) -> impl Iterator<Item = (Result<&'a str, Fault>, &'a Yaml)> {
    let wrong = move || Fault::input(format!("{what} is no mapping of keys to values")).hint(keys);
    let whole = (!value.is_null() && value.as_hash().is_none()).then(|| (Err(wrong()), value));
    let each = value.as_hash().into_iter().flatten();
    whole.into_iter().chain(each.map(move |(key, value)| (key.as_str().ok_or_else(wrong), value)))
}

fn unknown(key: &str, keys: &str) -> Fault {
    Fault::input(format!("{key:?}: nntop knows no such key")).hint(keys)
}

fn text<'a>(key: &str, value: &'a Yaml) -> Result<&'a str, Fault> {
    value.as_str().ok_or_else(|| Fault::input(format!("{key}: is no text")).hint(format!("write {key}: \"…\"")))
}

fn users(value: &Yaml) -> Result<Option<Users>, Fault> {
    let mut hashes = Vec::new();
    for (name, hash) in entries(value, "basic_auth_users", "write one user a line: name: bcrypt hash") {
        let name = name?;
        let hash = text(&format!("basic_auth_users: {name}"), hash)?;
        hashes.push((name.to_owned(), hash.to_owned()));
    }
    // As Prometheus does it: nobody named is nobody asked.
    if hashes.is_empty() { Ok(None) } else { Users::new(hashes).map(Some) }
}

fn tls(value: &Yaml, folder: &Path) -> Result<TlsFiles, Fault> {
    let (mut cert, mut key, mut ca, mut kind, mut only_newest) = (None, None, None, "NoClientCert", false);
    for (name, value) in entries(value, "tls_server_config", TLS_KEYS) {
        let name = name?;
        let value = text(&format!("tls_server_config: {name}"), value)?;
        match name {
            "cert_file" => cert = Some(folder.join(value)),
            "key_file" => key = Some(folder.join(value)),
            "client_ca_file" => ca = Some(folder.join(value)),
            "client_auth_type" => kind = value,
            "min_version" => {
                only_newest = match value {
                    "TLS12" => false,
                    "TLS13" => true,
                    other => {
                        return Err(Fault::input(format!("min_version: {other:?} is not spoken")).hint("TLS12, TLS13"));
                    }
                }
            }
            other => return Err(unknown(other, TLS_KEYS)),
        }
    }
    let clients = match (kind, ca) {
        ("NoClientCert" | "", None) => Clients::Any,
        ("VerifyClientCertIfGiven", Some(ca)) => Clients::IfGiven(ca),
        ("RequireAndVerifyClientCert", Some(ca)) => Clients::Known(ca),
        ("VerifyClientCertIfGiven" | "RequireAndVerifyClientCert", None) => {
            return Err(Fault::input(format!("client_auth_type: {kind} needs client_ca_file")));
        }
        ("NoClientCert" | "", Some(_)) => {
            return Err(Fault::input("client_ca_file: nobody is asked for a certificate")
                .hint("client_auth_type: RequireAndVerifyClientCert"));
        }
        (other, _) => {
            return Err(Fault::input(format!("client_auth_type: {other:?} is not known")).hint(
                "NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert: a certificate that nobody verifies proves nothing",
            ));
        }
    };
    let needed = |key: &str| Fault::input(format!("tls_server_config: {key} is missing")).hint(TLS_KEYS);
    Ok(TlsFiles {
        cert: cert.ok_or_else(|| needed("cert_file"))?,
        key: key.ok_or_else(|| needed("key_file"))?,
        clients,
        only_newest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Fault {
        WebConfig::parse(text, Path::new("/nonexistent")).err().unwrap_or_else(|| panic!("{text:?} is taken"))
    }

    #[test]
    fn a_file_that_asks_for_nothing_changes_nothing() {
        for text in ["", "# nothing\n", "basic_auth_users:\n", "basic_auth_users: {}\n", "tls_server_config:\n"] {
            let config = WebConfig::parse(text, Path::new("")).map_err(|e| panic!("{text:?}: {e}")).unwrap();
            assert!(config.users.is_none() && config.tls.is_none(), "{text:?}");
        }
    }

    #[test]
    fn what_would_leave_a_door_open_is_refused_by_name() {
        for (text, named) in [
            ("basic_auth_user:\n  a: b\n", "basic_auth_user"),
            ("- a\n", "mapping"),
            ("a: [\n", "no YAML"),
            ("basic_auth_users: {}\n---\nbasic_auth_users: {a: b}\n", "more than one"),
            ("basic_auth_users:\n  a: plain-password\n", "bcrypt"),
            ("basic_auth_users:\n  a: 12345\n", "no text"),
            ("basic_auth_users: [a]\n", "mapping"),
            // A cost of 20 is a minute of a board's time for each wrong password.
            ("basic_auth_users:\n  a: $2y$20$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n", "20"),
            ("tls_server_config:\n  cert_file: a\n", "key_file"),
            ("tls_server_config:\n  cert_file: a\n  key_file: b\n  min_version: TLS10\n", "TLS10"),
            (
                "tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: RequireAnyClientCert\n",
                "RequireAny",
            ),
            (
                "tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: RequireAndVerifyClientCert\n",
                "client_ca_file",
            ),
            ("tls_server_config:\n  cert_file: a\n  key_file: b\n  client_ca_file: c\n", "client_ca_file"),
            ("tls_server_config:\n  cipher_suites: []\n", "cipher_suites"),
        ] {
            let fault = refused(text);
            assert!(fault.message.contains(named), "{text:?}: {fault:?}");
        }
        let here = refused("tls_server_config:\n  cert_file: a.pem\n  key_file: b.pem\n");
        let named = if cfg!(feature = "tls") { "/nonexistent/a.pem" } else { "built without TLS" };
        assert!(here.message.contains(named) && here.hint.is_some(), "{here:?}");
    }
}

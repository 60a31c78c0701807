//! The exporter with passwords and TLS, asked over raw sockets and by curl.

use super::{Server, board};
use crate::support::{Running, file, nntop, run};
use rustix::process::Signal;
use std::fmt::Write;
use tempfile::TempDir;

/// `ada:secret` and `eve:geheim é`, as libcrypt made them.
const USERS: &str = "basic_auth_users:
  ada: $2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW
  eve: $2y$05$abcdefghijklmnopqrstuumNZS1MOiXI9JFaZFKHoS4cGRVytsXWW
";

/// A folder with a `web.yml`, and the certificates beside it.
fn configured(text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("ca.pem", include_str!("ca.pem")),
        ("cert.pem", include_str!("cert.pem")),
        ("key.pem", include_str!("key.pem")),
    ] {
        file(&folder, name, content);
    }
    let path = file(&folder, "web.yml", text);
    (folder, path)
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(if i <= chunk.len() { DIGITS[(bits >> (18 - 6 * i) & 63) as usize] as char } else { '=' });
        }
    }
    out
}

#[test]
fn only_who_has_a_password_is_served() {
    let (tree, (_folder, path)) = (board(), configured(USERS));
    let server = Server::start(tree.path(), &["--web-config", &path]);
    let ask = |page: &str, login: Option<&str>| {
        let mut request = format!("GET {page} HTTP/1.1\r\nHost: localhost\r\n");
        login.iter().for_each(|login| write!(request, "Authorization: Basic {}\r\n", base64(login)).unwrap());
        server.ask(&(request + "\r\n"))
    };
    let (head, body) = ask("/metrics", None);
    assert!(head.contains(" 401 ") && head.contains("www-authenticate: basic realm="), "{head}");
    assert!(!body.contains("nntop_"), "{body}");
    // Which pages there are is not said either.
    assert!(ask("/", None).0.contains(" 401 ") && ask("/nothing", None).0.contains(" 401 "));
    for _ in 0..2 {
        let (head, body) = ask("/metrics", Some("ada:secret"));
        assert!(head.contains(" 200 ") && body.contains("nntop_temperature_celsius"), "{head}");
    }
    assert!(ask("/metrics", Some("eve:geheim é")).0.contains(" 200 "));
    let wrong = ask("/metrics", Some("ada:guess"));
    // The same answer, so that it names no user.
    let strip = |(head, body): (String, String)| {
        (head.lines().filter(|line| !line.starts_with("date:")).collect::<Vec<_>>().join("\n"), body)
    };
    assert!(wrong.0.contains(" 401 "));
    assert_eq!(strip(ask("/metrics", Some("nobody:secret"))), strip(wrong));
}

#[test]
fn a_file_that_cannot_be_followed_serves_nobody() {
    let tree = board();
    let refused = |text: &str, named: &str| {
        let (_folder, path) = configured(text);
        let mut command = nntop();
        command.args(["exporter", "--listen", "127.0.0.1:0", "--web.config.file", &path, "--sysroot"]);
        let run = run(command.arg(tree.path()));
        run.failed(2, named);
        assert!(run.stdout.is_empty(), "{run:?}");
    };
    refused("basic_auth_users:\n  ada: secret\n", "bcrypt");
    refused("basic_auth:\n  ada: secret\n", "basic_auth");
    let tls = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";
    if cfg!(feature = "tls") {
        refused(&tls.replace("cert.pem", "none.pem"), "none.pem");
        refused(&tls.replace("key.pem", "cert.pem"), "key_file");
    } else {
        refused(tls, "built without TLS");
    }
    run(nntop().args(["exporter", "--web-config", "/nonexistent/web.yml"])).failed(2, "/nonexistent/web.yml");
}

#[test]
fn a_password_in_the_clear_is_noted() {
    let (tree, (_folder, path)) = (board(), configured(USERS));
    let mut open = nntop();
    open.args(["exporter", "--listen", "0.0.0.0:0", "--web-config", &path, "--sysroot"]).arg(tree.path());
    let mut open = Running::start(&mut open);
    open.until("without TLS");
    open.signal(Signal::INT);
    open.end().ok();
}

#[cfg(feature = "tls")]
mod tls {
    use super::{USERS, configured};
    use crate::exporter::{Server, board};
    use std::path::Path;
    use std::process::Command;

    const TLS: &str = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";

    /// What curl gets, with the server's certificate checked: the status and the body, or `None` where it gets nothing.
    fn curl(server: &Server, folder: &Path, args: &[&str]) -> Option<(String, String)> {
        let mut command = Command::new("curl");
        command.args(["-s", "-m", "60", "-w", "\n%{http_code}", "--cacert"]).arg(folder.join("ca.pem")).args(args);
        let out = command.arg(format!("https://localhost:{}/metrics", server.address.port())).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap();
        out.status.success().then(|| (status.to_owned(), body.to_owned()))
    }

    fn has_curl() -> bool {
        let has = Command::new("curl").arg("--version").output().is_ok();
        if !has {
            nntop_testing::skip("no curl here");
        }
        has
    }

    #[test]
    fn metrics_and_passwords_are_encrypted() {
        if !has_curl() {
            return;
        }
        let (tree, (folder, path)) = (board(), configured(&format!("{TLS}{USERS}")));
        let server = Server::start(tree.path(), &["--web-config", &path]);
        let good = curl(&server, folder.path(), &["-u", "ada:secret"]).unwrap();
        assert!(good.0 == "200" && good.1.contains("nntop_temperature_celsius"), "{good:?}");
        assert_eq!(curl(&server, folder.path(), &[]).unwrap().0, "401");
        assert!(curl(&server, folder.path(), &["--tls-max", "1.2", "-u", "ada:secret"]).is_some());
        // Nothing is said in the clear.
        use std::io::{Read, Write};
        let mut stream = server.connect();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.windows(4).any(|w| w == b"HTTP"), "{answer:?}");
    }

    #[test]
    fn the_newest_version_alone_and_known_clients_alone() {
        if !has_curl() {
            return;
        }
        let tree = board();
        let (folder, path) = configured(&format!(
            "{TLS}  min_version: TLS13\n  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"
        ));
        let server = Server::start(tree.path(), &["--web-config", &path]);
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let known = ["--cert", cert.to_str().unwrap(), "--key", key.to_str().unwrap()];
        assert_eq!(curl(&server, folder.path(), &known).unwrap().0, "200");
        assert!(curl(&server, folder.path(), &[]).is_none(), "a client without a certificate");
        assert!(curl(&server, folder.path(), &[&known[..], &["--tls-max", "1.2"]].concat()).is_none());
    }
}

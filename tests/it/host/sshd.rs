//! The same through OpenSSH itself: a server on loopback with keys of its own.

use crate::support::{data_dir, demo, nntop, run, runtime};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A server; dropping it ends it.
struct Server {
    folder: TempDir,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn key(path: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status().unwrap();
    assert!(made.success());
}

impl Server {
    /// `None` where there is no sshd.
    fn start() -> Option<Self> {
        let sshd = ["/usr/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|path| Path::new(path).exists());
        let Some(sshd) = sshd.filter(|_| Command::new("ssh-keygen").arg("-?").output().is_ok()) else {
            println!("skipped: no sshd here (openssh-server)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        ["host", "user", "other"].iter().for_each(|name| key(&at(name)));
        std::fs::copy(at("user.pub"), at("authorized")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let path = folder.path().display();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {path}/host\nAuthorizedKeysFile {path}/authorized\n\
             StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nPidFile none\n\
             PermitRootLogin yes\nSetEnv XDG_CACHE_HOME={path}/cache NNTOP_DATA_DIR={}\n",
            data_dir().display()
        );
        std::fs::write(at("sshd.conf"), config).unwrap();
        // As root it wants this folder.
        let _ = std::fs::create_dir_all("/run/sshd");
        let mut child = Command::new(sshd)
            .args(["-D", "-e", "-f"])
            .arg(at("sshd.conf"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready = log.by_ref().map_while(Result::ok).any(|line| line.contains("Server listening"));
        std::thread::spawn(move || log.for_each(drop));
        let server = Self { folder, child };
        if !ready {
            println!("skipped: this sshd does not start here");
            return None;
        }
        server.know("host");
        let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        let path = server.folder.path().display();
        let config = format!(
            "Host board\nHostName 127.0.0.1\nPort {port}\nUser {}\nIdentityFile {path}/user\nIdentitiesOnly yes\n\
             UserKnownHostsFile {path}/known\nGlobalKnownHostsFile /dev/null\nBatchMode yes\nHostKeyAlias board\n",
            user.trim()
        );
        std::fs::write(server.folder.path().join("config"), config).unwrap();
        Some(server)
    }

    /// The client takes this key for the server's.
    fn know(&self, name: &str) {
        let key = std::fs::read_to_string(self.folder.path().join(format!("{name}.pub"))).unwrap();
        std::fs::write(self.folder.path().join("known"), format!("board {key}")).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = nntop();
        command.env("NNTOP_SSH_COMMAND", format!("ssh -F '{}/config'", self.folder.path().display()));
        command.args(arguments).args(["--host", "board"]);
        command
    }
}

#[test]
fn a_real_server_is_a_board_as_well() {
    let Some(server) = Server::start() else { return };
    runtime();
    let model = demo("digits-fp32");
    let words = ["bench", &model, "-n", "50", "--warmup", "0", "--format", "json"];
    let first = run(&mut server.command(&words));
    let json = first.ok().json();
    assert!(first.stderr.contains("copying nntop"), "{first:?}");
    assert_eq!(json["variants"][0]["latency_ns"]["n"], 50);
    assert_eq!(json["variants"][0]["model"]["path"], model.as_str());
    assert!(json["deployment"]["mb_per_s"].as_f64().unwrap() > 0.0, "{}", json["deployment"]);
    let second = run(&mut server.command(&words));
    assert_eq!(second.ok().json()["deployment"]["bytes"], 0);
    let doctor = run(&mut server.command(&["doctor", "--format", "json"]));
    assert_eq!(doctor.ok().json()["schema"], "nntop.doctor/1");
    run(&mut server.command(&["engine", "remove", "nosuch"])).failed(2, "nosuch");
    // A server whose key has changed is not talked to, whatever it is.
    server.know("other");
    let changed = run(&mut server.command(&words));
    changed.failed(1, "board: ssh could not connect: Host key verification failed");
}

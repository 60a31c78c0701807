//! A headless Chromium at the end of two pipes, spoken to in the DevTools protocol: real clicks on a real page.

use command_fds::{CommandFdExt, FdMapping};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use tempfile::TempDir;

/// A browser on this machine, by `NNTOP_BROWSER` or on the path. Where there is none the caller is skipped, unless
/// `NNTOP_REQUIRE_BROWSER` says that there has to be one.
#[track_caller]
pub(crate) fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("NNTOP_BROWSER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let found = named.or_else(|| {
        std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|p| p.is_file())
    });
    if found.is_none() {
        let why =
            "no Chromium on this machine: install it (Debian: apt-get install chromium), or name it in NNTOP_BROWSER";
        nntop_testing::skip_unless_required("NNTOP_REQUIRE_BROWSER", why);
    }
    found
}

/// One page in a browser of its own.
pub(crate) struct Page {
    child: Child,
    orders: File,
    said: Receiver<Value>,
    session: Option<String>,
    last: u64,
    /// Events that nobody has waited for yet.
    events: Vec<Value>,
    /// Errors that the page or the browser reported.
    pub(crate) errors: Vec<String>,
    _profile: TempDir,
}

impl Page {
    /// Starts the browser and opens a file.
    pub(crate) fn open(browser: &Path, file: &str) -> Self {
        let profile = TempDir::new().unwrap();
        let (to_read, orders) = pipe();
        let (answers, to_write) = pipe();
        let mut command = Command::new(browser);
        command
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
            .args(["--window-size=1280,720", "--remote-debugging-pipe", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .fd_mappings(vec![
                FdMapping { parent_fd: to_read.into(), child_fd: 3 },
                FdMapping { parent_fd: to_write.into(), child_fd: 4 },
            ])
            .unwrap();
        let child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", browser.display()));
        // The command holds the browser's ends of the pipes.
        drop(command);
        let said = listen(answers);
        let mut page =
            Self { child, orders, said, session: None, last: 0, events: vec![], errors: vec![], _profile: profile };
        let target = page.ask("Target.createTarget", json!({"url": "about:blank"}));
        let attached = page.ask("Target.attachToTarget", json!({"targetId": target["targetId"], "flatten": true}));
        page.session = attached["sessionId"].as_str().map(String::from);
        for domain in ["Page", "Runtime", "Log"] {
            page.ask(&format!("{domain}.enable"), json!({}));
        }
        page.ask("Page.navigate", json!({"url": format!("file://{file}")}));
        page.until("Page.loadEventFired");
        // What the page put off until after its load is done before this.
        page.js("new Promise(done => setTimeout(() => setTimeout(done, 0), 0))");
        page
    }

    /// Sends a command and does not wait.
    fn tell(&mut self, method: &str, params: Value) -> u64 {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.orders.write_all(format!("{message}\0").as_bytes()).unwrap();
        self.last
    }

    /// Sends a command and gives its result.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.tell(method, params);
        loop {
            let message = self.hear();
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    /// Waits for an event and gives its parameters.
    #[track_caller]
    fn until(&mut self, method: &str) -> Value {
        loop {
            if let Some(i) = self.events.iter().position(|e| e["method"] == method) {
                return self.events.swap_remove(i)["params"].clone();
            }
            let message = self.hear();
            self.events.push(message);
        }
    }

    #[track_caller]
    fn hear(&mut self) -> Value {
        let message = self.said.recv_timeout(super::support::LIMIT).expect("the browser answers");
        let params = &message["params"];
        match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => self.errors.push(params["exceptionDetails"].to_string()),
            Some("Runtime.consoleAPICalled")
                if matches!(params["type"].as_str(), Some("error" | "assert" | "warning")) =>
            {
                self.errors.push(params["args"].to_string());
            }
            Some("Log.entryAdded") if params["entry"]["level"] != "verbose" => {
                self.errors.push(params["entry"].to_string())
            }
            _ => {}
        }
        message
    }

    /// The value of an expression on the page.
    #[track_caller]
    pub(crate) fn js(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.ask("Runtime.evaluate", params);
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// Clicks into the middle of the element that an expression gives.
    #[track_caller]
    pub(crate) fn click(&mut self, element: &str) {
        let (x, y) = self.middle(element);
        for what in ["mouseMoved", "mousePressed", "mouseReleased"] {
            self.mouse(what, x, y);
        }
    }

    /// Clicks where a prompt opens, and answers it.
    #[track_caller]
    pub(crate) fn click_and_answer(&mut self, element: &str, answer: &str) {
        let (x, y) = self.middle(element);
        self.mouse("mousePressed", x, y);
        // The prompt holds the page up, and with it the answer to this.
        self.tell("Input.dispatchMouseEvent", Self::mouse_event("mouseReleased", x, y));
        self.until("Page.javascriptDialogOpening");
        self.ask("Page.handleJavaScriptDialog", json!({"accept": true, "promptText": answer}));
        self.js("1");
    }

    /// The pointer over an element.
    pub(crate) fn hover(&mut self, element: &str) {
        let (x, y) = self.middle(element);
        self.mouse("mouseMoved", x, y);
    }

    fn middle(&mut self, element: &str) -> (f64, f64) {
        let at = self.js(&format!(
            "(() => {{ const r = ({element}).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] }})()"
        ));
        (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())
    }

    /// Answered when the page has taken it.
    #[track_caller]
    fn mouse(&mut self, what: &str, x: f64, y: f64) {
        self.ask("Input.dispatchMouseEvent", Self::mouse_event(what, x, y));
    }

    fn mouse_event(what: &str, x: f64, y: f64) -> Value {
        let button = if what == "mouseMoved" { "none" } else { "left" };
        json!({"type": what, "x": x, "y": y, "button": button, "clickCount": 1})
    }

    /// Waits until an expression holds.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, condition: &str) {
        self.js(&format!(
            "new Promise(done => {{ const look = () => ({condition}) ? done(1) : setTimeout(look, 5); look() }})"
        ));
    }

    /// A dark or a light page.
    pub(crate) fn scheme(&mut self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.ask("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// A picture of the page, where `NNTOP_SCREENS` names a folder for such.
    pub(crate) fn screenshot(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("NNTOP_SCREENS") else { return };
        let picture = self.ask("Page.captureScreenshot", json!({"format": "png"}));
        let path = Path::new(&folder).join(name);
        let run = Command::new("base64").arg("-d").stdin(Stdio::piped()).stdout(File::create(path).unwrap()).spawn();
        let mut run = run.unwrap();
        run.stdin.take().unwrap().write_all(picture["data"].as_str().unwrap().as_bytes()).unwrap();
        assert!(run.wait().unwrap().success());
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pipe() -> (File, File) {
    let (read, write) = std::io::pipe().unwrap();
    (std::os::fd::OwnedFd::from(read).into(), std::os::fd::OwnedFd::from(write).into())
}

/// Messages end with a zero byte.
fn listen(answers: File) -> Receiver<Value> {
    let (to, said) = channel();
    std::thread::spawn(move || {
        for message in BufReader::new(answers).split(0) {
            let Ok(message) = message else { break };
            let value = serde_json::from_slice(&message).unwrap_or_else(|e| panic!("no JSON from the browser: {e}"));
            if to.send(value).is_err() {
                break;
            }
        }
    });
    said
}

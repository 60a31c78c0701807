//! Controls through jtop's own Python package, where its service runs: it may what we may not. Every way in which that breaks
//! has a message of its own.

use super::Place;
use crate::event::Fault;
use pyo3::exceptions::{PyConnectionError, PyException, PyFileNotFoundError, PyImportError, PyPermissionError};
use pyo3::prelude::*;
use pyo3::types::PyAny;

/// Where jtop's service listens.
const SOCKET: &str = "/run/jtop.sock";

/// jtop gives a reading per interval; so many are waited for until it has done what it was asked.
const READINGS: usize = 20;

/// How often its service is asked to read, in seconds; who connected first decides.
const INTERVAL: f64 = 0.5;

/// A connection to jtop's service. Dropping it closes it.
pub(super) struct Jtop(Py<PyAny>);

/// A connection, where the service has a socket; `None` where there is none, so that the system's own tools serve.
pub(super) fn connected(place: &Place) -> Result<Option<Jtop>, Fault> {
    if !place.root.path(SOCKET).exists() {
        return Ok(None);
    }
    Jtop::connect().map(Some)
}

impl Jtop {
    /// Connects to the service.
    pub(super) fn connect() -> Result<Self, Fault> {
        Python::attach(|py| {
            let connect = || {
                let jtop = py.import("jtop")?.getattr("jtop")?.call1((INTERVAL,))?;
                jtop.call_method0("start")?;
                Ok(Self(jtop.unbind()))
            };
            connect().map_err(|e| fault(py, &e))
        })
    }

    /// Sets the power mode, never by force: that would restart the board.
    pub(super) fn power_mode(&self, id: u32) -> Result<(), Fault> {
        self.change(
            "nvpmodel",
            |attribute| attribute.call_method1("set_nvpmodel_id", (id,)).map(drop),
            |attribute| Ok(attribute.getattr("id")?.extract::<u32>()? == id),
        )
    }

    /// Pins all clocks, or gives them free.
    pub(super) fn pinned_clocks(&self, on: bool) -> Result<(), Fault> {
        self.change(
            "jetson_clocks",
            |attribute| attribute.call_method1("set_enable", (on,)).map(drop),
            |attribute| Ok(attribute.call_method0("get_enable")?.extract::<bool>()? == on),
        )
    }

    fn change(
        &self,
        what: &str,
        order: impl Fn(&Bound<'_, PyAny>) -> PyResult<()>,
        done: impl Fn(&Bound<'_, PyAny>) -> PyResult<bool>,
    ) -> Result<(), Fault> {
        Python::attach(|py| {
            let jtop = self.0.bind(py);
            let attribute = jtop.getattr(what).map_err(|e| fault(py, &e))?;
            if attribute.is_none() {
                return Err(Fault::run(format!("jtop has no {what} on this board")));
            }
            order(&attribute).map_err(|e| fault(py, &e))?;
            for _ in 0..READINGS {
                if done(&attribute).map_err(|e| fault(py, &e))? {
                    return Ok(());
                }
                // The next reading; false when the service has gone.
                let more = jtop.call_method0("ok").and_then(|ok| ok.extract::<bool>());
                if !more.map_err(|e| fault(py, &e))? {
                    return Err(lost());
                }
            }
            Err(Fault::run(format!("jtop's service took the order for {what} and did not carry it out"))
                .hint("its own words are in: journalctl -u jtop.service; some power modes need a restart of the board"))
        })
    }
}

impl Drop for Jtop {
    fn drop(&mut self) {
        // There is nobody left to tell, and the service drops who says nothing any more.
        Python::attach(|py| drop(self.0.bind(py).call_method0("close")));
    }
}

fn lost() -> Fault {
    Fault::run("jtop's service has gone, or no longer answers")
        .hint("sudo systemctl restart jtop.service; it is known to fall silent under high load")
}

/// What went wrong in Python, in our words.
fn fault(py: Python<'_>, e: &PyErr) -> Fault {
    let said = e.value(py).to_string();
    let said = said.split("Please").next().unwrap_or_default().trim().to_owned();
    let has = |words: &str| said.contains(words);
    let inactive = || {
        Fault::run("jtop's service is not active")
            .hint("sudo systemctl start jtop.service; sudo jtop --install-service where it was never installed")
    };
    if e.is_instance_of::<PyImportError>(py) {
        return Fault::run(format!("jtop's Python package is not to be had: {said}")).hint(
            "pip install jetson-stats in the Python that nntop runs with (PYTHONPATH, or its virtual environment)",
        );
    }
    if has("not active") || e.is_instance_of::<PyFileNotFoundError>(py) || e.is_instance_of::<PyConnectionError>(py) {
        return inactive();
    }
    if has("can't access") || e.is_instance_of::<PyPermissionError>(py) {
        return Fault::run("jtop's service does not let this user in")
            .hint("sudo usermod -aG jtop $USER, then log in anew");
    }
    if has("Mismatch version") {
        return Fault::run(format!("jtop's service and its Python package are of different versions: {said}"))
            .hint("sudo pip3 install -U jetson-stats, then sudo systemctl restart jtop.service");
    }
    if has("Mismatch of Python") {
        return Fault::run("jtop's service runs on another version of Python than the package")
            .hint("use the Python that the service runs on: systemctl status jtop.service names it");
    }
    if has("Authentication") {
        return Fault::run("jtop's service does not take this package for its own")
            .hint("sudo pip3 install -U jetson-stats, then sudo systemctl restart jtop.service");
    }
    if has("Lost connection") || has("Error connection") {
        return lost();
    }
    match e.is_instance_of::<PyException>(py) {
        true => Fault::run(format!("jtop: {said}")),
        false => Fault::run(format!("jtop ended: {said}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;

    /// jtop's package as a stand-in: `start` and the two controls do what the test says.
    fn stand_in(py: Python<'_>, start: &str) -> Jtop {
        let code = format!(
            "class JtopException(Exception): pass\n\
             class Model:\n\
             \x20   id, asked = 2, None\n\
             \x20   def set_nvpmodel_id(self, id): self.asked = id\n\
             class Clocks:\n\
             \x20   on = False\n\
             \x20   def set_enable(self, on): self.on = on\n\
             \x20   def get_enable(self): return self.on\n\
             class jtop:\n\
             \x20   def __init__(self, interval): self.nvpmodel, self.jetson_clocks, self.left = Model(), Clocks(), 3\n\
             \x20   def start(self): {start}\n\
             \x20   def ok(self):\n\
             \x20       self.left -= 1\n\
             \x20       if self.nvpmodel.asked != 1: self.nvpmodel.id = self.nvpmodel.asked\n\
             \x20       return self.left > 0\n\
             \x20   def close(self): pass\n"
        );
        let module = PyModule::from_code(py, &CString::new(code).unwrap(), c"jtop.py", c"jtop_stand_in").unwrap();
        Jtop(module.getattr("jtop").unwrap().call1((INTERVAL,)).unwrap().unbind())
    }

    #[test]
    fn orders_are_followed_until_they_are_carried_out() {
        Python::attach(|py| {
            let jtop = stand_in(py, "pass");
            jtop.power_mode(0).unwrap();
            jtop.pinned_clocks(true).unwrap();
            // The stand-in never reaches mode 1, and goes.
            assert!(jtop.power_mode(1).unwrap_err().to_string().contains("gone"));
        });
    }

    #[test]
    fn every_way_to_break_has_its_message() {
        let told = |raise: &str| {
            Python::attach(|py| {
                let jtop = stand_in(py, &format!("raise {raise}"));
                let e = jtop.0.bind(py).call_method0("start").unwrap_err();
                let fault = fault(py, &e);
                format!("{fault} | {}", fault.hint.as_deref().unwrap_or_default())
            })
        };
        let cases = [
            ("JtopException('The jtop.service is not active. Please run:')", "not active", "systemctl start"),
            ("FileNotFoundError(2, 'No such file')", "not active", "systemctl start"),
            ("ConnectionRefusedError(111, 'refused')", "not active", "systemctl start"),
            ("JtopException(\"I can't access jtop.service.\\nPlease logout\")", "let this user in", "usermod"),
            ("PermissionError(13, 'denied')", "let this user in", "usermod"),
            ("JtopException('Mismatch version jtop service: [4.2.2] and client: [4.2.1]')", "[4.2.2]", "pip3"),
            (
                "JtopException('Mismatch of Python versions between library and service')",
                "another version of Python",
                "status",
            ),
            ("JtopException('Authentication with jetson-stats server failed')", "its own", "pip3"),
            ("JtopException('Lost connection with jtop server')", "gone", "restart"),
            ("ImportError('No module named jtop')", "not to be had", "pip install"),
            ("JtopException('something else')", "something else", ""),
        ];
        let mut seen = std::collections::BTreeSet::new();
        for (raise, words, hint) in cases {
            let told = told(raise);
            assert!(told.contains(words) && told.contains(hint), "{raise}: {told}");
            seen.insert(told);
        }
        assert!(seen.len() >= 8, "{seen:?}");
    }

    #[test]
    fn the_real_package_says_that_there_is_no_service_here() {
        let there = Python::attach(|py| py.import("jtop").is_ok());
        let fault = Jtop::connect().err();
        if std::path::Path::new(SOCKET).exists() {
            println!("skipped: jtop's service runs here");
            return;
        }
        let fault = fault.unwrap();
        let words = if there { "not active" } else { "not to be had" };
        assert!(fault.to_string().contains(words), "{fault}");
        assert!(fault.hint.is_some());
    }
}

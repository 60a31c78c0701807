//! Controls through jtop's own Python package, where its service runs: it may what we may not. Every way in which that breaks
//! has a message of its own.

use super::Place;
use super::limit::Work;
use nntop_core::event::Fault;
use pyo3::exceptions::{
    PyBrokenPipeError, PyConnectionError, PyConnectionResetError, PyEOFError, PyException, PyFileNotFoundError,
    PyImportError, PyPermissionError,
};
use pyo3::prelude::*;
use pyo3::types::PyAny;
use std::path::Path;

/// Where jtop's service listens.
const SOCKET: &str = "/run/jtop.sock";

/// jtop gives a reading per interval; so many are waited for until it has done what it was asked.
const READINGS: usize = 20;

/// How often its service is asked to read, in seconds; who connected first decides.
const INTERVAL: f64 = 0.5;

/// How the profile is called in which a fan has the speed that it was told.
const BY_HAND: &str = "manual";

/// Whether jtop's service has a socket here; where it has none, the system's own tools serve.
pub(super) fn is_here(place: &Place) -> bool {
    place.root.path(SOCKET).exists()
}

/// Sets the power mode, never by force: that would restart the board.
pub(super) fn power_mode(place: &Place, id: u32) -> Result<(), Fault> {
    ask(place, move |jtop| {
        jtop.change(
            "nvpmodel",
            |model| model.call_method1("set_nvpmodel_id", (id,)).map(drop),
            |model| Ok(model.getattr("id")?.extract::<u32>()? == id),
        )
    })
}

/// Pins all clocks, or gives them free.
pub(super) fn pinned_clocks(place: &Place, on: bool) -> Result<(), Fault> {
    ask(place, move |jtop| {
        jtop.change(
            "jetson_clocks",
            |clocks| clocks.call_method1("set_enable", (on,)).map(drop),
            |clocks| Ok(clocks.call_method0("get_enable")?.extract::<bool>()? == on),
        )
    })
}

/// How a fan stands: who governs it, and its speed in percent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FanState {
    pub(super) profile: String,
    pub(super) speed: f64,
}

impl FanState {
    /// As it is written down.
    pub(super) fn to_text(&self) -> String {
        format!("{} {}", self.speed, self.profile)
    }

    /// As it was written down.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let (speed, profile) = text.split_once(' ')?;
        Some(Self { profile: profile.into(), speed: speed.parse().ok()? })
    }
}

/// How the first fan stands.
pub(super) fn fan(place: &Place) -> Result<FanState, Fault> {
    ask(place, |jtop| {
        jtop.read("fan", |fan| {
            let profile = fan.getattr("profile")?.extract::<Option<String>>()?;
            let speed = fan.getattr("speed")?.extract::<Option<f64>>()?;
            Ok(profile.zip(speed).map(|(profile, speed)| FanState { profile, speed }))
        })?
        .ok_or_else(|| Fault::run("jtop knows no fan on this board"))
    })
}

/// Gives the first fan to one who governs it: to `profile`, or to the first of the board that is not by hand.
pub(super) fn fan_profile(place: &Place, profile: Option<String>) -> Result<(), Fault> {
    ask(place, move |jtop| jtop.fan_profile(profile))
}

/// Sets the first fan's speed by hand, in percent.
pub(super) fn fan_speed(place: &Place, percent: f64) -> Result<(), Fault> {
    ask(place, move |jtop| {
        jtop.fan_profile(Some(BY_HAND.into()))?;
        jtop.change(
            "fan",
            |fan| fan.setattr("speed", percent),
            // It is set in steps of 1/255.
            |fan| Ok((fan.getattr("speed")?.extract::<f64>()? - percent).abs() < 0.5),
        )
    })
}

/// Brings back how a fan stood: its speed, and who governed it.
pub(super) fn restore_fan(place: &Place, before: &FanState) -> Result<(), Fault> {
    match before.profile.as_str() {
        BY_HAND => fan_speed(place, before.speed),
        profile => fan_profile(place, Some(profile.into())),
    }
}

/// Does something with a connection of its own, within a limit: the package waits for the service without one.
fn ask<T: Send + 'static>(
    place: &Place,
    work: impl FnOnce(&Jtop) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let socket = place.root.path(SOCKET);
    let work = move || Jtop::connect(&socket).and_then(|jtop| work(&jtop));
    let work = Work::begin(work).map_err(|e| Fault::run(format!("jtop: a thread cannot be started: {e}")))?;
    work.within(place.tools.limit()).unwrap_or_else(|| {
        Err(Fault::run(format!("jtop's service did not answer within {} s", place.tools.limit().as_secs()))
            .hint("sudo systemctl restart jtop.service; it may stop responding under high load"))
    })
}

/// A connection to jtop's service. Dropping it closes it.
struct Jtop(Py<PyAny>);

impl Jtop {
    /// Connects to the service at `socket`.
    fn connect(socket: &Path) -> Result<Self, Fault> {
        Python::attach(|py| {
            let connect = || {
                let package = py.import("jtop")?;
                if socket != Path::new(SOCKET) {
                    py.import("jtop.service")?.setattr("JTOP_PIPE", socket.to_string_lossy())?;
                }
                let jtop = package.getattr("jtop")?.call1((INTERVAL,))?;
                jtop.call_method0("start")?;
                Ok(Self(jtop.unbind()))
            };
            connect().map_err(|e| fault(py, &e))
        })
    }

    fn fan_profile(&self, profile: Option<String>) -> Result<(), Fault> {
        let profile = match profile {
            Some(profile) => profile,
            None => {
                let known: Vec<String> =
                    self.read("fan", |fan| match fan.call_method0("keys")?.try_iter()?.next() {
                        Some(name) => fan.call_method1("all_profiles", (name?,))?.extract(),
                        None => Ok(Vec::new()),
                    })?;
                let governed = known.into_iter().find(|profile| profile != BY_HAND);
                governed.ok_or_else(|| Fault::run("jtop knows no automatic fan control on this board"))?
            }
        };
        self.change(
            "fan",
            |fan| fan.setattr("profile", &profile),
            |fan| Ok(fan.getattr("profile")?.extract::<Option<String>>()?.is_some_and(|now| now == profile)),
        )
    }

    /// A part of the board as jtop models it.
    fn part<'py>(&self, py: Python<'py>, what: &str) -> Result<Bound<'py, PyAny>, Fault> {
        let part = self.0.bind(py).getattr(what).map_err(|e| fault(py, &e))?;
        match part.is_none() {
            true => Err(Fault::run(format!("jtop has no {what} on this board"))),
            false => Ok(part),
        }
    }

    fn read<T>(&self, what: &str, read: impl Fn(&Bound<'_, PyAny>) -> PyResult<T>) -> Result<T, Fault> {
        Python::attach(|py| read(&self.part(py, what)?).map_err(|e| fault(py, &e)))
    }

    fn change(
        &self,
        what: &str,
        order: impl Fn(&Bound<'_, PyAny>) -> PyResult<()>,
        done: impl Fn(&Bound<'_, PyAny>) -> PyResult<bool>,
    ) -> Result<(), Fault> {
        Python::attach(|py| {
            let part = self.part(py, what)?;
            order(&part).map_err(|e| fault(py, &e))?;
            for _ in 0..READINGS {
                if done(&part).map_err(|e| fault(py, &e))? {
                    return Ok(());
                }
                // The next reading; false when the service has gone.
                let more = self.0.bind(py).call_method0("ok").and_then(|ok| ok.extract::<bool>());
                if !more.map_err(|e| fault(py, &e))? {
                    return Err(lost());
                }
            }
            Err(Fault::run(format!("jtop's service accepted the change of {what} but did not apply it"))
                .hint("its log: journalctl -u jtop.service; some power modes need a restart of the board"))
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
    Fault::run("jtop's service stopped or does not respond")
        .hint("sudo systemctl restart jtop.service; it may stop responding under high load")
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
        return Fault::run(format!("jtop's Python package cannot be imported: {said}")).hint(
            "pip install jetson-stats in the Python that nntop runs with (PYTHONPATH, or its virtual environment)",
        );
    }
    // A connection that was there and is no more, in Python's own words.
    if e.is_instance_of::<PyEOFError>(py)
        || e.is_instance_of::<PyConnectionResetError>(py)
        || e.is_instance_of::<PyBrokenPipeError>(py)
    {
        return lost();
    }
    if has("not active") || e.is_instance_of::<PyFileNotFoundError>(py) || e.is_instance_of::<PyConnectionError>(py) {
        return inactive();
    }
    if has("can't access") || e.is_instance_of::<PyPermissionError>(py) {
        return Fault::run("this user may not use jtop's service")
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
#[path = "jtop_tests.rs"]
mod tests;

//! `--edge pi4`: a named set of limits. Cores and memory of a board are simulated on this machine, the speed of its cores is not.

use nntop_core::event::{Fault, VariantSpec};
use nntop_core::settings::Setting;
use std::path::Path;

/// A board: its name, its CPUs, its memory.
type Board = (&'static str, &'static str, &'static str);

/// Boards by what their makers state: Raspberry Pi 4 Model B and 5 (four cores; the sizes of memory that most have), Jetson
/// Nano (four cores, 4 GB), Jetson Orin Nano 8GB (six cores).
const BOARDS: [Board; 4] =
    [("pi4", "0-3", "4GiB"), ("pi5", "0-3", "8GiB"), ("nano", "0-3", "4GiB"), ("orin-nano", "0-5", "8GiB")];

/// The limits that a file may have.
const KEYS: [(&str, Setting); 3] =
    [("cpus", Setting::Cpus), ("cpu-quota", Setting::CpuQuota), ("memory-limit", Setting::MemoryLimit)];

/// Gives a variant the limits of its board, but for those that it has of its own.
///
/// # Errors
/// When no such board is known, or the file has something else in it.
pub(super) fn put_into(spec: &mut VariantSpec) -> Result<(), Fault> {
    let Some(edge) = spec.options.edge.clone() else { return Ok(()) };
    let limits = match BOARDS.iter().find(|(name, ..)| *name == edge) {
        Some((_, cpus, memory)) => {
            vec![(Setting::Cpus, (*cpus).to_owned()), (Setting::MemoryLimit, (*memory).to_owned())]
        }
        None if edge.ends_with(".toml") => of_file(&edge)?,
        None => {
            let names: Vec<&str> = BOARDS.iter().map(|(name, ..)| *name).collect();
            return Err(Fault::input(format!("--edge {edge}: no such board"))
                .hint(format!("{}, or a file with limits: edge.toml", names.join(", "))));
        }
    };
    for (setting, value) in limits {
        if !setting.is_set(&spec.options) {
            setting
                .row()
                .set(spec, "", &value)
                .map_err(|why| Fault::input(format!("--edge {edge}: {value}: {why}")))?;
        }
    }
    if let Some(name) = Path::new(&edge).file_stem().filter(|_| edge.ends_with(".toml")) {
        spec.options.edge = Some(name.to_string_lossy().into_owned());
    }
    Ok(())
}

fn of_file(path: &str) -> Result<Vec<(Setting, String)>, Fault> {
    let wrong = |why: &dyn std::fmt::Display| Fault::input(format!("--edge {path}: {why}"));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(&e))?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| wrong(&e.message()))?;
    let mut limits = Vec::new();
    for (key, value) in &table {
        let known = KEYS.iter().find(|(name, _)| name == key);
        let (_, setting) = known.ok_or_else(|| {
            wrong(&format!("unknown key {key:?}")).hint(format!("keys: {}", KEYS.map(|(name, _)| name).join(", ")))
        })?;
        let value = value.as_str().ok_or_else(|| wrong(&format!("{key} is to be text, as the option takes it")))?;
        limits.push((*setting, value.to_owned()));
    }
    if limits.is_empty() { Err(wrong(&"it has no limits")) } else { Ok(limits) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::unit::Bytes;

    fn with(edge: &str) -> VariantSpec {
        let mut spec = VariantSpec::default();
        Setting::Edge.row().set(&mut spec, "", edge).unwrap();
        spec
    }

    #[test]
    fn a_board_gives_the_limits_that_were_not_given_apart() {
        for (name, ..) in BOARDS {
            let mut spec = with(name);
            put_into(&mut spec).unwrap();
            assert!(spec.options.cpus.len() >= 4 && spec.options.memory_limit >= Some(Bytes(4 << 30)), "{name}");
        }
        let mut own = with("pi4");
        Setting::Cpus.row().set(&mut own, "", "1").unwrap();
        put_into(&mut own).unwrap();
        assert_eq!((own.options.cpus.as_slice(), own.options.memory_limit), (&[1][..], Some(Bytes(4 << 30))));
    }

    #[test]
    fn a_file_has_limits_as_the_options_take_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("camera.toml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let mut spec = with(path.to_str().unwrap());
            put_into(&mut spec).map(|()| spec)
        };
        let spec = read("cpus = \"0\"\ncpu-quota = \"50%\"\n").unwrap();
        assert_eq!((spec.options.cpus.as_slice(), spec.options.cpu_quota), (&[0][..], Some(50.0)));
        assert_eq!(spec.options.edge.as_deref(), Some("camera"));
        assert!(read("clock = \"1GHz\"").unwrap_err().message.contains("unknown key \"clock\""));
        assert!(read("cpus = 4").unwrap_err().message.contains("to be text"));
        assert!(read("").unwrap_err().message.contains("no limits"));
        assert!(read("cpus = [").is_err());
        assert!(put_into(&mut with("pi9")).unwrap_err().hint.unwrap().contains("orin-nano"));
        assert!(put_into(&mut with("none.toml")).is_err());
    }
}

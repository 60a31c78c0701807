//! What an output may replace: never a file that the same command reads, and without `--force` only a file of its own kind.

use nntop_core::event::Fault;
use nntop_results::recording::Recording;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// So much of a file shows of which kind it is.
const HEAD: u64 = 16 << 10;

/// What the command line says about files. One per process: there is one command line.
static SAID: OnceLock<Said> = OnceLock::new();

#[derive(Debug, Default)]
struct Said {
    words: Vec<OsString>,
    force: bool,
}

/// Remembers the command line, before anything is written.
pub(super) fn remember(words: impl Iterator<Item = OsString>, force: bool) {
    let _ = SAID.set(Said { words: words.collect(), force });
}

/// Checks that `path` may be replaced; a place where there is nothing may be taken.
///
/// # Errors
/// When it is a file that is read, or one of another kind and `--force` was not given.
pub(super) fn check(path: &Path) -> Result<(), Fault> {
    let nothing = Said::default();
    check_with(path, SAID.get().unwrap_or(&nothing))
}

fn check_with(path: &Path, said: &Said) -> Result<(), Fault> {
    let there = std::fs::metadata(path).ok();
    // A device or a pipe holds nothing that could be lost.
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        return Ok(());
    }
    let id = there.as_ref().map(|there| (there.dev(), there.ino()));
    let same = |word: &Path| match (id, std::fs::metadata(word)) {
        (Some(id), Ok(other)) => (other.dev(), other.ino()) == id,
        (None, Err(_)) => std::path::absolute(word).ok() == std::path::absolute(path).ok(),
        _ => false,
    };
    let named = said.words.iter().filter(|word| pieces(word).iter().any(|piece| same(piece))).count();
    if named > 1 {
        return Err(Fault::input(format!(
            "{}: this command reads it or writes it twice; it is not replaced",
            path.display()
        ))
        .hint("name another file for the output"));
    }
    if said.force || there.is_none_or(|there| there.len() == 0) || is_own(path) {
        return Ok(());
    }
    Err(Fault::input(format!(
        "{}: it is there already, and is nothing that nntop writes; it is not replaced",
        path.display()
    ))
    .hint("name another file, or replace it with --force"))
}

/// The paths that a word of the command line may hold: `m.onnx`, `--record=m.onnx`, `-om.onnx`, `int8:b.onnx,input=x.npy`.
fn pieces(word: &OsString) -> Vec<PathBuf> {
    let bytes = word.as_bytes();
    let path = |bytes: &[u8]| PathBuf::from(std::ffi::OsStr::from_bytes(bytes));
    let mut all = vec![path(bytes)];
    all.extend(bytes.strip_prefix(b"-o").map(path));
    all.extend(bytes.split(|b| matches!(b, b'=' | b':' | b',')).map(path));
    // A name in front, and a path that has such characters itself.
    all.extend(bytes.iter().position(|b| matches!(b, b'=' | b':')).map(|at| path(&bytes[at + 1..])));
    all.retain(|piece| !piece.as_os_str().is_empty());
    all
}

/// Whether a file is of a kind that nntop writes: a recording, JSON, a page, a picture or a trace of its own, or text in a file that is
/// called so.
fn is_own(path: &Path) -> bool {
    let mut head = Vec::new();
    if File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head)).is_err() {
        return false;
    }
    if Recording::is(&head) {
        return true;
    }
    // Its end may be cut within a character.
    let text = match std::str::from_utf8(&head) {
        Ok(text) => text,
        Err(e) if e.valid_up_to() + 4 > head.len() => std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default(),
        Err(_) => return false,
    };
    if text.contains('\0') {
        return false;
    }
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match text.trim_start().bytes().next() {
        Some(b'{' | b'[') => ["nntop", "traceEvents", "speedscope", "p50_ns"].iter().any(|mark| text.contains(mark)),
        Some(b'<') => text.contains("nntop") || ending == "svg",
        _ => ["", "txt", "md", "markdown", "csv", "log", "folded", "hdr", "hlog"].contains(&ending.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str], force: bool) -> Said {
        Said { words: words.iter().map(OsString::from).collect(), force }
    }

    #[test]
    fn what_is_read_is_never_replaced_whatever_leads_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(at("q.json"), r#"{"schema":"nntop.result/1"}"#).unwrap();
        std::fs::hard_link(at("q.json"), at("hard.json")).unwrap();
        std::os::unix::fs::symlink("q.json", at("soft.json")).unwrap();
        for output in ["q.json", "hard.json", "soft.json"] {
            let output = at(output);
            for input in [at("q.json"), format!("base:{}", at("q.json")), format!("--baseline={}", at("hard.json"))] {
                for force in [false, true] {
                    let said = said(&["report", &input, "-o", &output], force);
                    let fault = check_with(Path::new(&output), &said).unwrap_err();
                    assert!(fault.message.contains("reads it"), "{fault:?}");
                }
            }
        }
        assert!(
            check_with(Path::new(&at("q.json")), &said(&["report", "other.json", "-o", &at("q.json")], false)).is_ok()
        );
        // Two outputs in one place, where there is nothing yet.
        let new = at("new");
        assert!(check_with(Path::new(&new), &said(&["bench", "-o", &new, "--record", &new], false)).is_err());
        assert!(check_with(Path::new(&new), &said(&["bench", "-o", &new], false)).is_ok());
    }

    #[test]
    fn only_its_own_kind_is_replaced_without_force() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, content: &[u8], force: bool| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            check_with(&path, &said(&[], force)).is_ok()
        };
        let own: [(&str, &[u8]); 6] = [
            ("r.json", br#"{"schema":"nntop.result/1"}"#),
            ("r.html", b"<!doctype html><title>nntop</title>"),
            ("f.svg", b"<svg>"),
            ("t.txt", b"a table"),
            ("r", b"a table"),
            ("empty.onnx", b""),
        ];
        own.iter().for_each(|(name, content)| assert!(check(name, content, false), "{name}"));
        let foreign: [(&str, &[u8]); 6] = [
            ("net.onnx", b"\x08\x07\x12\x07pytorch"),
            ("package.json", br#"{"name":"site"}"#),
            ("index.html", b"<!doctype html><title>mine</title>"),
            ("main.py", b"print(1)"),
            ("photo.txt", b"\xff\xd8\xff\xe0 no text"),
            ("net.txt", b"with\0zeros"),
        ];
        for (name, content) in foreign {
            assert!(!check(name, content, false), "{name}");
            assert!(check(name, content, true), "{name}");
        }
    }
}

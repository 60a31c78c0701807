//! Programs of the shell's, run within limits.

use super::*;
use std::path::Path;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn run(line: &str) -> Program<'static> {
    Program::new(shell(line)).limit(LONG)
}

fn gone(pid: &str) -> bool {
    // A zombie is gone, too: its new parent has not looked yet.
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    stat.map_or(true, |stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X'])))
}

/// Waits for something that has been set off and comes soon.
fn soon(what: impl Fn() -> bool) -> bool {
    (0..200).any(|_| what() || !Program::new(shell("sleep 0.05")).output().unwrap().end.is_success())
}

#[test]
fn lines_of_both_pipes_arrive_and_stdin_is_empty() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let end = run("cat; echo a; echo b >&2; printf c; exit 3").lines(|heard| {
        match heard {
            Heard::Out(line) => out.push(line),
            Heard::Err(line) => err.push(line),
            Heard::Idle => {}
        }
        true
    });
    assert!(matches!(end.unwrap(), End::Exited(status) if status.code() == Some(3)));
    assert_eq!((out, err), (vec!["a".to_owned(), "c".to_owned()], vec!["b".to_owned()]));
}

#[test]
fn input_larger_than_a_pipe_goes_in_while_output_comes_out() {
    let input = vec![b'x'; 1 << 20];
    let said = run("cat; echo done >&2").most(2 << 20).input(input.clone()).output().unwrap();
    assert!(said.end.is_success());
    assert_eq!(said.out, input);
    assert_eq!(said.last_error().as_deref(), Some("done"));
    // A program that does not read its input is no failure of ours.
    assert!(run("exec true").input(input).output().unwrap().end.is_success());
}

#[test]
fn too_much_output_ends_it() {
    let said = run("yes").most(1_000).output().unwrap();
    assert_eq!((said.end, said.out.len()), (End::TooMuch(1_000), 1_000));
    let said = run("yes error >&2 & sleep 600").most(1_000).limit(Duration::from_millis(300)).output().unwrap();
    assert!(matches!(said.end, End::Late { killed: true, .. }), "{said:?}");
    assert!(said.err.len() <= 1_000 && said.last_error().is_some_and(|line| "error".contains(&line)));
}

#[test]
fn a_line_without_end_takes_no_memory() {
    let mut longest = 0;
    let end = run("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo ok").longest_line(100).lines(|heard| {
        if let Heard::Out(line) = heard {
            longest = longest.max(line.len());
        }
        true
    });
    assert!(end.unwrap().is_success());
    assert_eq!(longest, 100);
}

#[test]
fn a_silent_program_can_be_given_up_and_a_slow_one_is_killed_with_all_that_it_started() {
    let mut ticks = 0;
    let end = run("exec sleep 600").tick(Duration::from_millis(5)).lines(|heard| {
        ticks += u32::from(heard == Heard::Idle);
        ticks < 3
    });
    assert_eq!((end.unwrap(), ticks), (End::GivenUp, 3));

    let said = run("sleep 600 & echo $!; wait").limit(Duration::from_millis(200)).output().unwrap();
    assert!(matches!(said.end, End::Late { killed: true, .. }), "{said:?}");
    let pid = said.text().trim().to_owned();
    assert!(!pid.is_empty() && soon(|| gone(&pid)), "{pid}");
}

#[test]
fn what_is_left_in_the_background_does_not_hold_it_up_and_is_ended() {
    let said = run("sleep 600 & echo $!").output().unwrap();
    assert!(said.end.is_success());
    let pid = said.text().trim().to_owned();
    assert!(!pid.is_empty() && soon(|| gone(&pid)), "{pid}");
}

#[test]
fn it_ends_when_its_caller_is_to_stop() {
    let asked = std::cell::Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 2
    };
    let said = run("exec sleep 600").stop(&stop).output().unwrap();
    assert_eq!(said.end, End::Stopped);
}

#[test]
fn what_cannot_be_started_is_an_error() {
    assert!(command("no such program").is_err());
    let missing = std::process::Command::new("/nonexistent/program");
    assert_eq!(Program::new(missing).output().unwrap_err().kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn all_groups_pause_and_go_on_but_those_that_their_owner_has_stopped() {
    let state = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
    };
    let start = || {
        use std::os::unix::process::CommandExt;
        let mut command = shell("exec sleep 600");
        die_with_parent(&mut command);
        let child = command.process_group(0).spawn().unwrap();
        (Group::of(&child), child)
    };
    let ((runs, mut a), (held, mut b)) = (start(), start());
    held.suspend();
    pause_all();
    assert!(soon(|| state(a.id()) == 'T' && state(b.id()) == 'T'));
    go_on_all();
    assert!(soon(|| state(a.id()) == 'S'));
    assert_eq!(state(b.id()), 'T');
    held.resume();
    assert!(soon(|| state(b.id()) == 'S'));
    drop((runs, held));
    assert!(!a.wait().unwrap().success() && !b.wait().unwrap().success());
}

/// Python where there is one.
fn python() -> Option<std::path::PathBuf> {
    find(Path::new("python3")).ok()
}

#[test]
fn python_takes_no_module_from_the_current_folder() {
    let Some(python3) = python() else { return };
    let folder = std::env::temp_dir().join(format!("nntop-core-python-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["json", "venv", "runpy", "pip"] {
        std::fs::write(folder.join(format!("{name}.py")), "print('HOSTILE')").unwrap();
    }
    let run = |mut command: std::process::Command| {
        command.current_dir(&folder);
        // Versions before 3.11 do not know it: the guard alone has to do.
        command.env_remove("PYTHONSAFEPATH");
        Program::new(command).limit(LONG).output().unwrap()
    };
    let said = run(python::code(&python3, "import json; print(json.dumps([1]))").unwrap());
    assert_eq!(said.text(), "[1]\n", "{said:?}");
    let mut module = python::module(&python3, "venv").unwrap();
    module.arg("--help");
    let said = run(module);
    assert!(said.text().contains("usage") && !said.text().contains("HOSTILE"), "{said:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

//! What the command line's parser has to say, in the form of all other errors: one `error:` line, one `hint:` line.

use super::Exit;
use super::exit::say;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use nntop_core::event::Fault;

/// Prints help and version as they are, and an error as a fault.
pub(super) fn said(e: &clap::Error) -> Exit {
    if !e.use_stderr() {
        // A reader that has had enough of the help is no failure.
        let _ = e.print();
        return Exit::Ok;
    }
    if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = e.print();
        return Exit::Usage;
    }
    say(&fault(e));
    Exit::Usage
}

fn fault(e: &clap::Error) -> Fault {
    let text = e.render().to_string();
    // The first paragraph is the error; what follows is usage and where to find help.
    let lines = text.lines().take_while(|line| !line.is_empty() && !line.starts_with("Usage:"));
    let parts: Vec<&str> = lines.map(|line| line.trim().trim_start_matches("error: ")).collect();
    Fault::input(parts.join(" ")).hint(hint(e))
}

/// What was probably meant, else what can be given, else where it is said.
fn hint(e: &clap::Error) -> String {
    let text = |kind| match e.get(kind) {
        Some(ContextValue::String(one)) => Some(one.clone()),
        Some(ContextValue::Strings(all)) if !all.is_empty() => Some(all.join(", ")),
        _ => None,
    };
    let suggested = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(text);
    match (suggested, text(ContextKind::ValidValue)) {
        (Some(meant), _) => format!("did you mean {meant}?"),
        (None, Some(values)) => format!("one of: {values}"),
        _ => "nntop --help, and nntop SUBCOMMAND --help, say what can be given".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use clap::Parser;

    #[test]
    fn an_error_is_one_line_and_its_hint_another() {
        let read = |words: &[&str]| fault(&Cli::try_parse_from([&["nntop"], words].concat()).unwrap_err());
        let wrong = read(&["bench", "a.onnx", "-t", "fast"]);
        assert!(wrong.message.starts_with("invalid value 'fast' for '--duration <TIME>': "), "{wrong:?}");
        assert!(wrong.hint.as_ref().unwrap().contains("--help"), "{wrong:?}");
        let typo = read(&["bench", "a.onnx", "--duratoin", "3s"]);
        assert_eq!(typo.message, "unexpected argument '--duratoin' found");
        assert_eq!(typo.hint.as_deref(), Some("did you mean --duration?"));
        let format = read(&["bench", "a.onnx", "--format", "yaml"]);
        assert_eq!(format.hint.as_deref(), Some("one of: text, json"));
        let several = [wrong, typo, format, read(&["agent"]), read(&["engine"]), read(&["bench", "-t"])];
        assert!(several.iter().all(|f| !f.message.is_empty() && !f.message.contains('\n')), "{several:?}");
    }
}

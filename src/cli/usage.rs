//! Errors of the command line, in the form of all other errors: one `error:` line, one `hint:` line.

use super::Exit;
use super::exit::print_fault;
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use nntop_core::event::Fault;
use std::path::Path;

/// Prints what the parser has to say: help and version as they are, and an error as a fault.
///
/// `words` are those that were typed, which tell where help is to be found.
pub(super) fn explain(e: &clap::Error, command: &Command, words: &[String]) -> Exit {
    if !e.use_stderr() {
        // A pager that was left early is no failure.
        let _ = e.print();
        return Exit::Ok;
    }
    if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = e.print();
        return Exit::Usage;
    }
    print_fault(&fault(e, command, words));
    Exit::Usage
}

fn fault(e: &clap::Error, command: &Command, words: &[String]) -> Fault {
    let text = e.render().to_string();
    // The first paragraph is the error; what follows is usage and where to find help.
    let lines = text.lines().take_while(|line| !line.is_empty() && !line.starts_with("Usage:"));
    let parts: Vec<&str> = lines.map(|line| line.trim().trim_start_matches("error: ")).collect();
    let hint = hint(e).unwrap_or_else(|| format!("see {} --help", typed_command(command, words)));
    Fault::input(parts.join(" ")).hint(hint)
}

/// What was probably meant, else what can be given.
fn hint(e: &clap::Error) -> Option<String> {
    let text = |kind| match e.get(kind) {
        Some(ContextValue::String(one)) => Some(one.clone()),
        Some(ContextValue::Strings(all)) if !all.is_empty() => Some(all.join(", ")),
        _ => None,
    };
    let suggested = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(text);
    match (suggested, text(ContextKind::ValidValue)) {
        (Some(meant), _) => Some(format!("did you mean {meant}?")),
        (None, Some(values)) => Some(format!("one of: {values}")),
        _ => None,
    }
}

/// The command that the words begin with: `nntop record trim`.
fn typed_command(mut command: &Command, words: &[String]) -> String {
    let mut names = vec!["nntop"];
    for word in words {
        let Some(subcommand) = command.find_subcommand(word) else { break };
        names.push(subcommand.get_name());
        command = subcommand;
    }
    names.join(" ")
}

/// `nntop bnech a.onnx` asks for a model called `bnech`, as far as the parser knows.
///
/// # Errors
/// When the first model is no file, is called as no file is, and is nearly called as a subcommand.
pub(super) fn check_for_mistyped_subcommand(models: &[String], command: &Command) -> Result<(), Fault> {
    let Some(typed) =
        models.first().filter(|typed| !typed.contains(['.', '/', ':', ',']) && !Path::new(typed).exists())
    else {
        return Ok(());
    };
    let names = command.get_subcommands().filter(|c| !c.is_hide_set()).map(Command::get_name);
    let near = names.map(|name| (strsim::damerau_levenshtein(typed, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 2 && distance < name.len() / 2 => {
            Err(Fault::input(format!("{typed}: no such file, and no such subcommand"))
                .hint(format!("did you mean nntop {name}?")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use crate::cli::help::command;
    use clap::Parser;

    #[test]
    fn an_error_is_one_line_and_its_hint_another() {
        let read = |words: &[&str]| {
            let typed: Vec<String> = words.iter().map(ToString::to_string).collect();
            let error = Cli::try_parse_from([&["nntop"], words].concat()).unwrap_err();
            fault(&error, &command::<Cli>(), &typed)
        };
        let wrong = read(&["bench", "a.onnx", "-t", "fast"]);
        assert!(wrong.message.starts_with("invalid value 'fast' for '--duration <TIME>': "), "{wrong:?}");
        assert_eq!(wrong.hint.as_deref(), Some("see nntop bench --help"), "{wrong:?}");
        let typo = read(&["bench", "a.onnx", "--duratoin", "3s"]);
        assert_eq!(typo.message, "unexpected argument '--duratoin' found");
        assert_eq!(typo.hint.as_deref(), Some("did you mean --duration?"));
        let format = read(&["bench", "a.onnx", "--format", "yaml"]);
        assert_eq!(format.hint.as_deref(), Some("one of: text, json, csv, markdown, html"));
        let several = [wrong, typo, format, read(&["agent"]), read(&["engine"]), read(&["bench", "-t"])];
        assert!(several.iter().all(|f| !f.message.is_empty() && !f.message.contains('\n')), "{several:?}");
    }

    #[test]
    fn a_mistyped_subcommand_is_recognised_and_a_missing_model_is_none() {
        let check = |typed: &str| check_for_mistyped_subcommand(&[typed.to_owned()], &command::<Cli>());
        for (typed, meant) in
            [("bnech", "bench"), ("comapre", "compare"), ("moniter", "monitor"), ("run", "runs"), ("Bench", "bench")]
        {
            let fault = check(typed).unwrap_err();
            assert_eq!(fault.hint, Some(format!("did you mean nntop {meant}?")), "{typed}");
        }
        for model in ["bench.onnx", "./bnech", "fp32:a", "squeezenet", "src", "resnet"] {
            assert_eq!(check(model), Ok(()), "{model}");
        }
    }
}

//! `nntop help TOPIC`: a page of the guide, or the help of a subcommand.

use super::{Cli, Exit, help, output};
use clap::Args;
use nntop_core::event::Fault;

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct HelpArgs {
    /// A topic, or a subcommand [default: the list of topics]
    #[arg(value_name = "TOPIC")]
    words: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  nntop help                    the list of topics
  nntop help shapes             how to give a model its shapes
  nntop help record trim        the options of a subcommand";

/// A topic: its name, what it is about, and its page. The pages are those of the guide.
const TOPICS: [(&str, &str, &str); 10] = [
    (
        "models",
        "naming models and giving each its own settings",
        include_str!("../../docs/reference/model-arguments.md"),
    ),
    ("shapes", "batch sizes, free axes, input files", include_str!("../../docs/guide/shapes.md")),
    (
        "scenarios",
        "load: single stream, multi-stream, server, offline, paced",
        include_str!("../../docs/guide/scenarios.md"),
    ),
    ("accuracy", "data sets, preprocessing, figures", include_str!("../../docs/guide/accuracy.md")),
    ("targets", "targets, gates, and CI jobs", include_str!("../../docs/guide/gates.md")),
    ("sweeps", "several values of a setting", include_str!("../../docs/guide/sweeps.md")),
    ("exit-codes", "what the exit code says", include_str!("../../docs/reference/exit-codes.md")),
    ("environment", "environment variables", include_str!("../../docs/reference/environment.md")),
    ("keys", "keys of the dashboard", include_str!("../../docs/reference/keys.md")),
    ("glossary", "block, turn, settle, verdict and other terms", include_str!("../../docs/start/glossary.md")),
];

pub(super) fn run(args: &HelpArgs) -> Result<Exit, Fault> {
    output::print(&text(&args.words)?)?;
    Ok(Exit::Ok)
}

fn text(words: &[String]) -> Result<String, Fault> {
    let Some(first) = words.first() else { return Ok(list()) };
    if let Some((_, _, page)) = TOPICS.iter().find(|topic| topic.0 == first) {
        return Ok(plain(page));
    }
    let mut command = help::command::<Cli>();
    command.build();
    let mut found = &mut command;
    for word in words {
        found = found.find_subcommand_mut(word).ok_or_else(|| {
            let names: Vec<&str> = TOPICS.iter().map(|topic| topic.0).collect();
            Fault::input(format!("{}: no such topic or subcommand", words.join(" ")))
                .hint(format!("topics: {}", names.join(", ")))
        })?;
    }
    Ok(found.render_long_help().to_string())
}

fn list() -> String {
    let rows: Vec<String> = TOPICS.iter().map(|(name, about, _)| format!("  {name:12} {about}\n")).collect();
    format!("Topics (nntop help TOPIC):\n{}\nnntop --help has the subcommands and options.\n", rows.concat())
}

/// Markdown as plain text: headings and tables read well as they are, links to other pages do not.
fn plain(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut rest = page;
    while let Some(open) = rest.find('[') {
        let (before, link) = rest.split_at(open);
        text.push_str(before);
        let label_end = link.find("](");
        let end = label_end.and_then(|at| link[at..].find(')').map(|close| at + close));
        match (label_end, end) {
            (Some(label), Some(end)) if !link[..end].contains('\n') => {
                text.push_str(&link[1..label]);
                rest = &link[end + 1..];
            }
            _ => {
                text.push('[');
                rest = &link[1..];
            }
        }
    }
    text.push_str(rest);
    text.lines().filter(|line| !line.starts_with("```")).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help_on(words: &[&str]) -> Result<String, Fault> {
        text(&words.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn topics_are_pages_without_links_and_fences() {
        for (name, ..) in TOPICS {
            let page = help_on(&[name]).unwrap();
            assert!(page.starts_with("# ") && page.lines().count() > 5, "{name}");
            assert!(!page.contains(".md)") && !page.contains("```"), "{name}: {page}");
        }
        assert!(help_on(&["shapes"]).unwrap().contains("--dim sequence=128"));
        assert!(help_on(&[]).unwrap().contains("  scenarios "));
    }

    #[test]
    fn a_subcommand_is_a_topic_too_and_another_word_is_an_error_with_the_topics() {
        assert!(help_on(&["record", "trim"]).unwrap().contains("Usage: nntop record trim"));
        let wrong = help_on(&["shape"]).unwrap_err();
        assert_eq!(wrong.message, "shape: no such topic or subcommand");
        assert!(wrong.hint.unwrap().contains("shapes"));
    }
}

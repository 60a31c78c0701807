//! The options of the table of settings: `--threads 2`, `--dim N=1,8`. A row of the table is an option; there is no other list.

use super::heading;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use nntop_core::catalog;
use nntop_core::event::{SweepAxis, VariantSpec};
use nntop_core::settings::{Group, ROWS, Row, Setting, Values};
use nntop_core::unit::parse;

/// The settings that were typed, for all models that do not say otherwise themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings(Vec<(Setting, String)>);

impl Settings {
    /// The last value that was typed.
    pub(super) fn get(&self, setting: Setting) -> Option<&str> {
        self.all(setting).last()
    }

    /// Sets one in the place of what was typed.
    pub(super) fn set(&mut self, setting: Setting, value: impl Into<String>) {
        self.0.retain(|(other, _)| *other != setting);
        self.0.push((setting, value.into()));
    }

    fn all(&self, setting: Setting) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(other, _)| *other == setting).map(|(_, value)| value.as_str())
    }

    /// Puts all that have one value into a variant. Those with several are the grid's.
    ///
    /// # Errors
    /// What is wrong with a value, which the parser of the command line has let through.
    pub(super) fn put_into(&self, spec: &mut VariantSpec) -> Result<(), String> {
        for row in ROWS.iter().filter(|row| !row.values.is_grid()) {
            let typed: Vec<&str> = self.all(row.setting).collect();
            if row.values == Values::List && !typed.is_empty() {
                row.set(spec, "", &typed.join(","))?;
                continue;
            }
            for one in typed {
                let (name, values) = row.read(one)?;
                values.iter().try_for_each(|value| row.set(spec, name, value))?;
            }
        }
        for axis in self.axes() {
            if let [value] = axis.values[..] {
                axis.set(&mut spec.options, value);
            }
        }
        Ok(())
    }

    /// The settings that may have several values, each with all that were typed, once, in their order.
    pub(super) fn axes(&self) -> Vec<SweepAxis> {
        let mut axes: Vec<SweepAxis> = Vec::new();
        // Samples before threads: so a grid has always been laid out.
        for setting in [Setting::Batch, Setting::Threads, Setting::Dim] {
            for typed in self.all(setting) {
                let Ok((name, values)) = setting.row().read(typed) else { continue };
                let name = match setting {
                    Setting::Batch => SweepAxis::BATCH_SIZE.to_owned(),
                    Setting::Threads => SweepAxis::THREADS.to_owned(),
                    _ => format!("{}{name}", SweepAxis::DIM),
                };
                let at = axes.iter().position(|axis| axis.name == name).unwrap_or_else(|| {
                    axes.push(SweepAxis { name, values: Vec::new() });
                    axes.len() - 1
                });
                for value in values.into_iter().filter_map(|value| parse::count(value).ok()) {
                    if !axes[at].values.contains(&value) {
                        axes[at].values.push(value);
                    }
                }
            }
        }
        axes
    }
}

impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        ROWS.iter().fold(command, |command, row| command.arg(option(row)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let typed = |row: &'static Row| {
            // A command may take some of them only.
            let values = matches.try_get_many::<String>(row.flag).ok().flatten().into_iter().flatten();
            values.map(move |value| (row.setting, value.clone()))
        };
        Ok(Self(ROWS.iter().flat_map(typed).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The settings that give free axes sizes, for commands that run nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct ShapeSettings(pub(super) Settings);

impl Args for ShapeSettings {
    fn augment_args(command: Command) -> Command {
        let shapes = |row: &&Row| matches!(row.setting, Setting::Batch | Setting::Dim | Setting::Shape);
        ROWS.iter().filter(shapes).fold(command, |command, row| command.arg(option(row)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ShapeSettings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Settings::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// An option of the command line.
fn option(row: &'static Row) -> Arg {
    let repeats = row.values != Values::One;
    let help = help(row);
    let mut arg = Arg::new(row.flag)
        .long(row.flag)
        .value_name(row.value_name)
        .help(help.clone())
        .help_heading(heading_of(row.group))
        .hide_short_help(row.is_rare)
        .action(if repeats { ArgAction::Append } else { ArgAction::Set });
    if !row.more.is_empty() {
        arg = arg.long_help(format!("{help}\n\n{}", row.more));
    }
    if let Some(letter) = row.short {
        arg = arg.short(letter);
    }
    if let Some(alias) = row.alias {
        arg = arg.visible_alias(alias);
    }
    arg = arg.aliases(row.hidden.iter().copied());
    if row.choices.is_empty() {
        arg.value_parser(move |typed: &str| row.read(typed).map(|_| typed.to_owned()))
    } else {
        arg.value_parser(PossibleValuesParser::new(
            row.choices.iter().map(|(name, what)| PossibleValue::new(*name).help(*what)),
        ))
    }
}

/// What it does, and for which engines, as far as not all have it.
fn help(row: &Row) -> String {
    if row.setting == Setting::Engine {
        return super::engine::help();
    }
    let takers = catalog::takers(row.setting).iter().map(ToString::to_string).collect::<Vec<_>>();
    if takers.is_empty() { row.help.to_owned() } else { format!("{} ({})", row.help, takers.join(", ")) }
}

const fn heading_of(group: Group) -> &'static str {
    match group {
        Group::Engine => heading::ENGINE,
        Group::Inputs => heading::INPUTS,
        Group::Limits => heading::LIMITS,
    }
}

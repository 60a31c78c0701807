//! The table of settings: each setting of a model and its engine is one row, which says how it is typed, what it means, where
//! it goes and what reports call it.
//!
//! The command line makes its options from it (`--threads 2`), a model's own settings are read by it (`a.onnx,threads=2`), and
//! reports name by it what was set. Which engines take a setting is in the [catalogue](crate::catalog).

mod table;

pub use crate::catalog::Setting;
pub use table::ROWS;

use crate::event::{EngineOptions, VariantSpec};
use crate::unit::parse;

impl Setting {
    /// All of them, in the order in which they are listed.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.setting)
    }

    /// Its row in the table.
    pub fn row(self) -> &'static Row {
        // A test holds the rows to the order of the variants.
        &ROWS[self as usize]
    }

    /// Whether it is set to something other than its default.
    pub fn is_set(self, options: &EngineOptions) -> bool {
        self.row().shown(options).is_some()
    }
}

/// What a group of settings is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What runs the model, and how.
    Engine,
    /// The sizes and values of its inputs.
    Inputs,
    /// What it is confined to.
    Limits,
}

/// How many values a setting takes on a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// One.
    One,
    /// A list, which is the setting's value as a whole.
    List,
    /// One for each name: sizes of axes, options of a provider.
    Named,
    /// Several values make a grid: a variant for each.
    Grid,
    /// A grid for each name.
    NamedGrid,
}

impl Values {
    /// Whether several values make a grid.
    pub const fn is_grid(self) -> bool {
        matches!(self, Self::Grid | Self::NamedGrid)
    }

    /// Whether each value has a name in front of it.
    pub const fn is_named(self) -> bool {
        matches!(self, Self::Named | Self::NamedGrid)
    }
}

/// What the name and the value of a setting are put into.
#[derive(Debug)]
pub enum Goes {
    /// The engine of the variant.
    Engine,
    /// The engine's options.
    Options {
        /// Reads a value; the name is empty where the setting has none.
        set: fn(options: &mut EngineOptions, name: &str, value: &str) -> Result<(), String>,
        /// The value as people read it; absent where it is the default.
        shown: fn(&EngineOptions) -> Option<String>,
    },
}

/// All that is known of a setting.
#[derive(Debug)]
pub struct Row {
    /// Which one.
    pub setting: Setting,
    /// Its option, without dashes.
    pub flag: &'static str,
    /// The option's letter.
    pub short: Option<char>,
    /// Another name of the option, which help shows.
    pub alias: Option<&'static str>,
    /// Names of peers for the option and the key, which are understood and not shown.
    pub hidden: &'static [&'static str],
    /// Its key behind a model's path; where values have names, `KEY.NAME`.
    pub key: &'static str,
    /// What stands for a value in help.
    pub value_name: &'static str,
    /// How many values it takes.
    pub values: Values,
    /// Values that there are, each with what it means, where these are all.
    pub choices: &'static [(&'static str, &'static str)],
    /// Where help lists it.
    pub group: Group,
    /// Whether only the long help lists it.
    pub is_rare: bool,
    /// What it does, in a line.
    pub help: &'static str,
    /// What else there is to know, for the long help.
    pub more: &'static str,
    /// What reports call it.
    pub title: &'static str,
    /// What reports say where it is not set.
    pub default: &'static str,
    /// How a report says that it is set; `{}` stands for the value. Empty where the engine itself says what it runs with.
    pub phrase: &'static str,
    /// Where it goes.
    pub goes: Goes,
}

impl Row {
    /// The row of a model's own setting (`threads`, `dim.N`), and the name in it.
    pub fn of_key(key: &str) -> Option<(&'static Self, &str)> {
        ROWS.iter().find_map(|row| match row.values.is_named() {
            true => Some((row, key.strip_prefix(row.key)?.strip_prefix('.').filter(|name| !name.is_empty())?)),
            false => (row.key == key || row.flag == key || row.hidden.contains(&key)).then_some((row, "")),
        })
    }

    /// Its key as help shows it: `threads`, `dim.NAME`.
    pub fn typed_key(&self) -> String {
        if self.values.is_named() { format!("{}.NAME", self.key) } else { self.key.to_owned() }
    }

    /// Sets it for one variant.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub fn set(&self, spec: &mut VariantSpec, name: &str, value: &str) -> Result<(), String> {
        match &self.goes {
            Goes::Engine => spec.engine = value.into(),
            Goes::Options { set, .. } => set(&mut spec.options, name, value)?,
        }
        Ok(())
    }

    /// The value as people read it; absent where it is the default, and for the engine, which is none of the options.
    pub fn shown(&self, options: &EngineOptions) -> Option<String> {
        match &self.goes {
            Goes::Engine => None,
            Goes::Options { shown, .. } => shown(options),
        }
    }

    /// The value of an option as it was typed (`2`, `1,8`, `NAME=1,8`, `INPUT:1,3,8,8`): its name, and its values.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read<'a>(&self, typed: &'a str) -> Result<(&'a str, Vec<&'a str>), String> {
        let (name, value) = match self.values.is_named() {
            true => self.split(typed).ok_or_else(|| format!("expected {}", self.value_name))?,
            false => ("", typed),
        };
        let values: Vec<&str> = if self.values.is_grid() { value.split(',').collect() } else { vec![value] };
        let mut trial = VariantSpec::default();
        values.iter().try_for_each(|value| self.set(&mut trial, name, value))?;
        Ok((name, values))
    }

    /// `NAME=VALUE`. Names of inputs hold colons, names of axes equals signs: the last one separates; the options of a
    /// provider are the other way round.
    fn split<'a>(&self, typed: &'a str) -> Option<(&'a str, &'a str)> {
        let found = match self.setting {
            Setting::Shape => typed.rsplit_once(':'),
            Setting::ProviderOptions => typed.split_once(['=', '|']),
            Setting::ProviderLibraries | Setting::SessionOptions | Setting::Properties => typed.split_once('='),
            _ => typed.rsplit_once('='),
        };
        found.filter(|(name, _)| !name.is_empty())
    }
}

/// What limits and other settings a variant ran with that its engine does not name itself: `at most 256 MB`.
pub fn phrases(options: &EngineOptions) -> Vec<String> {
    let set = ROWS.iter().filter(|row| !row.phrase.is_empty());
    set.filter_map(|row| Some(row.phrase.replace("{}", &row.shown(options)?))).collect()
}

/// The keys of a model's own settings, for messages.
pub fn keys() -> String {
    ROWS.iter().map(Row::typed_key).collect::<Vec<_>>().join(", ")
}

/// A whole number within limits.
fn whole(text: &str, most: u64, what: &str) -> Result<u64, String> {
    match parse::count(text) {
        Ok(n) if (1..=most).contains(&n) => Ok(n),
        _ if most == u64::MAX => Err(format!("expected a number of {what} above zero")),
        _ => Err(format!("expected a number of {what} from 1 to {most}")),
    }
}

#[cfg(test)]
mod tests;

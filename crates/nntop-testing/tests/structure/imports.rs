//! Which file of a crate needs which: paths followed through `use`, to the file where the item is defined.

use crate::Sources;
use crate::modules::{Module, Words, modules};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Each file with those that it needs, and the path by which. What a file needs of the module that it stands in is not
/// counted: a module and the files in it are one thing to those outside.
pub(crate) type Needs = BTreeMap<PathBuf, BTreeMap<PathBuf, String>>;

/// Of the crate whose root is `root`.
pub(crate) fn needs(sources: &Sources, root: &Path) -> Needs {
    let graph = Graph { modules: modules(sources, root) };
    let mut needs = Needs::new();
    for (id, module) in graph.modules.iter().enumerate() {
        let around: BTreeSet<&PathBuf> = graph.ancestors(id).map(|m| &graph.modules[m].file).collect();
        let found = needs.entry(module.file.clone()).or_default();
        for path in &module.mentions {
            if let Some(Place::Item(file)) = graph.resolve(id, path, &mut Vec::new())
                && !around.contains(&file)
            {
                let (path, by) = (path.join("::"), found.entry(file).or_default());
                // Of `use crate::b::B` and `B` the former says more.
                if path.len() > by.len() {
                    *by = path;
                }
            }
        }
    }
    needs
}

/// What a path names.
#[derive(Clone)]
enum Place {
    Module(usize),
    /// An item of this file, or of something in it.
    Item(PathBuf),
}

struct Graph {
    modules: Vec<Module>,
}

impl Graph {
    /// The module itself, and those it stands in.
    fn ancestors(&self, id: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(id), |id| self.modules[*id].parent)
    }

    /// What `path` names in the module `from`; `None` is another crate's, or a name of the code's own.
    fn resolve(&self, from: usize, path: &[String], asked: &mut Vec<(usize, Words)>) -> Option<Place> {
        let (first, mut rest) = path.split_first()?;
        let mut place = match first.as_str() {
            "crate" => Place::Module(0),
            "self" => Place::Module(from),
            "super" => {
                let mut at = self.modules[from].parent?;
                while let Some((word, further)) = rest.split_first().filter(|(word, _)| *word == "super") {
                    debug_assert_eq!(word, "super");
                    (at, rest) = (self.modules[at].parent?, further);
                }
                Place::Module(at)
            }
            name => self.named(from, name, asked)?,
        };
        for word in rest {
            let Place::Module(at) = place else { break };
            // What no item is named by comes from a macro.
            place = self.named(at, word, asked).unwrap_or_else(|| Place::Item(self.modules[at].file.clone()));
        }
        Some(place)
    }

    /// What a name stands for in a module.
    fn named(&self, at: usize, name: &str, asked: &mut Vec<(usize, Words)>) -> Option<Place> {
        let module = &self.modules[at];
        if let Some(child) = module.children.get(name) {
            return Some(Place::Module(*child));
        }
        if module.defines.contains(name) {
            return Some(Place::Item(module.file.clone()));
        }
        let question = (at, vec![name.to_owned()]);
        if asked.contains(&question) {
            return None;
        }
        asked.push(question);
        let found = match module.uses.get(name) {
            Some(path) => self.resolve(at, path, asked),
            None => module.globs.iter().find_map(|path| match self.resolve(at, path, asked)? {
                Place::Module(opened) => self.named(opened, name, asked),
                Place::Item(_) => None,
            }),
        };
        asked.pop();
        found
    }
}

//! The modules of a crate as the compiler sees them without its tests: which file each is in, what it defines, what it
//! brings in by `use`, and which paths its code mentions.

use crate::Sources;
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// A path in code: `crate::unit::Nanos` is three words.
pub(crate) type Words = Vec<String>;

/// One module.
#[derive(Default)]
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    pub(crate) parent: Option<usize>,
    pub(crate) children: BTreeMap<String, usize>,
    /// Names of the items in it.
    pub(crate) defines: BTreeSet<String>,
    /// Names that `use` binds, each with what it stands for.
    pub(crate) uses: BTreeMap<String, Words>,
    /// What `use path::*` opens.
    pub(crate) globs: Vec<Words>,
    /// Paths in its code and in its private `use`.
    pub(crate) mentions: BTreeSet<Words>,
    /// Paths that it hands on by `pub use`: they say where something is, and are no need of its own.
    pub(crate) hands_on: BTreeSet<Words>,
    /// The texts in its code.
    pub(crate) texts: BTreeSet<String>,
}

/// The modules of a crate, the root first.
pub(crate) fn modules(sources: &Sources, root: &Path) -> Vec<Module> {
    let mut tree = Tree { sources, all: Vec::new() };
    let items = tree.parsed(root).items;
    tree.add(None, root, root.parent().unwrap().to_owned(), &items);
    tree.all
}

struct Tree<'a> {
    sources: &'a Sources,
    all: Vec<Module>,
}

impl Tree<'_> {
    fn parsed(&self, file: &Path) -> syn::File {
        let text = self.sources.get(file).unwrap_or_else(|| panic!("there is no {}", file.display()));
        syn::parse_file(text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
    }

    /// Adds a module and those in it; `folder` is where the files of its children are.
    fn add(&mut self, parent: Option<usize>, file: &Path, folder: PathBuf, items: &[syn::Item]) -> usize {
        let id = self.all.len();
        self.all.push(Module { file: file.to_owned(), parent, ..Module::default() });
        let mut reader = Reader::default();
        for item in items.iter().filter(|item| !only_for_tests(attributes(item))) {
            let syn::Item::Mod(child) = item else {
                reader.visit_item(item);
                continue;
            };
            let name = child.ident.to_string();
            let below = folder.join(&name);
            let child = match &child.content {
                Some((_, items)) => self.add(Some(id), file, below, items),
                None => {
                    let file = [folder.join(format!("{name}.rs")), below.join("mod.rs")];
                    let file = file.iter().find(|f| self.sources.contains_key(*f));
                    let file = file.unwrap_or_else(|| panic!("{} has no file", below.display()));
                    let items = self.parsed(file).items;
                    self.add(Some(id), file, below, &items)
                }
            };
            self.all[id].children.insert(name, child);
        }
        let Reader { defines, uses, globs, mentions, hands_on, texts } = reader;
        self.all[id] = Module { defines, uses, globs, mentions, hands_on, texts, ..std::mem::take(&mut self.all[id]) };
        id
    }
}

/// Collects what a module says, but for its child modules.
#[derive(Default)]
struct Reader {
    defines: BTreeSet<String>,
    uses: BTreeMap<String, Words>,
    globs: Vec<Words>,
    mentions: BTreeSet<Words>,
    hands_on: BTreeSet<Words>,
    texts: BTreeSet<String>,
}

impl Reader {
    fn bring_in(&mut self, tree: &syn::UseTree, before: &[String], public: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let mut bind = |name: String, path: Words| {
            // `use event::{self, Kind}` binds `event`.
            let path = if path.last().is_some_and(|l| l == "self") { before.to_vec() } else { path };
            let name = if name == "self" { path.last().cloned().unwrap_or_default() } else { name };
            if public { &mut self.hands_on } else { &mut self.mentions }.insert(path.clone());
            self.uses.insert(name, path);
        };
        match tree {
            syn::UseTree::Path(path) => self.bring_in(&path.tree, &with(&path.ident), public),
            syn::UseTree::Name(name) => bind(name.ident.to_string(), with(&name.ident)),
            syn::UseTree::Rename(name) => bind(name.rename.to_string(), with(&name.ident)),
            syn::UseTree::Glob(_) => {
                self.hands_on.insert(before.to_vec());
                self.globs.push(before.to_vec());
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|t| self.bring_in(t, before, public)),
        }
    }

    /// Paths in the arguments of a macro, which are tokens and no syntax tree.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Words::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(word) => {
                    if colons != 2 {
                        self.mention(std::mem::take(&mut path));
                    }
                    path.push(word.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' && !path.is_empty() => colons += 1,
                other => {
                    self.mention(std::mem::take(&mut path));
                    colons = 0;
                    match other {
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        TokenTree::Literal(literal) => {
                            let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
                            self.texts.extend(text.map(|text| text.value()));
                        }
                        _ => {}
                    }
                }
            }
        }
        self.mention(path);
    }

    fn mention(&mut self, path: Words) {
        if !path.is_empty() {
            self.mentions.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if only_for_tests(attributes(item)) {
            return;
        }
        let name = match item {
            syn::Item::Const(i) => Some(&i.ident),
            syn::Item::Enum(i) => Some(&i.ident),
            syn::Item::Fn(i) => Some(&i.sig.ident),
            syn::Item::Macro(i) => i.ident.as_ref(),
            syn::Item::Static(i) => Some(&i.ident),
            syn::Item::Struct(i) => Some(&i.ident),
            syn::Item::Trait(i) => Some(&i.ident),
            syn::Item::Type(i) => Some(&i.ident),
            syn::Item::Union(i) => Some(&i.ident),
            _ => None,
        };
        self.defines.extend(name.map(ToString::to_string));
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.bring_in(&item.tree, &[], !matches!(item.vis, syn::Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.mention(path.segments.iter().map(|s| s.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.texts.insert(text.value());
    }

    /// Comments for the documentation are no code.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    /// `pub(in crate::tui)` needs nothing of `tui`.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(i) => &i.attrs,
        syn::Item::Enum(i) => &i.attrs,
        syn::Item::Fn(i) => &i.attrs,
        syn::Item::Impl(i) => &i.attrs,
        syn::Item::Macro(i) => &i.attrs,
        syn::Item::Mod(i) => &i.attrs,
        syn::Item::Static(i) => &i.attrs,
        syn::Item::Struct(i) => &i.attrs,
        syn::Item::Trait(i) => &i.attrs,
        syn::Item::Type(i) => &i.attrs,
        syn::Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`, alone or with conditions beside it.
fn only_for_tests(attributes: &[syn::Attribute]) -> bool {
    let is_test = |tokens: TokenStream| {
        let words: Vec<_> = tokens.into_iter().map(|t| t.to_string()).collect();
        words[0] == "test" || words[0] == "all" && words.iter().any(|w| w.starts_with("(test"))
    };
    attributes.iter().any(|a| match &a.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && is_test(list.tokens.clone()),
        _ => false,
    })
}

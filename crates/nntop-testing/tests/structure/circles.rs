//! No file of a crate needs, by whatever way round, a file that needs it.

use crate::imports::{Needs, needs};
use crate::{Sources, crates, made_up, sources};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

/// Files in circles that are known: without them there is none. The list only shrinks: a file that is in no circle any
/// more has to go from it.
const KNOWN: &[&str] = &[];

/// Groups of files of which each reaches each other.
fn groups(needs: &Needs) -> Vec<BTreeSet<&Path>> {
    let mut search = Search { needs, order: BTreeMap::new(), open: Vec::new(), found: Vec::new() };
    for file in needs.keys() {
        if !search.order.contains_key(file.as_path()) {
            search.visit(file);
        }
    }
    search.found
}

/// Tarjan's depth-first search.
struct Search<'a> {
    needs: &'a Needs,
    order: BTreeMap<&'a Path, usize>,
    open: Vec<&'a Path>,
    found: Vec<BTreeSet<&'a Path>>,
}

impl<'a> Search<'a> {
    /// Returns the earliest file, by order of visit, that is reached from here and still open.
    fn visit(&mut self, file: &'a Path) -> usize {
        let own = self.order.len();
        self.order.insert(file, own);
        self.open.push(file);
        let mut earliest = own;
        for next in self.needs.get(file).into_iter().flat_map(BTreeMap::keys) {
            let reached = match self.order.get(next.as_path()) {
                None => self.visit(next),
                Some(order) if self.open.contains(&next.as_path()) => *order,
                Some(_) => continue,
            };
            earliest = earliest.min(reached);
        }
        if earliest == own {
            let at = self.open.iter().position(|f| *f == file).unwrap();
            let together: BTreeSet<_> = self.open.drain(at..).collect();
            if together.len() > 1 {
                self.found.push(together);
            }
        }
        earliest
    }
}

/// The shortest way round through the first of a group, which is at both ends.
fn shortest<'a>(needs: &'a Needs, files: &BTreeSet<&'a Path>) -> Vec<&'a Path> {
    let first = *files.first().unwrap();
    let mut ways = VecDeque::from([vec![first]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in needs[*way.last().unwrap()].keys().filter(|next| files.contains(next.as_path())) {
            let further = [&way[..], &[next]].concat();
            if next == first {
                return further;
            }
            if seen.insert(next) {
                ways.push_back(further);
            }
        }
    }
    unreachable!("each of {files:?} reaches the others")
}

/// What is wrong with the circles of a crate, given the files of it that are known to be in some.
fn complaints(needs: &Needs, known: &[&str]) -> Vec<String> {
    let known: Vec<_> = known.iter().map(Path::new).filter(|file| needs.contains_key(*file)).collect();
    let all = groups(needs);
    let free = known.iter().filter(|file| !all.iter().any(|group| group.contains(*file)));
    let mut found: Vec<_> = free
        .map(|file| format!("{} is in no circle any more: take it from the list of known ones", file.display()))
        .collect();
    let mut rest = needs.clone();
    for file in known {
        rest.remove(file);
        rest.values_mut().for_each(|needed| drop(needed.remove(file)));
    }
    for group in groups(&rest) {
        let circle = shortest(&rest, &group);
        let steps = circle
            .windows(2)
            .map(|step| format!("\n  {} needs {} of {}", step[0].display(), rest[step[0]][step[1]], step[1].display()));
        found.push(format!("a circle:{}", steps.collect::<String>()));
    }
    found
}

/// `lib.rs`, or of a crate without a library `main.rs`.
fn root_of(sources: &Sources, folder: &str) -> PathBuf {
    let lib = Path::new(folder).join("lib.rs");
    if sources.contains_key(&lib) { lib } else { Path::new(folder).join("main.rs") }
}

#[test]
fn no_file_needs_one_that_needs_it() {
    let mut found = Vec::new();
    let mut files = BTreeSet::new();
    for folder in crates() {
        let sources = sources(&folder);
        let needs = needs(&sources, &root_of(&sources, &folder));
        files.extend(needs.keys().cloned());
        found.extend(complaints(&needs, KNOWN));
    }
    let gone = KNOWN.iter().filter(|file| !files.contains(Path::new(file)));
    found.extend(gone.map(|file| format!("{file} is gone: take it from the list of known circles")));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(files: &[(&str, &str)], known: &[&str]) -> Vec<String> {
        let sources = made_up(files);
        complaints(&needs(&sources, &root_of(&sources, "src")), known)
    }

    #[test]
    fn a_circle_is_found_with_its_way() {
        let files = [
            ("src/lib.rs", "mod a; mod b; mod c;"),
            ("src/a.rs", "use crate::b::B; pub(crate) struct A(B);"),
            ("src/b.rs", "pub(crate) struct B; fn f() { super::c::g() }"),
            ("src/c.rs", "pub(crate) fn g() { let _ = vec![crate::a::A::new()]; }"),
        ];
        let way = "a circle:\n  src/a.rs needs crate::b::B of src/b.rs\n  src/b.rs needs super::c::g of src/c.rs\n  \
                   src/c.rs needs crate::a::A::new of src/a.rs";
        assert_eq!(told(&files, &[]), [way]);
        assert_eq!(told(&files, &["src/c.rs"]), [""; 0], "it is known");
    }

    #[test]
    fn a_known_circle_that_is_gone_leaves_the_list() {
        let files =
            [("src/lib.rs", "mod a; mod b;"), ("src/a.rs", "use crate::b::B;"), ("src/b.rs", "pub(crate) struct B;")];
        let told = told(&files, &["src/a.rs"]);
        assert!(matches!(&told[..], [one] if one.contains("src/a.rs is in no circle")), "{told:?}");
    }

    /// By whatever name the item goes on the way: re-exported, renamed, through a glob, or in a group.
    #[test]
    fn names_are_followed_to_where_they_are_defined() {
        let through = |in_a: &str| {
            told(
                &[
                    ("src/lib.rs", "mod a; mod rooms;"),
                    ("src/a.rs", &format!("{in_a} pub(crate) struct A;")),
                    ("src/rooms/mod.rs", "mod b; pub(crate) use b::B as Bee; pub(crate) use b::*;"),
                    ("src/rooms/b.rs", "use crate::a::A; pub(crate) struct B(A); pub(crate) fn f() {}"),
                ],
                &[],
            )
            .len()
        };
        for circle in [
            "use crate::rooms::Bee;",
            "use crate::{rooms::{self, f as g}};",
            "use crate::rooms; fn x() { rooms::f() }",
            "use crate::rooms::*; fn x(_: Bee) {}",
            "fn x() { println!(\"{}\", crate::rooms::f()) }",
        ] {
            assert_eq!(through(circle), 1, "{circle}");
        }
        for none in ["", "use crate::rooms;", "// crate::rooms::Bee", "fn x() -> &'static str { \"crate::rooms::f\" }"]
        {
            assert_eq!(through(none), 0, "{none}");
        }
    }

    /// A module's own file and those in it may need each other; what is only for tests does not count.
    #[test]
    fn a_parent_and_its_child_are_no_circle_nor_are_tests() {
        let files = [
            ("src/main.rs", "mod a; mod c;"),
            ("src/a/mod.rs", "mod b; pub(crate) struct A; fn f() { b::g() }"),
            ("src/a/b.rs", "use super::A; pub(super) fn g() { crate::c::h() }"),
            ("src/c.rs", "pub(crate) fn h() {} #[cfg(test)] mod tests { use crate::a::A; }"),
        ];
        assert_eq!(told(&files, &[]), [""; 0]);
    }
}

//! Comparisons as JUnit's XML, which CI systems show as tests: a test per gate and pair.

use super::{cells, known, notes, word};
use crate::result::{ComparisonResult, GateOutcome, GateResult, Pair};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io;

type Xml = Writer<Vec<u8>>;

/// A suite per pair. Without gates a pair is one test that passes and says what was found.
///
/// # Errors
/// When the XML cannot be written.
pub fn junit(result: &ComparisonResult) -> Result<String, String> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 4);
    write(result, &mut xml).map_err(|e| e.to_string())?;
    let mut text = String::from_utf8(xml.into_inner()).map_err(|e| e.to_string())?;
    text.push('\n');
    Ok(text)
}

fn write(result: &ComparisonResult, xml: &mut Xml) -> io::Result<()> {
    let suites: Vec<(&Pair, Vec<&GateResult>)> = result
        .comparison
        .iter()
        .map(|pair| {
            let of_pair = |g: &&GateResult| g.variant == pair.variant && g.against == pair.against;
            (pair, result.gates.iter().filter(of_pair).collect())
        })
        .collect();
    let mut whole = Counts::default();
    suites.iter().for_each(|(_, gates)| whole.add(&Counts::of(gates)));
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let [tests, failures, errors] = whole.texts();
    xml.create_element("testsuites")
        .with_attributes([("name", "nntop compare"), ("tests", &tests), ("skipped", "0")])
        .with_attributes([("failures", failures.as_str()), ("errors", &errors)])
        .write_inner_content(|xml| suites.iter().try_for_each(|(pair, gates)| suite(pair, gates, xml)))?;
    Ok(())
}

fn suite(pair: &Pair, gates: &[&GateResult], xml: &mut Xml) -> io::Result<()> {
    let name = allowed(&format!("{} against {}", pair.variant, pair.against));
    let class = allowed(&format!("nntop.{}", pair.variant));
    let [tests, failures, errors] = Counts::of(gates).texts();
    xml.create_element("testsuite")
        .with_attributes([("name", name.as_str()), ("tests", &tests), ("skipped", "0")])
        .with_attributes([("errors", errors.as_str()), ("failures", &failures)])
        .write_inner_content(|xml| {
            for gate in gates {
                xml.create_element("testcase")
                    .with_attributes([("name", allowed(&gate.text).as_str()), ("classname", &class)])
                    .write_inner_content(|xml| test(gate, xml))?;
            }
            if gates.is_empty() {
                xml.create_element("testcase")
                    .with_attributes([("name", "comparison"), ("classname", &class)])
                    .write_inner_content(|xml| output(&told(pair), xml))?;
            }
            output(&told(pair), xml)
        })?;
    Ok(())
}

fn test(gate: &GateResult, xml: &mut Xml) -> io::Result<()> {
    let tag = if gate.outcome == GateOutcome::Failed { "failure" } else { "error" };
    if gate.outcome.fails() {
        let reason = allowed(&gate.reason);
        xml.create_element(tag).with_attributes([("message", reason.as_str()), ("type", "gate")]).write_empty()?;
    }
    output(&format!("{}: {}", word(gate.outcome), gate.reason), xml)
}

fn output(text: &str, xml: &mut Xml) -> io::Result<()> {
    xml.create_element("system-out").write_text_content(BytesText::new(&allowed(text)))?;
    Ok(())
}

/// The text without what XML 1.0 has no way to write.
fn allowed(text: &str) -> String {
    let fits = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(fits).collect()
}

/// How many tests there are, and how many of them did not pass.
#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
}

impl Counts {
    /// Of a pair: its gates, or the one test that stands for none.
    fn of(gates: &[&GateResult]) -> Self {
        let count = |outcome| gates.iter().filter(|g| g.outcome == outcome).count();
        Self { tests: gates.len().max(1), failures: count(GateOutcome::Failed), errors: count(GateOutcome::Unknown) }
    }

    fn add(&mut self, other: &Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
    }

    fn texts(&self) -> [String; 3] {
        [self.tests, self.failures, self.errors].map(|n| n.to_string())
    }
}

/// The pair in words.
fn told(pair: &Pair) -> String {
    let figure = |c| {
        let [against, value, change] = cells(c);
        format!("{}: {against}, {value}, {change}", c.figure.name())
    };
    let lines = std::iter::once(pair.text.clone()).chain(known(pair).map(figure)).chain(notes(pair));
    lines.collect::<Vec<_>>().join("\n")
}

//! Comparisons as JUnit's XML, which CI systems show as tests: a test per gate and pair.

use super::{cells, known, notes, word};
use crate::result::{ComparisonResult, GateOutcome, Pair};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// A suite per pair. Without gates a pair is one test that passes and says what was found.
///
/// # Errors
/// When the XML cannot be written.
pub fn junit(result: &ComparisonResult) -> Result<String, String> {
    let mut report = Report::new("nntop compare");
    for pair in &result.comparison {
        let mut suite = TestSuite::new(format!("{} against {}", pair.variant, pair.against));
        let of_pair = result.gates.iter().filter(|g| g.variant == pair.variant && g.against == pair.against);
        for g in of_pair {
            let mut status = match g.outcome {
                GateOutcome::Passed | GateOutcome::Undecided => TestCaseStatus::success(),
                GateOutcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
                GateOutcome::Unknown => TestCaseStatus::non_success(NonSuccessKind::Error),
            };
            if g.outcome.fails() {
                status.set_message(g.reason.clone()).set_type("gate");
            }
            let mut case = TestCase::new(g.text.clone(), status);
            case.set_classname(format!("nntop.{}", pair.variant));
            case.set_system_out(format!("{}: {}", word(g.outcome), g.reason));
            suite.add_test_case(case);
        }
        if suite.test_cases.is_empty() {
            let mut case = TestCase::new("comparison", TestCaseStatus::success());
            case.set_classname(format!("nntop.{}", pair.variant));
            case.set_system_out(told(pair));
            suite.add_test_case(case);
        }
        suite.set_system_out(told(pair));
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|e| e.to_string())
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

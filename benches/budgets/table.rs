//! The table of budgets: read from the document, printed beside what was measured.

use std::path::Path;

/// A line of the document: `| name | unit | limit | figure | command |`.
pub(crate) struct Budget {
    name: String,
    unit: String,
    limit: f64,
    figure: Option<f64>,
}

/// What was measured now, by a budget's name.
pub(crate) struct Measured {
    name: &'static str,
    value: f64,
}

impl Measured {
    pub(crate) fn new(name: &'static str, value: f64) -> Self {
        Self { name, value }
    }
}

/// Reads the table whose first column is headed `budget`.
pub(crate) fn read(path: &Path) -> Result<Vec<Budget>, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let table = text.lines().skip_while(|line| !line.starts_with("| budget |")).skip(2);
    let rows = table.take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let number = |cell: &str| cell.replace(' ', "").parse::<f64>().ok();
        match cells.as_slice() {
            [name, unit, limit, figure, ..] => {
                let limit = number(limit).ok_or_else(|| format!("{line}: no limit"))?;
                Ok(Budget { name: (*name).into(), unit: (*unit).into(), limit, figure: number(figure) })
            }
            _ => Err(format!("{line}: no row of budgets")),
        }
    });
    let budgets = rows.collect::<Result<Vec<_>, _>>()?;
    if budgets.is_empty() { Err(format!("{}: no table of budgets", path.display())) } else { Ok(budgets) }
}

/// Prints all budgets; whether no limit is broken. What was not measured is no failure, and says so.
pub(crate) fn print(budgets: &[Budget], measured: &[Measured]) -> bool {
    println!("\n{:<34} {:>10} {:>10} {:>10}  {:<8}", "budget", "now", "recorded", "limit", "unit");
    let mut kept = true;
    for Budget { name, unit, limit, figure } in budgets {
        let now = measured.iter().find(|m| m.name == name).map(|m| m.value);
        let verdict = match now {
            None => "not measured",
            Some(value) if value <= *limit => "",
            Some(_) => {
                kept = false;
                "BROKEN"
            }
        };
        let shown = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.1}"));
        println!("{name:<34} {:>10} {:>10} {limit:>10.1}  {unit:<8} {verdict}", shown(now), shown(*figure));
    }
    for Measured { name, value } in measured.iter().filter(|m| budgets.iter().all(|b| b.name != m.name)) {
        println!("{name:<34} {value:>10.1} {:>10} {:>10}  no budget", "–", "–");
    }
    kept
}

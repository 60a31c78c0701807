//! A table of a page whose rows fold: families of operators, and the types of each when it is opened. It needs no script.

use super::super::chart::escaped;
use super::super::document::{Cell, Table};
use std::fmt::Write;

/// The table. Its first two columns are the family and the type, the others are shares in percent.
pub(super) fn table(out: &mut String, table: &Table) {
    let (names, figures) = table.columns.split_at(2.min(table.columns.len()));
    let heads: String = figures.iter().map(|c| format!("<span class=\"n\">{}</span>", escaped(&c.name))).collect();
    let name = names.first().map_or("", |column| &column.name);
    let _ = writeln!(
        out,
        "<div class=\"scroll\">\n<div class=\"fold\" style=\"--n:{}\">\n<div class=\"row head\"><span>{}</span>{heads}</div>",
        figures.len(),
        escaped(name)
    );
    for family in table.rows.chunk_by(|a, b| a[0] == b[0]) {
        match family {
            [one] => {
                let name = format!("{} <small>{}</small>", text(&one[0]), text(&one[1]));
                let _ = writeln!(out, "<div class=\"row\">{}</div>", row(&name, &one[2..]));
            }
            [all, types @ ..] => {
                let name = format!("{} <small>{}</small>", text(&all[0]), text(&all[1]));
                let _ = writeln!(out, "<details>\n<summary class=\"row\">{}</summary>", row(&name, &all[2..]));
                for of in types {
                    let _ = writeln!(out, "<div class=\"row part\">{}</div>", row(&text(&of[1]), &of[2..]));
                }
                out.push_str("</details>\n");
            }
            [] => {}
        }
    }
    out.push_str("</div>\n</div>\n");
}

fn text(cell: &Cell) -> String {
    escaped(cell.shown_text())
}

/// A name and its shares, each with a bar behind it that is as long as the share.
fn row(name: &str, shares: &[Cell]) -> String {
    let mut out = format!("<span>{name}</span>");
    for (i, cell) in shares.iter().enumerate() {
        let percent = cell.value().unwrap_or(0.0).clamp(0.0, 100.0);
        let _ = write!(out, "<span class=\"n s{}\" style=\"--w:{percent:.1}%\">{}</span>", i % 8, text(cell));
    }
    out
}

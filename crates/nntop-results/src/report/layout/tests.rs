//! Text and tables in 60, 80 and 120 columns: nothing is wider, nothing is lost, no word is split.

use super::*;
use proptest::prelude::*;

const WIDTHS: [usize; 3] = [60, 80, 120];

fn written(grid: &Grid, width: usize) -> String {
    let mut out = String::new();
    grid.write(&mut out, width);
    out
}

fn widest(text: &str) -> usize {
    text.lines().map(Width::width).max().unwrap_or(0)
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn a_line_is_folded_between_words_and_goes_on_deeper() {
    let text = " ! net: not steady after 10 s of warm-up: the figures may hold a trend\n short\n";
    let folded = " ! net: not steady after 10 s of\n   warm-up: the figures may hold a trend\n short\n";
    assert_eq!(fit(text, 40), folded);
    assert_eq!(fit(text, UNLIMITED), text);
}

#[test]
fn a_number_keeps_its_unit() {
    assert_eq!(fit("  took 12.9 ms, p99 31.5 ms", 22), "  took 12.9 ms, p99\n    31.5 ms");
    assert_eq!(fit("  spread of ±4.9 %, more", 14), "  spread of\n    ±4.9 %,\n    more");
}

#[test]
fn a_path_that_is_longer_than_a_line_goes_on_behind_a_joint() {
    assert_eq!(fit("/opt/models/vision/resnet50_int8.onnx", 20), "/opt/models/vision/\n  resnet50_int8.onnx");
}

fn table() -> Grid {
    let columns = vec![
        Column::words("variant"),
        Column::figures("p50 ms"),
        Column::words("engine").spare(1),
        Column::figures("a head of words"),
        Column::words("what else there is to say"),
    ];
    let mut grid = Grid::new(columns, 1, 3);
    let cells = ["net", "1.25", "onnxruntime 1.31.1 · CPU · 2 threads", "7", "the clock was lowered by the driver"];
    grid.row(cells.map(String::from));
    grid.row(["a", "12.50", "–", "8", "–"].map(String::from));
    grid
}

#[test]
fn a_table_breaks_its_heads_then_spares_columns_then_becomes_blocks() {
    assert_eq!(written(&table(), 120).lines().count(), 3);
    let spared = written(&table(), 70);
    assert_eq!(spared.lines().last(), Some(" no room for: engine"), "{spared}");
    assert!(spared.contains("\n net        1.25       7   the clock was lowered by the driver\n"), "{spared}");
    let blocks = written(&table(), 40);
    assert!(blocks.starts_with(" variant                    net\n p50 ms "), "{blocks}");
    assert!(blocks.contains("\n engine ") && blocks.contains("driver"), "{blocks}");
}

#[test]
fn the_last_column_is_folded_in_its_place() {
    let mut grid = Grid::new(vec![Column::figures("n"), Column::words("why")], 1, 2).with_tail();
    grid.row(["12".to_owned(), "no counter of energy can be read without more rights".to_owned()]);
    assert_eq!(written(&grid, 32), "  n  why\n 12  no counter of energy can be\n     read without more rights\n");
}

#[test]
fn digits_stand_under_digits_and_marks_beside_them() {
    let mut grid = Grid::new(vec![Column::figures("p99\nms"), Column::words("")], 1, 2);
    grid.marked([("1.25".into(), "*".into()), ("front".into(), String::new())]);
    grid.marked([("12.5".into(), String::new()), (String::new(), String::new())]);
    assert_eq!(written(&grid, 80), "  p99\n   ms\n 1.25*  front\n 12.5\n");
}

proptest! {
    #[test]
    fn nothing_is_wider_than_the_terminal_and_no_word_is_split(
        rows in prop::collection::vec(prop::collection::vec("[a-zé0-9.]{1,9}( [a-z0-9%]{1,9}){0,6}", 6), 1..6),
        tail: bool,
    ) {
        let columns = (0..6).map(|c| if c % 2 == 0 { Column::words(format!("head {c}")) } else { Column::figures("n") });
        let mut grid = Grid::new(columns.collect(), 1, 2);
        if tail {
            grid = grid.with_tail();
        }
        rows.iter().for_each(|row| grid.row(row.clone()));
        for width in WIDTHS {
            let text = written(&grid, width);
            prop_assert!(widest(&text) <= width, "{text}");
            let found = words(&text);
            prop_assert!(rows.iter().flatten().flat_map(|cell| words(cell)).all(|word| found.contains(&word)), "{text}");
        }
    }

    #[test]
    fn folding_keeps_every_word_in_its_order(text in "( {0,4}[!·✗]? ?([a-zµ0-9.]{1,12} ){0,30}\n){1,4}") {
        for width in WIDTHS {
            let folded = fit(&text, width);
            prop_assert_eq!(words(&folded), words(&text));
            prop_assert!(widest(folded.trim_end()) <= width, "{}", folded);
        }
    }
}

//! Tables for a terminal, in columns of which each is as wide as its widest cell.

use unicode_width::UnicodeWidthStr;

use super::table::{Cell, Format, Table};

/// Between two columns.
const GAP: usize = 2;

/// The table as lines of text; Chinese characters are two columns wide.
#[must_use]
pub fn write(table: Table<'_>) -> String {
    let heads = table
        .columns
        .iter()
        .map(|column| (column.head.to_owned(), false))
        .collect();
    let lines: Vec<Vec<(String, bool)>> = std::iter::once(heads)
        .chain(table.rows.map(|row| row.iter().map(shown).collect()))
        .collect();
    let mut widths = vec![0; table.columns.len()];
    for line in &lines {
        for (width, (text, _)) in widths.iter_mut().zip(line) {
            *width = text.width().max(*width);
        }
    }
    let mut out = String::new();
    for line in lines {
        let start = out.len();
        for ((text, is_number), width) in line.iter().zip(&widths) {
            let padding = " ".repeat(width - text.width());
            let (before, after) = if *is_number {
                (padding.as_str(), "")
            } else {
                ("", padding.as_str())
            };
            out.extend([before, text, after, &" ".repeat(GAP)]);
        }
        out.truncate(start + out[start..].trim_end().len());
        out.push('\n');
    }
    out
}

/// A cell's text, and whether it stands to the right.
fn shown(cell: &Cell<'_>) -> (String, bool) {
    match cell {
        Cell::Empty => (String::new(), false),
        // A name must not steer the terminal.
        Cell::Text(words) => (words.replace(char::is_control, " "), false),
        Cell::Number(number, format) => {
            let text = match format {
                Format::Plain => number.to_string(),
                Format::Count => format!("{number:.0}"),
                Format::Tenths => format!("{number:.1}"),
                Format::Share => format!("{:.1}%", number * 100.0),
            };
            (text, true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::table::Column, *};

    #[test]
    fn columns_stand_below_each_other() {
        let column = |head| Column { head, width: 10 };
        let rows = [
            vec![
                Cell::text("光荣道"),
                Cell::number(Some(0.5), Format::Share),
                Cell::text("甲"),
            ],
            vec![Cell::text("a\u{1b}[2J"), Cell::Empty, Cell::text("乙")],
        ];
        let table = Table {
            title: String::new(),
            columns: vec![column("名称"), column("占"), column("注")],
            rows: Box::new(rows.into_iter()),
        };
        assert_eq!(
            write(table),
            "名称    占     注\n光荣道  50.0%  甲\na [2J          乙\n"
        );
    }
}

//! The log of what was done, as a table for an auditor.

use std::convert::Infallible;

use super::{
    csv,
    table::{Cell, Column, Format, Table},
};
use crate::store::record::AuditEntry;

/// The columns, in the language of the interface and in English.
const COLUMNS: [Column; 5] = [
    column("编号 number", 10),
    column("时间 time", 26),
    column("账户 account", 20),
    column("操作 action", 20),
    column("内容 detail", 60),
];

const fn column(head: &'static str, width: u8) -> Column {
    Column { head, width }
}

/// Entries with their numbers as CSV.
#[must_use]
pub fn table(entries: &[(i64, AuditEntry)]) -> Vec<u8> {
    let rows = entries.iter().map(|(number, entry)| {
        #[allow(clippy::cast_precision_loss)] // numbers stay far below 2^52
        let number = Cell::number(Some(*number as f64), Format::Plain);
        vec![
            number,
            Cell::text(entry.time.to_string()),
            Cell::text(&*entry.account),
            Cell::text(&*entry.action),
            Cell::text(&*entry.detail),
        ]
    });
    let table = Table {
        title: String::new(),
        columns: COLUMNS.to_vec(),
        rows: Box::new(rows),
    };
    csv::write([table], || Ok::<_, Infallible>(())).unwrap_or_else(|never| match never {})
}

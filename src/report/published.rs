//! The published figures beside the same figures from the runs, cell by cell.

use super::model::{Align, Block, Cell, Column, Section, Table};
use super::number::{fixed, number, text};
use super::{Context, audit};
use crate::analysis::{Published, PublishedCell, PublishedRow, PublishedTable};

/// Title of the section.
pub(super) const TITLE: &str = "As published, and from these runs";

/// The marks of a cell: the figure from the runs rounds to the printed one, or does not.
const AGREES: &str = "yes";
const DISAGREES: &str = "no";

pub(super) fn section(context: &Context) -> Option<Section> {
    let published = context.analysis.published.as_ref()?;
    let cells = || published.tables.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells);
    let agreeing = cells().filter(|cell| cell.agrees).count();
    let doi = published.doi.as_ref().map_or(String::new(), |doi| format!(" DOI {doi}."));
    let citation = published.citation.trim_end_matches('.');
    let count = format!(
        "{citation}.{doi} Of the {} printed figures, {agreeing} are what these runs give, at the precision printed.",
        cells().count()
    );
    let by_construction = if context.is_reconstructed() {
        " This is so by construction: the runs were made from these figures. That a figure agrees proves nothing; only the \
         disagreements say something."
    } else {
        ""
    };
    let elsewhere = format!(" Whether the figures can be true together: see “{}”.", audit::TITLE);
    let mut blocks = vec![Block::Text { text: [count.as_str(), by_construction, &elsewhere].concat() }];
    blocks.extend(published.tables.iter().map(|table| Block::Table(published_table(context, published, table))));
    Some(Section { id: "published".to_owned(), title: TITLE.to_owned(), blocks })
}

fn published_table(context: &Context, published: &Published, table: &PublishedTable) -> Table {
    let modes: Vec<_> = published
        .modes
        .iter()
        .filter(|mode| table.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.mode == mode.id))
        .collect();
    let mut columns = vec![Column::new("Figure", Align::Left)];
    for mode in &modes {
        columns.push(Column::new(format!("{}, printed", context.label(&mode.id)), Align::Centre));
        columns.push(Column::new("From the runs", Align::Centre));
        columns.push(Column::new("Agrees", Align::Centre));
    }
    let mut notes =
        vec![format!("{AGREES}: the figure from the runs rounds to the printed one; {DISAGREES}: it does not.")];
    let rows = table
        .rows
        .iter()
        .map(|row| {
            let mut cells = vec![text(&*row.label)];
            for mode in &modes {
                match row.cells.iter().find(|cell| cell.mode == mode.id) {
                    Some(cell) => cells.extend(triple(context, cell)),
                    None => cells.extend([Cell::Missing, Cell::Missing, text("")]),
                }
            }
            cells
        })
        .collect();
    for row in &table.rows {
        notes.extend(unit_note(context, &table.printed_in, row));
        notes.extend(
            row.cells
                .iter()
                .filter_map(|cell| Some(format!("—: {} is not computed: {}.", row.label, cell.undefined.as_ref()?))),
        );
    }
    notes.dedup();
    Table {
        id: slug("published", &table.printed_in),
        caption: format!("{} as printed, and as these runs give it", capitalised(&table.printed_in)),
        columns,
        rows,
        notes: notes.into_iter().map(Into::into).collect(),
        metrics: Vec::new(),
        aside: false,
    }
}

/// Printed figure, figure from the runs, mark. A disagreeing one shows a digit more than was printed.
fn triple(context: &Context, cell: &PublishedCell) -> [Cell; 3] {
    let decimals = cell.decimals as usize + usize::from(!cell.agrees);
    let round = |value: f64| if cell.decimals > 12 { format!("{value:.1e}") } else { fixed(value, decimals.min(12)) };
    let computed = match cell.computed.as_slice() {
        [] => Cell::Missing,
        [one] if one.abs() < 1e-6 && *one != 0.0 && !cell.agrees => number(format!("{one:.1e}")),
        [one] if cell.printed.contains(['<', '≪']) => number(format!("{one:.1e}")),
        [one] => number(round(*one)),
        [lower, upper, ..] => Cell::Interval { lower: round(*lower), upper: round(*upper) },
    };
    let mark = if cell.agrees { AGREES } else { DISAGREES };
    [text(context.prose(&cell.printed)), computed, text(mark)]
}

/// A printed unit that is not the one that is meant, and what the audit, which goes by what is printed, says of it.
fn unit_note(context: &Context, place: &str, row: &PublishedRow) -> Option<String> {
    let (unit, meaning) = row.meant_otherwise()?;
    let audit = context.analysis.audit.iter();
    let found =
        audit.flat_map(|audit| &audit.findings).filter(|found| found.printed_in == place && found.row == row.label);
    let verdict = found.map(|found| found.verdict).max()?;
    Some(format!(
        "{}: printed in “{unit}”; the figures are in {meaning}, and are compared so. As printed: {} (see “{}”).",
        row.label,
        verdict.label(),
        audit::TITLE
    ))
}

/// Longer places in print are cut: file systems have limits.
const LONGEST: usize = 80;

/// A file's name from a place in print.
pub(super) fn slug(before: &str, name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let slug: String = format!("{before}-{}", words.join("-")).chars().take(LONGEST).collect();
    slug.trim_end_matches('-').to_owned()
}

pub(super) fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_place_in_print_is_a_file_name() {
        assert_eq!(slug("published", "Table 1"), "published-table-1");
        assert_eq!(slug("published", "text, Welch's test"), "published-text-welch-s-test");
    }
}

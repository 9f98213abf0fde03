//! Text laid out for a terminal: tables in aligned columns, and paragraphs, within the width that there is.

use console::measure_text_width as width;

use crate::report::model::Align;

/// Between two columns.
const GAP: usize = 2;

/// Words are not set in narrower columns than this.
const NARROWEST: usize = 14;

/// Rows of text in columns under their headers, a line of text each; the first lines are the headers'. Where they do
/// not fit into `room`, headers are broken into lines and then the widest words, column by column.
pub(super) fn lines(
    columns: &[(&str, Align)],
    rows: &[Vec<String>],
    room: Option<usize>,
) -> (Vec<String>, Vec<String>) {
    let cells = |i: usize| rows.iter().filter_map(move |row| row.get(i)).map(|cell| width(cell)).max().unwrap_or(0);
    let contents: Vec<usize> = (0..columns.len()).map(cells).collect();
    let mut widths: Vec<usize> =
        columns.iter().zip(&contents).map(|((header, _), content)| width(header).max(*content)).collect();
    if let Some(room) = room {
        let gaps = GAP * columns.len().saturating_sub(1);
        narrow(columns, &contents, &mut widths, room.saturating_sub(gaps));
        if widths.iter().sum::<usize>() + gaps > room && columns.len() > 2 {
            return (Vec::new(), records(columns, rows));
        }
    }
    let headers: Vec<&str> = columns.iter().map(|(header, _)| *header).collect();
    let mut head = row_lines(&headers, columns, &widths);
    // The last line of every header stands on its column.
    sink(&mut head);
    let body = rows.iter().flat_map(|row| {
        let row: Vec<&str> = row.iter().map(String::as_str).collect();
        joined(row_lines(&row, columns, &widths), columns, &widths)
    });
    (joined(head, columns, &widths), body.collect())
}

/// Each row as its first cell, and below it the others after their headers.
fn records(columns: &[(&str, Align)], rows: &[Vec<String>]) -> Vec<String> {
    let to = columns.iter().skip(1).map(|(header, _)| width(header)).max().unwrap_or(0);
    let mut lines = Vec::new();
    for row in rows {
        lines.extend(row.first().cloned());
        for ((header, _), cell) in columns.iter().zip(row).skip(1) {
            lines.push(format!("  {header}{}  {cell}", " ".repeat(to - width(header))));
        }
    }
    lines
}

/// Makes `widths` add up to `room`, as far as words allow it.
fn narrow(columns: &[(&str, Align)], contents: &[usize], widths: &mut [usize], room: usize) {
    let excess = |widths: &[usize]| widths.iter().sum::<usize>().saturating_sub(room);
    if excess(widths) == 0 {
        return;
    }
    for (((header, _), content), to) in columns.iter().zip(contents).zip(&mut *widths) {
        let word = header.split(' ').map(width).max().unwrap_or(0);
        *to = word.max(*content);
    }
    let words = |i: &usize| columns.get(*i).is_some_and(|(_, align)| *align == Align::Left);
    while excess(widths) > 0 {
        let widest = (0..columns.len()).filter(words).max_by_key(|i| widths[*i]);
        match widest {
            Some(i) if widths[i] > NARROWEST => widths[i] -= 1,
            _ => break,
        }
    }
}

/// The lines of each cell; only words are broken.
fn row_lines(cells: &[&str], columns: &[(&str, Align)], widths: &[usize]) -> Vec<Vec<String>> {
    let known = columns.iter().zip(widths);
    cells.iter().zip(known).map(|(cell, (_, to))| wrap(cell, *to)).collect()
}

/// Empty lines before the lines of each cell, so that all end together.
fn sink(cells: &mut [Vec<String>]) {
    let most = cells.iter().map(Vec::len).max().unwrap_or(0);
    for lines in cells {
        lines.splice(..0, vec![String::new(); most - lines.len()]);
    }
}

/// The lines of a row, its cells side by side.
fn joined(cells: Vec<Vec<String>>, columns: &[(&str, Align)], widths: &[usize]) -> Vec<String> {
    let most = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |k: usize| {
        let padded: Vec<String> = cells
            .iter()
            .zip(columns.iter().zip(widths))
            .map(|(lines, ((_, align), to))| {
                let text = lines.get(k).map_or("", String::as_str);
                let space = " ".repeat(to.saturating_sub(width(text)));
                if *align == Align::Number { format!("{space}{text}") } else { format!("{text}{space}") }
            })
            .collect();
        padded.join(&" ".repeat(GAP)).trim_end().to_owned()
    };
    (0..most).map(line).collect()
}

/// `text` in lines of at most `room`, broken between words; a longer word stays whole.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    if width(text) <= room {
        return vec![text.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [(&str, Align); 3] =
        [("Metric", Align::Left), ("Change against the baseline (%)", Align::Number), ("95 % CI", Align::Centre)];

    fn rows() -> Vec<Vec<String>> {
        [["Mean latency of requests", "+28.6", "[27.1, 30.1]"], ["p", "-1.0", "—"]]
            .map(|row| row.map(str::to_owned).to_vec())
            .to_vec()
    }

    #[test]
    fn without_a_limit_each_row_is_a_line() {
        let (head, body) = lines(&COLUMNS, &rows(), None);
        assert_eq!(head, ["Metric                    Change against the baseline (%)  95 % CI"]);
        assert_eq!(
            body,
            [
                "Mean latency of requests                            +28.6  [27.1, 30.1]",
                "p                                                    -1.0  —"
            ]
        );
    }

    #[test]
    fn headers_are_broken_first_and_then_words() {
        let (head, body) = lines(&COLUMNS, &rows(), Some(50));
        assert_eq!(
            head,
            [
                "                            Change",
                "                           against",
                "                               the",
                "                          baseline",
                "Metric                         (%)  95 % CI"
            ]
        );
        assert_eq!(body[0], "Mean latency of requests     +28.6  [27.1, 30.1]");
        let (_, body) = lines(&COLUMNS, &rows(), Some(40));
        assert_eq!(body, ["Mean latency of      +28.6  [27.1, 30.1]", "requests", "p                     -1.0  —"]);
    }

    #[test]
    fn what_cannot_be_narrower_becomes_a_list() {
        let (head, body) = lines(&COLUMNS, &rows(), Some(30));
        assert!(head.is_empty());
        assert_eq!(
            body[..3],
            [
                "Mean latency of requests",
                "  Change against the baseline (%)  +28.6",
                "  95 % CI                          [27.1, 30.1]"
            ]
        );
        assert_eq!(body.len(), 6);
    }

    #[test]
    fn a_long_word_stays_whole() {
        assert_eq!(wrap("interferences of", 4), ["interferences", "of"]);
    }
}

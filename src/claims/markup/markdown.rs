//! The pipe tables of Markdown as text.

use super::Grid;

/// The pipe tables of a Markdown file.
pub(super) fn pipe_tables(text: &str) -> Vec<Grid> {
    let mut grids: Vec<Grid> = Vec::new();
    let (mut caption, mut open) = (String::new(), false);
    for line in text.lines() {
        let line = line.trim();
        if let Some(row) = line.strip_prefix('|') {
            let cells = pipe_cells(row.strip_suffix('|').unwrap_or(row));
            match grids.last_mut().filter(|_| open) {
                None => grids.push(Grid { caption: std::mem::take(&mut caption), header: cells, ..Grid::default() }),
                Some(_) if cells.iter().all(|cell| cell.contains('-') && cell.trim_matches([':', '-']).is_empty()) => {}
                Some(grid) => grid.rows.push(cells),
            }
            open = true;
        } else {
            open = false;
            if let Some((_, rest)) = line.strip_prefix("**Table ").and_then(|rest| rest.split_once(".** ")) {
                caption = unescape_markdown(rest);
            } else if let (Some(note), Some(grid)) = (line.strip_prefix("- "), grids.last_mut()) {
                grid.notes.push_str(&format!("{}\n", unescape_markdown(note)));
            }
        }
    }
    grids
}

fn pipe_cells(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for c in row.chars() {
        match (c, escaped, cells.last_mut()) {
            ('|', false, _) => cells.push(String::new()),
            (_, _, Some(cell)) => cell.push(c),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    let plain = |cell: &String| {
        let cell = cell.trim();
        let strong = cell.strip_prefix("**").and_then(|rest| rest.strip_suffix("**"));
        unescape_markdown(strong.unwrap_or(cell))
    };
    cells.iter().map(plain).collect()
}

fn unescape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

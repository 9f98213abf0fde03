//! The tables of LaTeX as text, in the environments that meshstats writes.

use super::Grid;

/// The environments that hold tables.
const ENVIRONMENTS: [&str; 4] = ["tabular", "longtable", "tblr", "longtblr"];

/// The tables of a LaTeX file.
pub(super) fn tabulars(text: &str) -> Vec<Grid> {
    let mut grids = Vec::new();
    let mut caption = String::new();
    let mut part = Part::Outside;
    let mut grid = Grid::default();
    let mut spans: Vec<usize> = Vec::new();
    let is = |line: &str, what: &str| {
        // One that only holds another is none.
        let rest = line.strip_prefix(what).unwrap_or_default();
        !rest.ends_with("{@{}c@{}}") && ENVIRONMENTS.iter().any(|name| rest.starts_with(&format!("{name}}}")))
    };
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("caption={") {
            caption = plain(rest.trim_end_matches(',').trim_end_matches('}'));
        } else if let Some(rest) = line.strip_prefix(r"\caption{") {
            caption = plain(rest.trim_end_matches(r" \\").trim_end_matches('}'));
        } else if is(line, r"\begin{") {
            (grid, spans) = (Grid::default(), Vec::new());
        } else if line == r"\toprule" {
            // A table over several pages says its header twice.
            (grid.header, spans, part) = (Vec::new(), Vec::new(), Part::Header);
        } else if line == r"\midrule" {
            part = Part::Body;
        } else if is(line, r"\end{") && matches!(part, Part::Body) {
            part = Part::Outside;
            grids.push(Grid { caption: caption.clone(), ..std::mem::take(&mut grid) });
        } else if let (Some(note), Some(grid)) = (line.strip_prefix(r"\item "), grids.last_mut()) {
            grid.notes.push_str(&format!("{}\n", plain(note)));
        } else if let (Some(note), Some(grid), Part::Outside) =
            (line.strip_suffix(r"\par").or_else(|| line.strip_prefix("% ")), grids.last_mut(), &part)
        {
            grid.notes.push_str(&format!("{}\n", plain(note)));
        } else if let Some(cells) = line.strip_suffix(r"\\").map(tex_cells) {
            match part {
                Part::Header => head(&mut grid.header, &mut spans, &cells),
                Part::Body => grid.rows.push(body(&spans, &cells)),
                Part::Outside => {}
            }
        }
    }
    grids
}

enum Part {
    Outside,
    Header,
    Body,
}

/// Source cells with the number of columns that each fills.
fn tex_cells(line: &str) -> Vec<(usize, String)> {
    let mut cells = vec![String::new()];
    let mut before = ' ';
    for c in line.chars() {
        match cells.last_mut() {
            _ if c == '&' && before != '\\' => cells.push(String::new()),
            Some(cell) => cell.push(c),
            None => {}
        }
        before = c;
    }
    let spanned = |cell: &str| -> Option<(usize, String, usize)> {
        if let Some((span, rest)) = cell.strip_prefix(r"\multicolumn{").and_then(|rest| rest.split_once("}{")) {
            return Some((span.parse().ok()?, plain(rest.split_once("}{")?.1.strip_suffix('}')?), 0));
        }
        // tabularray writes the cells that are spanned, too.
        let (span, rest) = cell.strip_prefix(r"\SetCell[c=")?.split_once("]{c}")?;
        let span: usize = span.parse().ok()?;
        Some((span, plain(rest), span.saturating_sub(1)))
    };
    let (mut out, mut rest) = (Vec::new(), cells.iter().map(|cell| cell.trim()));
    while let Some(cell) = rest.next() {
        let (span, text, empty) = spanned(cell).unwrap_or_else(|| (1, plain(cell), 0));
        out.push((span, text));
        rest.by_ref().take(empty).for_each(drop);
    }
    out
}

/// Adds a line of the header: words that were wrapped stand below each other.
fn head(header: &mut Vec<String>, spans: &mut Vec<usize>, cells: &[(usize, String)]) {
    if header.is_empty() {
        (*header, *spans) =
            (cells.iter().map(|(_, text)| text.clone()).collect(), cells.iter().map(|(n, _)| *n).collect());
        return;
    }
    for (known, (_, more)) in header.iter_mut().zip(cells) {
        *known = format!("{known} {more}").trim().to_owned();
    }
}

/// The cells of a row under the header's columns; several under one are a mean, perhaps the sign, and its spread.
fn body(spans: &[usize], cells: &[(usize, String)]) -> Vec<String> {
    let mut rest = cells.iter();
    let joined = |span: &usize| {
        let (mut parts, mut filled) = (Vec::new(), 0);
        while filled < *span {
            let Some((width, text)) = rest.next() else { break };
            filled += width;
            parts.extend(Some(text.as_str()).filter(|text| !text.is_empty() && *text != "±"));
        }
        parts.join(" ± ")
    };
    spans.iter().map(joined).collect()
}

/// `text` without what keeps a number's place: `\phantom{…}`.
fn without_phantoms(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(r"\phantom{") {
        out.push_str(before);
        let mut open = 1_usize;
        let end = after.find(|c| {
            open = match c {
                '{' => open + 1,
                '}' => open - 1,
                _ => open,
            };
            open == 0
        });
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    out + rest
}

/// LaTeX text as plain text, as far as our own tables write it.
fn plain(text: &str) -> String {
    let text = [
        (r"\%", "%"),
        (r"\&", "&"),
        (r"\_", "_"),
        (r"\#", "#"),
        (r"\,", ""),
        (r"\/", ""),
        (r"\textmu{}", "µ"),
        (r"\allowbreak{}", ""),
        (r"\pm", "±"),
        (r"\mathbf", ""),
        (r"\textbf", ""),
        (r"\textminus{}", "−"),
        ("$", ""),
        ("---", "—"),
        ("--", "–"),
        (r"\infty", "∞"),
        ("{}", ""),
        ("{", ""),
        ("}", ""),
        ("~", " "),
    ]
    .iter()
    .fold(without_phantoms(text), |text, (from, to)| text.replace(from, to));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! Samples as plain numbers: files with a number a line, and columns of a CSV file.

use std::io::Read;
use std::path::Path;

use super::load;
use crate::error::{Error, Problem, reason};
use crate::toml_file::suggest;

fn text_of(path: &Path) -> Result<(String, String), Error> {
    let (shown, bytes) = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(|error| {
            Problem::new("standard input", format!("cannot be read ({})", reason(&error)), "give a file instead")
        })?;
        ("standard input".to_owned(), bytes)
    } else {
        (path.display().to_string(), load::read(path)?)
    };
    let text = load::utf8(&shown, &bytes)?.trim_start_matches('\u{feff}').to_owned();
    Ok((shown, text))
}

/// The numbers of a file, `width` a line; empty lines and what follows a `#` do not count.
pub fn numbers(path: &Path, width: usize) -> Result<Vec<Vec<f64>>, Error> {
    let (shown, text) = text_of(path)?;
    let remedy = match width {
        1 => "write one number a line, with a decimal point",
        _ => "write a count and its exposure a line, with a space between them",
    };
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        if line.is_empty() {
            continue;
        }
        let words: Vec<&str> = if width == 1 { vec![line] } else { line.split_whitespace().collect() };
        let row: Option<Vec<f64>> = words.iter().map(|word| finite(word)).collect();
        match row {
            Some(row) if row.len() == width && possible(&row) => rows.push(row),
            _ => {
                let shown_line = line.chars().take(40).collect::<String>();
                let wanted = if width == 1 { "a number" } else { "a count and an exposure" };
                let mut problem = Problem::new(&*shown, format!("`{shown_line}` is not {wanted}"), remedy);
                problem.fault.line = Some(i + 1);
                problems.push(problem);
            }
        }
    }
    if rows.is_empty() && problems.is_empty() {
        problems.push(Problem::new(shown, "holds no number", remedy.trim_end_matches(", with a decimal point")));
    }
    if problems.is_empty() { Ok(rows) } else { Err(Error::Failed(problems)) }
}

/// A count is not negative, and its exposure positive.
fn possible(row: &[f64]) -> bool {
    !matches!(row, [count, exposure] if *count < 0.0 || *exposure <= 0.0)
}

fn finite(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|value| value.is_finite())
}

/// The named columns of a CSV file, `width` a mode. An empty cell is no value; where the rows must be `whole` it is an
/// error.
pub fn columns(path: &Path, names: &[String], width: usize, whole: bool) -> Result<Vec<Vec<Vec<f64>>>, Error> {
    let (shown, text) = text_of(path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let unreadable = |error: &csv::Error| {
        let mut problem =
            Problem::new(&*shown, format!("is no CSV table ({error})"), "give each row as many cells as the first");
        problem.fault.line = error.position().and_then(|at| usize::try_from(at.line()).ok());
        problem
    };
    let headers = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let place = |name: &String| {
        headers.iter().position(|header| header == name).ok_or_else(|| {
            let remedy = suggest(name, &headers, "The columns are");
            Error::from(Problem::new(&*shown, format!("has no column `{name}`"), remedy))
        })
    };
    let places = names.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let mut modes: Vec<Vec<Vec<f64>>> = vec![Vec::new(); names.len() / width];
    let mut problems = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let line = record.position().and_then(|at| usize::try_from(at.line()).ok());
        for (mode, places) in modes.iter_mut().zip(places.chunks(width)) {
            let cells: Vec<&str> = places.iter().map(|place| record.get(*place).unwrap_or("")).collect();
            if cells.iter().all(|cell| cell.is_empty()) && !whole {
                continue;
            }
            match cells.iter().map(|cell| finite(cell)).collect::<Option<Vec<f64>>>() {
                Some(row) if possible(&row) => mode.push(row),
                _ => {
                    let wanted = if width == 1 { "a number" } else { "a count and an exposure" };
                    let what = format!("`{}` is not {wanted}", cells.join(", ").chars().take(40).collect::<String>());
                    let mut problem = Problem::new(&*shown, what, "write numbers with a decimal point");
                    problem.fault.line = line;
                    problems.push(problem);
                }
            }
        }
    }
    if !problems.is_empty() {
        return Err(Error::Failed(problems));
    }
    match modes.iter().position(Vec::is_empty) {
        Some(i) => {
            Err(Problem::new(shown, format!("has no number in column `{}`", names[i * width]), "name another").into())
        }
        None => Ok(modes),
    }
}

//! In what two versions of a file differ: keys of JSON, cells of tables, lines of other text.

use std::collections::BTreeMap;

use serde_json::Value;

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub path: String,
    /// What differs, and where: `comparisons[latency_mean, istio].p_adjusted: 0.01 → 0.02`; or what is wrong with the whole
    /// file.
    pub lines: Vec<String>,
    /// Where, one for each line; none where the whole file is meant.
    pub places: Vec<String>,
}

impl Difference {
    pub fn whole(path: &str, what: &str) -> Self {
        Self { path: path.to_owned(), lines: vec![what.to_owned()], places: Vec::new() }
    }

    /// Whether the file is there in both reports.
    pub fn is_of_contents(&self) -> bool {
        !self.places.is_empty()
    }

    fn add(&mut self, place: String, old: &str, new: &str) {
        let common = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
        self.lines.push(format!("{place}: {} → {}", short(old, common), short(new, common)));
        self.places.push(place);
    }
}

/// In what two versions of a file differ; with a tolerance, by more than that.
pub fn of(path: &str, old: &[u8], new: &[u8], tolerance: Option<f64>) -> Difference {
    let mut found = Difference { path: path.to_owned(), lines: Vec::new(), places: Vec::new() };
    let same = |old: &str, new: &str| old == new || tolerance.is_some_and(|tolerance| within(old, new, tolerance));
    if let (Ok(old), Ok(new)) = (std::str::from_utf8(old), std::str::from_utf8(new)) {
        if path.ends_with(".json")
            && let (Ok(old), Ok(new)) = (serde_json::from_str(old), serde_json::from_str(new))
        {
            json("", &old, &new, &same, &mut found);
        } else if path.ends_with(".csv") {
            csv(old, new, &same, &mut found);
        } else {
            lines(old, new, &same, &mut found);
        }
    }
    if found.places.is_empty() {
        found.lines.push(format!("other bytes ({} before, {} now)", old.len(), new.len()));
        found.places.push("the file".to_owned());
    }
    found
}

/// Whether two texts are the same but for numbers, and these differ by no more than that share of the larger.
pub fn within(old: &str, new: &str, tolerance: f64) -> bool {
    let (mut old, mut new) = (Tokens(old), Tokens(new));
    loop {
        match (old.next(), new.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => {
                let close = |a: f64, b: f64| (a - b).abs() <= tolerance * a.abs().max(b.abs());
                if !number(a).zip(number(b)).is_some_and(|(a, b)| close(a, b)) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

fn number(token: &str) -> Option<f64> {
    token.starts_with(|c: char| c.is_ascii_digit()).then(|| token.parse().ok()).flatten()
}

/// A text as unsigned numbers and what stands between them.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.0.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut end = digits(0);
        if end == 0 {
            end = bytes.iter().position(u8::is_ascii_digit).unwrap_or(bytes.len());
        } else {
            if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
                end += 1 + digits(end + 1);
            }
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if matches!(bytes.get(end), Some(b'e' | b'E')) && bytes.len() > end + 1 + sign && digits(end + 1 + sign) > 0
            {
                end += 1 + sign + digits(end + 1 + sign);
            }
        }
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        (!token.is_empty()).then_some(token)
    }
}

type Same<'a> = &'a dyn Fn(&str, &str) -> bool;

fn json(place: &str, old: &Value, new: &Value, same: Same, found: &mut Difference) {
    let at = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                match b.get(key) {
                    Some(other) => json(&at(key), value, other, same, found),
                    None => found.add(at(key), &value.to_string(), "nothing"),
                }
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                found.add(at(key), "nothing", &value.to_string());
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            let (a, b) = (named(a), named(b));
            for (name, value) in &a {
                let place = format!("{place}[{name}]");
                match b.iter().find(|(other, _)| other == name) {
                    Some((_, other)) => json(&place, value, other, same, found),
                    None => found.add(place, &value.to_string(), "nothing"),
                }
            }
            for (name, value) in b.iter().filter(|(name, _)| !a.iter().any(|(other, _)| other == name)) {
                found.add(format!("{place}[{name}]"), "nothing", &value.to_string());
            }
        }
        _ if old == new => {}
        _ => {
            let (old, new) = (old.to_string(), new.to_string());
            if !same(&old, &new) {
                let place = if place.is_empty() { "the whole of it" } else { place };
                found.add(place.to_owned(), &old, &new);
            }
        }
    }
}

/// The entries of a list by what they are about; by their number where they do not say, or several are about the same.
fn named(list: &[Value]) -> Vec<(String, &Value)> {
    let name = |value: &Value| {
        let words: Vec<&str> = ["id", "path", "metric", "scenario", "mode", "tool", "name", "method", "row"]
            .iter()
            .filter_map(|key| value.get(key)?.as_str())
            .collect();
        words.join(", ")
    };
    let names: Vec<String> = list.iter().map(name).collect();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &names {
        *count.entry(name).or_default() += 1;
    }
    let unique = |name: &String| !name.is_empty() && count.get(name.as_str()) == Some(&1);
    names
        .iter()
        .enumerate()
        .map(|(i, name)| if unique(name) { name.clone() } else { (i + 1).to_string() })
        .zip(list)
        .collect()
}

/// The columns that name a run.
const KEYS: [&str; 6] = ["study", "mode", "scenario", "block", "run", "tool"];

fn csv(old: &str, new: &str, same: Same, found: &mut Difference) {
    let read = |text: &str| -> Vec<Vec<String>> {
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        reader.records().flatten().map(|record| record.iter().map(str::to_owned).collect()).collect()
    };
    let (a, b) = (read(old), read(new));
    let (Some((header, a)), Some((other, b))) = (a.split_first(), b.split_first()) else {
        return lines(old, new, same, found);
    };
    if header != other {
        return found.add("columns".to_owned(), &header.join(", "), &other.join(", "));
    }
    if a.len() != b.len() {
        found.add("rows".to_owned(), &a.len().to_string(), &b.len().to_string());
    }
    for (number, (a, b)) in a.iter().zip(b).enumerate() {
        let keys: Vec<&str> =
            header.iter().zip(a).filter(|(name, _)| KEYS.contains(&name.as_str())).map(|(_, cell)| &**cell).collect();
        let keys = keys.into_iter().filter(|key| !key.is_empty()).collect::<Vec<_>>().join(" ");
        let first = a.first().map_or("", |cell| cell);
        let name = if keys.is_empty() { first.to_owned() } else { keys };
        let name = if name.is_empty() { (number + 1).to_string() } else { name };
        cells(&name, header, a, b, same, found);
    }
}

fn cells(row: &str, header: &[String], old: &[String], new: &[String], same: Same, found: &mut Difference) {
    for ((column, old), new) in header.iter().zip(old).zip(new) {
        if !same(old, new) {
            found.add(format!("row {row}, column {column}"), old, new);
        }
    }
}

/// Line by line; rows of a Markdown table cell by cell.
fn lines(old: &str, new: &str, same: Same, found: &mut Difference) {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut header: Vec<String> = Vec::new();
    for number in 0..a.len().max(b.len()) {
        let (old, new) = (a.get(number), b.get(number));
        let cells_of = |line: &str| -> Option<Vec<String>> {
            let inner = line.strip_prefix('|')?.strip_suffix('|')?;
            Some(inner.split('|').map(|cell| cell.trim().to_owned()).collect())
        };
        let (row, other) = (old.and_then(|line| cells_of(line)), new.and_then(|line| cells_of(line)));
        let before = number.checked_sub(1).and_then(|before| a.get(before));
        if row.is_some() && !before.is_some_and(|line| line.starts_with('|')) {
            header = row.clone().unwrap_or_default();
        }
        let (Some(old), Some(new)) = (old, new) else {
            let what = format!("from line {}", number + 1);
            return match old {
                Some(old) => found.add(what, old, "the end of the file"),
                None => found.add(what, "the end of the file", new.unwrap_or(&"")),
            };
        };
        if same(old, new) {
            continue;
        }
        match (row, other) {
            (Some(row), Some(other)) if row.len() == header.len() && other.len() == header.len() && row != header => {
                let name = row.first().cloned().unwrap_or_default();
                cells(&name, &header, &row, &other, same, found);
            }
            _ => found.add(format!("line {}", number + 1), old.trim(), new.trim()),
        }
    }
}

/// Long texts from a little before the place where they part.
fn short(text: &str, common: usize) -> String {
    const MOST: usize = 80;
    let from = if text.chars().count() <= MOST { 0 } else { common.saturating_sub(20) };
    let shown: String = text.chars().skip(from).take(MOST).collect();
    let (before, after) = (if from > 0 { "…" } else { "" }, if text.chars().count() > from + MOST { "…" } else { "" });
    format!("{before}{shown}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(path: &str, old: &str, new: &str) -> Vec<String> {
        of(path, old.as_bytes(), new.as_bytes(), None).lines
    }

    #[test]
    fn numbers_may_differ_by_the_tolerance_and_nothing_else() {
        assert!(within("a 1.0000000001e-3 b", "a 1.0e-3 b", 1e-9));
        assert!(!within("a 1.001e-3 b", "a 1.0e-3 b", 1e-9));
        assert!(!within("-1.0", "1.0", 0.5));
        assert!(!within("a 1", "b 1", 1.0));
        assert!(!within("1 2", "1", 1.0));
        assert!(within("12.0", "12", 0.0));
        assert!(!within("v1.2.3", "v1.2.4", 1e-3));
    }

    #[test]
    fn a_difference_says_where_it_is() {
        let json = |p: f64| format!("{{\"comparisons\": [{{\"metric\": \"m\", \"mode\": \"x\", \"p\": {p}}}]}}");
        assert_eq!(lines_of("r.json", &json(0.5), &json(0.25)), ["comparisons[m, x].p: 0.5 → 0.25"]);
        let csv = |x: &str| format!("mode,run,m\na,1,2\na,2,{x}\n");
        assert_eq!(lines_of("r.csv", &csv("3"), &csv("4")), ["row a 2, column m: 3 → 4"]);
        let table = |x: &str| format!("text\n\n| Metric | Mean |\n| :-- | --: |\n| Latency | {x} |\n");
        assert_eq!(lines_of("r.md", &table("3.4"), &table("3.5")), ["row Latency, column Mean: 3.4 → 3.5"]);
        assert_eq!(lines_of("r.tex", "a\nb\n", "a\nc\n"), ["line 2: b → c"]);
        assert_eq!(lines_of("r.tex", "a\n", "a\nc\n"), ["from line 2: the end of the file → c"]);
        assert_eq!(lines_of("r.tex", "a\n", "a"), ["other bytes (2 before, 1 now)"]);
    }
}

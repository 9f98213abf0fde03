//! A recorded report against the one that the data give now: whether they are the same, and if not, why.

mod difference;

use std::collections::BTreeMap;

pub use difference::{Difference, within};

use crate::study::{natural_cmp, sha256};

/// The files that hold the results and say what a report was made from.
pub const RESULTS: &str = "results.json";
pub const MANIFEST: &str = "manifest.json";

/// What settles a report's results besides the data, in `results.json`.
const OPTIONS: [&str; 6] =
    ["study.methods", "study.confidence", "study.baseline", "study.mss", "study.seed", "study.modes"];

/// A report: what its manifest says, and its files.
#[derive(Clone, Debug, Default)]
pub struct Side {
    pub generator: String,
    /// SHA-256 sums by path.
    pub inputs: BTreeMap<String, String>,
    pub outputs: BTreeMap<String, String>,
    /// All files of the directory but the manifest.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What is no plain file, and what it is: it is not looked into.
    pub strange: BTreeMap<String, String>,
}

/// What came of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// How many files are the same to the byte.
    pub equal: usize,
    /// Files whose numbers are within the tolerance.
    pub within: Vec<String>,
    /// Files that differ, in what.
    pub differences: Vec<Difference>,
    /// Files that differ in line endings alone.
    pub line_endings: Vec<String>,
    /// Why, as far as the manifest and the results tell.
    pub causes: Vec<String>,
}

impl Verified {
    pub fn holds(&self) -> bool {
        self.differences.is_empty() && self.causes.is_empty()
    }
}

/// Compares a recorded report with the one made now; with a tolerance, numbers may differ by that share of the larger.
pub fn verify(recorded: &Side, made: &Side, tolerance: Option<f64>) -> Verified {
    let mut verified = Verified::default();
    for (path, new) in &made.files {
        match recorded.files.get(path) {
            Some(old) if old == new => verified.equal += 1,
            Some(old) if tolerance.is_some_and(|tolerance| alike(recorded, made, path, (old, new), tolerance)) => {
                verified.within.push(path.clone());
            }
            Some(old) if unix(old).is_some_and(|old| unix(new) == Some(old)) => {
                verified.line_endings.push(path.clone());
                verified.differences.push(Difference::whole(path, "has other line endings"));
            }
            Some(old) => verified.differences.push(match recorded.strange.get(path) {
                Some(what) => Difference::whole(path, what),
                None => difference::of(path, old, new, tolerance),
            }),
            None if recorded.strange.contains_key(path) => {
                verified.differences.push(Difference::whole(path, &recorded.strange[path]));
            }
            None if recorded.outputs.contains_key(path) => {
                verified.differences.push(Difference::whole(path, "is missing"));
            }
            None => verified.differences.push(Difference::whole(path, "is made now, and the report does not have it")),
        }
    }
    for path in recorded.files.keys().filter(|path| !made.files.contains_key(*path)) {
        let what = match recorded.outputs.contains_key(path) {
            true => "is not made any more",
            false => "is no file of the report (its manifest does not list it)",
        };
        verified.differences.push(Difference::whole(path, what));
    }
    let unknown = recorded
        .strange
        .iter()
        .filter(|(path, _)| !made.files.contains_key(*path) && !recorded.files.contains_key(*path));
    verified.differences.extend(unknown.map(|(path, what)| Difference::whole(path, what)));
    // What is read first: the results, then what is printed of them, then the drawings.
    let rank = |path: &str| if path == RESULTS { 0 } else { 1 + usize::from(path.starts_with("figures/")) };
    verified.differences.sort_by(|a, b| (rank(&a.path), &a.path).cmp(&(rank(&b.path), &b.path)));
    verified.causes = causes(recorded, made, &verified);
    verified
}

/// Whether two versions of a file differ by no more than the tolerance. What is no text has no numbers to compare: it
/// must be as it was recorded, and a drawing of an SVG that differs by no more.
fn alike(recorded: &Side, made: &Side, path: &str, (old, new): (&[u8], &[u8]), tolerance: f64) -> bool {
    if let Some(stem) = DRAWN.iter().find_map(|extension| path.strip_suffix(extension)) {
        let svg = format!("{stem}.svg");
        let of = |side: &'_ Side| side.files.get(&svg).and_then(|bytes| String::from_utf8(bytes.clone()).ok());
        let drawing = of(recorded).zip(of(made)).filter(|(old, new)| old != new);
        return drawing.is_some_and(|(old, new)| within(&old, &new, tolerance))
            && recorded.outputs.get(path) == Some(&sha256(old));
    }
    match (std::str::from_utf8(old), std::str::from_utf8(new)) {
        (Ok(old), Ok(new)) => within(old, new, tolerance),
        _ => false,
    }
}

/// Endings of files that are drawn of the SVG beside them.
const DRAWN: [&str; 2] = [".pdf", ".png"];

/// Text with the line endings of Unix.
fn unix(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(|text| text.replace("\r\n", "\n"))
}

fn causes(recorded: &Side, made: &Side, verified: &Verified) -> Vec<String> {
    let mut causes = Vec::new();
    let inputs = changed_inputs(&recorded.inputs, &made.inputs);
    if !inputs.is_empty() {
        causes.push(format!("data changed: {}", inputs.join("; ")));
    }
    if recorded.generator != made.generator {
        causes.push(format!("version changed: made by {}, and this is {}", recorded.generator, made.generator));
    }
    let edited: Vec<&str> = recorded
        .outputs
        .iter()
        .filter(|(path, _)| verified.differences.iter().any(|difference| difference.path == **path))
        .filter(|(path, _)| !verified.line_endings.contains(*path))
        .filter(|(path, sum)| recorded.files.get(*path).is_some_and(|bytes| sha256(bytes) != **sum))
        .map(|(path, _)| path.as_str())
        .collect();
    if !edited.is_empty() {
        causes.push(format!("edited after it was made (not what its manifest recorded): {}", list(&edited)));
    }
    if !verified.line_endings.is_empty() {
        let paths: Vec<&str> = verified.line_endings.iter().map(String::as_str).collect();
        causes.push(format!(
            "other line endings, as Git's core.autocrlf or an editor makes them: {}; with the line `* -text` in \
             .gitattributes Git leaves them as they are",
            list(&paths)
        ));
    }
    let unexplained: Vec<&str> = verified
        .differences
        .iter()
        .filter(|difference| difference.is_of_contents() && !edited.contains(&difference.path.as_str()))
        .map(|difference| difference.path.as_str())
        .collect();
    if inputs.is_empty() && recorded.generator == made.generator && !unexplained.is_empty() {
        causes.push(unexplained_cause(verified, &unexplained));
    }
    causes
}

/// The same data and version, and other files.
fn unexplained_cause(verified: &Verified, paths: &[&str]) -> String {
    let results = verified.differences.iter().find(|difference| difference.path == RESULTS);
    let Some(results) = results.filter(|results| paths.contains(&results.path.as_str())) else {
        return format!(
            "the results are equal, and rendered files differ ({}): made with other templates (give the --templates that it \
             was made with), with another option of rendering than was given here, or by a build of other source",
            list(paths)
        );
    };
    let options: Vec<&str> =
        OPTIONS.into_iter().filter(|option| results.places.iter().any(|place| place.starts_with(option))).collect();
    if options.is_empty() {
        return "the same data and version give other results: another option than was given here (--mss, --logs, \
                --skip-bad), or a build of other source"
            .to_owned();
    }
    format!(
        "made with other options than were given here ({}): leave them out, and those that the report records hold",
        options.join(", ")
    )
}

fn changed_inputs(recorded: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let of = |what: &str, paths: Vec<&String>| {
        let mut paths: Vec<&str> = paths.into_iter().map(String::as_str).collect();
        paths.sort_by(|a, b| natural_cmp(a, b));
        (!paths.is_empty()).then(|| format!("{what} {}", list(&paths)))
    };
    let differs = |(path, sum): &(&String, &String)| now.get(*path).is_some_and(|now| now != *sum);
    let changed = recorded.iter().filter(differs).map(|(path, _)| path).collect();
    let added = now.keys().filter(|path| !recorded.contains_key(*path)).collect();
    let removed = recorded.keys().filter(|path| !now.contains_key(*path)).collect();
    [of("changed", changed), of("added", added), of("removed", removed)].into_iter().flatten().collect()
}

/// The first few of many.
fn list(paths: &[&str]) -> String {
    let more = if paths.len() > 5 { format!(" and {} more", paths.len() - 5) } else { String::new() };
    format!("{}{more}", paths[..paths.len().min(5)].join(", "))
}

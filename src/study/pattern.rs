//! Path patterns such as `{mode}/{tool}/run-{run}.{ext}`.

use crate::error::Fault;

/// The placeholders, and whether each may hold a dot (a run's or an extension's name may not, or `run-01.meta.json`
/// would be run `01.meta`).
const PLACEHOLDERS: &[(&str, bool)] =
    &[("mode", true), ("scenario", true), ("block", false), ("run", false), ("tool", true), ("ext", false)];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Placeholder { name: &'static str, dots: bool },
}

/// What a path said about the run in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub mode: String,
    pub scenario: Option<String>,
    pub block: Option<String>,
    pub run: String,
}

impl Pattern {
    pub fn new(text: &str) -> Result<Self, Fault> {
        let known = || PLACEHOLDERS.iter().map(|(name, _)| format!("{{{name}}}")).collect::<Vec<_>>().join(" ");
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            if open > 0 {
                parts.push(Part::Literal(rest[..open].to_owned()));
            } else if matches!(parts.last(), Some(Part::Placeholder { .. })) {
                return Err(Fault::new(
                    format!("the pattern `{text}` has two placeholders with nothing between them"),
                    "put the character that separates them in the paths between them",
                ));
            }
            let Some(close) = rest[open..].find('}') else {
                return Err(Fault::new(
                    format!("the pattern `{text}` has a `{{` without `}}`"),
                    "close the placeholder",
                ));
            };
            let name = &rest[open + 1..open + close];
            let Some((name, dots)) = PLACEHOLDERS.iter().find(|(known, _)| *known == name) else {
                return Err(Fault::new(
                    format!("the pattern `{text}` has an unknown placeholder `{{{name}}}`"),
                    format!("use {}", known()),
                ));
            };
            parts.push(Part::Placeholder { name, dots: *dots });
            rest = &rest[open + close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        let pattern = Self { parts };
        if !pattern.has("mode") {
            return Err(Fault::new(
                format!("the pattern `{text}` does not say where the mode is"),
                "put {mode} where the condition's name stands in the paths",
            ));
        }
        Ok(pattern)
    }

    fn has(&self, wanted: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Placeholder { name, .. } if *name == wanted))
    }

    /// What `path` (with `/`) says, or `None` where it does not fit. A placeholder used twice must hold the same both
    /// times. Without `{run}` the file's stem names the run.
    pub fn place(&self, path: &str) -> Option<Place> {
        let mut found = Vec::new();
        if !fits(&self.parts, path, &mut found) {
            return None;
        }
        let get = |wanted: &str| found.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned());
        let file = path.rsplit('/').next().unwrap_or(path);
        Some(Place {
            mode: get("mode")?,
            scenario: get("scenario"),
            block: get("block"),
            run: get("run").unwrap_or_else(|| stem(file).to_owned()),
        })
    }
}

/// Backtracking match: each placeholder takes as little as possible, at least one character, never a `/`.
fn fits<'p>(parts: &[Part], path: &'p str, found: &mut Vec<(&'static str, &'p str)>) -> bool {
    let Some((part, rest)) = parts.split_first() else {
        return path.is_empty();
    };
    match part {
        Part::Literal(literal) => path.strip_prefix(literal.as_str()).is_some_and(|path| fits(rest, path, found)),
        Part::Placeholder { name, dots } => {
            let allowed = path.find(|c| c == '/' || (c == '.' && !dots)).unwrap_or(path.len());
            let ends = path.char_indices().map(|(i, c)| i + c.len_utf8()).take_while(|end| *end <= allowed);
            for end in ends {
                let value = &path[..end];
                if found.iter().any(|(known, other)| known == name && *other != value) {
                    continue;
                }
                found.push((name, value));
                if fits(rest, &path[end..], found) {
                    return true;
                }
                found.pop();
            }
            false
        }
    }
}

/// A file's name without its last extension.
pub fn stem(file: &str) -> &str {
    match file.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(pattern: &str, path: &str) -> Option<Place> {
        Pattern::new(pattern).unwrap().place(path)
    }

    #[test]
    fn a_path_says_mode_scenario_and_run() {
        let place = place("{mode}/{scenario}/{tool}/run-{run}.{ext}", "istio-1.25/c100/wrk/run-07.txt").unwrap();
        assert_eq!(place.mode, "istio-1.25");
        assert_eq!(place.scenario.as_deref(), Some("c100"));
        assert_eq!(place.run, "07");
    }

    #[test]
    fn a_side_file_does_not_fit() {
        assert_eq!(place("{mode}/run-{run}.{ext}", "istio/run-07.meta.json"), None);
        assert_eq!(place("{mode}/run-{run}.{ext}", "istio/wrk/run-07.json"), None);
    }

    #[test]
    fn a_placeholder_used_twice_must_agree() {
        assert!(place("{mode}/{mode}-{run}.{ext}", "a/a-1.txt").is_some());
        assert!(place("{mode}/{mode}-{run}.{ext}", "a/b-1.txt").is_none());
    }

    #[test]
    fn without_a_run_the_stem_names_it() {
        assert_eq!(place("{mode}/{scenario}.log", "a/x.log").unwrap().run, "x");
    }

    #[test]
    fn wrong_patterns_are_refused_by_name() {
        for (pattern, what) in [
            ("{mode}/{rum}.txt", "the pattern `{mode}/{rum}.txt` has an unknown placeholder `{rum}`"),
            ("{mode/run.txt", "the pattern `{mode/run.txt` has a `{` without `}`"),
            ("{run}.txt", "the pattern `{run}.txt` does not say where the mode is"),
            ("{mode}{run}", "the pattern `{mode}{run}` has two placeholders with nothing between them"),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap_err().what, what);
        }
    }
}

//! How the paths of a study were read, to be told: as path patterns that say the same, or in words; and whether a part of
//! the paths looks like a block that was not read as one.

use std::collections::{BTreeMap, BTreeSet};

use super::discover::{Source, Sources, TOOL_WORDS};
use super::pattern::{Pattern, Place, stem};

/// More patterns than these tell nobody how paths were read.
const MOST_PATTERNS: usize = 3;

/// Words before a number that name a round in which every mode has its turn.
const BLOCK_WORDS: &[&str] = &["block", "blk", "round", "batch", "session"];

/// What is to be told of how paths were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Where no pattern was given.
    pub guessed: Option<Guessed>,
    pub unread_block: Option<UnreadBlock>,
}

/// How paths were read without a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guessed {
    /// Patterns that give every log the place that was guessed.
    Patterns(Vec<String>),
    /// Where mode, scenario and run were found: no few patterns say the same.
    Words(String),
}

/// A part of the paths that looks like a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadBlock {
    /// As in the first path: `round_1`.
    pub word: String,
    /// The pattern that reads it, or what such a pattern holds.
    pub pattern: String,
}

impl Layout {
    /// Of the paths and where their runs belong; `given` are the patterns that said it, or `sources` where it was found.
    pub fn of(paths: &[&str], places: &[Place], given: &[String], sources: Option<&Sources>) -> Self {
        let patterns = sources.and_then(|sources| patterns(paths, places, sources));
        let unread_block = unread_block(paths, places, patterns.as_deref().unwrap_or(given));
        let guessed = sources.map(|sources| patterns.map_or_else(|| Guessed::Words(words(sources)), Guessed::Patterns));
        Self { guessed, unread_block }
    }
}

/// The patterns that give every log the place that was guessed, where a few do.
fn patterns(paths: &[&str], places: &[Place], sources: &Sources) -> Option<Vec<String>> {
    let mut texts: Vec<String> = Vec::new();
    for (path, place) in paths.iter().zip(places) {
        let text = template(path, place, sources)?;
        if !texts.contains(&text) {
            texts.push(text);
        }
        if texts.len() > MOST_PATTERNS {
            return None;
        }
    }
    let patterns = texts.iter().map(|text| Pattern::new(text).ok()).collect::<Option<Vec<_>>>()?;
    let says = |path: &str| patterns.iter().find_map(|pattern| pattern.place(path));
    paths.iter().zip(places).all(|(path, place)| says(path).as_ref() == Some(place)).then_some(texts)
}

/// The path with placeholders where the parts of its place stand.
fn template(path: &str, place: &Place, sources: &Sources) -> Option<String> {
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    let file = parts.pop()?;
    let name = stem(&file);
    let extension = if name.len() < file.len() { ".{ext}" } else { "" };
    // The last part is the file's name.
    parts.push(name.to_owned());
    let last = parts.len() - 1;
    let mut put = |from: &[Source], value: &str, placeholder: &str| {
        from.iter().find_map(|source| {
            let part = match source {
                Source::Directory(at) => parts.get_mut(*at)?,
                Source::Name => parts.get_mut(last)?,
            };
            *part = replaced(part, value, placeholder)?;
            Some(())
        })
    };
    put(&[sources.mode?], &place.mode, "{mode}")?;
    if let Some(scenario) = &place.scenario {
        put(&sources.scenario, scenario, "{scenario}")?;
    }
    if place.run == name {
        // Without `{run}` a pattern names the run by the file, too.
        let _ = put(&[Source::Name], name, "{run}");
    } else {
        put(&sources.run, &place.run, "{run}")?;
    }
    let is_tool = |part: &&mut String| TOOL_WORDS.contains(&part.to_lowercase().as_str());
    if let Some(directory) = parts[..last].iter_mut().find(is_tool) {
        "{tool}".clone_into(directory);
    } else if let Some(text) = TOOL_WORDS.iter().find_map(|tool| replaced(&parts[last], tool, "{tool}")) {
        parts[last] = text;
    }
    Some(format!("{}{extension}", parts.join("/")))
}

/// `text` with a placeholder for the last `value` in it that is no part of a longer word or number.
fn replaced(text: &str, value: &str, placeholder: &str) -> Option<String> {
    let counts = value.bytes().all(|b| b.is_ascii_digit());
    let is_whole = |at: &usize| {
        let (before, after) = (text[..*at].chars().next_back(), text[at + value.len()..].chars().next());
        let joins = |c: char| if counts { c.is_numeric() } else { c.is_alphanumeric() };
        !before.is_some_and(joins) && !after.is_some_and(char::is_alphanumeric)
    };
    let at = text.rmatch_indices(value).map(|(at, _)| at).find(is_whole)?;
    Some(format!("{}{placeholder}{}", &text[..at], &text[at + value.len()..]))
}

/// Where mode, scenario and run were found, in words.
fn words(sources: &Sources) -> String {
    let list = |from: &[Source]| {
        let from: Vec<String> = from
            .iter()
            .map(|source| match source {
                Source::Directory(at) => format!("directory level {}", at + 1),
                Source::Name => "the file's name".to_owned(),
            })
            .collect();
        from.join(" and ")
    };
    let mut parts = vec![match sources.mode {
        Some(source) => format!("mode from {}", list(&[source])),
        None => "one mode".to_owned(),
    }];
    if !sources.scenario.is_empty() {
        parts.push(format!("scenario from {}", list(&sources.scenario)));
    }
    parts.push(format!("run from {}", list(&sources.run)));
    parts.join("; ")
}

/// A word for a block with its number: where it begins, where its number does, and where that ends.
fn block_in(path: &str) -> Option<(usize, usize, usize)> {
    let lower = path.to_ascii_lowercase();
    BLOCK_WORDS.iter().flat_map(|word| lower.match_indices(word)).find_map(|(at, word)| {
        let after = &lower[at + word.len()..];
        let digits = after.strip_prefix(['-', '_', ' ']).unwrap_or(after);
        let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_whole = !lower[..at].ends_with(char::is_alphanumeric) && !rest.starts_with(char::is_alphanumeric);
        (is_whole && rest.len() < digits.len()).then(|| (at, lower.len() - digits.len(), lower.len() - rest.len()))
    })
}

/// What stands before the number of a name that is that of a block and nothing else: `block-`.
pub fn block_prefix(name: &str) -> Option<&str> {
    let (_, number, _) = block_in(name).filter(|(start, _, end)| *start == 0 && *end == name.len())?;
    name.get(..number)
}

/// That all paths have a number of a block, that some block holds runs of two modes, and that it was not read.
fn unread_block(paths: &[&str], places: &[Place], patterns: &[String]) -> Option<UnreadBlock> {
    if places.iter().any(|place| place.block.is_some()) {
        return None;
    }
    let found = paths.iter().map(|path| block_in(path)).collect::<Option<Vec<_>>>()?;
    let (path, (start, number, end)) = (paths.first()?, *found.first()?);
    let prefix = path.get(start..number)?;
    let mut modes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for ((path, place), (start, number, end)) in paths.iter().zip(places).zip(&found) {
        if path.get(*start..*number) != Some(prefix) {
            return None;
        }
        modes.entry(path.get(*number..*end)?).or_default().insert(&place.mode);
    }
    if modes.len() < 2 || modes.values().all(|modes| modes.len() < 2) {
        return None;
    }
    let block = format!("{prefix}{{block}}");
    let reads = |text: &String| {
        Pattern::new(text).is_ok_and(|pattern| {
            paths.iter().zip(&found).all(|(path, (_, number, end))| {
                pattern.place(path).and_then(|place| place.block).as_deref() == path.get(*number..*end)
            })
        })
    };
    let pattern = match patterns {
        [one] => [&*format!("{prefix}{{run}}"), &format!("{prefix}{{scenario}}"), "{scenario}", "{run}"]
            .iter()
            .map(|was| one.replacen(was, &block, 1))
            .find(reads),
        _ => None,
    };
    let pattern = pattern.unwrap_or_else(|| format!("…{block}…"));
    Some(UnreadBlock { word: path.get(start..end)?.to_owned(), pattern })
}

#[cfg(test)]
mod tests {
    use super::super::discover::discover;
    use super::*;
    use crate::run::Tool;

    fn layout(paths: &[&str]) -> Layout {
        let logs: Vec<(&str, Tool)> =
            paths.iter().map(|path| (*path, if path.contains("iperf3") { Tool::Iperf3 } else { Tool::Wrk })).collect();
        let (places, sources) = discover(&logs).unwrap();
        Layout::of(paths, &places, &[], Some(&sources))
    }

    #[test]
    fn patterns_say_what_was_guessed() {
        for (paths, expected) in [
            (
                &["none/wrk-1.txt", "none/iperf3-1.json", "mesh/wrk-1.txt", "mesh/iperf3-1.json"] as &[&str],
                &["{mode}/{tool}-{run}.{ext}"] as &[&str],
            ),
            (&["wrk/none/run-07.txt", "wrk/mesh/run-08.txt"], &["{tool}/{mode}/run-{run}.{ext}"]),
            (&["c10/direct/1.txt", "c10/istio/1.txt", "c99/direct/1.txt"], &["{scenario}/{mode}/{run}.{ext}"]),
            (&["wrk_direct_2", "wrk_direct_10", "wrk_envoy_1"], &["{tool}_{mode}_{run}"]),
            (&["run1/base/wrk.txt", "run2/base/wrk.txt", "run1/cni/wrk.txt"], &["run{run}/{mode}/{tool}.{ext}"]),
            (&["none/a.txt", "none/b.txt", "mesh/c.txt"], &["{mode}/{run}.{ext}"]),
            (&["none/direct-1.txt", "mesh/meshed-1.txt"], &["{mode}/direct-{run}.{ext}", "{mode}/meshed-{run}.{ext}"]),
        ] {
            let expected = Guessed::Patterns(expected.iter().map(|text| (*text).to_owned()).collect());
            assert_eq!(layout(paths).guessed, Some(expected), "{paths:?}");
        }
    }

    #[test]
    fn what_no_pattern_says_is_told_in_words() {
        for (paths, expected) in [
            (
                &["a/none/get-1.txt", "a/none/put-1.txt", "b/mesh/get-1.txt", "b/mesh/put-1.txt"] as &[&str],
                "mode from directory level 2; scenario from directory level 1 and the file's name; run from the file's name",
            ),
            (&["1.txt", "2.txt"], "one mode; run from the file's name"),
            (&["direct1.txt", "direct2.txt", "proxy1.txt"], "mode from the file's name; run from the file's name"),
        ] {
            assert_eq!(layout(paths).guessed, Some(Guessed::Words(expected.to_owned())), "{paths:?}");
        }
    }

    #[test]
    fn a_part_that_looks_like_a_block_is_named_with_the_pattern_that_reads_it() {
        for (paths, word, pattern) in [
            (
                &["t/round_0/bbr.log", "t/round_0/cubic.log", "t/round_1/bbr.log", "t/round_1/cubic.log"] as &[&str],
                "round_0",
                "t/round_{block}/{mode}.{ext}",
            ),
            (
                &["block-1/none/a.txt", "block-1/mesh/a.txt", "block-2/none/a.txt", "block-2/mesh/a.txt"],
                "block-1",
                "block-{block}/{mode}/{run}.{ext}",
            ),
            (
                &["none/Round1-a.txt", "none/Round2-b.txt", "mesh/Round1-c.txt", "mesh/Round2-d.txt"],
                "Round1",
                "…Round{block}…",
            ),
        ] {
            let unread = layout(paths).unread_block.unwrap_or_else(|| panic!("{paths:?}"));
            assert_eq!((unread.word.as_str(), unread.pattern.as_str()), (word, pattern));
        }
        for paths in [
            &["none/background-1.txt", "mesh/background-1.txt"] as &[&str],
            // One block, and blocks of one mode each, pair nothing.
            &["round1/none.txt", "round1/mesh.txt"],
            &["none/round1.txt", "mesh/round2.txt"],
        ] {
            assert_eq!(layout(paths).unread_block, None, "{paths:?}");
        }
    }

    #[test]
    fn a_pattern_that_is_given_and_reads_no_block_is_told_of() {
        let paths = ["round1-none-7.txt", "round1-mesh-7.txt", "round2-none-7.txt", "round2-mesh-7.txt"];
        let told = |text: &str| {
            let places: Vec<Place> =
                paths.iter().map(|path| Pattern::new(text).unwrap().place(path).unwrap()).collect();
            Layout::of(&paths, &places, &[text.to_owned()], None)
        };
        let layout = told("{scenario}-{mode}-{run}.txt");
        assert_eq!(layout.guessed, None);
        assert_eq!(layout.unread_block.unwrap().pattern, "round{block}-{mode}-{run}.txt");
        assert_eq!(told("round{block}-{mode}-{run}.txt"), Layout::default());
    }
}

//! Paths → results that can be held against each other: saved ones, and those of studies that are analysed now.

use std::path::{Path, PathBuf};

use super::{Reading, load, output};
use crate::analysis::saved::Saved;
use crate::analysis::{self, SCHEMA_VERSION};
use crate::error::{Error, Problem};
use crate::study::{self, natural_cmp};
use crate::toml_file::suggest;

/// The results file of a report.
const RESULTS: &str = "results.json";

/// The results at `path`: a results file, a report's directory or a directory of these; or else a study, a directory of
/// studies, or a tidy table, as they would be saved.
pub fn results(path: &Path, reading: &Reading, quiet: bool) -> Result<Vec<Saved>, Error> {
    let files = files(path);
    if files.is_empty() {
        let studies = load::studies(path, &reading.overrides(), reading.skip_bad, quiet)?;
        return studies
            .into_iter()
            .map(|(study, table)| {
                let analysis = analysis::analyze(&study, &table, None)?;
                let mut saved = read(&study.place(), &output::json(&analysis)?)?;
                // How a study is told is no part of its results.
                (saved.study.language, saved.study.locale) = (analysis.study.language, analysis.study.locale);
                Ok(saved)
            })
            .collect();
    }
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for file in files {
        match load::read(&file).and_then(|bytes| read(&file.display().to_string(), &bytes)) {
            Ok(saved) => all.push(saved),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(Error::Failed(problems));
    }
    for saved in &mut all {
        rebase(saved, reading, path)?;
    }
    Ok(all)
}

/// The results files that `path` is about; none where it is about logs or tables.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        return if is_json { vec![path.to_owned()] } else { Vec::new() };
    }
    if path.join(RESULTS).is_file() {
        return vec![path.join(RESULTS)];
    }
    let Ok(entries) = path.read_dir() else { return Vec::new() };
    let mut found: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path().join(RESULTS))).filter(|file| file.is_file()).collect();
    found.sort_by(|a, b| natural_cmp(&a.to_string_lossy(), &b.to_string_lossy()));
    found
}

fn read(shown: &str, bytes: &[u8]) -> Result<Saved, Problem> {
    let remedy = "give the results.json that `meshstats analyze` writes, or its directory";
    let saved: Saved = serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(shown, format!("is not the results of a study ({error})"), remedy))?;
    if saved.schema_version > SCHEMA_VERSION {
        let what = format!("is of a later version of meshstats ({})", saved.generator);
        return Err(Problem::new(shown, what, "use that version, or analyse the logs again with this one"));
    }
    study::check_study(&saved.study.id).map_err(|fault| fault.at(shown))?;
    match saved.samples.iter().find(|sample| !sample.is_whole()) {
        Some(sample) => {
            let what = format!("has a sample that is not whole ({}, {})", sample.metric, sample.mode);
            Err(Problem::new(shown, what, "was it edited? Make it again with `meshstats analyze`"))
        }
        None => Ok(saved),
    }
}

/// What the command line says of the reading, where it can still be said of saved results.
fn rebase(saved: &mut Saved, reading: &Reading, path: &Path) -> Result<(), Error> {
    if !reading.logs.is_empty() || reading.mss.is_some() || reading.strict || reading.skip_bad {
        let what = "--logs, --mss, --strict and --skip-bad say how logs are read, and these results are saved";
        return Err(Error::Usage(format!("{}: {what}", path.display())));
    }
    if let Some(language) = reading.speaking.lang {
        (saved.study.language, saved.study.locale) = (language, language.locale());
    }
    if let Some(confidence) = reading.confidence {
        saved.study.confidence = confidence;
    }
    if let Some(baseline) = &reading.baseline {
        let modes = || saved.study.modes.iter().map(|mode| mode.id.as_str());
        if !modes().any(|mode| mode == baseline) {
            let remedy = suggest(baseline, modes(), "The modes are");
            let shown = path.display().to_string();
            return Err(Problem::new(shown, format!("there is no mode `{baseline}` to be the baseline"), remedy).into());
        }
        saved.study.baseline = baseline.clone();
    }
    Ok(())
}

/// The studies of two sessions side by side, by their names; two single studies whatever they are called.
///
/// # Errors
/// When a study has no partner: silence about it would be taken for agreement.
pub fn matched(old: Vec<Saved>, new: Vec<Saved>, paths: [&Path; 2]) -> Result<Vec<[Saved; 2]>, Error> {
    if let ([_], [_]) = (old.as_slice(), new.as_slice()) {
        return Ok(old.into_iter().zip(new).map(|(old, new)| [old, new]).collect());
    }
    let lacks = |from: &[Saved], of: &[Saved], path: &Path, other: &Path| -> Vec<Problem> {
        let alone = from.iter().filter(|saved| !of.iter().any(|other| other.study.id == saved.study.id));
        alone
            .map(|saved| {
                let what = format!("has the study {}, which {} does not have", saved.study.id, other.display());
                Problem::new(path.display().to_string(), what, "give the same studies on both sides, or one of each")
            })
            .collect()
    };
    let mut problems = lacks(&old, &new, paths[0], paths[1]);
    problems.extend(lacks(&new, &old, paths[1], paths[0]));
    if !problems.is_empty() {
        return Err(Error::Failed(problems));
    }
    let pairs = old.into_iter().map(|old| {
        let partner = new.iter().find(|new| new.study.id == old.study.id).cloned();
        partner.map(|new| [old, new])
    });
    Ok(pairs.flatten().collect())
}

/// `old=new`, the ids of a mode that was renamed.
pub fn renamed(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.trim().is_empty() && !new.trim().is_empty() => {
            Ok((old.trim().to_owned(), new.trim().to_owned()))
        }
        _ => Err("give the old and the new id of the mode, such as istio-1.21=istio-1.22".to_owned()),
    }
}

/// Whether a path leads anywhere; said before the other one is read, which may take long.
pub fn require(path: &Path) -> Result<(), Error> {
    if path.is_file() && path.extension().is_some_and(|extension| extension == "json") {
        Ok(())
    } else {
        study::find(path).map(drop)
    }
}

//! `reports/` is what `data/` gives, byte for byte, on any machine; and the published schema describes its results.
//! `UPDATE_GOLDEN=1` accepts what is made now.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use meshstats::study::sha256;
use serde_json::Value;

use super::program::{Case, copy_tree, ended, program, root, tree};

pub type Files = BTreeMap<String, Vec<u8>>;

fn update() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// The reports of the studies in `data`, made by so many threads.
fn reports(data: &Path, threads: &str) -> Files {
    let case = Case::empty();
    let out = case.path("out");
    ended(program().args(["analyze", "--quiet", "-o"]).arg(&out).arg(data).env("RAYON_NUM_THREADS", threads)).ok();
    tree(&out).into_iter().collect()
}

fn data() -> PathBuf {
    root().join("data")
}

/// What differs, a line a file, with the first line that is not the same.
fn differences(expected: &Files, actual: &Files) -> Vec<String> {
    let mut paths: Vec<&String> = expected.keys().chain(actual.keys()).collect();
    paths.sort();
    paths.dedup();
    paths
        .into_iter()
        .filter_map(|path| match (expected.get(path), actual.get(path)) {
            (Some(a), Some(b)) if a == b => None,
            (Some(a), Some(b)) => Some(format!("{path}: {}", first_difference(a, b))),
            (Some(_), None) => Some(format!("{path}: is not made any more")),
            _ => Some(format!("{path}: is made, and was not expected")),
        })
        .collect()
}

fn first_difference(expected: &[u8], actual: &[u8]) -> String {
    let [a, b] = [expected, actual].map(String::from_utf8_lossy);
    let (mut a, mut b) = (a.lines(), b.lines());
    for number in 1.. {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => break,
            (a, b) => {
                let end = "the end of the file";
                return format!("line {number}\n  expected: {}\n  made:     {}", a.unwrap_or(end), b.unwrap_or(end));
            }
        }
    }
    "only line ends differ".to_owned()
}

#[track_caller]
fn assert_same(expected: &Files, actual: &Files, what: &str) {
    let differences = differences(expected, actual);
    assert!(differences.is_empty(), "{what}: {} files differ\n{}", differences.len(), differences.join("\n"));
}

/// What `data/` gives now.
pub static MADE: LazyLock<Files> = LazyLock::new(|| reports(&data(), "1"));

/// What is committed in `reports/`, after accepting what is made now where that is asked for.
static COMMITTED: LazyLock<Files> = LazyLock::new(|| {
    let dir = root().join("reports");
    if update() {
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        for (path, contents) in &*MADE {
            let path = dir.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, contents).unwrap();
        }
    }
    tree(&dir).into_iter().collect()
});

/// The schema of the results as the program's types give it, after accepting it where that is asked for.
static SCHEMA: LazyLock<String> = LazyLock::new(|| {
    // What is written, not what could be read: a field that is always there is required.
    let settings = schemars::generate::SchemaSettings::default().for_serialize();
    accepted(SCHEMA_PATH, &settings.into_generator().into_root_schema_for::<meshstats::analysis::Analysis>())
});

const SCHEMA_PATH: &str = "schema/results.schema.json";

/// The same of what a claims file may hold.
static CLAIMS_SCHEMA: LazyLock<String> =
    LazyLock::new(|| accepted(CLAIMS_SCHEMA_PATH, &schemars::schema_for!(meshstats::claims::Claims)));

const CLAIMS_SCHEMA_PATH: &str = "schema/claims.schema.json";

/// The same of the plans that `collect` reads, and of the sidecars that it writes.
static PLAN_SCHEMA: LazyLock<String> =
    LazyLock::new(|| accepted(PLAN_SCHEMA_PATH, &schemars::schema_for!(meshstats::collect::Plan)));

const PLAN_SCHEMA_PATH: &str = "schema/plan.schema.json";

static SIDECAR_SCHEMA: LazyLock<String> =
    LazyLock::new(|| accepted(SIDECAR_SCHEMA_PATH, &schemars::schema_for!(meshstats::study::Sidecar)));

const SIDECAR_SCHEMA_PATH: &str = "schema/sidecar.schema.json";

fn accepted(path: &str, schema: &schemars::Schema) -> String {
    let text = serde_json::to_string_pretty(schema).expect("a schema is JSON") + "\n";
    if update() {
        fs::write(root().join(path), &text).unwrap();
    }
    text
}

#[test]
fn reports_are_those_of_the_data() {
    assert_same(&COMMITTED, &MADE, "reports/ (UPDATE_GOLDEN=1 accepts)");
    for study in studies() {
        assert!(MADE.contains_key(&format!("{study}/report.md")), "no report of data/{study}");
    }
}

/// The names of the studies in `data/`.
fn studies() -> Vec<String> {
    let dirs = fs::read_dir(data()).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir());
    dirs.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[test]
fn the_same_data_give_the_same_bytes_anywhere() {
    let case = Case::empty();
    let elsewhere = case.path("a place of another name/data");
    copy_tree(&data(), &elsewhere);
    let there = reports(&elsewhere, "4");
    assert_same(&MADE, &there, "one thread in data/ and four in a copy");
    let place = case.path("").display().to_string();
    for (path, contents) in &there {
        let text = String::from_utf8_lossy(contents);
        assert!(!text.contains(&place), "{path} names the directory that it was made from");
        assert!(!text.contains(&root().display().to_string()), "{path} names a directory of this machine");
    }
}

#[test]
fn the_schemas_are_those_of_the_types() {
    for (path, made) in [
        (SCHEMA_PATH, SCHEMA.as_bytes()),
        (CLAIMS_SCHEMA_PATH, CLAIMS_SCHEMA.as_bytes()),
        (PLAN_SCHEMA_PATH, PLAN_SCHEMA.as_bytes()),
        (SIDECAR_SCHEMA_PATH, SIDECAR_SCHEMA.as_bytes()),
    ] {
        let committed = fs::read(root().join(path)).unwrap_or_default();
        let difference = || first_difference(&committed, made);
        assert!(committed == made, "{path} (UPDATE_GOLDEN=1 accepts): {}", difference());
    }
}

#[test]
fn the_study_s_claims_fit_their_schema() {
    let text = fs::read_to_string(data().join("istio-2025/claims.toml")).unwrap();
    let claims: toml::Table = text.parse().expect("the claims are TOML");
    fits(&CLAIMS_SCHEMA, &serde_json::to_value(&claims).expect("TOML without dates is JSON"), "the claims");
}

#[test]
fn the_example_plan_fits_its_schema() {
    let text = fs::read_to_string(root().join("testbed/plan.example.toml")).unwrap();
    let plan: toml::Table = text.parse().expect("the plan is TOML");
    fits(&PLAN_SCHEMA, &serde_json::to_value(&plan).expect("TOML without dates is JSON"), "the plan");
}

/// Every results file is held against the published schema.
pub fn validate(results: &Value) {
    fits(&SCHEMA, results, "the results");
}

fn fits(schema: &str, value: &Value, what: &str) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what} do not fit their schema:\n{}", errors.join("\n"));
}

fn results(study: &str) -> Value {
    serde_json::from_slice(&COMMITTED[&format!("{study}/results.json")]).expect("results.json is JSON")
}

#[test]
fn results_fit_their_schema() {
    for study in studies() {
        validate(&results(&study));
    }
}

#[test]
#[should_panic(expected = "do not fit their schema")]
fn results_without_samples_do_not_fit_it() {
    let mut results = results("istio-2025");
    results.as_object_mut().unwrap().remove("samples");
    validate(&results);
}

#[test]
fn the_manifest_names_every_file_with_its_sum() {
    for study in studies() {
        let made: Files = COMMITTED
            .iter()
            .filter_map(|(path, contents)| {
                Some((path.strip_prefix(&format!("{study}/"))?.to_owned(), contents.clone()))
            })
            .collect();
        let manifest: Value = serde_json::from_slice(&made["manifest.json"]).unwrap();
        let sums = |key: &str| -> BTreeMap<String, String> {
            let list = manifest[key].as_array().unwrap().iter();
            list.map(|file| [&file["path"], &file["sha256"]].map(|text| text.as_str().unwrap().to_owned()))
                .map(|[path, sum]| (path, sum))
                .collect()
        };
        let outputs = sums("outputs");
        assert!(
            outputs.keys().eq(made.keys().filter(|path| *path != "manifest.json")),
            "{study}: {:?}",
            outputs.keys()
        );
        for (path, sum) in outputs {
            assert_eq!(sum, sha256(&made[&path]), "{study}/{path}");
        }
        let inputs = sums("inputs");
        assert!(inputs.contains_key("meshstats.toml"), "{study}");
        for (path, sum) in inputs {
            assert_eq!(sum, sha256(&fs::read(data().join(&study).join(&path)).unwrap()), "{study}/{path}");
        }
    }
}

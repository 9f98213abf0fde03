//! `meshstats.toml`: what a study says of itself.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::language::{LANGUAGES, Language, Locale};

/// The manifest. Every key may be left out; unknown keys are errors.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manifest {
    pub title: Option<String>,
    pub provenance: Option<Provenance>,
    /// Id of the mode that the others are compared with.
    pub baseline: Option<String>,
    /// In reading order.
    pub modes: Vec<Named>,
    /// In reading order.
    pub scenarios: Vec<Named>,
    /// Path patterns with `{mode} {tool} {scenario} {block} {run} {ext}`; the first that fits a path counts.
    pub logs: Names,
    pub mss: Option<MssPolicy>,
    /// Confidence level of every interval.
    pub confidence: Option<f64>,
    /// Ids of the metrics whose tests form the family that p-values are adjusted over.
    pub primary: Vec<String>,
    /// Ids of the tests, effect sizes and intervals that the report puts first.
    pub test: Names,
    pub effect: Names,
    pub interval: Names,
    /// Id of the adjustment of the family's p-values.
    pub adjust: Option<String>,
    /// By metric, the largest difference that does not matter: `2%` of the baseline's mean, or `0.2 ms`.
    pub margins: BTreeMap<String, String>,
    /// Whether the pairs among treatments are wanted too.
    pub pairs: Option<bool>,
    /// What becomes of values outside Tukey's fences.
    pub outliers: Option<Outliers>,
    /// Significant digits of an uncertainty; estimates follow its last place.
    pub digits: Option<u8>,
    pub decimal_separator: Option<DecimalSeparator>,
    /// Id of the language of the report.
    pub lang: Option<String>,
    /// Seed of the bootstrap.
    pub seed: Option<u64>,
    /// A claims file with the figures that were published about these runs.
    pub published: Option<String>,
}

/// Whether the logs were measured, or made to fit a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    Measured,
    Reconstructed,
}

/// A mode or scenario: the name that stands in paths, and the label that stands in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub id: String,
    #[serde(default)]
    pub label: String,
    /// What stands for the mode in the names of numbers that LaTeX and Typst can cite: letters of ASCII, instead of the id.
    #[serde(default, rename = "macro", skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
}

impl Named {
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), label: id.to_owned(), word: None }
    }

    /// The id where no label was given.
    pub fn labelled(self) -> Self {
        if self.label.is_empty() { Self { label: self.id.clone(), ..self } } else { self }
    }
}

/// Which maximum segment size the loss estimate uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected a number of bytes, or \"from-log\"")]
pub enum MssPolicy {
    Bytes(u32),
    #[default]
    #[serde(with = "from_log")]
    FromLog,
}

/// The one word that `mss` may be.
mod from_log {
    use serde::{Deserialize, Deserializer, de::Error};

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        let word = String::deserialize(deserializer)?;
        if word == "from-log" { Ok(()) } else { Err(D::Error::custom("expected \"from-log\"")) }
    }
}

/// What becomes of values outside Tukey's fences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outliers {
    /// They are told of, and count.
    #[default]
    Keep,
    /// They are listed, and do not count.
    Drop,
}

/// One name or several: path patterns, ids of methods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
pub enum Names {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl Names {
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(pattern) => std::slice::from_ref(pattern),
            Self::Many(patterns) => patterns,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum DecimalSeparator {
    #[default]
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
}

impl DecimalSeparator {
    pub fn char(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

impl Manifest {
    /// The language of the report: English, where none is named.
    pub fn language(&self) -> &'static Language {
        self.lang.as_ref().and_then(|id| Language::find(id).ok()).unwrap_or(&LANGUAGES[0])
    }

    /// How numbers are written: as the language does, but for what the manifest says.
    pub fn locale(&self) -> Locale {
        let locale = self.language().locale();
        Locale { decimal: self.decimal_separator.map_or(locale.decimal, DecimalSeparator::char), ..locale }
    }

    /// What `toml_file` cannot check: ranges, and names that must agree.
    pub fn check(&self) -> Result<(), crate::error::Fault> {
        use crate::error::Fault;
        if let Some(level) = self.confidence
            && !(level > 0.0 && level < 1.0)
        {
            return Err(Fault::new(
                format!("confidence = {level} is not between 0 and 1"),
                "write a level such as 0.95",
            ));
        }
        if let Some(digits) = self.digits
            && !(1..=6).contains(&digits)
        {
            return Err(Fault::new(
                format!("digits = {digits} is not between 1 and 6"),
                "it counts the significant digits of an uncertainty; 2 is usual",
            ));
        }
        if let Some(lang) = &self.lang
            && let Err(remedy) = Language::find(lang)
        {
            return Err(Fault::new(format!("lang = \"{lang}\" is no language of reports"), remedy));
        }
        if self.mss == Some(MssPolicy::Bytes(0)) {
            return Err(Fault::new("mss = 0", "write the bytes of a segment, such as 1460, or \"from-log\""));
        }
        if let Some(published) = &self.published
            && !std::path::Path::new(published).components().all(|part| matches!(part, std::path::Component::Normal(_)))
        {
            return Err(Fault::new(
                format!("published = \"{published}\" is not a file of the study"),
                "put the claims file into the study's directory, and name it by its path there",
            ));
        }
        super::check_label("title", self.title.as_deref().unwrap_or_default())?;
        for (what, list) in [("mode", &self.modes), ("scenario", &self.scenarios)] {
            for (i, named) in list.iter().enumerate() {
                super::check_id(&format!("id of a {what}"), &named.id)?;
                super::check_label(&format!("label of the {what} `{}`", named.id), &named.label)?;
                if list[..i].iter().any(|other| other.id == named.id) {
                    return Err(Fault::new(
                        format!("the {what} `{}` is listed twice", named.id),
                        "keep one of the two",
                    ));
                }
            }
        }
        if let Some(baseline) = &self.baseline
            && !self.modes.is_empty()
            && !self.modes.iter().any(|mode| mode.id == *baseline)
        {
            let ids: Vec<&str> = self.modes.iter().map(|mode| mode.id.as_str()).collect();
            return Err(Fault::new(
                format!("the baseline `{baseline}` is not among the modes"),
                format!("the modes are: {}", ids.join(", ")),
            ));
        }
        Ok(())
    }
}

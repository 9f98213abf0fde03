//! Which methods apply to two modes, what each of them says, and which of them a study asked for.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::error::{Error, Problem};
use crate::metric::{Better, Metric, Unit};
use crate::stats::outcome::{self, Outcome};
use crate::stats::{
    Alternative, Answer, Compute, Estimand, Events, Kind, METHODS, Margin, Method, Moments, Result, Settings,
    TestResult, Undefined, method,
};
use crate::study::{Outliers, Study};
use crate::toml_file::{nearest, suggest};

/// The adjustment of a study that names none.
const USUAL_ADJUSTMENT: &str = "holm";

/// What the study chose of its methods; empty lists are the usual ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chosen {
    /// Ids of tests; of those that apply to a comparison the last counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effect: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interval: Vec<String>,
    /// Id of the adjustment of p-values.
    pub adjust: String,
    /// By metric: the largest difference that does not matter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub margins: BTreeMap<String, Margin>,
    /// Whether the pairs among treatments are wanted too.
    pub pairs: bool,
    pub outliers: Outliers,
}

impl Chosen {
    /// What the manifest asks for.
    ///
    /// # Errors
    /// When it names a method or a metric that does not exist, or a margin that is none.
    pub fn of(study: &Study, metrics: &[&Metric]) -> std::result::Result<Self, Error> {
        let manifest = &study.manifest;
        let problem = |what: String, remedy: String| Error::from(Problem::new(study.place(), what, remedy));
        let known = |key: &str, kind: Kind, ids: &[String]| match ids.iter().find(|id| !ids_of(kind).any(|k| k == *id))
        {
            Some(id) => Err(problem(format!("`{key}` names `{id}`, which is no {}", kind.noun()), remedy(kind, id))),
            None => Ok(ids.to_vec()),
        };
        let adjust = manifest.adjust.clone().unwrap_or_else(|| USUAL_ADJUSTMENT.to_owned());
        known("adjust", Kind::Adjustment, std::slice::from_ref(&adjust))?;
        let mut margins = BTreeMap::new();
        for (id, text) in &manifest.margins {
            let Some(metric) = metrics.iter().find(|metric| metric.id == *id) else {
                let remedy = suggest(id, metrics.iter().map(|metric| &*metric.id), "The metrics are");
                return Err(problem(format!("`margins` names `{id}`, which the data do not have"), remedy));
            };
            let margin = margin(text, &metric.unit)
                .map_err(|(what, remedy)| problem(format!("the margin `{text}` of {id} {what}"), remedy))?;
            margins.insert(id.clone(), margin);
        }
        Ok(Self {
            test: known("test", Kind::Test, manifest.test.as_slice())?,
            effect: known("effect", Kind::EffectSize, manifest.effect.as_slice())?,
            interval: known("interval", Kind::Interval, manifest.interval.as_slice())?,
            adjust,
            margins,
            pairs: manifest.pairs.unwrap_or_default(),
            outliers: manifest.outliers.unwrap_or_default(),
        })
    }
}

/// The ids of the methods of a kind that can be chosen.
pub fn ids_of(kind: Kind) -> impl Iterator<Item = &'static str> {
    let compares = |method: &&Method| !matches!(method.compute, Compute::Sample(_));
    METHODS.iter().filter(move |method| method.kind == kind && compares(method)).map(|method| method.id)
}

fn remedy(kind: Kind, id: &str) -> String {
    let ids: Vec<&str> = ids_of(kind).collect();
    match nearest(id, ids.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Known: {}", ids.join(", ")),
        None => format!("known: {}", ids.join(", ")),
    }
}

/// No margin is more than this: such a number is a slip, and overflows in what is made of it.
const MOST_PERCENT: f64 = 1e6;

/// A margin as it is written: `2%` of the baseline's mean, `0.2 ms`, or a number alone where the metric has no unit.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn margin(text: &str, unit: &Unit) -> std::result::Result<Margin, (String, String)> {
    let remedy = || "write a positive number and a unit, such as `2%` of the baseline's mean".to_owned();
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || ".eE+-".contains(c))).unwrap_or(text.len());
    let (number, name) = (&text[..end], text[end..].trim());
    let Some(number) = number.parse::<f64>().ok().filter(|x| x.is_finite() && *x > 0.0) else {
        return Err(("is not a positive number".to_owned(), remedy()));
    };
    if name == "%" {
        if number > MOST_PERCENT {
            return Err((format!("is more than {MOST_PERCENT} %, and so no margin"), remedy()));
        }
        return Ok(Margin::Relative(number / 100.0));
    }
    let has_unit = !["", "count", "1"].contains(&unit.base_name());
    if name.is_empty() && has_unit {
        return Err((format!("has no unit, and the metric is in {}", unit.base_name()), remedy()));
    }
    if name.is_empty() || name == unit.base_name() {
        return Ok(Margin::Absolute(number));
    }
    match Unit::named(name) {
        (of, factor) if of == *unit && (number * factor).is_finite() => Ok(Margin::Absolute(number * factor)),
        _ => Err((format!("is not in a unit of the metric, which is in {}", unit.base_name()), remedy())),
    }
}

/// What is known of two modes, the baseline first.
pub enum Data<'a> {
    /// Summary statistics alone.
    Moments([Moments; 2]),
    /// A value of each run; where the runs come in blocks, also the values of the blocks, in one order.
    Values { values: [&'a [f64]; 2], pairs: Option<&'a [Vec<f64>; 2]> },
    /// A count with its exposure of each run.
    Events([&'a [Events]; 2]),
}

/// What a method says of a comparison, or why it cannot.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Applied {
    #[serde(skip)]
    pub id: &'static str,
    pub label: String,
    pub kind: Kind,
    pub estimand: Estimand,
    #[serde(flatten, serialize_with = "outcome::serialize")]
    #[schemars(with = "Outcome<Answer>")]
    pub answer: Result<Answer>,
    /// Of a test by moments: the p-values of both one-sided alternatives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_sided: Option<OneSided>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct OneSided {
    /// Of the alternative that the treatment's mean is less.
    pub p_less: f64,
    /// Of the alternative that the treatment's mean is greater.
    pub p_greater: f64,
}

/// The methods that apply to a comparison, by id, in the registry's order.
#[derive(Clone, Debug, Default)]
pub struct Methods(pub Vec<Applied>);

impl Serialize for Methods {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|applied| (applied.id, applied)))
    }
}

impl JsonSchema for Methods {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Methods".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        std::collections::BTreeMap::<String, Applied>::json_schema(generator)
    }
}

impl Methods {
    /// Every method of the registry that applies to the data. Equivalence is asked about only where a margin was set.
    pub fn of(data: &Data, settings: &Settings, better: Better) -> Self {
        let compares = |method: &&Method| match method.kind {
            Kind::Test | Kind::EffectSize | Kind::Interval => true,
            Kind::Equivalence => settings.margin.is_some(),
            _ => false,
        };
        let applied = METHODS.iter().filter(compares).filter_map(|method| {
            let settings =
                Settings { alternative: alternative(method.kind, better, settings.alternative), ..*settings };
            let answer = answer(method, data, &settings)?;
            let one_sided = (method.kind == Kind::Test && matches!(method.compute, Compute::Moments(_)))
                .then(|| one_sided(method, data, &settings))
                .flatten();
            let Method { id, label, kind, estimand, .. } = *method;
            Some(Applied { id, label: label.to_owned(), kind, estimand, answer, one_sided })
        });
        Self(applied.collect())
    }

    /// Every method for one sample of values, in run order: how precise its mean and its quantiles are.
    pub fn of_sample(values: &[f64], settings: &Settings) -> Self {
        let applied = METHODS.iter().filter(|method| method.kind == Kind::Interval).filter_map(|method| {
            let Compute::Sample(run) = method.compute else { return None };
            let Method { id, label, kind, estimand, .. } = *method;
            let answer = run(values, settings);
            Some(Applied { id, label: label.to_owned(), kind, estimand, answer, one_sided: None })
        });
        Self(applied.collect())
    }

    /// The tests at a margin: of pairs, or of independent runs.
    pub fn at_margin(&self, paired: bool) -> impl Iterator<Item = &Applied> {
        let of_pairs = |id: &str| method(id).is_some_and(|method| matches!(method.compute, Compute::Pairs(_)));
        self.0.iter().filter(move |applied| applied.kind == Kind::Equivalence && of_pairs(applied.id) == paired)
    }

    pub fn get(&self, id: &str) -> Option<&Applied> {
        self.0.iter().find(|applied| applied.id == id)
    }

    /// The answer of a method.
    pub fn answer(&self, id: &str) -> Result<&Answer> {
        let applied = self.get(id).ok_or_else(|| Undefined::because(format!("{id} does not apply to these data")))?;
        applied.answer.as_ref().map_err(Clone::clone)
    }

    /// The answer of a method that is a test.
    pub fn test(&self, id: &str) -> Result<&TestResult> {
        match self.answer(id)? {
            Answer::Test(test) => Ok(test),
            Answer::Effect(_) => Err(Undefined::because(format!("{id} is not a test"))),
        }
    }

    /// The last of `wanted` that applies and whose estimand suits, or else the first of `usual` that does.
    pub fn choose(&self, wanted: &[String], usual: &[&str], suits: impl Fn(Estimand) -> bool) -> Option<&'static str> {
        let applies = |id: &str| self.get(id).filter(|applied| suits(applied.estimand));
        let wanted = wanted.iter().rev().find_map(|id| applies(id));
        wanted.or_else(|| usual.iter().find_map(|id| applies(id))).map(|applied| applied.id)
    }
}

/// Non-inferiority asks whether the treatment is worse, so it follows the metric; where no direction is better, and for
/// every other method, it is what was asked for.
fn alternative(kind: Kind, better: Better, asked: Alternative) -> Alternative {
    match (kind, better) {
        (Kind::Equivalence, Better::Lower) => Alternative::Less,
        (Kind::Equivalence, Better::Higher) => Alternative::Greater,
        _ => asked,
    }
}

/// `None` when the method needs other data.
fn answer(method: &Method, data: &Data, settings: &Settings) -> Option<Result<Answer>> {
    Some(match (method.compute, data) {
        (Compute::Moments(run), Data::Moments([a, b])) => run(a, b, settings),
        (Compute::Moments(run), Data::Values { values: [a, b], .. }) => {
            Moments::of(a).and_then(|a| run(&a, &Moments::of(b)?, settings))
        }
        (Compute::Samples(run), Data::Values { values: [a, b], .. }) => run(a, b, settings),
        (Compute::Pairs(run), Data::Values { pairs: Some([a, b]), .. }) => run(a, b, settings),
        (Compute::Events(run), Data::Events([a, b])) => run(a, b, settings),
        _ => return None,
    })
}

fn one_sided(method: &Method, data: &Data, settings: &Settings) -> Option<OneSided> {
    let p = |alternative| answer(method, data, &Settings { alternative, ..*settings })?.ok()?.p_value();
    Some(OneSided { p_less: p(Alternative::Less)?, p_greater: p(Alternative::Greater)? })
}

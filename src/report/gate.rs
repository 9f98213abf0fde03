//! The gate as a table, sentences and test cases: what a terminal, a pull request and a CI server show.

use super::language::{translate_table, translated};
use super::model::{Align, Block, Cell, Column, Report, Section, Sentence, Table};
use super::number::{
    self, Scale, decimals_of, fixed, half_width, number, p_value, shortest, signed, significant, text,
};
use crate::analysis::gate::{Gate, Gated, Measured, SAME_RUNS, Verdict};
use crate::analysis::means::Side;
use crate::analysis::planning::POWER;
use crate::analysis::{GENERATOR, MetricKind};
use crate::language::{Locale, Translator};
use crate::metric::Unit;
use crate::stats::{Margin, Undefined};

/// What a CI server lists: the gated metrics of one study.
#[derive(Clone, Debug)]
pub struct Suite {
    pub name: String,
    pub cases: Vec<Case>,
    /// What is to be said of the gate as a whole.
    pub notes: Vec<String>,
}

/// A metric in one mode and scenario.
#[derive(Clone, Debug)]
pub struct Case {
    /// Labels of mode and scenario.
    pub place: String,
    pub metric: String,
    pub verdict: Verdict,
    /// What is to be looked at, above the message: `Regression: Mean latency, With Istio`.
    pub title: String,
    /// What was found, in one sentence.
    pub message: String,
}

/// What one study's gate is called, and its baseline.
pub struct Named<'a> {
    pub study: &'a str,
    /// Label of the mode that the others are held against; none where a session is held against an earlier one.
    pub baseline: Option<String>,
    pub gate: &'a Gate,
}

impl Named<'_> {
    /// What the two sides are called.
    fn sides(&self) -> [String; 2] {
        match &self.baseline {
            Some(label) => [label.clone(), "Treatment".to_owned()],
            None => ["Base".to_owned(), "New".to_owned()],
        }
    }
}

/// The cases of a gate, in the translator's language.
pub fn suite(named: &Named, translator: &Translator) -> Suite {
    let case = |row: &Gated| {
        let label = &row.metric.label;
        let title = match row.verdict {
            Verdict::Pass => String::new(),
            Verdict::Fail => format!("Regression: {label}, {}", row.place),
            Verdict::Inconclusive => format!("Inconclusive: {label}, {}", row.place),
        };
        Case {
            place: row.place.clone(),
            metric: translator.text(label),
            verdict: row.verdict,
            title: translator.text(&title),
            message: translator.text(&sentence(row, named.gate)),
        }
    };
    let notes = notes(named).iter().map(|note| translator.text(note)).collect();
    Suite { name: named.study.to_owned(), cases: named.gate.rows.iter().map(case).collect(), notes }
}

/// The gates of all studies as one report, to be read in a pull request, in the translator's language.
pub fn report(gates: &[Named], translator: &Translator) -> Report {
    let report = english(gates);
    let title = translator.text(&report.title);
    Report { title, ..translated(report, translator) }
}

fn english(gates: &[Named]) -> Report {
    let section = |named: &Named| {
        let blocks = vec![Block::Table(english_table(named)), Block::List { items: english_sentences(named) }];
        Section { id: format!("gate-{}", named.study), title: named.study.to_owned(), blocks }
    };
    Report {
        id: "gate".to_owned(),
        title: "Regression gate".to_owned(),
        banner: None,
        summary: vec![english_verdict(gates).into()],
        metrics: Vec::new(),
        sections: gates.iter().map(section).collect(),
        numbers: Vec::new(),
        generator: GENERATOR.to_owned(),
        headline: Vec::new(),
        locale: Locale::default(),
    }
}

/// The verdict over all studies, in one line.
pub fn verdict(gates: &[Named], translator: &Translator) -> String {
    translator.text(&english_verdict(gates))
}

fn english_verdict(gates: &[Named]) -> String {
    let rows = || gates.iter().flat_map(|named| &named.gate.rows);
    let worst = rows().map(|row| row.verdict).max().unwrap_or(Verdict::Inconclusive);
    let counts: Vec<String> = [Verdict::Fail, Verdict::Inconclusive, Verdict::Pass]
        .into_iter()
        .map(|verdict| (verdict, rows().filter(|row| row.verdict == verdict).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| format!("{count} {}", verdict.word()))
        .collect();
    let meaning = match worst {
        Verdict::Pass => "every regression is smaller than its margin",
        Verdict::Fail => "a regression larger than its margin is shown",
        Verdict::Inconclusive => "the runs show neither a regression nor that there is none",
    };
    format!("{}: {meaning} ({} of {} comparisons)", worst.word(), counts.join(", "), rows().count())
}

/// What the rows mean, the failures first, and what was not gated.
pub fn sentences(named: &Named, translator: &Translator) -> Vec<String> {
    english_sentences(named).iter().map(|sentence| translator.text(sentence)).collect()
}

fn english_sentences(named: &Named) -> Vec<String> {
    let rows = &named.gate.rows;
    let of = |verdict: Verdict| rows.iter().filter(move |row| row.verdict == verdict);
    let sorted = of(Verdict::Fail).chain(of(Verdict::Inconclusive)).chain(of(Verdict::Pass));
    let rows = sorted.map(|row| {
        format!("{}: {}, {}: {}", row.verdict.word(), row.metric.label, row.place, sentence(row, named.gate))
    });
    rows.chain(notes(named)).collect()
}

fn notes(named: &Named) -> Vec<String> {
    let same = named.gate.same_runs.then(|| format!("note: {SAME_RUNS}"));
    let without = named.gate.without_direction.iter().map(|id| {
        format!("note: {id} is not gated, because neither direction of it is known to be better: --better {id}=lower")
    });
    same.into_iter().chain(without).collect()
}

/// The gate as a table; the notes say how it was decided.
pub fn table(named: &Named, translator: &Translator) -> Table {
    let mut table = english_table(named);
    translate_table(&mut table, translator);
    table
}

fn english_table(named: &Named) -> Table {
    let (gate, [base, new]) = (named.gate, named.sides());
    let level = |share: f64| format!("{} %", shortest(share * 100.0));
    let columns = [
        ("Metric", Align::Left),
        ("Mode", Align::Left),
        (&base, Align::Centre),
        (&new, Align::Centre),
        ("n", Align::Left),
        ("Change", Align::Number),
        (&format!("{} CI", level(2.0 * gate.confidence - 1.0)), Align::Centre),
        ("Allowed", Align::Number),
        ("in", Align::Left),
        ("p (Holm)", Align::Number),
        ("Verdict", Align::Left),
    ]
    .map(|(header, align)| Column::new(header, align));
    let one_sided = level(gate.confidence);
    let notes: Vec<Sentence> = vec![
        format!(
            "Fail: the one-sided test shows a regression beyond what is allowed, by a p-value that is adjusted over all \
             rows (Holm). Pass: the {one_sided} bound shows that it is smaller (each row by itself: all must pass, which \
             needs no adjustment). Inconclusive: neither. Each bound of the interval is a one-sided {one_sided} bound."
        )
        .into(),
        "Where the allowed change is in percent of the baseline, the error of the baseline counts (Fieller's interval; \
         the test of T − (1 ± margin)·B). Ratios: pooled rates, run-clustered. Runs in blocks of one study are paired."
            .into(),
    ];
    Table {
        id: format!("gate-{}", named.study),
        caption: format!("Whether {new} is worse than {base} by more than is allowed"),
        columns: columns.to_vec(),
        rows: gate.rows.iter().map(cells).collect(),
        notes,
        metrics: Vec::new(),
        aside: false,
    }
}

fn cells(row: &Gated) -> Vec<Cell> {
    let scale = scale(row);
    let shown = Shown::of(row);
    let sides = [&row.baseline, &row.treatment];
    let counts: Vec<String> =
        sides.iter().map(|side| side.map_or("0".to_owned(), |side: Side| side.n.to_string())).collect();
    let runs = match (row.pairs, counts.as_slice()) {
        (Some(pairs), _) => format!("{pairs} pairs"),
        (None, [a, b]) if a == b => a.clone(),
        _ => counts.join(", "),
    };
    let measured = row.measured.as_ref().ok();
    vec![
        text(scale.header(&row.metric.label)),
        text(row.place.clone()),
        side_cell(row, &scale, true),
        side_cell(row, &scale, false),
        text(runs),
        measured.and_then(|m| m.change).map_or(Cell::Missing, |change| number(shown.signed(change))),
        measured.map_or(Cell::Missing, |m| number::interval(&m.interval, &shown.scale, shown.decimals)),
        number(shown.limit(row.limit())),
        text(shown.scale.unit.clone()),
        row.p_fail_adjusted.map_or(Cell::Missing, |p| number(p_value(p))),
        text(row.verdict.word()),
    ]
}

fn scale(row: &Gated) -> Scale {
    let typical = [row.baseline, row.treatment].iter().flatten().map(|side| side.mean.abs()).fold(0.0, f64::max);
    Scale::of(&row.metric.unit, typical)
}

fn side_cell(row: &Gated, scale: &Scale, baseline: bool) -> Cell {
    let Some(side) = (if baseline { row.baseline } else { row.treatment }) else { return Cell::Missing };
    let sds = [row.baseline, row.treatment].map(|side| Some(scale.apply(side?.sd?)));
    let decimals = decimals_of(&sds, scale.apply(side.mean), 2);
    let centre = scale.apply(side.mean);
    match side.sd {
        Some(sd) => Cell::PlusMinus { centre: fixed(centre, decimals), spread: fixed(scale.apply(sd), decimals) },
        None if row.metric.kind == MetricKind::Ratio => number(significant(centre, 3)),
        None => number(fixed(centre, decimals)),
    }
}

/// How changes of a row are printed: in percent, or in the unit of the metric.
struct Shown {
    scale: Scale,
    decimals: usize,
}

impl Shown {
    fn of(row: &Gated) -> Self {
        let scale = match row.margin {
            Margin::Relative(_) => Scale::of(&Unit::Fraction, 1.0),
            Margin::Absolute(_) => scale(row),
        };
        let measured = row.measured.as_ref().ok();
        let half = measured.and_then(|m| half_width(&m.interval)).map(|half| scale.apply(half));
        let change = measured.and_then(|m| m.change).unwrap_or_default();
        let decimals = decimals_of(&[half], scale.apply(change), 2);
        Self { scale, decimals }
    }

    fn unit(&self) -> String {
        if self.scale.unit.is_empty() { String::new() } else { format!(" {}", self.scale.unit) }
    }

    fn signed(&self, change: f64) -> String {
        signed(self.scale.apply(change), self.decimals)
    }

    /// What was asked for, as it was typed.
    fn limit(&self, limit: f64) -> String {
        let text = shortest(self.scale.apply(limit));
        if limit > 0.0 { format!("+{text}") } else { text }
    }

    fn bounds(&self, measured: &Measured) -> String {
        match number::interval(&measured.interval, &self.scale, self.decimals) {
            Cell::Interval { lower, upper } => format!("[{lower}, {upper}]"),
            _ => "without bounds".to_owned(),
        }
    }
}

/// What was found of a row.
fn sentence(row: &Gated, gate: &Gate) -> String {
    let shown = Shown::of(row);
    let unit = shown.unit();
    let limit = format!("{}{unit}", shown.limit(row.limit()));
    let measured = match &row.measured {
        Ok(measured) => measured,
        Err(why) => return format!("nothing can be said, because {}", why.because),
    };
    let level = |share: f64| format!("{} %", shortest(share * 100.0));
    let interval = format!("{} CI {}{unit}", level(2.0 * gate.confidence - 1.0), shown.bounds(measured));
    let change = measured.change.map_or("change".to_owned(), |change| format!("{}{unit}", shown.signed(change)));
    let power = level(POWER);
    match row.verdict {
        Verdict::Fail => format!("{change} ({interval}) is worse than the {limit} that is allowed"),
        Verdict::Pass => {
            let detectable = match &row.detectable {
                Some(Ok(size)) => {
                    let size = shown.scale.apply(row.worse() * size);
                    let sign = if size > 0.0 { "+" } else { "" };
                    format!(
                        "; these runs would have failed a true change of {sign}{}{unit} with a power of {power}",
                        significant(size, 2)
                    )
                }
                Some(Err(why)) => format!("; no detectable change: {}", why.because),
                None => String::new(),
            };
            format!("{change} ({interval}) is within the {limit} that is allowed{detectable}")
        }
        Verdict::Inconclusive => format!("{change} ({interval}) {}{}", why_not(row, gate, &limit), needs(row)),
    }
}

fn why_not(row: &Gated, gate: &Gate, limit: &str) -> String {
    let alone = row.measured.as_ref().is_ok_and(|measured| measured.p_fail < 1.0 - gate.confidence);
    if alone {
        return format!("is beyond the {limit} that is allowed, but not after adjusting for {} tests", gate.rows.len());
    }
    let note = row.measured.as_ref().ok().and_then(|measured| measured.note.clone());
    let note = note.map_or(String::new(), |note| format!(" ({note})"));
    format!("neither shows nor excludes a change beyond {limit}{note}")
}

/// How many runs would decide.
fn needs(row: &Gated) -> String {
    let many = |why: &Undefined| format!("; no number of runs is known to decide it: {}", why.because);
    match &row.runs_needed {
        Some(Ok([a, b])) => {
            let runs = (*a).max(*b);
            let what = if row.pairs.is_some() { "blocks" } else { "runs of each" };
            let power = shortest(POWER * 100.0);
            let so_far = row.pairs.or(row.baseline.as_ref().map(|side| side.n)).unwrap_or_default();
            let so_far = row.treatment.as_ref().map_or(so_far, |side| side.n.min(so_far));
            format!(
                "; if this is the true change, {runs} {what} ({so_far} so far) would decide it with a power of {power} %"
            )
        }
        Some(Err(why)) => many(why),
        None => String::new(),
    }
}

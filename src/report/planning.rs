//! What the runs could find, and the power of more or fewer of them.

use super::figure::{Curves, Drawing, Figure, Line};
use super::model::{Align, Block, Cell, Column, Section, Sentence, Table};
use super::number::{self, Scale, fixed, number, or_missing, significant, text};
use super::{Context, header};
use crate::analysis::MetricInfo;
use crate::analysis::planning::{Needs, POWER, Planned};
use crate::language::Locale;
use crate::stats::{Alternative, Result, Undefined};

/// Numbers of runs whose power a figure shows beside that of the runs that there are.
const RUNS: [usize; 4] = [5, 10, 20, 50];

/// Points of a curve.
const POINTS: usize = 60;

pub(super) fn section(context: &Context) -> Option<Section> {
    let primary = context.analysis.comparisons.iter().filter_map(|comparison| {
        let metric = context.analysis.metric(&comparison.metric).filter(|metric| metric.primary)?;
        let alpha = 1.0 - context.analysis.study.confidence;
        Some((metric, context.place(comparison), Planned::of(comparison, alpha, Alternative::TwoSided, POWER)?))
    });
    let rows: Vec<PlanRow> = primary
        .map(|(metric, place, planned)| PlanRow {
            name: header(metric, &context.scale(metric)),
            place,
            scale: context.scale(metric),
            needs: None,
            planned,
        })
        .collect();
    let mut table = table(&rows, POWER, 1.0 - context.analysis.study.confidence)?;
    table.notes.iter_mut().for_each(|note| note.text = context.prose(&note.text));
    let blocks = vec![Block::Table(table)];
    Some(Section { id: "power".to_owned(), title: "What these runs could find".to_owned(), blocks })
}

/// One comparison of a plan.
pub struct PlanRow {
    /// The metric, with its unit.
    pub name: String,
    /// Treatment and scenario.
    pub place: String,
    pub scale: Scale,
    pub planned: Planned,
    /// Of the target, where there is one.
    pub needs: Option<Result<Needs>>,
}

impl PlanRow {
    /// The scale of a metric of which these are the values.
    pub fn scale_of(metric: &MetricInfo, planned: &Planned) -> Scale {
        Scale::of(&metric.unit, planned.baseline_mean)
    }
}

/// The plan as a table; `None` without a row.
pub fn table(rows: &[PlanRow], wanted: f64, alpha: f64) -> Option<Table> {
    let target = rows.iter().any(|row| row.needs.is_some());
    let percent = |share: f64| format!("{} %", number::shortest(share * 100.0));
    let mut columns = vec![
        Column::new("Metric", Align::Left),
        Column::new("Treatment", Align::Left),
        Column::new("Runs", Align::Centre),
        Column::new("Difference", Align::Number),
        Column::new("Its power (%)", Align::Number),
        Column::new(format!("Detectable with {}", percent(wanted)), Align::Number),
        Column::new("In % of the baseline", Align::Number),
    ];
    if target {
        columns.extend([
            Column::new("Target", Align::Number),
            Column::new("Its power (%)", Align::Number),
            Column::new("Runs needed", Align::Number),
        ]);
    }
    let three = |value: f64| number(significant(value, 3));
    let power = |power: &Result<f64>| or_missing(power.as_ref(), |power| number(shown_power(*power)));
    let cells = |row: &PlanRow| {
        let planned = &row.planned;
        let [a, b] = planned.runs;
        let runs = if planned.paired {
            format!("{a} pairs")
        } else if a == b {
            format!("{a}")
        } else {
            format!("{a} and {b}")
        };
        let detectable = planned.minimum_detectable.as_ref();
        let relative =
            detectable.map_err(Clone::clone).and_then(|difference| relative(*difference, planned.baseline_mean));
        let mut cells = vec![
            text(row.name.clone()),
            text(row.place.clone()),
            text(runs),
            planned.difference.map_or(Cell::Missing, |difference| three(row.scale.apply(difference))),
            power(&planned.power),
            or_missing(detectable, |difference| three(row.scale.apply(*difference))),
            or_missing(relative, three),
        ];
        if target {
            match &row.needs {
                Some(Ok(needs)) => cells.extend([
                    three(row.scale.apply(needs.difference)),
                    power(&needs.power),
                    or_missing(needs.runs.as_ref(), |runs| {
                        let runs = runs[0].max(runs[1]);
                        if planned.paired { text(format!("{runs} pairs")) } else { number(runs.to_string()) }
                    }),
                ]),
                _ => cells.extend([Cell::Missing, Cell::Missing, Cell::Missing]),
            }
        }
        cells
    };
    let mut notes: Vec<Sentence> = vec![format!(
        "By the t-test at the {} level (Welch's; for pairs, the paired one), with the measured standard deviations taken \
         for the true ones, and not adjusted for the other tests of a family. Detectable: the smallest difference that so many runs find with a power of {}. The power of \
         the measured difference says no more than its p-value does (Hoenig and Heisey 2001, doi:10.1198/000313001300339897).",
        percent(alpha),
        percent(wanted)
    )
    .into()];
    for row in rows {
        let reasons = [
            row.planned.minimum_detectable.as_ref().err().map(|why| ("detectable difference", why)),
            row.needs.as_ref().and_then(|needs| needs.as_ref().err()).map(|why| ("target", why)),
            row.needs
                .as_ref()
                .and_then(|needs| needs.as_ref().ok()?.runs.as_ref().err())
                .map(|why| ("number of runs", why)),
        ];
        let reason = |(what, why): (&str, &Undefined)| {
            let reason = format!("—: no {what} for {}, {}: {}.", row.name, row.place, why.because);
            Sentence::of(&row.planned.metric, reason)
        };
        notes.extend(reasons.into_iter().flatten().map(reason));
    }
    (!rows.is_empty()).then(|| Table {
        id: "power".to_owned(),
        caption: "What so many runs can find".to_owned(),
        columns,
        rows: rows.iter().map(cells).collect(),
        metrics: rows.iter().map(|row| row.planned.metric.clone()).collect(),
        notes,
        aside: false,
    })
}

/// In percent; what is all but certain is not printed as certain.
fn shown_power(power: f64) -> String {
    if power > 0.9995 { ">99.9".to_owned() } else { fixed(power * 100.0, 1) }
}

fn relative(difference: f64, baseline: f64) -> Result<f64> {
    let percent = difference / baseline.abs() * 100.0;
    if percent.is_finite() { Ok(percent) } else { Err(Undefined::because("the baseline's mean is zero")) }
}

/// The power of the runs that there are, and of other numbers of them, over the difference.
pub fn figure(row: &PlanRow, id: &str, locale: impl Into<Locale>) -> Option<Figure> {
    let planned = &row.planned;
    let reach = planned.minimum_detectable.as_ref().ok()?.abs();
    let target = row.needs.as_ref().and_then(|needs| Some(needs.as_ref().ok()?.difference.abs()));
    let most = 1.6 * target.map_or(reach, |target| target.max(reach));
    let sign = if planned.design.alternative == Alternative::Less { -1.0 } else { 1.0 };
    let measured = planned.runs;
    let needed = row.needs.as_ref().and_then(|needs| needs.as_ref().ok()?.runs.clone().ok());
    let others = RUNS.into_iter().map(|n| ([n, n], "")).chain(needed.map(|runs| (runs, ", what the target needs")));
    let mut all: Vec<([usize; 2], &str)> = others.filter(|(runs, _)| *runs != measured).collect();
    all.push((measured, if planned.metric.is_empty() { ", as given" } else { ", as measured" }));
    all.sort_by_key(|(runs, _)| *runs);
    all.dedup_by_key(|(runs, _)| *runs);
    let line = |(runs, which): &([usize; 2], &str)| Line {
        label: if planned.paired {
            format!("{} pairs{which}", runs[0])
        } else if runs[0] == runs[1] {
            format!("{} runs a mode{which}", runs[0])
        } else {
            format!("{} and {} runs{which}", runs[0], runs[1])
        },
        points: (0..=POINTS)
            .map(|k| most * k as f64 / POINTS as f64)
            .filter_map(|x| Some((row.scale.apply(x), planned.power_of(*runs, sign * x).ok()?)))
            .collect(),
    };
    let lines: Vec<Line> = all.iter().map(line).collect();
    let count = lines.len();
    Some(Figure {
        id: id.to_owned(),
        metric: Some(planned.metric.clone()),
        caption: format!("Power to find a difference of {}, {}, by the number of runs.", row.name, row.place),
        alt: format!(
            "{count} curves of power over the difference of {}; more runs find smaller differences.",
            row.name
        ),
        drawing: Drawing::Curves(Curves {
            axis: format!("Difference: {}", row.name),
            vertical: "Power".to_owned(),
            lines,
        }),
        locale: locale.into(),
    })
}

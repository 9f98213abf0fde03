//! Whether printed figures hold: the audit's tables, its explanations, and what it can and cannot show.

use super::language::{translate_table, translated, translator_of_audit};
use super::model::{Align, Block, Cell, Column, Report, Section, Sentence, Table, tables_mut};
use super::number::{decimals, fixed, number, p_value, text};
use super::{Context, files, localise, published};
use crate::analysis::{GENERATOR, Published};
use crate::audit::{Audit, Change, Explanation, Finding, Range, VERDICTS, Verdict};
use crate::claims::Statistic;
use crate::language::{Language, Locale};

/// Id of the section.
pub(super) const SECTION: &str = "audit";

/// Its title in the report of a study.
pub(super) const TITLE: &str = "Whether the published figures hold";

/// Figures that are named for each verdict before all others are counted.
const NAMED: usize = 10;

/// The section of a study whose published figures are known.
pub(super) fn section(context: &Context) -> Option<Section> {
    let audit = context.analysis.audit.as_ref()?;
    let printer = Printer { audit, decimal: context.decimal(), compared: context.analysis.published.as_ref() };
    let summary = printer.summary();
    let (counts, more) = summary.split_first()?;
    let mut blocks = vec![Block::Text { text: counts.clone() }];
    blocks.extend((!more.is_empty()).then(|| Block::List { items: more.to_vec() }));
    blocks.extend(printer.blocks());
    Some(Section { id: SECTION.to_owned(), title: TITLE.to_owned(), blocks })
}

/// An audit as a report of its own.
pub fn report(audit: &Audit, id: &str, language: &'static Language) -> Report {
    let printer = Printer::alone(audit);
    let translator = translator_of_audit(audit, language);
    let mut report = Report {
        id: id.to_owned(),
        title: translator.text(&format!("Audit: {}", audit.title)),
        banner: None,
        headline: Vec::new(),
        summary: printer.summary().into_iter().map(Sentence::from).collect(),
        metrics: Vec::new(),
        sections: vec![Section {
            id: SECTION.to_owned(),
            title: "Whether the printed figures hold".to_owned(),
            blocks: printer.blocks(),
        }],
        numbers: Vec::new(),
        generator: GENERATOR.to_owned(),
        locale: Locale::default(),
    };
    let made = format!("Made by {GENERATOR}.");
    tables_mut(&mut report.sections).for_each(|table| table.notes.push(made.as_str().into()));
    files::name(&mut report.sections);
    translated(report, &translator)
}

/// What a terminal shows.
pub struct Brief {
    /// The counts, and the figures that cannot be right.
    pub summary: Vec<String>,
    /// The tables without their last column.
    pub tables: Vec<Table>,
    /// What is said of the figures that do not hold.
    pub explained: Vec<String>,
}

/// The audit in brief, with the figures that hold where `all` are wanted.
pub fn brief(audit: &Audit, all: bool, language: &'static Language) -> Brief {
    let printer = Printer::alone(audit);
    let translator = translator_of_audit(audit, language);
    let narrow = |mut table: Table| {
        translate_table(&mut table, &translator);
        let columns = table.columns.len() - 1;
        let rows = table.rows.into_iter().map(|row| row.into_iter().take(columns).collect()).collect();
        Table { columns: table.columns.into_iter().take(columns).collect(), rows, ..table }
    };
    let shown = |found: &Finding| all || found.verdict > Verdict::Holds;
    let translated = |texts: Vec<String>| -> Vec<String> { texts.iter().map(|text| translator.text(text)).collect() };
    Brief {
        summary: translated(printer.summary()),
        tables: printer.tables(&shown).into_iter().map(narrow).collect(),
        explained: translated(printer.explained()),
    }
}

/// What the page says of itself.
const LIMITS: [&str; 3] = [
    "Every printed figure stands for all numbers that round to it. “Attainable” is all that a figure can be when the \
     figures it follows from are anything that rounds to what is printed; “recomputed” takes them as if they had no further \
     digits.",
    "What this can show: which of the printed figures can be true together. What it cannot: which of two figures that \
     exclude each other is the right one, whether the measured figures themselves are right, and how a figure came about. \
     “Consistent with” means that the named slip gives the printed figure; other ways may give it too, a misprint among \
     them.",
    "A figure that does not hold is a reason to look at the data again, not a judgement of a study or its authors. Most \
     such figures in print are slips of rounding and copying, and leave the conclusions as they are.",
];

struct Printer<'a> {
    audit: &'a Audit,
    decimal: char,
    /// The same figures beside the runs, where these are in the report.
    compared: Option<&'a Published>,
}

impl<'a> Printer<'a> {
    /// Of an audit that stands by itself.
    fn alone(audit: &'a Audit) -> Self {
        Self { audit, decimal: '.', compared: None }
    }

    fn prose(&self, text: &str) -> String {
        localise(text, self.decimal)
    }

    fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = self.tables(&|_| true).into_iter().map(Block::Table).collect();
        let explained = self.explained();
        if !explained.is_empty() {
            blocks.push(Block::List { items: explained });
        }
        if let Some(table) = self.changes() {
            blocks.push(Block::Text { text: self.decisions() });
            blocks.push(Block::Table(table));
        }
        blocks.extend(LIMITS.iter().map(|text| Block::Text { text: (*text).to_owned() }));
        blocks
    }

    /// One table for each place of the publication that has figures that could be checked.
    fn tables(&self, shown: &dyn Fn(&Finding) -> bool) -> Vec<Table> {
        let mut places: Vec<&str> = Vec::new();
        for found in &self.audit.findings {
            if !places.contains(&found.printed_in.as_str()) {
                places.push(&found.printed_in);
            }
        }
        places.into_iter().filter_map(|place| self.table(place, shown)).collect()
    }

    /// The answer: the counts, the figures that cannot be right, and what could be checked besides.
    fn summary(&self) -> Vec<String> {
        let mut summary = vec![self.counts()];
        summary.extend(self.named());
        if self.audit.without_n > 0 {
            summary.push(format!(
                "{} of them could be checked if the number of runs were known: add a claim of `n`, `runs` to the design, or \
                 --runs.",
                self.audit.without_n
            ));
        }
        summary
    }

    fn of(&self, verdict: Verdict) -> Vec<&Finding> {
        self.audit.findings.iter().filter(|found| found.verdict == verdict).collect()
    }

    /// How many figures there are of each verdict.
    fn counts(&self) -> String {
        let counts: Vec<String> = VERDICTS
            .iter()
            .map(|verdict| (verdict, self.of(*verdict).len()))
            .filter(|(_, count)| *count > 0)
            .map(|(verdict, count)| format!("{}: {count}", verdict.label()))
            .collect();
        format!("{} printed figures. {}.", self.audit.findings.len(), published::capitalised(&counts.join("; ")))
    }

    /// The figures that cannot be right beside the others, the worst verdict first.
    fn named(&self) -> Vec<String> {
        let wrong = VERDICTS.iter().rev().filter(|verdict| **verdict >= Verdict::Contradiction);
        let of_each = wrong.map(|verdict| (verdict, self.of(*verdict))).filter(|(_, found)| !found.is_empty());
        let sentence = |(verdict, found): (&Verdict, Vec<&Finding>)| {
            let listed = self.listed(&found[..found.len().min(NAMED)]);
            let more = match found.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!("; {more} more"),
            };
            format!("{}: {listed}{more}.", published::capitalised(verdict.label()))
        };
        of_each.map(sentence).collect()
    }

    /// Whether anything that was decided by a test changes.
    fn decisions(&self) -> String {
        let different: Vec<String> = self
            .audit
            .changes
            .iter()
            .filter(|change| change.decides_differently)
            .map(|change| format!("{}, {} ({})", change.label, change.statistic.words(), self.mode(&change.mode)))
            .collect();
        let level = super::number::shortest((1.0 - self.audit.confidence) * 100.0);
        self.prose(&match different.as_slice() {
            [] => format!(
                "What changes when the comparisons are computed from the printed means and standard deviations. Whether a \
                 difference from zero is shown at the {level} % level changes nowhere."
            ),
            list => format!(
                "What changes when the comparisons are computed from the printed means and standard deviations. Whether a \
                 difference from zero is shown at the {level} % level changes for {}.",
                list.join("; ")
            ),
        })
    }

    fn table(&self, place: &str, shown: &dyn Fn(&Finding) -> bool) -> Option<Table> {
        let here = self.audit.findings.iter().filter(|found| found.printed_in == place && shown(found));
        let (given, checked): (Vec<&Finding>, Vec<&Finding>) = here.partition(|found| found.verdict == Verdict::Given);
        if checked.is_empty() {
            return None;
        }
        let row = |found: &&Finding| {
            let shown = Shown::from(*found);
            vec![
                text(self.figure(found)),
                text(self.prose(&found.printed)),
                shown.numbers(&found.recomputed),
                shown.attainable(self.decimal),
                text(found.verdict.label()),
                text(self.prose(&why(found))),
            ]
        };
        let mut notes = vec![
            "Recomputed and attainable: in the printed unit, from the other printed figures; of an interval both bounds."
                .to_owned(),
        ];
        if !given.is_empty() {
            notes.push(format!("Taken as printed, with nothing to check against: {}.", self.listed(&given)));
        }
        notes.extend(self.meant_otherwise(place));
        Some(Table {
            id: published::slug("audit", place),
            caption: format!("Whether the figures of “{place}” hold"),
            columns: vec![
                Column::new("Figure", Align::Left),
                Column::new("Printed", Align::Centre),
                Column::new("Recomputed", Align::Centre),
                Column::new("Attainable", Align::Centre),
                Column::new("Verdict", Align::Left),
                Column::new("Why", Align::Left),
            ],
            rows: checked.iter().map(row).collect(),
            notes: notes.into_iter().map(Sentence::from).collect(),
            metrics: Vec::new(),
            aside: false,
        })
    }

    /// Which rows of a place the report compares with the runs in another unit than the printed one, and where.
    fn meant_otherwise(&self, place: &str) -> Option<String> {
        let tables = self.compared?.tables.iter().filter(|table| table.printed_in == place);
        let rows = tables.flat_map(|table| &table.rows).filter(|row| row.meant_otherwise().is_some());
        let rows: Vec<&str> = rows.map(|row| row.label.as_str()).collect();
        (!rows.is_empty()).then(|| {
            format!(
                "Judged here in the unit that is printed, and compared with the runs in the one that is meant (see “{}”): {}.",
                published::TITLE,
                rows.join("; ")
            )
        })
    }

    /// A row's label with its mode.
    fn figure(&self, found: &Finding) -> String {
        let scenario = found.scenario.as_ref().map_or(String::new(), |scenario| format!(", {scenario}"));
        format!("{} ({}{scenario})", found.row, self.mode(&found.mode))
    }

    fn mode(&self, id: &str) -> String {
        let found = self.audit.modes.iter().find(|mode| mode.id == id);
        found.map_or_else(|| id.to_owned(), |mode| mode.label.clone())
    }

    fn listed(&self, findings: &[&Finding]) -> String {
        let all: Vec<String> =
            findings.iter().map(|found| format!("{}: {}", self.figure(found), self.prose(&found.printed))).collect();
        all.join("; ")
    }

    /// One item for every figure that does not hold, with all that gives it.
    fn explained(&self) -> Vec<String> {
        let wrong = self.audit.findings.iter().filter(|found| !found.verdict.can_be());
        wrong.map(|found| self.prose(&self.sentence(found))).collect()
    }

    fn sentence(&self, found: &Finding) -> String {
        let head = format!(
            "{}: {}, printed {}: {}",
            found.printed_in,
            self.figure(found),
            found.printed,
            found.verdict.label()
        );
        let because = match found.verdict {
            Verdict::Impossible | Verdict::Contradiction => format!(": {}", found.because),
            _ => {
                let shown = Shown::from(found);
                let should: Vec<String> = found.attainable.iter().map(|range| shown.range(range)).collect();
                let half =
                    found.half_width.map_or(String::new(), |half| format!(", half its width {}", shown.range(&half)));
                let agreeing: Vec<String> =
                    found.agreeing.iter().map(|other| format!("; {other} does not give it either")).collect();
                format!(": {} gives {}{half}{}", found.because, should.join(" to "), agreeing.concat())
            }
        };
        let told: Vec<String> = found.explanations.iter().map(|told| consistent(told, found)).collect();
        let told = match told.as_slice() {
            [] if matches!(found.verdict, Verdict::Contradiction) => String::new(),
            [] => " No usual slip gives it.".to_owned(),
            told => format!(" Consistent with {}.", told.join("; or with ")),
        };
        format!("{head}{because}.{told}")
    }

    fn changes(&self) -> Option<Table> {
        if self.audit.changes.is_empty() {
            return None;
        }
        let columns = vec![
            Column::new("Comparison", Align::Left),
            Column::new("Statistic", Align::Left),
            Column::new("Printed", Align::Centre),
            Column::new("From the printed inputs", Align::Centre),
            Column::new("Attainable", Align::Centre),
            Column::new("Verdict", Align::Left),
        ];
        let row = |change: &Change| {
            let scenario = change.scenario.as_ref().map_or(String::new(), |scenario| format!(", {scenario}"));
            let unit = change.unit.as_ref().map_or(String::new(), |unit| format!(" ({unit})"));
            let shown = Shown::from(change);
            vec![
                text(format!("{}, {}{scenario}", change.label, self.mode(&change.mode))),
                text(format!("{}{unit}", change.statistic.words())),
                change.printed.as_ref().map_or(Cell::Missing, |printed| text(self.prose(printed))),
                shown.numbers(&change.recomputed),
                shown.attainable(self.decimal),
                change.verdict.map_or(Cell::Missing, |verdict| text(verdict.label())),
            ]
        };
        Some(Table {
            id: "audit-changes".to_owned(),
            caption: "What changes: the comparisons from the printed means, standard deviations and numbers of runs"
                .to_owned(),
            columns,
            rows: self.audit.changes.iter().map(row).collect(),
            notes: vec!["—: not printed.".into()],
            metrics: Vec::new(),
            aside: false,
        })
    }
}

/// What the printing of recomputed numbers follows.
struct Shown<'a> {
    statistic: Statistic,
    /// Of the printed figure.
    decimals: u32,
    attainable: &'a [Range],
}

impl<'a> From<&'a Finding> for Shown<'a> {
    fn from(found: &'a Finding) -> Self {
        Self { statistic: found.statistic, decimals: found.decimals, attainable: &found.attainable }
    }
}

impl<'a> From<&'a Change> for Shown<'a> {
    fn from(change: &'a Change) -> Self {
        Self { statistic: change.statistic, decimals: 1, attainable: &change.attainable }
    }
}

impl Shown<'_> {
    fn is_p(&self) -> bool {
        matches!(self.statistic, Statistic::P | Statistic::PAdjusted)
    }

    /// One decimal more than was printed, and two digits of what the rounding of the inputs leaves open.
    fn decimals(&self) -> usize {
        let half = |range: &Range| decimals((range.high - range.low) / 2.0, 2);
        let open = self.attainable.iter().filter(|range| range.high > range.low).map(half).max();
        // What is exact to nearly all digits leaves nothing open.
        let sharp = |range: &Range| range.high - range.low < 1e-9 * range.high.abs();
        let open = open.filter(|_| !self.attainable.iter().all(sharp));
        open.unwrap_or(0).min(self.decimals as usize + 4).max(self.decimals as usize + 1).min(15)
    }

    fn number(&self, value: f64) -> String {
        if self.is_p() {
            return p_value(value.clamp(0.0, 1.0));
        }
        let decimals = self.decimals();
        // Printed in powers of ten.
        if value != 0.0 && value.abs() < 1e-9 { format!("{value:.2e}") } else { fixed(value, decimals) }
    }

    /// A range, or the one number that it is as printed.
    fn range(&self, range: &Range) -> String {
        let [low, high] = [self.number(range.low), self.number(range.high)];
        if low == high { low } else { format!("[{low}, {high}]") }
    }

    /// One number, or an interval's two bounds.
    fn numbers(&self, values: &[f64]) -> Cell {
        match values {
            [] => Cell::Missing,
            [one] => number(self.number(*one)),
            [lower, upper, ..] => Cell::Interval { lower: self.number(*lower), upper: self.number(*upper) },
        }
    }

    /// The range of one number, or of an interval's two bounds.
    fn attainable(&self, separator: char) -> Cell {
        match self.attainable {
            [] => Cell::Missing,
            [one] => {
                let [lower, upper] = [self.number(one.low), self.number(one.high)];
                if lower == upper { number(lower) } else { Cell::Interval { lower, upper } }
            }
            [lower, upper, ..] => text(localise(&format!("{} to {}", self.range(lower), self.range(upper)), separator)),
        }
    }
}

/// The last column of the table: how a figure was recomputed, or what it is consistent with; the list below has the
/// arithmetic.
fn why(found: &Finding) -> String {
    let first = match (found.verdict, found.explanations.first()) {
        (Verdict::DoubleRounding | Verdict::DoesNotHold, Some(told)) => format!("consistent with {}", told.label),
        (Verdict::DoubleRounding | Verdict::DoesNotHold, None) => "no usual slip gives it".to_owned(),
        _ => found.because.clone(),
    };
    // Printed digits can tell the two estimators of a ratio apart.
    let only = found.ratio_of_totals.as_ref().map(|pooled| {
        let gives: Vec<String> = pooled.gives.iter().map(|range| Shown::from(found).range(range)).collect();
        format!("as a mean of the runs' ratios only: the ratio of totals is {}", gives.join(" to "))
    });
    [first].into_iter().filter(|text| !text.is_empty()).chain(only).collect::<Vec<_>>().join("; ")
}

/// An explanation after "consistent with".
fn consistent(told: &Explanation, found: &Finding) -> String {
    let shown = Shown::from(found);
    let gives: Vec<String> = told.gives.iter().map(|range| shown.range(range)).collect();
    let also =
        if told.also.is_empty() { String::new() } else { format!(", which also gives {}", told.also.join(" and ")) };
    let not = match (told.not.as_slice(), told.also.as_slice()) {
        ([], _) => String::new(),
        (not, []) => format!(", which does not give {}", not.join(" and ")),
        (not, _) => format!(" and not {}", not.join(" and ")),
    };
    format!("{}: {} = {}{also}{not}", told.label, told.arithmetic, gives.join(" to "))
}

//! `meshstats list`: what the program knows, straight from the registries.

use clap::{Args, ValueEnum};

use super::terminal;
use crate::audit::SLIPS;
use crate::error::Error;
use crate::language::LANGUAGES;
use crate::metric::METRICS;
use crate::parse::FORMATS;
use crate::plot::{self, WIDTHS};
use crate::render::OUTPUTS;
use crate::report::model::Align;
use crate::stats::{Compute, METHODS, Method};

#[derive(Args)]
pub struct Arguments {
    /// What to list; without it, everything
    what: Option<What>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Log formats that can be read
    Formats,
    /// Metrics and their definitions
    Metrics,
    /// Statistical methods: tests (--test), effect sizes (--effect), intervals (--interval) and the rest, what each
    /// needs, and its references
    #[value(alias = "methods")]
    Tests,
    /// Usual slips that an audit looks for
    Slips,
    /// Formats of the report (--format)
    Outputs,
    /// Formats of the figures (--figure-format)
    FigureFormats,
    /// Widths of the figures (--figure-width)
    Widths,
    /// Languages of reports (--lang)
    Languages,
}

pub fn run(arguments: &Arguments) -> Result<(), Error> {
    let lists: [(What, &str, Vec<Vec<String>>); 8] = [
        (What::Formats, "Formats", FORMATS.iter().map(|f| row(&[f.id, f.label])).collect()),
        (What::Metrics, "Metrics", METRICS.iter().map(|m| row(&[&m.id, m.unit.base_name(), &m.definition])).collect()),
        (What::Tests, "Methods", METHODS.iter().map(method).collect()),
        (What::Slips, "Slips", SLIPS.iter().map(|s| row(&[s.id, s.label])).collect()),
        (What::Outputs, "Outputs", OUTPUTS.iter().map(|o| row(&[o.id, o.label])).collect()),
        (
            What::FigureFormats,
            "Figure formats",
            plot::FORMATS.iter().map(|format| row(&[format.id, format.label])).collect(),
        ),
        (
            What::Widths,
            "Widths",
            WIDTHS.iter().map(|w| row(&[w.id, &format!("{:.2} in", w.inches), w.description])).collect(),
        ),
        (What::Languages, "Languages", LANGUAGES.iter().map(|l| row(&[l.id, l.label])).collect()),
    ];
    let wanted: Vec<String> = lists
        .iter()
        .filter(|(what, ..)| arguments.what.is_none_or(|wanted| wanted == *what))
        .map(|(_, title, rows)| {
            let columns: Vec<(&str, Align)> = (0..rows.first().map_or(1, Vec::len))
                .map(|i| (if i == 0 { *title } else { "" }, Align::Left))
                .collect();
            terminal::aligned(&columns, rows)
        })
        .collect();
    terminal::print(&wanted.join("\n"));
    Ok(())
}

/// A method by what it answers and what it needs.
fn method(method: &Method) -> Vec<String> {
    let needs = match method.compute {
        Compute::Sample(_) => "the runs of one mode",
        Compute::Moments(_) => "means, SDs and n",
        Compute::Samples(_) => "the runs of two modes",
        Compute::Pairs(_) => "runs in blocks",
        Compute::Events(_) => "counts with exposure",
        Compute::Omnibus(_) | Compute::Pairwise(_) => "three modes or more",
        Compute::Adjust(_) => "the p-values of a family",
        Compute::Own => "",
    };
    row(&[method.id, method.label, method.kind.noun(), needs, method.reference])
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

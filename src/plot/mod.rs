//! `Figure` (data) → SVG → PDF, PNG; → PGFPlots; and the same data as CSV.
//!
//! One file a drawing: it implements [`Draw`] and has one line in [`drawing`]. One file a format: it has a `FORMAT` and one
//! line in [`FORMATS`].

mod axis;
mod canvas;
mod curves;
mod fonts;
mod forest;
mod heatmap;
mod look;
mod page;
mod panel;
mod pdf;
mod pgfplots;
mod png;
mod runs;
mod scatter;
mod svg;
mod text;
mod vertical;

use crate::error::Fault;
use crate::report::figure::{Drawing, Figure, Picture};
use canvas::Canvas;
pub use pdf::pdf;
use pgfplots::TikzPicture;
pub use png::png;
pub use svg::svg;

/// Where a figure goes, and so how wide it is printed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Width {
    pub id: &'static str,
    /// What it is the width of.
    pub description: &'static str,
    pub inches: f64,
    /// Size of all text, in points.
    pub text: f64,
}

/// The widths to choose from; the first is the default.
pub const WIDTHS: &[Width] = &[
    Width { id: "ieee1", description: "one column of an IEEE journal", inches: 3.5, text: 8.0 },
    Width { id: "ieee2", description: "two columns of an IEEE journal", inches: 7.16, text: 8.0 },
    Width { id: "acm1", description: "one column of an ACM paper", inches: 3.33, text: 8.0 },
    Width { id: "acm2", description: "two columns of an ACM paper", inches: 7.0, text: 8.0 },
    Width { id: "lncs", description: "the text of a Springer LNCS paper", inches: 4.8, text: 8.0 },
    Width { id: "a4", description: "the text of an A4 page with 22.5 mm margins", inches: 165.0 / 25.4, text: 8.0 },
    Width { id: "slide", description: "a slide", inches: 10.0, text: 18.0 },
];

impl Default for Width {
    fn default() -> Self {
        WIDTHS[0]
    }
}

/// A figure with its drawing.
pub struct Drawn<'a> {
    pub figure: &'a Figure,
    pub width: Width,
    /// As [`svg`] draws it.
    pub svg: &'a str,
}

/// The files of a figure: extension and contents.
pub type Files = Vec<(&'static str, Vec<u8>)>;

/// A format that figures are written in.
#[derive(Debug)]
pub struct Format {
    /// What `--figure-format` takes.
    pub id: &'static str,
    pub label: &'static str,
    /// The files of a figure: extension and contents.
    files: fn(&Drawn) -> Result<Files, Fault>,
}

impl Format {
    /// The files of a figure in this format: extension and contents.
    ///
    /// # Errors
    /// When the drawing asks for what the format cannot hold.
    pub fn files(&self, drawn: &Drawn) -> Result<Files, Fault> {
        (self.files)(drawn)
    }
}

/// Every format of figures, in the order in which the user sees them. The data are written as [`csv`] besides.
pub static FORMATS: &[Format] = &[svg::FORMAT, pdf::FORMAT, png::FORMAT, pgfplots::FORMAT];

/// Ids of the formats that are written where none is asked for.
pub const USUAL_FORMATS: &[&str] = &["svg", "pdf"];

/// What each drawing must do.
trait Draw {
    /// Draws from the canvas's top edge downwards. Returns the height used, in points.
    fn draw(&self, canvas: &mut Canvas) -> f64;

    /// Writes what is drawn: a header, then one record a value.
    fn write(&self, csv: &mut csv::Writer<Vec<u8>>) -> csv::Result<()>;

    /// Says the same in PGFPlots' terms.
    fn pgfplots(&self, picture: &mut TikzPicture);
}

fn drawing(figure: &Figure) -> &dyn Draw {
    match &figure.drawing {
        Drawing::Runs(runs) => runs,
        Drawing::Forest(forest) => forest,
        Drawing::Curves(curves) => curves,
        Drawing::Scatter(scatter) => scatter,
        Drawing::Heatmap(heatmap) => heatmap,
        Drawing::Panels(panels) => panels,
    }
}

/// Draws a figure in both forms.
pub fn draw(figure: &Figure, width: Width) -> Picture {
    Picture { svg: svg(figure, width), inline: page::page(figure, width) }
}

/// A figure's data as CSV: `group,run,value` of runs, `label,estimate,lower,upper` of a forest (an open bound is
/// empty), `panel,line,x,y,lower,upper` of panels. Numbers are the shortest that read back as the same value, always with a decimal point.
pub fn csv(figure: &Figure) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    drawing(figure).write(&mut writer).expect("records have their header's length, and memory takes all writes");
    let bytes = writer.into_inner().expect("memory takes all writes");
    String::from_utf8(bytes).expect("fields are strings and numbers")
}

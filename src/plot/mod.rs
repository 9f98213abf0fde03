//! `Figure` (data) → SVG → PDF, and the same data as CSV.
//!
//! One file a drawing: it implements [`Draw`] and has one line in [`drawing`].

mod axis;
mod canvas;
mod curves;
mod forest;
mod pdf;
mod runs;
mod text;

use crate::report::figure::{Drawing, Figure};
use canvas::Canvas;
pub use pdf::pdf;

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

/// What each drawing must do.
trait Draw {
    /// Draws from the canvas's top edge downwards. Returns the height used, in points.
    fn draw(&self, canvas: &mut Canvas) -> f64;

    /// Writes what is drawn: a header, then one record a value.
    fn write(&self, csv: &mut csv::Writer<Vec<u8>>) -> csv::Result<()>;
}

fn drawing(figure: &Figure) -> &dyn Draw {
    match &figure.drawing {
        Drawing::Runs(runs) => runs,
        Drawing::Forest(forest) => forest,
        Drawing::Curves(curves) => curves,
    }
}

/// Draws a figure as a complete SVG document of the given physical width; its height follows from its content.
///
/// Text stays text, in DejaVu Sans, whose metrics the layout is made with. The caption becomes the document's
/// `<title>` and the alternative text its `<desc>`. Values that are not finite are left out.
pub fn svg(figure: &Figure, width: Width) -> String {
    document(figure, width, |_| String::new())
}

/// [`svg`], and over it a layer (`<g class="tips">`) that tells what a reader points at.
pub fn interactive(figure: &Figure, width: Width) -> String {
    document(figure, width, |tips| format!("<g class=\"tips\" fill=\"transparent\">\n{tips}</g>\n"))
}

/// The drawing, and over it what `layer` makes of its tips.
fn document(figure: &Figure, width: Width, layer: impl Fn(String) -> String) -> String {
    let mut body = String::new();
    // All is laid out with text of one size; a larger text is the same drawing, magnified.
    let magnification = width.text / text::SIZE;
    let points = width.inches * 72.0 / magnification;
    let mut canvas = Canvas::new(&mut body, points, figure.locale);
    let height = drawing(figure).draw(&mut canvas);
    let layer = layer(canvas.into_tips());
    let inches = |points: f64| rounded(points * magnification / 72.0);
    // The backend's own opening tag knows neither inches nor the final height.
    let elements = body.split_once('\n').map_or("", |(_, elements)| elements);
    let elements = elements.trim_end().strip_suffix("</svg>").unwrap_or(elements);
    let id = text::xml(&figure.id);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
         width=\"{}in\" height=\"{}in\" viewBox=\"0 0 {} {}\">\n\
         <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n{elements}{layer}</svg>\n",
        inches(points),
        inches(height),
        rounded(points * canvas::UNITS),
        rounded(height * canvas::UNITS),
        text::xml(&figure.caption),
        text::xml(&figure.alt),
    )
}

/// Without the digits that only come from binary fractions.
fn rounded(length: f64) -> f64 {
    (length * 1e6).round() / 1e6
}

/// A figure's data as CSV: `group,run,value` of runs, `label,estimate,lower,upper` of a forest (an open bound is
/// empty). Numbers are the shortest that read back as the same value, always with a decimal point.
pub fn csv(figure: &Figure) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    drawing(figure).write(&mut writer).expect("records have their header's length, and memory takes all writes");
    let bytes = writer.into_inner().expect("memory takes all writes");
    String::from_utf8(bytes).expect("fields are strings and numbers")
}

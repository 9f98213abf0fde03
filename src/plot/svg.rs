//! `Figure` → SVG: the drawing that the other formats of pictures are made of.

use super::canvas::{self, Canvas};
use super::{Format, Width, drawing, text};
use crate::report::figure::Figure;

pub(super) const FORMAT: Format =
    Format { id: "svg", label: "SVG, for the web", files: |drawn| Ok(vec![("svg", drawn.svg.as_bytes().to_vec())]) };

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
    let mut canvas = Canvas::new(&mut body, points, figure.decimal_separator);
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

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
    let Layout { elements, points, height, magnification, .. } = Layout::of(figure, width);
    let inches = |points: f64| rounded(points * magnification / 72.0);
    let id = text::xml(&figure.id);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
         width=\"{}in\" height=\"{}in\" viewBox=\"0 0 {} {}\">\n\
         <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n{elements}</svg>\n",
        inches(points),
        inches(height),
        rounded(points * canvas::UNITS),
        rounded(height * canvas::UNITS),
        text::xml(&figure.caption),
        text::xml(&figure.alt),
    )
}

/// What is drawn, as SVG elements, and how large it came out.
pub(super) struct Layout {
    pub(super) elements: String,
    /// What a reader who points at a place is told: circles with a `<title>`.
    pub(super) tips: String,
    /// Width and height in points, where text has the size [`text::SIZE`].
    pub(super) points: f64,
    pub(super) height: f64,
    /// How much larger it is printed.
    magnification: f64,
}

impl Layout {
    pub(super) fn of(figure: &Figure, width: Width) -> Self {
        let mut body = String::new();
        // All is laid out with text of one size; a larger text is the same drawing, magnified.
        let magnification = width.text / text::SIZE;
        let points = width.inches * 72.0 / magnification;
        let mut canvas = Canvas::new(&mut body, points, figure.locale);
        let height = drawing(figure).draw(&mut canvas);
        let tips = canvas.into_tips();
        // The backend's own opening tag knows neither inches nor the final height.
        let elements = body.split_once('\n').map_or("", |(_, elements)| elements);
        let elements = elements.trim_end().strip_suffix("</svg>").unwrap_or(elements).to_owned();
        Self { elements, tips, points, height, magnification }
    }
}

/// Without the digits that only come from binary fractions.
pub(super) fn rounded(length: f64) -> f64 {
    (length * 1e6).round() / 1e6
}

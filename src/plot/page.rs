//! A figure as a part of a page: it takes the page's colours, so that it can be read on a dark one too, its text grows and
//! shrinks with the page's, and over it lies a layer (`<g class="tips">`) that tells what a reader points at.

use plotters::style::RGBColor;

use super::canvas::{AXIS, COLOURS, GRID, INK, UNITS, pale};
use super::svg::{Layout, rounded};
use super::{Width, text};
use crate::report::figure::Figure;

/// Draws a figure as an SVG element of an HTML page. It has no ids, which figures of one page could share.
///
/// The page gives the colours `--axis`, `--grid` and `--paper`; lines and text have its `currentColor`. The property `--ems`
/// of the element is its width in sizes of its own text.
pub(super) fn page(figure: &Figure, width: Width) -> String {
    let Layout { elements, tips, points, height, .. } = Layout::of(figure, width);
    let elements = coloured(&elements).replace(&format!(" font-family=\"{}\"", text::FAMILY), "");
    format!(
        "<svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {} {}\" style=\"--ems:{}\" font-family=\"{}\">\n{}<g \
         class=\"tips\" fill=\"transparent\">\n{tips}</g>\n</svg>",
        text::xml(&figure.alt),
        rounded(points * UNITS),
        rounded(height * UNITS),
        rounded(points / text::SIZE),
        text::FAMILY,
        // What the backend writes although it is so anyway: a third of a page with many figures.
        elements.replace(" opacity=\"1\"", "").replace(" stroke=\"none\" stroke-width=\"0\"", ""),
    )
}

/// The elements with the page's colours in the place of those of a white sheet. The colours of the data stay: they differ
/// from a dark page as from a white one.
fn coloured(elements: &str) -> String {
    let of_page = [(INK, "currentColor"), (AXIS, "var(--axis)"), (GRID, "var(--grid)")];
    let mut out = elements.to_owned();
    for (colour, name) in of_page {
        out = out.replace(&format!("\"{}\"", hex(colour)), &format!("\"{name}\""));
    }
    for colour in COLOURS {
        out = out.replace(
            &format!("fill=\"{}\"", hex(pale(colour))),
            &format!("fill=\"{}\" fill-opacity=\"0.18\"", hex(colour)),
        );
    }
    out
}

fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

//! Changes by row and column. A cell's colour says how large its change is and which way it goes, and its text says the
//! same. Columns that do not fit beside each other go on below.

use plotters::style::RGBColor;

use super::Draw;
use super::canvas::{Anchor, Canvas, GRID, MARGIN};
use super::pgfplots::{TikzPicture, broken};
use super::text;
use crate::latex::escape;
use crate::report::figure::{HeatCell, Heatmap};

/// In points: between the labels and the cells, around the text of a cell, and between two bands of columns.
const GAP: f64 = 5.0;
const PADDING: f64 = 4.0;
const SPACE: f64 = 8.0;

/// Height of a cell, and most width, in points.
const HEIGHT: f64 = 17.0;
const WIDEST: f64 = 90.0;

/// Most lines of a label.
const LINES: usize = 4;

/// Full colours of what is lower and higher: blue and vermilion of Okabe and Ito, lightened to one luminance, on which
/// dark text has a contrast of 4.7 and more. In grey both are alike, and the cell's text has the sign.
pub(super) const LOWER: RGBColor = RGBColor(51, 142, 193);
pub(super) const HIGHER: RGBColor = RGBColor(216, 107, 20);

impl Draw for Heatmap {
    fn draw(&self, canvas: &mut Canvas) -> f64 {
        let layout = self.layout(canvas.width);
        for label in &layout.labels {
            canvas.text(&label.lines, label.place, label.anchor);
        }
        for cell in &layout.cells {
            let [(left, top), (right, bottom)] = cell.corners;
            let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
            canvas.outlined(&corners, colour(cell.shade), GRID, 0.8);
            let middle = ((left + right) / 2.0, (top + bottom) / 2.0);
            canvas.text(std::slice::from_ref(&cell.text), middle, Anchor::Center);
            canvas.tip(middle, HEIGHT / 2.0, &format!("{}, {}: {}", cell.row, cell.column, cell.text));
        }
        layout.height
    }

    fn write(&self, csv: &mut csv::Writer<Vec<u8>>) -> csv::Result<()> {
        csv.write_record(["row", "column", "change", "lower", "upper"])?;
        for row in &self.rows {
            for (column, HeatCell { change, interval: [lower, upper], .. }) in self.columns.iter().zip(&row.cells) {
                csv.serialize((&row.label, column, change, lower, upper))?;
            }
        }
        Ok(())
    }

    /// Drawn by its layout: the document's font is narrower than the one that it is measured in.
    fn pgfplots(&self, picture: &mut TikzPicture) {
        let layout = self.layout(picture.width);
        for cell in &layout.cells {
            let [(left, top), (right, bottom)] = cell.corners;
            let RGBColor(red, green, blue) = colour(cell.shade);
            picture.line(format!(
                "\\filldraw[draw=meshstatsgrid, fill={{rgb,255:red,{red};green,{green};blue,{blue}}}] ({left:.2},{top:.2}) \
                 rectangle ({right:.2},{bottom:.2}) node[midway] {{{}}};",
                escape(&cell.text)
            ));
        }
        for Label { lines, place: (x, y), anchor } in &layout.labels {
            let (anchor, align) = match anchor {
                Anchor::Left => ("west", "left"),
                Anchor::Right => ("east", "right"),
                Anchor::Center => ("center", "center"),
            };
            picture.line(format!(
                "\\node[anchor={anchor}, align={align}, inner sep=0pt] at ({x:.2},{y:.2}) {{{}}};",
                broken(lines)
            ));
        }
    }
}

/// Where all stands, in points.
pub(super) struct Layout<'a> {
    pub(super) labels: Vec<Label>,
    pub(super) cells: Vec<Placed<'a>>,
    pub(super) height: f64,
}

/// Lines of text around a place.
pub(super) struct Label {
    pub(super) lines: Vec<String>,
    pub(super) place: (f64, f64),
    pub(super) anchor: Anchor,
}

pub(super) struct Placed<'a> {
    /// Left and top, right and bottom.
    pub(super) corners: [(f64, f64); 2],
    /// From −1, the full colour of what is lower, to 1; `None` without a change.
    pub(super) shade: Option<f64>,
    pub(super) text: String,
    row: &'a str,
    column: &'a str,
}

impl Heatmap {
    pub(super) fn layout(&self, width: f64) -> Layout<'_> {
        let names = || self.rows.iter().map(|row| &row.label);
        let limit = text::widest(names()).min(0.36 * width);
        let names: Vec<Vec<String>> = names().map(|name| text::wrap(name, limit, LINES)).collect();
        let left = MARGIN + text::widest(names.iter().flatten()) + GAP;
        let room = width - MARGIN - left;
        let texts = || self.rows.iter().flat_map(|row| &row.cells).map(|cell| &cell.text);
        let needed = text::widest(texts()) + 2.0 * PADDING;
        let column = text::column(&self.columns, needed, WIDEST.max(needed)).min(room);
        let beside = ((room / column).floor() as usize).clamp(1, self.columns.len().max(1));
        let column = (room / beside as f64).min(WIDEST.max(column));
        let heights: Vec<f64> =
            names.iter().map(|lines| HEIGHT.max(lines.len() as f64 * text::LEADING + PADDING)).collect();
        let mut layout = Layout { labels: Vec::new(), cells: Vec::new(), height: MARGIN };
        for (band, columns) in self.columns.chunks(beside).enumerate() {
            if band > 0 {
                layout.height += SPACE;
            }
            let wrapped: Vec<Vec<String>> =
                columns.iter().map(|name| text::wrap(name, column - PADDING, LINES)).collect();
            let heading = wrapped.iter().map(Vec::len).max().unwrap_or_default() as f64 * text::LEADING;
            for (place, lines) in wrapped.into_iter().enumerate() {
                // On the cells, however many lines the others have.
                let y = layout.height + heading - lines.len() as f64 * text::LEADING / 2.0;
                let x = left + (place as f64 + 0.5) * column;
                layout.labels.push(Label { lines, place: (x, y), anchor: Anchor::Center });
            }
            let mut top = layout.height + heading + GAP / 2.0;
            for ((row, name), height) in self.rows.iter().zip(&names).zip(&heights) {
                let place = (left - GAP, top + height / 2.0);
                layout.labels.push(Label { lines: name.clone(), place, anchor: Anchor::Right });
                let cells = row.cells.iter().skip(band * beside).zip(columns).enumerate();
                layout.cells.extend(cells.map(|(place, (cell, heading))| {
                    let x = left + place as f64 * column;
                    Placed {
                        corners: [(x, top), (x + column, top + height)],
                        shade: self.shade(cell),
                        text: text::shortened(&cell.text, column - 1.0),
                        row: &row.label,
                        column: heading,
                    }
                }));
                top += height;
            }
            layout.height = top;
        }
        let title = text::wrap(&self.axis, width - 2.0 * MARGIN, 3);
        let height = title.len() as f64 * text::LEADING;
        let half = text::widest(&title) / 2.0 + MARGIN;
        let x = (left + column * beside as f64 / 2.0).min(width - half).max(half);
        layout.labels.push(Label {
            lines: title,
            place: (x, layout.height + GAP + height / 2.0),
            anchor: Anchor::Center,
        });
        layout.height += GAP + height + MARGIN;
        layout
    }

    fn shade(&self, cell: &HeatCell) -> Option<f64> {
        let shade = cell.change? / self.full;
        (!shade.is_nan()).then(|| shade.clamp(-1.0, 1.0))
    }
}

/// The colour of a shade; of none, a pale grey.
fn colour(shade: Option<f64>) -> RGBColor {
    let Some(shade) = shade else { return RGBColor(238, 238, 238) };
    let RGBColor(red, green, blue) = if shade < 0.0 { LOWER } else { HIGHER };
    let mixed = |channel: u8| (255.0 - shade.abs() * (255.0 - f64::from(channel))).round() as u8;
    RGBColor(mixed(red), mixed(green), mixed(blue))
}

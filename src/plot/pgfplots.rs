//! `Figure` → PGFPlots: a `tikzpicture` that authors can restyle, and beside it the table of numbers that it reads. Its text
//! is in the document's font.
//!
//! A drawing says what it is in [`Draw::pgfplots`](super::Draw::pgfplots), in terms of a [`TikzPicture`].

use plotters::style::RGBColor;

use super::axis::range;
use super::canvas::{AXIS, COLOURS, GRID, INK, MARGIN};
use super::look::Look;
use super::{Drawn, Files, Format, drawing, text};
use crate::analysis::GENERATOR;
use crate::error::Fault;
use crate::language::Locale;
use crate::latex::escape;

pub(super) const FORMAT: Format =
    Format { id: "pgfplots", label: "PGFPlots: LaTeX source (.tex) and the numbers that it reads (.dat)", files };

fn files(drawn: &Drawn) -> Result<Files, Fault> {
    let mut picture = TikzPicture::new(drawn);
    drawing(drawn.figure).pgfplots(&mut picture);
    let mut files = vec![("tex", picture.source(&drawn.figure.id).into_bytes())];
    if !picture.columns.is_empty() {
        files.push(("dat", picture.data().into_bytes()));
    }
    Ok(files)
}

/// What `compat` is set to, and so the oldest version that will do.
const VERSION: &str = "1.16";

/// Room that axes with numbers on the left leave for these and for their title, in points.
pub(super) const NUMBERS: f64 = 48.0;

/// A picture in the making. Lengths are in points of a figure whose text has [`text::SIZE`].
pub(super) struct TikzPicture {
    pub(super) width: f64,
    magnification: f64,
    pub(super) locale: Locale,
    /// Axes that are complete: their options and lines.
    complete: Vec<(Vec<String>, Vec<String>)>,
    /// Of the `axis`; without any, there is none, and the lines are drawn in points from the top left corner.
    options: Vec<String>,
    lines: Vec<String>,
    columns: Vec<(String, Vec<f64>)>,
}

impl TikzPicture {
    fn new(drawn: &Drawn) -> Self {
        let magnification = drawn.width.text / text::SIZE;
        Self {
            width: drawn.width.inches * 72.0 / magnification,
            magnification,
            locale: drawn.figure.locale,
            complete: Vec::new(),
            options: Vec::new(),
            lines: Vec::new(),
            columns: Vec::new(),
        }
    }

    /// A key of the axis.
    pub(super) fn option(&mut self, key: impl Into<String>) {
        self.options.push(key.into());
    }

    /// A line of the body.
    pub(super) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Adds numbers to the table. Returns the name of their column.
    pub(super) fn column(&mut self, name: &str, values: impl IntoIterator<Item = f64>) -> String {
        let known = self.columns.iter().filter(|(other, _)| other.trim_end_matches(char::is_numeric) == name).count();
        let name = format!("{name}{}", known + 1);
        self.columns.push((name.clone(), values.into_iter().collect()));
        name
    }

    /// Plots points that are read from the table.
    pub(super) fn plot(&mut self, options: &str, points: &[(f64, f64)]) {
        let x = self.column("x", points.iter().map(|point| point.0));
        let y = self.column("y", points.iter().map(|point| point.1));
        self.line(format!("\\addplot[{options}] table[x={x}, y={y}] {{\\meshstatsdata}};"));
    }

    /// Fills the area between points that are read from the table.
    pub(super) fn area(&mut self, options: &str, corners: &[(f64, f64)]) {
        let x = self.column("x", corners.iter().map(|corner| corner.0));
        let y = self.column("y", corners.iter().map(|corner| corner.1));
        self.line(format!("\\addplot[{options}, forget plot] table[x={x}, y={y}] {{\\meshstatsdata}} -- cycle;"));
    }

    /// A length as LaTeX takes it.
    pub(super) fn length(&self, points: f64) -> String {
        format!("{}bp", number((points * self.magnification * 100.0).round() / 100.0))
    }

    /// The axis: the size of its inside, its horizontal range and title.
    pub(super) fn axis(&mut self, [width, height]: [f64; 2], (low, high): (f64, f64), title: &str) {
        let (width, height) = (self.length(width), self.length(height));
        self.option("scale only axis");
        self.option(format!("width={width}, height={height}"));
        self.option(format!("xmin={}, xmax={}", number(low), number(high)));
        self.option(format!("xlabel={{{}}}, xlabel style={{text width={width}, align=center}}", escape(title)));
        self.option("axis x line*=bottom, axis y line*=left, tick align=outside");
        self.option("axis line style={draw=meshstatsaxis}, tick style={draw=meshstatsaxis}");
        self.option("grid=major, major grid style={draw=meshstatsgrid}");
        self.option("unbounded coords=discard, filter discard warning=false, scaled ticks=false");
        let separator = if self.locale.decimal == ',' { "{,}" } else { "." };
        self.option(format!(
            "every tick label/.append style={{/pgf/number format/set decimal separator={{{separator}}}, /pgf/number \
             format/1000 sep={{}}}}"
        ));
    }

    /// Ends the axis, so that another can stand in the picture.
    pub(super) fn end_axis(&mut self) {
        self.complete.push((std::mem::take(&mut self.options), std::mem::take(&mut self.lines)));
    }

    /// An axis with numbers on the left, as high as wide is given by `height` (a part of the picture's width).
    pub(super) fn two_axes(&mut self, height: f64, titles: [&str; 2], xs: (f64, f64), ys: (f64, f64)) -> f64 {
        let inside = self.width - NUMBERS - MARGIN - text::SIZE;
        let height = height * self.width;
        self.axis([inside, height], xs, titles[0]);
        let length = self.length(height);
        self.option(format!("ylabel={{{}}}, ylabel style={{text width={length}, align=center}}", escape(titles[1])));
        self.option(format!("ymin={}, ymax={}", number(ys.0), number(ys.1)));
        inside
    }

    /// Names of the rows 1, 2, … from the top, each in lines.
    pub(super) fn rows(&mut self, names: &[Vec<String>]) {
        let names: Vec<String> = names.iter().map(|lines| format!("{{{}}}", broken(lines))).collect();
        let ticks: Vec<String> = (1..=names.len()).map(|row| row.to_string()).collect();
        self.option(format!("y dir=reverse, ymin=0.5, ymax={}.5", names.len()));
        self.option(format!("ytick={{{}}}", ticks.join(",")));
        self.option(format!("yticklabels={{{}}}", names.join(",")));
        self.option("yticklabel style={align=right}");
        self.option("ymajorgrids=false, y axis line style={draw=none}, ytick style={draw=none}");
    }

    /// The legend, above the axis: as many entries beside each other as `width` has room for.
    pub(super) fn legend<'a>(&mut self, labels: impl Iterator<Item = &'a String> + Clone, width: f64) {
        let widest = text::widest(labels) + 28.0;
        let beside = (width / widest).floor().max(1.0);
        self.option(format!(
            "legend columns={beside}, legend cell align=left, legend style={{at={{(0,1.02)}}, anchor=south west, draw=none, \
             fill=none, inner sep=0pt, cells={{align=left}}, /tikz/every even column/.append style={{column sep={}}}}}",
            self.length(6.0)
        ));
    }

    /// The entry of the plot before it, in lines no wider than `width`.
    pub(super) fn entry(&mut self, label: &str, width: f64) {
        self.line(format!("\\addlegendentry{{{}}}", broken(&text::wrap(label, width - 28.0, 3))));
    }

    /// The source. `\CurrentFilePath` is where LaTeX found the file that it is reading.
    fn source(&self, id: &str) -> String {
        let mut out = format!(
            "% Needs \\usepackage{{pgfplots}} and \\pgfplotsset{{compat={VERSION}}} or later. Generated by {GENERATOR}: {}\n",
            one_line(id)
        );
        if !self.columns.is_empty() {
            out.push_str(
                "% The numbers are read from the .dat file beside this one. In a copy of this file that stands elsewhere, or with a\n\
                 % LaTeX before October 2020, first say where it is: \\newcommand{\\meshstatsfigures}{reports/study/figures}\n",
            );
        }
        out.push_str("\\begingroup\n\\pgfplotsset{compat=");
        out.push_str(VERSION);
        out.push_str("}%\n");
        if !self.columns.is_empty() {
            out.push_str(&format!(
                "\\ifdefined\\meshstatsfigures\\else\n  \
                 \\ifdefined\\CurrentFilePath\\edef\\meshstatsfigures{{\\CurrentFilePath}}\\else\\def\\meshstatsfigures{{}}\\fi\n  \
                 \\ifx\\meshstatsfigures\\empty\\def\\meshstatsfigures{{.}}\\fi\n\
                 \\fi\n\
                 \\edef\\meshstatsdata{{\"\\meshstatsfigures/{}.dat\"}}%\n",
                file_name(id)
            ));
        }
        for (name, colour) in [("ink", INK), ("axis", AXIS), ("grid", GRID)] {
            out.push_str(&definition(name, colour));
        }
        for (index, colour) in COLOURS.iter().enumerate() {
            let name = (index + 1).to_string();
            let complete = self.complete.iter().flat_map(|(_, lines)| lines);
            if self.lines.iter().chain(complete).any(|line| line.contains(&format!("meshstats{name}"))) {
                out.push_str(&definition(&name, *colour));
            }
        }
        let [size, leading] = [text::SIZE, text::LEADING].map(|points| number(points * self.magnification));
        let font = format!("font=\\fontsize{{{size}}}{{{leading}}}\\selectfont, text=meshstatsink");
        let unit = self.length(1.0);
        if self.complete.is_empty() && self.options.is_empty() {
            out.push_str(&format!("\\begin{{tikzpicture}}[{font}, x={unit}, y=-{unit}]\n"));
            self.lines.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
        } else {
            out.push_str(&format!("\\begin{{tikzpicture}}[{font}]\n"));
            let axes = self.complete.iter().map(|(options, lines)| (options, lines));
            for (options, lines) in
                axes.chain([(&self.options, &self.lines)]).filter(|(options, _)| !options.is_empty())
            {
                out.push_str("\\begin{axis}[\n");
                options.iter().for_each(|option| out.push_str(&format!("  {option},\n")));
                out.push_str("]\n");
                lines.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
                out.push_str("\\end{axis}\n");
            }
        }
        out.push_str("\\end{tikzpicture}%\n\\endgroup\n");
        out
    }

    /// The table: a line of names, then the numbers; where a column is shorter than others, `nan`.
    fn data(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let mut out = names.join(" ");
        out.push('\n');
        for row in 0..self.columns.iter().map(|(_, values)| values.len()).max().unwrap_or_default() {
            let cells =
                self.columns.iter().map(|(_, values)| values.get(row).map_or("nan".to_owned(), |value| number(*value)));
            out.push_str(&cells.collect::<Vec<_>>().join(" "));
            out.push('\n');
        }
        out
    }
}

/// Lines of text, one below the other.
pub(super) fn broken(lines: &[String]) -> String {
    lines.iter().map(|line| escape(line)).collect::<Vec<_>>().join(" \\\\ ")
}

/// A number as TeX reads it: the shortest that is the double, with an exponent where it is far from one.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        "nan".to_owned()
    } else if value == 0.0 || (1e-4..1e7).contains(&value.abs()) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// The range of values on an axis, with a little more.
pub(super) fn limits(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    // Without the digits that only come from binary fractions.
    let (low, high) = range(values);
    let rounded = |value: f64| format!("{value:.11e}").parse().unwrap_or(value);
    (rounded(low), rounded(high))
}

/// The colour of a series, and its marker, as options of a plot.
pub(super) fn marks(look: Look, size: f64) -> String {
    let (mark, options) = match (look.marker(), look.is_hollow()) {
        (0, false) => ("*", ""),
        (0, true) => ("o", ""),
        (1, false) => ("square*", ""),
        (1, true) => ("square", ""),
        (2, false) => ("triangle*", ""),
        (2, true) => ("triangle", ""),
        (3, false) => ("+", "line width=1.2pt"),
        (3, true) => ("oplus", ""),
        (4, false) => ("triangle*", "rotate=180"),
        (4, true) => ("triangle", "rotate=180"),
        (5, false) => ("x", "line width=1.2pt"),
        (5, true) => ("otimes", ""),
        (_, false) => ("-", "line width=1.6pt"),
        (_, true) => ("|", "line width=1.6pt"),
    };
    format!("{}, mark={mark}, mark size={size}pt, mark options={{solid{}}}", colour(look), prefixed(options))
}

fn prefixed(options: &str) -> String {
    if options.is_empty() { String::new() } else { format!(", {options}") }
}

/// The name of the colour of a series.
pub(super) fn colour(look: Look) -> String {
    format!("meshstats{}", look.index % COLOURS.len() + 1)
}

/// Colour and dash of a series, as options of a plot.
pub(super) fn dash(look: Look) -> String {
    let dash = ["solid", "dashed", "densely dotted", "dash dot"][look.dash()];
    format!("{}, {dash}", colour(look))
}

fn definition(name: &str, RGBColor(red, green, blue): RGBColor) -> String {
    format!("\\definecolor{{meshstats{name}}}{{RGB}}{{{red},{green},{blue}}}%\n")
}

/// A file's name inside `\edef`: what TeX would expand or take for a comment stands for itself.
fn file_name(id: &str) -> String {
    let stands_for_itself = |letter: char| matches!(letter, '%' | '#' | '~' | '\\' | '{' | '}' | '$' | '^' | '&');
    id.chars()
        .map(|letter| if stands_for_itself(letter) { format!("\\string{letter}") } else { letter.to_string() })
        .collect()
}

fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

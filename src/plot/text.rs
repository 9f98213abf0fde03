//! Text in the one font and size of all figures: its width, its line breaks, its signs.

use std::sync::LazyLock;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

use crate::language::Locale;
use crate::report::number::{self, significant};
use crate::xml::escape;

/// Size of all text before magnification, in points.
pub(super) const SIZE: f64 = 8.0;

/// From one baseline to the next, in points.
pub(super) const LEADING: f64 = 1.2 * SIZE;

/// Height of a capital or digit, in points.
pub(super) const CAPITAL: f64 = 0.729 * SIZE;

/// Both the CSS list and the name the font is registered under.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Units of DejaVu Sans: to an em, and from descent to ascent, which is what plotters scales text by when it measures.
const UNITS_PER_EM: f64 = 2048.0;
const UNITS_OF_HEIGHT: f64 = 2384.0;

/// At this size a measure is in font units, and so exact although it is an integer.
static FONT: LazyLock<FontDesc<'static>> = LazyLock::new(|| {
    register_font(FAMILY, FontStyle::Normal, dejavu::sans::regular()).ok().expect("the crate's file is a font");
    font(UNITS_OF_HEIGHT)
});

fn font(size: f64) -> FontDesc<'static> {
    FontDesc::new(FontFamily::Name(FAMILY), size, FontStyle::Normal)
}

/// The font to draw with, where `units` of the drawing make a point.
pub(super) fn drawn(units: f64) -> FontDesc<'static> {
    LazyLock::force(&FONT);
    // The SVG backend writes a size divided by 1.24.
    font(SIZE * units * 1.24)
}

/// Width of a line in points, or a little more: viewers differ in which pairs of letters they draw closer together.
pub(super) fn width(text: &str) -> f64 {
    text.chars().map(advance).sum()
}

/// How far a letter moves the next one, in points.
fn advance(letter: char) -> f64 {
    let ((left, _), (right, _)) =
        FONT.layout_box(letter.encode_utf8(&mut [0; 4])).expect("the font is registered before it is used");
    f64::from(right - left) / UNITS_PER_EM * SIZE
}

/// Width of the widest line, in points.
pub(super) fn widest<'a>(lines: impl IntoIterator<Item = &'a String>) -> f64 {
    lines.into_iter().map(|line| width(line)).fold(0.0, f64::max)
}

/// Width of a column for texts, in points: `usual`, or what the longest word needs, up to `most`.
pub(super) fn column<'a>(texts: impl IntoIterator<Item = &'a String>, usual: f64, most: f64) -> f64 {
    texts.into_iter().flat_map(|text| words(text)).map(width).fold(usual, f64::max).min(most)
}

/// The parts of a text between which a line may end. A no-break space holds its neighbours together.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty())
}

/// Breaks a text between words into lines no wider than `limit`, and a word that is wider anywhere. What does not fit
/// in `most` lines is cut off with an ellipsis.
pub(super) fn wrap(text: &str, limit: f64, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text) {
        if lines.len() > most {
            break;
        }
        append(&mut lines, word, limit);
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            shorten(last, limit);
        }
    }
    lines
}

/// Puts a word at the end of the last line or, where it does not fit, on a new one; breaks it where it fits on none.
fn append(lines: &mut Vec<String>, word: &str, limit: f64) {
    let Some(last) = lines.last_mut() else { return };
    let joined = if last.is_empty() { word.to_owned() } else { format!("{last} {word}") };
    if width(&joined) <= limit {
        *last = joined;
        return;
    }
    if last.is_empty() {
        lines.pop();
    }
    if width(word) <= limit {
        lines.push(word.to_owned());
    } else {
        lines.append(&mut pieces(word, limit));
    }
}

/// Breaks a word into pieces no wider than `limit`: after a sign where there is one, else with a hyphen.
fn pieces(word: &str, limit: f64) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut line = String::new();
    for letter in word.chars() {
        if !line.is_empty() && width(&line) + advance(letter) + advance('-') > limit {
            let sign = line.rfind(['-', '/', '_', '.', ',']).map(|at| at + 1);
            let rest = line.split_off(sign.unwrap_or(line.len()));
            if sign.is_none() && letter.is_alphabetic() {
                line.push('-');
            }
            pieces.push(std::mem::replace(&mut line, rest));
        }
        line.push(letter);
    }
    pieces.push(line);
    pieces
}

/// A line that is no wider than `limit`: cut off with an ellipsis where it is.
pub(super) fn shortened(text: &str, limit: f64) -> String {
    let mut line = text.to_owned();
    if width(&line) > limit {
        shorten(&mut line, limit);
    }
    line
}

/// Ends a line with an ellipsis, and drops letters until that fits.
fn shorten(line: &mut String, limit: f64) {
    while !line.is_empty() && width(line) + advance('…') > limit {
        line.pop();
    }
    line.truncate(line.trim_end().len());
    line.push('…');
}

/// Replaces the hyphen that starts a number by a minus sign: `-1 [-2, 3]` → `−1 [−2, 3]`.
pub(super) fn minus(text: &str) -> String {
    let mut signed = String::with_capacity(text.len() + 8);
    let mut letters = text.chars().peekable();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        let begins = letter == '-' && !before.is_alphanumeric();
        let number = letters.peek().is_some_and(|next| next.is_ascii_digit() || *next == '∞');
        signed.push(if begins && number { '−' } else { letter });
        before = letter;
    }
    signed
}

/// A value with four significant digits, for a reader who points at it.
pub(super) fn value(value: f64, locale: Locale) -> String {
    locale.number(&minus(&significant(value, 4)))
}

/// A number of few digits as it is: a tick that does not come from a step.
pub(super) fn shortest(value: f64, locale: Locale) -> String {
    let is_usual = value == 0.0 || (1e-6..1e6).contains(&value.abs());
    let number = if is_usual { number::shortest(value) } else { format!("{value:e}") };
    locale.number(&minus(&number))
}

/// A text that XML can carry: no control characters, and no break that was only there to hold words together.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\u{a0}' => ' ',
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            _ if letter.is_control() => ' ',
            _ => letter,
        })
        .collect()
}

/// [`printable`] text with the characters escaped that mean something to XML.
pub(super) fn xml(text: &str) -> String {
    escape(&printable(text))
}

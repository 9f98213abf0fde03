//! Printed numbers as LaTeX: in math, and as the cells and the `table-format` of an `S` column.

use crate::language::Locale;

/// A number of the grammar `[<>≈]?[+-]?digits[.digits][e[+-]digits]`, in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::render) struct Printed<'a> {
    pub comparator: Option<char>,
    pub sign: Option<char>,
    pub integer: &'a str,
    pub decimals: Option<&'a str>,
    /// Sign and digits.
    pub exponent: Option<(Option<char>, &'a str)>,
}

impl<'a> Printed<'a> {
    /// The parts of `text`, or nothing where it is no number of the grammar.
    pub(in crate::render) fn parse(text: &'a str) -> Option<Self> {
        let (comparator, rest) = take_any(text, &['<', '>', '≈']);
        let (sign, rest) = take_any(rest, &['+', '-']);
        let (mantissa, exponent) = match rest.split_once('e') {
            Some((mantissa, exponent)) => (mantissa, Some(take_any(exponent, &['+', '-']))),
            None => (rest, None),
        };
        let (integer, decimals) = match mantissa.split_once('.') {
            Some((integer, decimals)) => (integer, Some(decimals)),
            None => (mantissa, None),
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let well_formed = digits(integer) && decimals.is_none_or(digits) && exponent.is_none_or(|(_, e)| digits(e));
        well_formed.then_some(Self { comparator, sign, integer, decimals, exponent })
    }

    /// As an `S` cell or the argument of `\num`: ASCII, with `.`.
    pub(super) fn input(&self) -> String {
        let mut out = match self.comparator {
            Some('≈') => r"\approx ".into(),
            Some(comparator) => comparator.to_string(),
            None => String::new(),
        };
        out.extend(self.sign);
        out.push_str(self.integer);
        if let Some(decimals) = self.decimals {
            out.push('.');
            out.push_str(decimals);
        }
        if let Some((sign, digits)) = self.exponent {
            out.push('e');
            out.extend(sign);
            out.push_str(digits);
        }
        out
    }

    /// The optional argument of `\num` that this number needs.
    pub(super) fn options(&self) -> &'static str {
        if self.sign == Some('+') { "[retain-explicit-plus]" } else { "" }
    }

    /// For math mode.
    pub(super) fn math(&self, locale: Locale) -> String {
        let mut out = match self.comparator {
            Some('≈') => r"{\approx}".into(),
            Some(comparator) => format!("{{{comparator}}}"),
            None => String::new(),
        };
        out.extend(self.sign);
        // siunitx parts groups of three in the cells of an S column, from the decimal marker to both sides.
        out.push_str(&grouped(self.integer, self.integer.len() % 3));
        if let Some(decimals) = self.decimals {
            out.push_str(if locale.decimal == ',' { "{,}" } else { "." });
            out.push_str(&grouped(decimals, 0));
        }
        if let Some((sign, digits)) = self.exponent {
            out.push_str(r" \times 10^{");
            out.extend(sign.filter(|&sign| sign == '-'));
            out.push_str(digits);
            out.push('}');
        }
        out
    }
}

/// The digits with a thin space before every third after the first `first`.
fn grouped(digits: &str, first: usize) -> String {
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if digits.len() >= GROUPED && i > 0 && i % 3 == first {
            out.push_str(r"\,");
        }
        out.push(digit);
    }
    out
}

/// siunitx does not group fewer digits before or after the decimal marker.
const GROUPED: usize = 5;

fn take_any<'a>(text: &'a str, any: &[char]) -> (Option<char>, &'a str) {
    match text.chars().next().filter(|c| any.contains(c)) {
        Some(c) => (Some(c), &text[c.len_utf8()..]),
        None => (None, text),
    }
}

/// The room that an `S` column needs: the widest of each part over its numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Format {
    comparator: bool,
    minus: bool,
    plus: bool,
    integer: usize,
    decimals: usize,
    exponent: usize,
    exponent_minus: bool,
}

impl Format {
    pub(super) fn of(numbers: &[Printed]) -> Self {
        numbers.iter().fold(Self::default(), |format, number| Self {
            comparator: format.comparator || number.comparator.is_some(),
            minus: format.minus || number.sign == Some('-'),
            plus: format.plus || number.sign == Some('+'),
            integer: format.integer.max(number.integer.len()),
            decimals: format.decimals.max(number.decimals.map_or(0, str::len)),
            exponent: format.exponent.max(number.exponent.map_or(0, |(_, digits)| digits.len())),
            exponent_minus: format.exponent_minus || number.exponent.is_some_and(|(sign, _)| sign == Some('-')),
        })
    }

    /// The options of the `S` column, with keys that siunitx 2 and 3 share.
    pub(super) fn options(&self) -> String {
        let mut out = String::from("table-format=");
        out.push_str(if self.comparator { "<" } else { "" });
        out.push_str(if self.minus || self.plus { "-" } else { "" });
        out.push_str(&self.integer.to_string());
        if self.decimals > 0 {
            out.push_str(&format!(".{}", self.decimals));
        }
        if self.exponent > 0 {
            let sign = if self.exponent_minus { "-" } else { "" };
            out.push_str(&format!("e{sign}{}, table-align-exponent=false", self.exponent));
        }
        if self.plus {
            out.push_str(", retain-explicit-plus");
        }
        out
    }

    /// A number in bold, as wide as the column's numbers. It is braced, since what siunitx 2
    /// makes of `\bfseries` before a number is not aligned; digits' places are kept by invisible ones.
    pub(super) fn strong(&self, number: &Printed, locale: Locale) -> String {
        let sign = if (self.minus || self.plus) && number.sign.is_none() { "-" } else { "" };
        let before = format!("{sign}{}", "0".repeat(self.integer.saturating_sub(number.integer.len())));
        let missing = self.decimals.saturating_sub(number.decimals.map_or(0, str::len));
        let point = match number.decimals {
            None if missing > 0 => {
                if locale.decimal == ',' {
                    "{,}"
                } else {
                    "."
                }
            }
            _ => "",
        };
        let after = format!("{point}{}", "0".repeat(missing));
        let phantom = |text: &str| if text.is_empty() { String::new() } else { format!(r"\phantom{{{text}}}") };
        format!(r"${}\mathbf{{{}}}{}$", phantom(&before), number.math(locale), phantom(&after))
    }

    /// Width in digits' widths (en).
    pub(super) fn width(&self) -> f64 {
        let spaces = |digits: usize| if digits < GROUPED { 0.0 } else { ((digits - 1) / 3) as f64 * 0.33 };
        let mut width = self.integer as f64 + spaces(self.integer);
        if self.comparator {
            width += RELATION;
        }
        if self.minus || self.plus {
            width += RELATION;
        }
        if self.decimals > 0 {
            width += 0.56 + self.decimals as f64 + spaces(self.decimals);
        }
        if self.exponent > 0 {
            width += 2.0 * 0.45 + RELATION + 2.0 + 0.8 * (RELATION + self.exponent as f64);
        }
        width
    }
}

/// Width of `-`, `<`, `±` in math, in digits' widths.
const RELATION: f64 = 1.56;

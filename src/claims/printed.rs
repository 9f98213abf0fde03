//! Figures as papers print them, and the numbers that they may have been before they were rounded.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A figure as printed: `14.53`, `64,904`, `−7.10`, `≈ 13`, `×2.3`, `≪ 0.001`, `11.6–11.7`, `[+3.18; +3.50]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Printed {
    pub text: String,
    /// One number, or the two bounds of an interval.
    pub numbers: Vec<Rounded>,
}

/// A printed number and what it may have been before it was rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounded {
    pub value: f64,
    pub decimals: u32,
    /// The numbers that round to `value`, in the printed unit: half a last digit to each side, both ends included
    /// because the rule for ties is not known. After `<` everything up to `value`, after `>` everything from it on; of a
    /// range everything from the lower to the upper end.
    pub low: f64,
    pub high: f64,
}

/// What is said of a text that is no figure.
const EXAMPLES: &str = "such as `14.53`, `64,904`, `≈ 13`, `<0.001`, `3.9 × 10⁻⁹`, `11.6–11.7`, `[1.2; 3.4]`";

impl TryFrom<String> for Printed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let body = text.trim();
        let numbers = match bracketed(body) {
            Some(bounds) => interval(bounds).map(Vec::from),
            None => Rounded::parse(body).or_else(|| range(body)).map(|number| vec![number]),
        };
        match numbers {
            Some(numbers) => Ok(Self { text, numbers }),
            None => Err(format!("`{text}` is not a printed figure {EXAMPLES}")),
        }
    }
}

fn bracketed(text: &str) -> Option<&str> {
    let inside = |open: char, close: char| text.strip_prefix(open)?.strip_suffix(close);
    inside('[', ']').or_else(|| inside('(', ')'))
}

/// The two bounds, parted by a semicolon, by a comma that is no separator of thousands, or by "to".
fn interval(text: &str) -> Option<[Rounded; 2]> {
    let halves = text.split_once(';').or_else(|| text.split_once(", ")).or_else(|| text.split_once(" to "));
    let (low, high) = halves?;
    Some([Rounded::parse(low)?, Rounded::parse(high)?])
}

/// `11.6–11.7`: the figure lies between two others.
fn range(text: &str) -> Option<Rounded> {
    let text = text.strip_prefix(['≈', '~']).unwrap_or(text);
    let split = |separator: &str| {
        text.match_indices(separator).find_map(|(at, _)| {
            let (low, high) = (Rounded::parse(text.get(..at)?)?, Rounded::parse(text.get(at + separator.len()..)?)?);
            (low.value < high.value).then_some((low, high))
        })
    };
    let (low, high) = ["…", "...", " to ", "–", "-"].iter().find_map(|separator| split(separator))?;
    let middle = low.value + (high.value - low.value) / 2.0;
    Some(Rounded { value: middle, decimals: low.decimals.max(high.decimals), low: low.low, high: high.high })
}

/// What stands before a number.
enum Sign {
    Equal,
    /// "about": zeros that end a whole number are not digits.
    About,
    AtMost,
    AtLeast,
}

impl Sign {
    fn split(text: &str) -> (Self, &str) {
        for (signs, sign) in [
            (&["<", "≪", "≤", "⩽"][..], Self::AtMost),
            (&[">", "≫", "≥", "⩾"], Self::AtLeast),
            (&["≈", "~", "∼", "≃"], Self::About),
            (&["×", "="], Self::Equal),
        ] {
            if let Some(rest) = signs.iter().find_map(|before| text.strip_prefix(before)) {
                return (sign, rest);
            }
        }
        (Self::Equal, text)
    }
}

impl Rounded {
    /// Reads one number with the signs that papers put before it.
    fn parse(text: &str) -> Option<Self> {
        // `p < .001***`: the letter names the figure, the stars say what the sign before it says.
        let text = text.trim().trim_end_matches('*').trim();
        let text = text.strip_prefix("p ").or_else(|| text.strip_prefix("P ")).unwrap_or(text);
        let (sign, text) = Sign::split(text.trim());
        let plain = power(&text.trim().replace(['−', '–', '⁻'], "-"));
        let (mantissa, exponent) = match plain.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|e| e.abs() <= 300)?),
            None => (plain.as_str(), 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all: String = format!("{}{fraction}", ungroup(whole)?);
        if all.is_empty() || all.len() > 30 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let decimals = u32::try_from(fraction.len()).ok()?;
        let places = match sign {
            Sign::About if fraction.is_empty() && !all.trim_matches('0').is_empty() => {
                all.len() - all.trim_end_matches('0').len()
            }
            _ => 0,
        };
        // Tenths of the last digit are integers, so that each bound is the double nearest to its decimal.
        let tenths = all.parse::<i128>().ok()? * if negative { -10 } else { 10 };
        let half = 5 * 10_i128.pow(u32::try_from(places).ok()?);
        let last = exponent - i32::try_from(decimals).ok()?;
        let scaled = |tenths: i128| format!("{tenths}e{}", last - 1).parse::<f64>().ok().filter(|x| x.is_finite());
        let (value, low, high) = (scaled(tenths)?, scaled(tenths - half)?, scaled(tenths + half)?);
        let decimals = u32::try_from(-last).unwrap_or(0);
        let (low, high) = match sign {
            Sign::AtMost => (f64::NEG_INFINITY, value),
            Sign::AtLeast => (value, f64::INFINITY),
            Sign::Equal | Sign::About => (low, high),
        };
        Some(Self { value, decimals, low, high })
    }

    /// Whether the figure says only on which side of `value` the number lies.
    pub fn is_bound(&self) -> bool {
        self.low.is_infinite() || self.high.is_infinite()
    }
}

/// `3.9 × 10⁻⁹` and `3.9 × 10^-9` with an `e`, as programs write it.
fn power(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once('×').or_else(|| text.split_once("\\times")) else {
        return text.to_owned();
    };
    let Some(exponent) = exponent.trim().strip_prefix("10") else { return text.to_owned() };
    let raised = exponent.trim_start_matches('^').trim_matches(['{', '}']);
    let digits =
        raised.chars().map(|c| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().zip('0'..='9').find(|(up, _)| *up == c).map_or(c, |(_, d)| d));
    format!("{}e{}", mantissa.trim(), digits.collect::<String>())
}

/// Takes the separators of thousands (comma or space) out of an integer; `None` where they do not stand at thousands.
fn ungroup(whole: &str) -> Option<String> {
    let separator = |c: char| c == ',' || c.is_whitespace();
    let mut groups = whole.split(separator);
    let first = groups.next()?;
    let mut rest = groups.peekable();
    let grouped = rest.peek().is_some();
    if grouped && (!(1..=3).contains(&first.len()) || first.starts_with('0')) {
        return None;
    }
    rest.try_fold(first.to_owned(), |whole, group| (group.len() == 3).then(|| whole + group))
}

impl<'de> Deserialize<'de> for Printed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Figure)
    }
}

/// Takes text, and whole numbers, which lose nothing when they are not quoted.
struct Figure;

impl Visitor<'_> for Figure {
    type Value = Printed;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a figure in quotes, as printed")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Printed, E> {
        Printed::try_from(text.to_owned()).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Printed, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Printed, E> {
        Err(E::custom(format!(
            "{number} stands without quotes, and the zeros that end it count: write it as \"{number}\""
        )))
    }
}

impl JsonSchema for Printed {
    fn schema_name() -> Cow<'static, str> {
        "Printed".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": format!("A figure as printed, {EXAMPLES}: its decimals say how it was rounded."),
            "type": ["string", "integer"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Rounded {
        let printed = Printed::try_from(text.to_owned()).unwrap();
        assert_eq!(printed.numbers.len(), 1, "{text}");
        printed.numbers[0]
    }

    #[test]
    fn decimals_give_the_rounding_interval() {
        assert_eq!(one("11.66"), Rounded { value: 11.66, decimals: 2, low: 11.655, high: 11.665 });
        assert_eq!(one("15.00"), Rounded { value: 15.0, decimals: 2, low: 14.995, high: 15.005 });
        assert_eq!(one("7.9"), Rounded { value: 7.9, decimals: 1, low: 7.85, high: 7.95 });
        assert_eq!(one("0.000041"), Rounded { value: 0.000041, decimals: 6, low: 0.0000405, high: 0.0000415 });
        assert_eq!(one("3245"), Rounded { value: 3245.0, decimals: 0, low: 3244.5, high: 3245.5 });
        assert_eq!(one("4.0e-34"), Rounded { value: 4.0e-34, decimals: 35, low: 3.95e-34, high: 4.05e-34 });
        for text in ["3.9 × 10⁻⁹", "3.9 × 10^-9", r"3.9 \times 10^{-9}", "3.9e-9", "3.9×10⁻⁹"] {
            assert_eq!(one(text), Rounded { value: 3.9e-9, decimals: 10, low: 3.85e-9, high: 3.95e-9 }, "{text}");
        }
        assert_eq!((one("p < .001***").low, one("p < .001***").high), (f64::NEG_INFINITY, 0.001));
        assert_eq!(one(".03"), Rounded { value: 0.03, decimals: 2, low: 0.025, high: 0.035 });
    }

    #[test]
    fn signs_and_separators_are_read_as_papers_write_them() {
        assert_eq!((one("1,014.8").value, one("64,904").value, one("64\u{a0}904").value), (1014.8, 64904.0, 64904.0));
        assert_eq!((one("−7.10").value, one("+28.6").value, one("≈ −13.2").value), (-7.10, 28.6, -13.2));
        assert_eq!((one("×2.3").value, one("≈ 13").decimals), (2.3, 0));
        assert_eq!((one("−7.10").low, one("−7.10").high), (-7.105, -7.095));
        assert_eq!((one("≪ 0.001").low, one("<0.001").high), (f64::NEG_INFINITY, 0.001));
        assert_eq!((one("> 0.05").low, one("≥0.05").high), (0.05, f64::INFINITY));
        assert_eq!((one("≈ 65,000").low, one("≈ 65,000").high), (64_500.0, 65_500.0));
        assert_eq!((one("65,000").low, one("≈ 0").low), (64_999.5, -0.5));
    }

    #[test]
    fn intervals_and_ranges_have_two_ends() {
        let values = |text: &str| {
            let printed = Printed::try_from(text.to_owned()).unwrap();
            printed.numbers.iter().map(|number| number.value).collect::<Vec<_>>()
        };
        assert_eq!(values("[−8.24; −5.96]"), [-8.24, -5.96]);
        assert_eq!(values("[3.18, 3.50]"), [3.18, 3.5]);
        assert_eq!(values("(1,000 to 2,000)"), [1000.0, 2000.0]);
        assert_eq!((one("11.6–11.75").low, one("11.6-11.75").high), (11.55, 11.755));
        assert_eq!((one("−8.2 – −5.9").low, one("12 to 15").high), (-8.25, 15.5));
    }

    #[test]
    fn what_is_no_figure_is_refused() {
        for text in [
            "",
            "—",
            "1.2.3",
            "12,34",
            "0,304",
            "[1; 2",
            "[1; 2; 3]",
            "[1]",
            "1234567890123456789012345678901",
            "1e999",
            "NaN",
            "1 2",
            "15–12",
            "–",
            "1e-400",
            "12–",
            "≈",
            "<",
        ] {
            assert!(Printed::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}

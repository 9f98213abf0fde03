//! How a report in a language writes numbers.

/// The language, and the characters between the digits of a number. Cells and numbers arrive with a point and without groups; whoever prints
/// them for a reader puts these in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Locale {
    /// Id of the language: `en`.
    pub language: &'static str,
    /// `.` or `,`.
    pub decimal: char,
    /// Between groups of three digits of an integer part of five or more.
    pub thousands: Option<char>,
}

impl Default for Locale {
    fn default() -> Self {
        Self { language: "en", decimal: '.', thousands: None }
    }
}

impl From<char> for Locale {
    fn from(decimal: char) -> Self {
        Self { decimal, ..Self::default() }
    }
}

/// An integer part with fewer digits is not grouped.
const GROUPED: usize = 5;

impl Locale {
    /// A text of one number (with a comparator, a sign, an exponent, perhaps none of all this) as it is printed.
    pub fn number(&self, text: &str) -> String {
        let Some(start) = text.find(|c: char| c.is_ascii_digit()) else { return text.to_owned() };
        let (before, rest) = text.split_at(start);
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (integer, after) = rest.split_at(end);
        let decimals = after.replacen('.', self.decimal.encode_utf8(&mut [0; 4]), 1);
        format!("{before}{}{decimals}", self.grouped(integer))
    }

    /// The digits of an integer part, in groups.
    pub fn grouped(&self, digits: &str) -> String {
        let Some(separator) = self.thousands.filter(|_| digits.len() >= GROUPED) else { return digits.to_owned() };
        let mut out = String::with_capacity(digits.len() * 2);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(separator);
            }
            out.push(digit);
        }
        out
    }

    /// Between the two bounds of an interval: a comma would be read as a decimal one.
    pub fn bounds(&self) -> char {
        if self.decimal == ',' { ';' } else { ',' }
    }

    /// Every number of a text without words, and the bounds of its intervals.
    pub(super) fn numbers(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 8);
        let mut rest = text;
        let mut brackets = 0_usize;
        while let Some(c) = rest.chars().next() {
            let length = if c.is_ascii_digit() { number_length(rest) } else { c.len_utf8() };
            let (taken, after) = rest.split_at(length);
            match c {
                '[' => brackets += 1,
                ']' => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            if c == ',' && brackets > 0 && after.starts_with(' ') {
                out.push(self.bounds());
            } else if c.is_ascii_digit() && taken.matches('.').count() < 2 {
                out.push_str(&self.number(&taken.replace(',', "")));
            } else {
                out.push_str(taken);
            }
            rest = after;
        }
        out
    }
}

/// How many bytes of `text`, which begins with a digit, are digits, points between digits, and commas before groups of three.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let group = |i: usize| (1..=3).all(|k| digit(i + k)) && !digit(i + 4);
    let inside = |i: usize| digit(i) || bytes[i] == b'.' && digit(i + 1) || bytes[i] == b',' && group(i);
    (0..bytes.len()).find(|&i| !inside(i)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUSSIAN: Locale = Locale { language: "ru", decimal: ',', thousands: Some('\u{202f}') };

    #[test]
    fn five_digits_are_grouped_and_four_are_not() {
        for (text, printed) in [
            ("1234", "1234"),
            ("12345", "12\u{202f}345"),
            ("-1234567.25", "-1\u{202f}234\u{202f}567,25"),
            ("<0.001", "<0,001"),
            ("4.0e-34", "4,0e-34"),
            ("∞", "∞"),
        ] {
            assert_eq!(RUSSIAN.number(text), printed);
            assert_eq!(Locale::default().number(text), text);
        }
    }

    #[test]
    fn bounds_are_parted_so_that_they_cannot_be_misread() {
        assert_eq!(RUSSIAN.numbers("+28.6 [27.2, 30.1] %, 10000"), "+28,6 [27,2; 30,1] %, 10\u{202f}000");
        assert_eq!(RUSSIAN.numbers("1.2.3"), "1.2.3");
        assert_eq!(RUSSIAN.numbers("1,014.8 ÷ 64,904"), "1014,8 ÷ 64\u{202f}904");
    }
}

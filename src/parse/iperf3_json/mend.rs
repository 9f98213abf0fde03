//! Known damage to iperf3's JSON, undone without guessing: every line stays on its line.

use super::Repair;

/// The text with its damage undone, and what was done; `None` where there is nothing to undo.
///
/// - `nan`, `-nan`, `inf` (esnet/iperf #364, #613, #826) and Windows' `-nan(ind)`, `1.#QNAN` become `null`: missing.
/// - An exponent with a space in it, `5.924e 06` (#520), gets its sign.
/// - A comma before a closing bracket goes.
/// - A document that lost its outer braces gets them back.
pub fn mend(text: &str) -> Option<(String, Vec<Repair>)> {
    let mut mender =
        Mender { out: String::with_capacity(text.len() + 2), rest: text, line: 1, last: ' ', found: Vec::new() };
    let braces = text.trim_start().starts_with("\"start\"");
    if braces {
        mender.note("an outer brace was missing");
        mender.out.push('{');
    }
    mender.run();
    if braces {
        mender.out.push('}');
    }
    let repairs: Vec<Repair> = mender.found.into_iter().map(Finding::repair).collect();
    (!repairs.is_empty()).then_some((mender.out, repairs))
}

/// One kind of damage: where it is first, and how often.
struct Finding {
    line: usize,
    what: String,
    count: usize,
}

impl Finding {
    fn repair(self) -> Repair {
        let what = match self.count {
            1 => self.what,
            count => format!("{} ({count} times)", self.what),
        };
        Repair { line: Some(self.line), what }
    }
}

struct Mender<'a> {
    out: String,
    rest: &'a str,
    line: usize,
    /// The last character before `rest` that is not white space.
    last: char,
    found: Vec<Finding>,
}

impl<'a> Mender<'a> {
    fn run(&mut self) {
        while let Some(next) = self.rest.chars().next() {
            match next {
                '"' => self.string(),
                ',' if self.rest.trim_start_matches(',').trim_start().starts_with(['}', ']']) => {
                    self.note("a comma before a closing bracket was left out");
                    self.skip(1);
                }
                _ if matches!(self.last, ':' | ',' | '[')
                    && (next.is_ascii_alphanumeric() || matches!(next, '+' | '-')) =>
                {
                    self.scalar();
                }
                _ => self.copy(next.len_utf8()),
            }
        }
    }

    /// A string ends at its quote, or at the end of the line: JSON has no line end inside a string, and the text around
    /// the JSON may have a lone quote.
    fn string(&mut self) {
        let mut escaped = false;
        let end = self.rest.bytes().enumerate().skip(1).find(|&(_, byte)| {
            let ends = byte == b'\n' || (byte == b'"' && !escaped);
            escaped = byte == b'\\' && !escaped;
            ends
        });
        self.copy(end.map_or(self.rest.len(), |(at, _)| at + 1));
    }

    /// A number, a word, or what stands in the place of one.
    fn scalar(&mut self) {
        let length = self.rest.find(|c: char| !is_scalar(c)).unwrap_or(self.rest.len());
        let (token, after) = self.rest.split_at(length);
        if is_not_a_number(token) {
            self.note(&format!("`{token}` is no number: taken as missing"));
            self.out.push_str("null");
            self.skip(length);
            self.last = '0';
        } else if is_cut_exponent(token, after) {
            self.note("an exponent with a space in it was joined");
            self.copy(length);
            self.out.push('+');
            self.skip(1);
            self.copy(self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len()));
        } else {
            self.copy(length);
        }
    }

    fn copy(&mut self, length: usize) {
        let (head, rest) = self.rest.split_at(length);
        self.out.push_str(head);
        self.line += head.matches('\n').count();
        self.last = head.trim_end().chars().next_back().unwrap_or(self.last);
        self.rest = rest;
    }

    fn skip(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    fn note(&mut self, what: &str) {
        match self.found.iter_mut().find(|finding| finding.what == what) {
            Some(finding) => finding.count += 1,
            None => self.found.push(Finding { line: self.line, what: what.to_owned(), count: 1 }),
        }
    }
}

fn is_scalar(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '#' | '(' | ')')
}

/// What C libraries print for a value that is not finite.
fn is_not_a_number(token: &str) -> bool {
    let word = token.trim_start_matches(['+', '-']).to_ascii_lowercase();
    matches!(word.as_str(), "nan" | "inf" | "infinity") || word.starts_with("nan(") || word.starts_with("1.#")
}

fn is_cut_exponent(token: &str, after: &str) -> bool {
    token.ends_with(['e', 'E'])
        && token.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && after.strip_prefix(' ').is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()))
}

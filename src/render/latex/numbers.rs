//! `numbers.tex`: a macro for every number that prose may cite, in three forms; and `numbers.md`, which says what each is.

use std::collections::BTreeMap;

use minijinja::context;

use super::column::typeset;
use super::number::Printed;
use crate::error::Problem;
use crate::language::Locale;
use crate::latex::escape;
use crate::render::markdown::{in_cell, pipe_table};
use crate::render::{File, Templates, collision, latin, plain, verbatim, word};
use crate::report::model::{Align, Cell, Column, Number, Report};

pub(super) fn files(report: &Report, templates: &Templates) -> Result<Vec<File>, Problem> {
    let names = names(&report.numbers)?;
    let numbers = names.iter().zip(&report.numbers).map(|(name, number)| {
        let [formatted, quantity] = [formatted, quantity].map(|form| verbatim(&form(number, report.locale)));
        context! { name => verbatim(name), formatted, raw => verbatim(&raw(&number.raw)), quantity }
    });
    let tex = context! { generator => &report.generator, numbers => numbers.collect::<Vec<_>>() };
    let md = context! {
        title => &report.title, generator => &report.generator, table => verbatim(&glossary(report, &names)),
    };
    Ok(vec![
        File::new("numbers.tex", templates.render("numbers.tex", tex)?),
        File::new("numbers.md", templates.render("numbers.md", md)?),
    ])
}

/// `\Mesh…` of each number, its three forms different from those of all others.
fn names(numbers: &[Number]) -> Result<Vec<String>, Problem> {
    let mut taken: BTreeMap<String, &Number> = BTreeMap::new();
    let names: Vec<String> = numbers.iter().map(|number| name(&number.key)).collect();
    for (name, number) in names.iter().zip(numbers) {
        for form in ["", "Raw", "Qty"] {
            let form = format!("{name}{form}");
            if let Some(other) = taken.insert(form.clone(), number) {
                return Err(collision("numbers.tex", &form, [other, number]));
            }
        }
    }
    Ok(names)
}

/// `["latency", "p99"]` → `\MeshLatencyPninetynine`: letters only, since TeX allows nothing else.
fn name(key: &[String]) -> String {
    let mut out = String::from(r"\Mesh");
    let key: Vec<String> = key.iter().map(|words| latin(words)).collect();
    for word in key.iter().flat_map(|words| words.split(|c: char| !c.is_alphanumeric())) {
        let spelled = spell(word);
        let mut letters = spelled.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// `p99` → `pninetynine`, of letters of ASCII.
fn spell(word: &str) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some(c) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (taken, after) = rest.split_at(digits.max(c.len_utf8()));
        if digits > 0 {
            out.push_str(&spell_number(taken));
        } else {
            out.push(c);
        }
        rest = after;
    }
    out
}

/// `1024` → `onethousandtwentyfour`; digit by digit where it has leading zeros or more than six.
fn spell_number(digits: &str) -> String {
    const ONES: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    fn below_million(n: usize) -> String {
        let parts = |unit: usize, word: &str| match n % unit {
            0 => format!("{}{word}", below_million(n / unit)),
            rest => format!("{}{word}{}", below_million(n / unit), below_million(rest)),
        };
        match n {
            0..20 => ONES[n].into(),
            20..100 if n.is_multiple_of(10) => TENS[n / 10].into(),
            20..100 => format!("{}{}", TENS[n / 10], ONES[n % 10]),
            100..1000 => parts(100, "hundred"),
            _ => parts(1000, "thousand"),
        }
    }
    let whole = digits.len() <= 6 && (digits.len() == 1 || !digits.starts_with('0'));
    match digits.parse() {
        Ok(n) if whole => below_million(n),
        _ => digits.bytes().map(|digit| ONES[usize::from(digit - b'0')]).collect(),
    }
}

/// A number stays as it is, for TeX to calculate with.
fn raw(text: &str) -> String {
    if Printed::parse(text).is_some() { text.into() } else { escape(text) }
}

/// As the tables print it, without the unit.
fn formatted(number: &Number, locale: Locale) -> String {
    match &number.formatted {
        Cell::Number { text } => num(text),
        Cell::PlusMinus { centre, spread } => format!(r"\ensuremath{{{} \pm {}}}", num(centre), num(spread)),
        Cell::Interval { lower, upper } => format!("{{}}[{}{} {}]", num(lower), locale.bounds(), num(upper)),
        cell => typeset(cell, locale),
    }
}

fn num(text: &str) -> String {
    match Printed::parse(text) {
        Some(number) => format!(r"\num{}{{{}}}", number.options(), number.input()),
        None => escape(text),
    }
}

/// With the unit.
fn quantity(number: &Number, locale: Locale) -> String {
    let bare = formatted(number, locale);
    if number.unit.is_empty() || number.formatted == Cell::Missing {
        return bare;
    }
    let unit = unit(&number.unit);
    match &number.formatted {
        Cell::Number { text } if Printed::parse(text).is_some() => {
            format!(r"\Meshqty{}{{{unit}}}", &bare[r"\num".len()..])
        }
        Cell::PlusMinus { .. } => format!(r"({bare})\,\Meshunit{{{unit}}}"),
        _ => format!(r"{bare}\,\Meshunit{{{unit}}}"),
    }
}

/// A unit as siunitx reads it literally, so that it looks as in the tables: `Gbit/s`, not `Gbit s⁻¹`.
fn unit(text: &str) -> String {
    // Units are set in math, whose fonts have Latin letters only.
    if text.chars().any(|c| matches!(c, '\u{400}'..='\u{4ff}')) {
        return format!(r"\text{{{}}}", escape(text));
    }
    text.chars()
        .map(|c| match c {
            // \percent would end the line of a bookmark.
            '%' => r"\%".into(),
            'µ' | 'μ' => r"\micro ".into(),
            '°' => r"\degree ".into(),
            ' ' | '\u{a0}' | '\u{202f}' => "~".into(),
            '.' => "{.}".into(),
            c => escape(c.encode_utf8(&mut [0; 4])),
        })
        .collect::<String>()
        .trim_end()
        .into()
}

/// The table of `numbers.md`.
fn glossary(report: &Report, names: &[String]) -> String {
    let columns = [("Macro", Align::Left), ("Value", Align::Number), ("Definition", Align::Left)]
        .map(|(header, align)| Column { header: word(report, header).into(), align });
    let rows = names.iter().zip(&report.numbers).map(|(name, number)| {
        let unit = if number.formatted == Cell::Missing { "" } else { &number.unit };
        let value = format!("{} {unit}", plain(&number.formatted, report.locale));
        vec![format!("`{name}`"), in_cell(&value), in_cell(&number.definition)]
    });
    pipe_table(&columns, &rows.collect::<Vec<_>>())
}

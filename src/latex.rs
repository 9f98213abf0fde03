//! User strings as LaTeX: for tables and pages, and for figures that LaTeX draws.

use std::borrow::Cow;

/// Text as LaTeX that typesets the same text, in pdfLaTeX with T1 fonts (T2A for Cyrillic) and in LuaLaTeX. It may stand
/// anywhere, moving arguments and the start of a table cell included. A character that those fonts lack (emoji,
/// Arabic, Chinese) is printed as its code point, `U+1F600`, since raw it would stop pdfLaTeX.
pub fn escape(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len());
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 {
            // A percent sign stays with its number.
            out.push(if word.starts_with('%') { '~' } else { ' ' });
        }
        escape_word(word, &mut out);
    }
    // After `\\`, `\midrule` or `\item` these would be read as an argument.
    if out.starts_with(['[', '(', '*']) {
        out.insert_str(0, "{}");
    }
    out
}

/// Text on one line: runs of white space and control characters become one space, and the invisible characters that
/// turn the direction of writing are dropped (they would reorder the source around them).
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
            c if c.is_ascii_whitespace() || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out.trim_matches(' ').into()
}

/// From this many characters a word is a path, an address or a hash, and may be broken where it has no hyphen.
const LONG_WORD: usize = 24;

fn escape_word(word: &str, out: &mut String) {
    let breakable = word.chars().count() >= LONG_WORD;
    let mut since_break = 0;
    for c in word.chars() {
        if since_break >= 8 && breakable {
            out.push_str(r"\allowbreak{}");
            since_break = 0;
        }
        let substitute = || format!(r"\texttt{{U+{:04X}}}\allowbreak{{}}", u32::from(c));
        let markup = match symbol(c) {
            Some(markup) => Cow::from(markup),
            None if is_substituted(c) => Cow::from(substitute()),
            None => Cow::from(c.to_string()),
        };
        if makes_ligature(out, &markup) {
            // `{}` would do in pdfLaTeX only.
            out.push_str(r"\/");
        }
        out.push_str(&markup);
        since_break = match c {
            '/' | '\\' | '_' | '.' | ':' | '=' | ',' | ';' | '@' | '+' | '?' | '|' => 8,
            c if c.is_ascii_digit() => since_break + 1,
            _ => since_break,
        };
    }
}

/// Whether TeX would read the end of `before` and the start of `after` as one character.
fn makes_ligature(before: &str, after: &str) -> bool {
    let pair = before.chars().next_back().zip(after.chars().next());
    matches!(pair, Some(('-', '-') | ('\'', '\'') | ('`', '`') | (',', ',') | ('!' | '?', '`')))
}

/// Whether `c` is printed as its code point.
pub fn is_substituted(c: char) -> bool {
    !c.is_ascii() && !fonts_have(c) && symbol(c).is_none()
}

/// Whether T1 with TS1 (Latin) or T2A (Cyrillic) has the letter, and Latin Modern too.
fn fonts_have(c: char) -> bool {
    match c {
        '\u{126}' | '\u{127}' | '\u{138}' | '\u{13f}' | '\u{140}' | '\u{149}' | '\u{166}' | '\u{167}' => false,
        '\u{a1}'..='\u{17e}' | '\u{218}'..='\u{21b}' | '\u{400}'..='\u{45f}' | '\u{490}' | '\u{491}' => true,
        _ => false,
    }
}

/// What stands for a character that is markup, is no letter of the text fonts, or is not on every keyboard.
fn symbol(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => r"\&",
        '%' => r"\%",
        '$' => r"\$",
        '#' => r"\#",
        '_' => r"\_",
        '{' => r"\{",
        '}' => r"\}",
        '~' => r"\textasciitilde{}",
        '^' => r"\textasciicircum{}",
        '\\' => r"\textbackslash{}",
        '<' => "$<$",
        '>' => "$>$",
        '|' => r"\textbar{}",
        '`' => r"\textasciigrave{}",
        // A shorthand in several languages of babel, a ligature's half in others.
        '"' => r"\char34{}",
        '\u{a0}' => "~",
        '\u{ad}' => r"\-",
        '\u{2009}' | '\u{202f}' => r"\,",
        '\u{2010}' | '\u{2011}' => r"\mbox{-}",
        '‒' | '–' => "--",
        '—' | '―' => "---",
        '‘' => "`",
        '’' => "'",
        '“' => "``",
        '”' => "''",
        '„' => r"\quotedblbase{}",
        '‚' => r"\quotesinglbase{}",
        '‹' => r"\guilsinglleft{}",
        '›' => r"\guilsinglright{}",
        '…' => r"\textellipsis{}",
        '•' => r"\textbullet{}",
        '†' => r"\textdagger{}",
        '‡' => r"\textdaggerdbl{}",
        '‰' => r"\textperthousand{}",
        '€' => r"\texteuro{}",
        '№' => r"\textnumero{}",
        '™' => r"\texttrademark{}",
        '°' => r"\textdegree{}",
        'µ' => r"\textmu{}",
        '·' => r"\textperiodcentered{}",
        '±' => r"$\pm$",
        '×' => r"$\times$",
        '÷' => r"$\div$",
        '−' => r"$-$",
        '≈' => r"$\approx$",
        '≠' => r"$\neq$",
        '≤' => r"$\leq$",
        '≥' => r"$\geq$",
        '≪' => r"$\ll$",
        '≫' => r"$\gg$",
        '≡' => r"$\equiv$",
        '∼' => r"$\sim$",
        '∝' => r"$\propto$",
        '∞' => r"$\infty$",
        '√' => r"$\surd$",
        '∑' => r"$\sum$",
        '∈' => r"$\in$",
        '∅' => r"$\emptyset$",
        '→' => r"$\rightarrow$",
        '←' => r"$\leftarrow$",
        '↑' => r"$\uparrow$",
        '↓' => r"$\downarrow$",
        '↔' => r"$\leftrightarrow$",
        '⇒' => r"$\Rightarrow$",
        '′' => r"$'$",
        '″' => r"$''$",
        '¹' => r"\textsuperscript{1}",
        '²' => r"\textsuperscript{2}",
        '³' => r"\textsuperscript{3}",
        '⁰' => r"\textsuperscript{0}",
        '⁴' => r"\textsuperscript{4}",
        '⁵' => r"\textsuperscript{5}",
        '⁶' => r"\textsuperscript{6}",
        '⁷' => r"\textsuperscript{7}",
        '⁸' => r"\textsuperscript{8}",
        '⁹' => r"\textsuperscript{9}",
        '⁺' => r"\textsuperscript{+}",
        '⁻' => r"\textsuperscript{$-$}",
        '₀' => r"\textsubscript{0}",
        '₁' => r"\textsubscript{1}",
        '₂' => r"\textsubscript{2}",
        '₃' => r"\textsubscript{3}",
        '₄' => r"\textsubscript{4}",
        '₅' => r"\textsubscript{5}",
        '₆' => r"\textsubscript{6}",
        '₇' => r"\textsubscript{7}",
        '₈' => r"\textsubscript{8}",
        '₉' => r"\textsubscript{9}",
        'α' => r"$\alpha$",
        'β' => r"$\beta$",
        'γ' => r"$\gamma$",
        'δ' => r"$\delta$",
        'ε' => r"$\varepsilon$",
        'ζ' => r"$\zeta$",
        'η' => r"$\eta$",
        'θ' => r"$\theta$",
        'ι' => r"$\iota$",
        'κ' => r"$\kappa$",
        'λ' => r"$\lambda$",
        'μ' => r"$\mu$",
        'ν' => r"$\nu$",
        'ξ' => r"$\xi$",
        'π' => r"$\pi$",
        'ρ' => r"$\rho$",
        'σ' => r"$\sigma$",
        'τ' => r"$\tau$",
        'υ' => r"$\upsilon$",
        'φ' => r"$\varphi$",
        'χ' => r"$\chi$",
        'ψ' => r"$\psi$",
        'ω' => r"$\omega$",
        'Γ' => r"$\Gamma$",
        'Δ' => r"$\Delta$",
        'Θ' => r"$\Theta$",
        'Λ' => r"$\Lambda$",
        'Ξ' => r"$\Xi$",
        'Π' => r"$\Pi$",
        'Σ' => r"$\Sigma$",
        'Φ' => r"$\Phi$",
        'Ψ' => r"$\Psi$",
        'Ω' => r"$\Omega$",
        _ => return None,
    })
}

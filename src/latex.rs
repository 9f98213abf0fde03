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
        let markup = match markup(c) {
            Some(markup) => markup,
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
    !c.is_ascii() && !is_cyrillic(c) && markup(c).is_none()
}

/// Whether T2A has the Cyrillic letter: those are the only letters that stay as they are.
fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{45f}' | '\u{490}' | '\u{491}')
}

/// What stands for a character that is not in ASCII, or is markup. LuaLaTeX with T1 fonts, as journals ask for, would take
/// a raw `½` for the number of a glyph, and print another.
fn markup(c: char) -> Option<Cow<'static, str>> {
    if c.is_ascii() || is_cyrillic(c) {
        return symbol(c).map(Cow::from);
    }
    symbol(c).or_else(|| letter(c)).map(Cow::from).or_else(|| {
        let of = |pairs: &'static str| {
            let letters: Vec<char> = pairs.chars().collect();
            letters.chunks(2).find(|pair| pair[1] == c).map(|pair| pair[0])
        };
        ACCENTED.iter().find_map(|(accent, pairs)| of(pairs).map(|base| format!("{accent}{{{base}}}").into()))
    })
}

/// The command of each accent, and each letter of Latin-1 and Latin Extended-A that has it, after the letter without.
const ACCENTED: &[(&str, &str)] = &[
    (r"\`", "AÀaàEÈeèIÌiìOÒoòUÙuù"),
    (r"\'", "AÁaáEÉeéIÍiíOÓoóUÚuúYÝyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzź"),
    (r"\^", "AÂaâCĈcĉEÊeêGĜgĝHĤhĥIÎiîJĴjĵOÔoôSŜsŝUÛuûWŴwŵYŶyŷ"),
    (r"\~", "AÃaãIĨiĩNÑnñOÕoõUŨuũ"),
    (r#"\""#, "AÄaäEËeëIÏiïOÖoöUÜuüYŸyÿ"),
    (r"\=", "AĀaāEĒeēIĪiīOŌoōUŪuū"),
    (r"\.", "CĊcċEĖeėGĠgġIİZŻzż"),
    (r"\u", "AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭ"),
    (r"\v", "CČcčDĎdďEĚeěLĽlľNŇnňRŘrřSŠsšTŤtťZŽzž"),
    (r"\k", "AĄaąEĘeęIĮiįUŲuų"),
    (r"\c", "CÇcçGĢgģKĶkķLĻlļNŅnņRŖrŗSŞsşTŢtţ"),
    (r"\H", "OŐoőUŰuű"),
    (r"\r", "AÅaåUŮuů"),
    (r"\textcommabelow", "SȘsșTȚtț"),
];

/// The other letters and signs of Latin-1 and Latin Extended-A that T1 and TS1 have.
fn letter(c: char) -> Option<&'static str> {
    Some(match c {
        'Æ' => r"\AE{}",
        'æ' => r"\ae{}",
        'Œ' => r"\OE{}",
        'œ' => r"\oe{}",
        'Ø' => r"\O{}",
        'ø' => r"\o{}",
        'Þ' => r"\TH{}",
        'þ' => r"\th{}",
        'Ð' => r"\DH{}",
        'ð' => r"\dh{}",
        'Đ' => r"\DJ{}",
        'đ' => r"\dj{}",
        'Ł' => r"\L{}",
        'ł' => r"\l{}",
        'Ŋ' => r"\NG{}",
        'ŋ' => r"\ng{}",
        'Ĳ' => r"\IJ{}",
        'ĳ' => r"\ij{}",
        'ı' => r"\i{}",
        'ß' => r"\ss{}",
        '¡' => r"\textexclamdown{}",
        '¿' => r"\textquestiondown{}",
        '¢' => r"\textcent{}",
        '£' => r"\textsterling{}",
        '¤' => r"\textcurrency{}",
        '¥' => r"\textyen{}",
        '¦' => r"\textbrokenbar{}",
        '§' => r"\textsection{}",
        '¶' => r"\textparagraph{}",
        '¨' => r"\textasciidieresis{}",
        '¯' => r"\textasciimacron{}",
        '´' => r"\textasciiacute{}",
        '©' => r"\textcopyright{}",
        '®' => r"\textregistered{}",
        'ª' => r"\textordfeminine{}",
        'º' => r"\textordmasculine{}",
        '«' => r"\guillemotleft{}",
        '»' => r"\guillemotright{}",
        '¬' => r"\textlnot{}",
        '¼' => r"\textonequarter{}",
        '½' => r"\textonehalf{}",
        '¾' => r"\textthreequarters{}",
        _ => return None,
    })
}

/// What stands for a character that is markup or a symbol.
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

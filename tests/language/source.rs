//! The texts of the source: its string literals with the places of their values as `{}`, and the words of the templates.

use std::collections::BTreeMap;

use super::super::program::{root, tree};

/// A string literal, and the calls that it is an argument of.
#[derive(Clone, Debug)]
pub struct Literal {
    pub path: String,
    pub line: usize,
    pub key: String,
    /// From the outermost in: the name of the call, and which of its arguments.
    pub calls: Vec<(String, usize)>,
    /// The field that it is the value of; empty where it is none's.
    pub field: String,
}

impl Literal {
    fn new(path: &str, line: usize, literal: &str, calls: &[(String, usize)], before: &[char]) -> Self {
        // What joins values is a sentence with values around it.
        let joins = calls.last().is_some_and(|(name, _)| name.ends_with(".join"));
        let key = if joins { key(&format!("{{}}{literal}{{}}")) } else { key(literal) };
        Self { path: path.to_owned(), line, key, calls: calls.to_vec(), field: field(before) }
    }
}

/// All literals of the source, but of its tests.
pub fn literals() -> Vec<Literal> {
    let files = tree(&root().join("src"));
    let code = files.into_iter().filter(|(path, _)| path.ends_with(".rs") && !path.ends_with("tests.rs"));
    code.flat_map(|(path, contents)| scan(&path, &String::from_utf8(contents).expect("source is UTF-8"))).collect()
}

/// Key → where it stands, of the templates' `"…" | tr`.
pub fn template_words() -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    for (path, contents) in tree(&root().join("templates")) {
        let Ok(text) = String::from_utf8(contents) else { continue };
        for (line, number) in text.lines().zip(1..) {
            for (at, _) in line.match_indices("| tr") {
                let before = line[..at].trim_end();
                let Some(quoted) = before.strip_suffix('"') else { continue };
                let word = quoted.rsplit('"').next().unwrap_or_default();
                words.insert(word.to_owned(), format!("templates/{path}:{number}"));
            }
        }
    }
    words
}

/// A sentence with `{}` for each value, without the white space around it.
pub fn key(literal: &str) -> String {
    let mut out = String::new();
    let mut rest = literal;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            out.push_str(&rest[..1]);
            rest = &rest[2..];
        } else if let Some(end) = rest.find('}') {
            out.push_str("{}");
            rest = &rest[end + 1..];
        } else {
            break;
        }
    }
    out.push_str(rest);
    out.trim().to_owned()
}

fn scan(path: &str, text: &str) -> Vec<Literal> {
    let text = match text.find("#[cfg(test)]\nmod tests {") {
        Some(at) => &text[..at],
        None => text,
    };
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut calls: Vec<(String, usize)> = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let next = chars.get(i + 1).copied().unwrap_or(' ');
        match chars[i] {
            '\n' => line += 1,
            '/' if next == '/' => {
                while i < chars.len() && chars[i] != '\n' {
                    i += 1;
                }
                continue;
            }
            // A character, not a lifetime.
            '\'' if next == '\\' => {
                i += 3;
                while chars.get(i).is_some_and(|c| *c != '\'') {
                    i += 1;
                }
            }
            '\'' if chars.get(i + 2) == Some(&'\'') => i += 2,
            '(' | '[' | '{' => {
                let name: Vec<char> = chars[..i]
                    .iter()
                    .rev()
                    .copied()
                    .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '!' | '.' | '#'))
                    .collect();
                calls.push((name.into_iter().rev().collect(), 0));
            }
            ')' | ']' | '}' => {
                calls.pop();
            }
            ',' => {
                if let Some((_, argument)) = calls.last_mut() {
                    *argument += 1;
                }
            }
            'r' if next == '"' || next == '#' && chars.get(i + 2) == Some(&'"') => {
                let hashes = usize::from(next == '#');
                let start = i + 2 + hashes;
                let ends = |at: usize| chars[at] == '"' && (hashes == 0 || chars.get(at + 1) == Some(&'#'));
                let end = (start..chars.len()).find(|at| ends(*at)).unwrap_or(chars.len());
                let literal: String = chars[start..end].iter().collect();
                found.push(Literal::new(path, line, &literal, &calls, &chars[..i]));
                line += literal.matches('\n').count();
                i = end + hashes;
            }
            '"' => {
                let (began, before) = (line, i);
                let mut literal = String::new();
                i += 1;
                while i < chars.len() && chars[i] != '"' {
                    match (chars[i], chars.get(i + 1).copied().unwrap_or(' ')) {
                        ('\\', '\n') => {
                            i += 1;
                            while chars.get(i).is_some_and(|c| c.is_whitespace()) {
                                line += usize::from(chars[i] == '\n');
                                i += 1;
                            }
                            continue;
                        }
                        ('\\', escaped) => {
                            literal.push(match escaped {
                                'n' => '\n',
                                't' => '\t',
                                other => other,
                            });
                            i += 1;
                        }
                        (c, _) => {
                            line += usize::from(c == '\n');
                            literal.push(c);
                        }
                    }
                    i += 1;
                }
                found.push(Literal::new(path, began, &literal, &calls, &chars[..before]));
            }
            _ => {}
        }
        i += 1;
    }
    found
}

/// `name` of `name: ` at the end of the code before a literal.
fn field(before: &[char]) -> String {
    let before: String = before[before.len().saturating_sub(60)..].iter().collect();
    let Some(named) = before.trim_end().strip_suffix(':') else { return String::new() };
    named.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default().to_owned()
}

#[test]
fn literals_are_found_with_their_calls() {
    let source = "fn f<'a>() { g('\"', \"a {x:.1} b\\\n   c\", Note::new(1, \"d\")) } // \"no\"\n#[cfg(test)]\nmod tests {\"e\"}";
    let found = scan("x.rs", source);
    assert_eq!(found.iter().map(|literal| literal.key.as_str()).collect::<Vec<_>>(), ["a {} bc", "d"]);
    assert_eq!(found[1].calls.last(), Some(&("Note::new".to_owned(), 1)));
    assert_eq!(found[1].line, 2);
}

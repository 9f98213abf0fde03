//! Verdicts for CI servers: JUnit XML, and the workflow commands of GitHub Actions.

use super::clean;
use crate::analysis::gate::Verdict;
use crate::report::gate::{Case, Suite};

/// JUnit XML, as Jenkins and Surefire read it: a suite for each study and a case for each metric, mode and scenario. A
/// failure is a regression; what is inconclusive is an error: nothing was found, but the test could not be made, and
/// servers show skipped cases as if all were well.
pub fn junit(suites: &[Suite]) -> String {
    let count = |suite: &Suite, verdict: Verdict| suite.cases.iter().filter(|case| case.verdict == verdict).count();
    let totals = |suites: &[Suite]| {
        let sum = |of: &dyn Fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>();
        format!(
            "tests=\"{}\" failures=\"{}\" errors=\"{}\"",
            sum(&|suite| suite.cases.len()),
            sum(&|suite| count(suite, Verdict::Fail)),
            sum(&|suite| count(suite, Verdict::Inconclusive))
        )
    };
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    text.push_str(&format!("<testsuites name=\"meshstats gate\" {}>\n", totals(suites)));
    for suite in suites {
        text.push_str(&format!(
            "  <testsuite name=\"{}\" {}>\n",
            xml(&suite.name),
            totals(std::slice::from_ref(suite))
        ));
        for case in &suite.cases {
            text.push_str(&test_case(suite, case));
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn test_case(suite: &Suite, case: &Case) -> String {
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\"",
        xml(&format!("{}.{}", dotless(&suite.name), dotless(&case.place))),
        xml(&case.metric)
    );
    let message = xml(&case.message);
    let inner = match case.verdict {
        Verdict::Pass => format!("<system-out>{message}</system-out>"),
        Verdict::Fail => format!("<failure type=\"regression\" message=\"{message}\">{message}</failure>"),
        Verdict::Inconclusive => format!("<error type=\"inconclusive\" message=\"{message}\">{message}</error>"),
    };
    format!("{head}>\n      {inner}\n    </testcase>\n")
}

/// Servers take a class name apart at its points.
fn dotless(name: &str) -> String {
    name.replace('.', "_")
}

/// Text inside an element or an attribute; characters that XML 1.0 does not have become a replacement character.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Workflow commands that annotate a run of GitHub Actions: an error for each regression, a warning for what is
/// inconclusive, and the verdict of all as a notice.
pub fn annotations(suites: &[Suite], verdict: &str) -> String {
    let mut text = String::new();
    for case in suites.iter().flat_map(|suite| &suite.cases) {
        let (command, what) = match case.verdict {
            Verdict::Pass => continue,
            Verdict::Fail => ("error", "Regression"),
            Verdict::Inconclusive => ("warning", "Inconclusive"),
        };
        text.push_str(&annotation(command, &format!("{what}: {}, {}", case.metric, case.place), &case.message));
    }
    text.push_str(&annotation("notice", "meshstats gate", verdict));
    text
}

fn annotation(command: &str, title: &str, message: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!("::{command} title={}::{}\n", property(title), data(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suites() -> Vec<Suite> {
        let case = |verdict, message: &str| Case {
            place: "a<b>, \"c\" & v1.2".to_owned(),
            metric: "p99: 50,\n000".to_owned(),
            verdict,
            message: message.to_owned(),
        };
        let cases =
            vec![case(Verdict::Fail, "+5 % < 7 %\r\nmore"), case(Verdict::Inconclusive, "?"), case(Verdict::Pass, "-")];
        vec![Suite { name: "study.x".to_owned(), cases }]
    }

    #[test]
    fn junit_is_escaped_and_counted() {
        let text = junit(&suites());
        assert!(text.contains("<testsuites name=\"meshstats gate\" tests=\"3\" failures=\"1\" errors=\"1\">"));
        assert!(text.contains("classname=\"study_x.a&lt;b&gt;, &quot;c&quot; &amp; v1_2\" name=\"p99: 50, 000\""));
        assert!(text.contains("<failure type=\"regression\" message=\"+5 % &lt; 7 % more\">"));
        assert!(text.contains("<error type=\"inconclusive\" message=\"?\">?</error>"));
    }

    #[test]
    fn workflow_commands_are_escaped() {
        let text = annotations(&suites(), "fail: 1");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "::error title=Regression%3A p99%3A 50%2C%0A000%2C a<b>%2C \"c\" & v1.2::+5 %25 < 7 %25%0D%0Amore",
                "::warning title=Inconclusive%3A p99%3A 50%2C%0A000%2C a<b>%2C \"c\" & v1.2::?",
                "::notice title=meshstats gate::fail: 1",
            ]
        );
    }
}

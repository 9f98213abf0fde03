//! Verdicts for CI servers: JUnit XML, and the workflow commands of GitHub Actions.

use super::clean;
use crate::analysis::gate::Verdict;
use crate::report::gate::{Case, Suite};
use crate::xml::escape;

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
        if !suite.notes.is_empty() {
            text.push_str(&format!("    <system-out>{}</system-out>\n", xml(&suite.notes.join("; "))));
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

/// Text inside an element or an attribute.
fn xml(text: &str) -> String {
    escape(&clean(text))
}

/// Workflow commands that annotate a run of GitHub Actions: an error for each regression, a warning for what is
/// inconclusive and for each note, and the verdict of all as a notice.
pub fn annotations(suites: &[Suite], verdict: &str) -> String {
    let mut text = String::new();
    for case in suites.iter().flat_map(|suite| &suite.cases) {
        let command = match case.verdict {
            Verdict::Pass => continue,
            Verdict::Fail => "error",
            Verdict::Inconclusive => "warning",
        };
        text.push_str(&annotation(command, &case.title, &case.message));
    }
    for note in suites.iter().flat_map(|suite| &suite.notes) {
        text.push_str(&annotation("warning", "meshstats gate", note));
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
            title: "a, b: 5 %".to_owned(),
            message: message.to_owned(),
        };
        let cases =
            vec![case(Verdict::Fail, "+5 % < 7 %\r\nmore"), case(Verdict::Inconclusive, "?"), case(Verdict::Pass, "-")];
        vec![Suite { name: "study.x".to_owned(), cases, notes: vec!["note: a < b".to_owned()] }]
    }

    #[test]
    fn junit_is_escaped_and_counted() {
        let text = junit(&suites());
        assert!(text.contains("<testsuites name=\"meshstats gate\" tests=\"3\" failures=\"1\" errors=\"1\">"));
        assert!(text.contains("classname=\"study_x.a&lt;b&gt;, &quot;c&quot; &amp; v1_2\" name=\"p99: 50, 000\""));
        assert!(text.contains("<failure type=\"regression\" message=\"+5 % &lt; 7 % more\">"));
        assert!(text.contains("</testcase>\n    <system-out>note: a &lt; b</system-out>\n  </testsuite>"));
        assert!(text.contains("<error type=\"inconclusive\" message=\"?\">?</error>"));
    }

    #[test]
    fn workflow_commands_are_escaped() {
        let text = annotations(&suites(), "fail: 1");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "::error title=a%2C b%3A 5 %25::+5 %25 < 7 %25%0D%0Amore",
                "::warning title=a%2C b%3A 5 %25::?",
                "::warning title=meshstats gate::note: a < b",
                "::notice title=meshstats gate::fail: 1",
            ]
        );
    }
}

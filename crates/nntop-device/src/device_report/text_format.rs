//! The same metrics in the older text format of Prometheus, 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
//!
//! It has no units, no end mark and no type `info`, and it names the type of a counter by its sample: `x_total`.

/// The media type of the text.
pub const TEXT_MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// OpenMetrics text, as [`openmetrics`](super::openmetrics) makes it, in format 0.0.4.
pub fn text_format(openmetrics: &str) -> String {
    let mut out = String::with_capacity(openmetrics.len());
    // What is behind the family's name in the names of its samples.
    let mut end = "";
    for line in openmetrics.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("TYPE"), Some(name), Some(kind)) => {
                let kind = match kind {
                    "counter" => {
                        end = "_total";
                        "counter"
                    }
                    "info" => {
                        end = "_info";
                        "gauge"
                    }
                    kind => {
                        end = "";
                        if kind == "unknown" { "untyped" } else { kind }
                    }
                };
                out.push_str(&format!("# TYPE {name}{end} {kind}\n"));
            }
            // Quotes are escaped in labels only.
            (Some("#"), Some("HELP"), Some(name), help) => {
                let help = help.unwrap_or_default().replace("\\\"", "\"");
                out.push_str(&format!("# HELP {name}{end} {help}\n"));
            }
            (Some("#"), ..) => {}
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_names_and_marks_are_those_of_the_older_format() {
        let text = "# TYPE nntop_build info\n# HELP nntop_build nntop build\nnntop_build_info{version=\"1\"} 1\n\
                    # TYPE e_joules counter\n# UNIT e_joules joules\n# HELP e_joules Energy, \\\"all\\\"\ne_joules_total{rail=\"a b\"} 3\n\
                    # TYPE t_celsius gauge\n# HELP t_celsius T\nt_celsius 42.5\n# EOF\n";
        let want = "# TYPE nntop_build_info gauge\n# HELP nntop_build_info nntop build\nnntop_build_info{version=\"1\"} 1\n\
                    # TYPE e_joules_total counter\n# HELP e_joules_total Energy, \"all\"\ne_joules_total{rail=\"a b\"} 3\n\
                    # TYPE t_celsius gauge\n# HELP t_celsius T\nt_celsius 42.5\n";
        assert_eq!(text_format(text), want);
    }
}

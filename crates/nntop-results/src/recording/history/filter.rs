//! Which runs are meant.

use rusqlite::types::Value;

/// What rows have to have. What is absent does not matter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// Runs of these numbers.
    pub ids: Vec<i64>,
    /// A part of the variant's name or of the model's path.
    pub model: Option<String>,
    /// The beginning of the engine's name and version.
    pub engine: Option<String>,
    /// The whole label.
    pub label: Option<String>,
    /// Not before this, nanoseconds since 1970-01-01 UTC.
    pub since: Option<u64>,
    /// Before this.
    pub before: Option<u64>,
    /// At most so many runs, the newest.
    pub limit: Option<u64>,
}

impl Filter {
    /// The query and its values. A limit counts runs, not rows.
    pub(super) fn query(&self) -> (String, Vec<Value>) {
        let mut conditions = vec!["1".to_owned()];
        let mut values = Vec::new();
        let mut add = |condition: &str, value: Value| {
            conditions.push(condition.into());
            values.push(value);
        };
        let pattern = |part: &str| {
            let part = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            format!("%{part}%")
        };
        if let Some(model) = &self.model {
            // The name or the path: a line break is in neither.
            add("(v.name || char(10) || v.model) LIKE ? ESCAPE '\\'", pattern(model).into());
        }
        if let Some(engine) = &self.engine {
            add("v.engine LIKE ? ESCAPE '\\'", pattern(engine).trim_start_matches('%').to_owned().into());
        }
        if let Some(label) = &self.label {
            add("r.label = ?", label.clone().into());
        }
        if let Some(since) = self.since {
            add("r.began_unix_ns >= ?", super::integer(since).into());
        }
        if let Some(before) = self.before {
            add("r.began_unix_ns < ?", super::integer(before).into());
        }
        if !self.ids.is_empty() {
            let list = self.ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
            conditions.push(format!("r.id IN ({list})"));
        }
        let conditions = conditions.join(" AND ");
        let from = "runs r JOIN variants v ON v.run = r.id";
        let limit = match self.limit {
            Some(n) => {
                // The newest runs that have a row that passes. The values are asked for twice.
                values.extend(values.clone());
                values.push(super::integer(n).into());
                format!(
                    " AND r.id IN (SELECT DISTINCT r.id FROM {from} WHERE {conditions}
                       ORDER BY r.began_unix_ns DESC, r.id DESC LIMIT ?)"
                )
            }
            None => String::new(),
        };
        let text = format!(
            "SELECT r.id, r.began_unix_ns, r.label, r.host, v.* FROM {from} WHERE {conditions}{limit}
             ORDER BY r.began_unix_ns DESC, r.id DESC, v.slot"
        );
        (text, values)
    }
}

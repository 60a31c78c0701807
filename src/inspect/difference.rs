//! What differs between inspected models.

use serde::Serialize;
use serde_json::Value;

/// A figure or a fact that is not the same in all models.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Its key: `params`, `operators.Conv`.
    pub key: String,
    /// Its value in each model, in their order; null where it has none.
    pub values: Vec<Value>,
}

/// Lists that are compared by no key, and what differs between any two files.
const LEFT_OUT: [&str; 6] = ["name", "path", "sha256", "tensors", "layers", "activation_peak_at"];

/// All that differs between models as `nntop.inspect/1` has them, in the order of its keys.
pub fn differences(models: &[Value]) -> Vec<Difference> {
    let mut found = Vec::new();
    let keys = models.first().and_then(Value::as_object).into_iter().flat_map(|model| model.keys());
    for key in keys.filter(|key| !LEFT_OUT.contains(&key.as_str())) {
        let values: Vec<Value> = models.iter().map(|model| model[key].clone()).collect();
        compare(key, values, &mut found);
    }
    found
}

fn compare(key: &str, values: Vec<Value>, found: &mut Vec<Difference>) {
    if values.windows(2).all(|pair| pair[0] == pair[1]) {
        return;
    }
    // What one has not at all differs by all that the other has of it.
    if values.iter().all(|value| value.is_object() || value.is_null()) {
        let mut inner: Vec<&String> = values.iter().filter_map(Value::as_object).flat_map(|o| o.keys()).collect();
        inner.sort();
        inner.dedup();
        for name in inner {
            compare(&format!("{key}.{name}"), values.iter().map(|v| v[name].clone()).collect(), found);
        }
        return;
    }
    found.push(Difference { key: key.to_owned(), values });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_listed_down_to_the_operator() {
        let models = [
            json!({"name": "a", "params": 10, "opset": {"ai.onnx": 17}, "operators": {"Conv": 2, "Relu": 2}}),
            json!({"name": "b", "params": 10, "opset": {"ai.onnx": 17}, "operators": {"Conv": 3, "Relu": 2, "Add": 1}}),
        ];
        let found = differences(&models);
        let pairs: Vec<(&str, &[Value])> = found.iter().map(|d| (d.key.as_str(), &d.values[..])).collect();
        assert_eq!(
            pairs,
            [("operators.Add", &[Value::Null, json!(1)][..]), ("operators.Conv", &[json!(2), json!(3)][..])]
        );
    }
}

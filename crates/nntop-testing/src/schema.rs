//! Checks a value against a JSON schema, in the subset of the language that the schemas under `docs/reference/schemas` use.
//!
//! It is stricter than the language in one way: a key that an object's schema does not name is wrong, unless the schema has
//! `additionalProperties`. Readers have to accept new keys; here a new key has to be written down.

use serde_json::{Map, Value};

/// Keywords that are obeyed, or that say nothing about the value.
const KNOWN: [&str; 14] = [
    "$schema",
    "$defs",
    "$ref",
    "title",
    "description",
    "type",
    "enum",
    "const",
    "minimum",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "anyOf",
];

/// What is wrong with `value`, each with its place: `.variants[0].name: …`. Nothing where it is as the schema has it.
pub fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    Check { root: schema, wrong: &mut wrong }.value(schema, value, "");
    wrong
}

struct Check<'a> {
    root: &'a Value,
    wrong: &'a mut Vec<String>,
}

impl Check<'_> {
    fn say(&mut self, at: &str, what: &str) {
        self.wrong.push(format!("{}: {what}", if at.is_empty() { "(all)" } else { at }));
    }

    fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        let Some(schema) = schema.as_object() else { return self.say(at, "its schema is no object") };
        for keyword in schema.keys().filter(|keyword| !KNOWN.contains(&keyword.as_str())) {
            self.say(at, &format!("its schema has {keyword:?}, which is not checked"));
        }
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let root = self.root;
            match name.strip_prefix("#/$defs/").and_then(|name| root["$defs"].get(name)) {
                Some(of) => self.value(of, value, at),
                None => self.say(at, &format!("its schema refers to {name}, which is not there")),
            }
        }
        if let Some(types) = schema.get("type")
            && !listed(types).any(|name| is(value, name))
        {
            return self.say(at, &format!("{} is not of type {types}", short(value)));
        }
        if let Some(only) = schema.get("const").filter(|only| *only != value) {
            self.say(at, &format!("{} is not {only}", short(value)));
        }
        if let Some(all) = schema.get("enum").and_then(Value::as_array).filter(|all| !all.contains(value)) {
            self.say(at, &format!("{} is none of {}", short(value), Value::from(all.clone())));
        }
        if let Some(least) = schema.get("minimum").and_then(Value::as_f64)
            && value.as_f64().is_some_and(|value| value < least)
        {
            self.say(at, &format!("{value} is less than {least}"));
        }
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            self.any_of(choices, value, at);
        }
        if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
            for (i, value) in values.iter().enumerate() {
                self.value(items, value, &format!("{at}[{i}]"));
            }
        }
        if let Some(object) = value.as_object() {
            self.object(schema, object, at);
        }
    }

    /// One of the choices has to hold; where none does, the nearest says why.
    fn any_of(&mut self, choices: &[Value], value: &Value, at: &str) {
        let tried = choices.iter().map(|choice| {
            let mut wrong = Vec::new();
            Check { root: self.root, wrong: &mut wrong }.value(choice, value, at);
            wrong
        });
        // A choice of another type is further than one whose parts are wrong.
        let whole = format!("{}: ", if at.is_empty() { "(all)" } else { at });
        let apart = |wrong: &Vec<String>| wrong.iter().any(|text| text.starts_with(&whole));
        let nearest = tried.min_by_key(|wrong| (apart(wrong), wrong.len())).unwrap_or_default();
        self.wrong.extend(nearest);
    }

    fn object(&mut self, schema: &Map<String, Value>, object: &Map<String, Value>, at: &str) {
        let none = Map::new();
        let named = schema.get("properties").and_then(Value::as_object);
        let (known, others) = (named.unwrap_or(&none), schema.get("additionalProperties"));
        for (key, value) in object {
            match known.get(key).or(others) {
                Some(of) => self.value(of, value, &format!("{at}.{key}")),
                None if named.is_some() => self.say(&format!("{at}.{key}"), "the schema does not name it"),
                None => {}
            }
        }
        for key in schema.get("required").map(listed).into_iter().flatten().filter(|key| !object.contains_key(*key)) {
            self.say(&format!("{at}.{key}"), "is missing");
        }
    }
}

/// A string, or a list of them.
fn listed(value: &Value) -> impl Iterator<Item = &str> {
    let one = value.as_str();
    one.into_iter().chain(value.as_array().into_iter().flatten().filter_map(Value::as_str))
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        _ => false,
    }
}

/// The beginning of a value.
fn short(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let schema = json!({
            "type": "object", "required": ["schema", "list"],
            "properties": {
                "schema": {"const": "a/1"},
                "list": {"type": "array", "items": {"$ref": "#/$defs/one"}},
                "map": {"type": "object", "additionalProperties": {"type": ["integer", "null"], "minimum": 0}},
            },
            "$defs": {"one": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"word": {"enum": ["x"]}}}]}},
        });
        let of = |value: Value| violations(&schema, &value);
        assert_eq!(of(json!({"schema": "a/1", "list": [null, {"word": "x"}], "map": {"n": 1, "m": null}})), [""; 0]);
        assert_eq!(of(json!({"schema": "a/1"})), [".list: is missing"]);
        assert_eq!(of(json!({"schema": "a/1", "list": [], "new": 1})), [".new: the schema does not name it"]);
        assert_eq!(
            of(json!({"schema": "a/2", "list": [{"word": "x", "more": 1}], "map": {"n": -1}})),
            [
                ".list[0].more: the schema does not name it",
                ".map.n: -1 is less than 0",
                ".schema: \"a/2\" is not \"a/1\""
            ]
        );
        assert_eq!(of(json!([])), ["(all): [] is not of type \"object\""]);
        let odd = violations(&json!({"pattern": "^a$"}), &json!("b"));
        assert_eq!(odd, ["(all): its schema has \"pattern\", which is not checked"]);
    }
}

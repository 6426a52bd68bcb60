//! What is made from the tables of the program: schemas, completions, the manual page, keys.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::Home;

#[test]
fn the_schema_of_every_command_is_stable() {
    let home = Home::new();
    for name in home.prints(&["schema"]).lines() {
        let words: Vec<_> = name.split(' ').collect();
        let schema = home.prints(&[&["schema"][..], &words].concat());
        insta::assert_snapshot!(format!("schema {name}").replace(' ', "-"), schema);
    }
}

#[test]
fn every_field_of_every_schema_is_described() {
    let home = Home::new();
    for name in home.prints(&["schema"]).lines() {
        let words: Vec<_> = name.split(' ').collect();
        let schema = home.prints(&[&["schema"][..], &words].concat());
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let mut bare = BTreeSet::new();
        undescribed(&schema, name, &mut bare);
        assert!(bare.is_empty(), "without a description: {bare:?}");
    }
}

fn undescribed(schema: &Value, path: &str, bare: &mut BTreeSet<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (key, property) in properties {
            let inner = format!("{path}.{key}");
            // The tag of an enum is explained by the enum, a variant that is a key by the object around it.
            let variant = properties.len() == 1 && schema.get("description").is_some();
            if !variant && property.get("description").is_none() && property.get("const").is_none()
            {
                bare.insert(inner.clone());
            }
            undescribed(property, &inner, bare);
        }
    }
    for (key, inner) in schema.as_object().into_iter().flatten() {
        for inner in inner.as_array().into_iter().flatten() {
            undescribed(inner, path, bare);
        }
        for (name, inner) in inner.as_object().filter(|_| key == "$defs").into_iter().flatten() {
            undescribed(inner, name, bare);
        }
    }
}

#[test]
fn an_unknown_command_has_no_schema() {
    let (code, out, error) = Home::new().run(&["schema", "nonsense"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("`matterbox schema` lists"), "{error}");
}

#[test]
fn completions_know_the_commands_of_every_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.prints(&["completions", shell]);
        for word in ["matterbox", "outbox", "passphrase-fd"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn the_manual_describes_every_command() {
    let home = Home::new();
    let page = home.prints(&["man"]);
    assert!(page.contains(".TH matterbox 1"), "{page}");
    assert!(page.contains("matterbox\\-outbox(1)"));
    let dir = home.file("man1");
    home.prints(&["man", "--dir", dir.to_str().unwrap()]);
    for page in ["matterbox.1", "matterbox-outbox-cancel.1", "matterbox-clock-due.1"] {
        assert!(dir.join(page).exists(), "{page}");
    }
}

#[test]
fn the_shipped_manual_and_completions_are_those_of_the_program() {
    let home = Home::new();
    for (file, arguments) in [
        ("assets/matterbox.1", vec!["man"]),
        ("assets/completions/matterbox.bash", vec!["completions", "bash"]),
        ("assets/completions/_matterbox", vec!["completions", "zsh"]),
        ("assets/completions/matterbox.fish", vec!["completions", "fish"]),
    ] {
        let shipped = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            shipped == home.prints(&arguments),
            "{file} is out of date: cargo run -- {} > {file}",
            arguments.join(" ")
        );
    }
}

#[test]
fn keys_are_those_of_the_key_table_with_a_persons_own_over_them() {
    let home = Home::with("keys.toml", "[global]\n\"f9\" = \"help\"\n");
    let keys = home.prints(&["keys"]);
    assert!(keys.lines().any(|line| line.starts_with("global") && line.contains("f9")), "{keys}");
    let json: Value = serde_json::from_str(&home.prints(&["keys", "--json"])).unwrap();
    assert_eq!(json["keys"].as_array().unwrap().len(), keys.lines().count());
}

#[test]
fn the_key_table_of_the_readme_is_that_of_the_program() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let begin = readme.find("<!-- keys: begin").unwrap();
    let begin = begin + readme[begin..].find('\n').unwrap() + 1;
    let end = readme.find("<!-- keys: end").unwrap();
    assert_eq!(
        readme[begin..end].trim(),
        Home::new().prints(&["keys", "--markdown"]).trim(),
        "put the output of `matterbox keys --markdown` between the two marks"
    );
}

#[test]
fn the_examples_of_the_readme_print_what_it_says() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let mut lines = readme.lines();
    let mut examples = 0;
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ matterbox ") else { continue };
        let printed = Home::new().prints(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(printed.lines().next(), lines.next(), "{command}");
        examples += 1;
    }
    assert!(examples > 0, "the README shows no example");
}

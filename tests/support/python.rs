//! Asks Python packages for a second opinion: one process for all cases, a line of JSON for each.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

/// The answers of a script of `tests/oracles` to these cases, in their order.
pub fn answers(script: &str, cases: &[Value]) -> Vec<Value> {
    let python = env::var_os("MATTERBOX_TEST_PYTHON").unwrap_or_else(|| {
        panic!(
            "this test compares with Python packages: run tests/run, or set MATTERBOX_TEST_PYTHON to what \
             `tests/oracles/packages` (as root) prints"
        )
    });
    let mut child = Command::new(&python)
        .arg("-I")
        .arg(format!("{}/tests/oracles/{script}", env!("CARGO_MANIFEST_DIR")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; run tests/run", python.display()));
    let mut input = child.stdin.take().unwrap();
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    // Both pipes are of a limited size: who writes must not be who reads.
    let writer = thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = BufReader::new(child.stdout.take().unwrap());
    let answers: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    let written = writer.join().unwrap();
    let status = child.wait().unwrap();
    assert!(status.success(), "{script} failed ({status}); its words are above");
    written.unwrap();
    assert_eq!(answers.len(), cases.len(), "{script} left cases unanswered");
    answers
}

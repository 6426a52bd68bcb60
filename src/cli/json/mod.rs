//! What each command prints with `--json`: the documented, stable shapes.
//!
//! Owns the names and meanings of the fields; a test pins the schema of each. Texts are cleaned for a terminal, times
//! are RFC 3339 in UTC, ids are the numbers that commands take. A field is added, never renamed or removed.

mod calendar;
mod deadline;
pub mod from_rows;
mod local;
mod record;
mod report;

pub use calendar::*;
pub use deadline::*;
pub use local::*;
pub use record::*;
pub use report::*;

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// An instant as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Instant(pub Timestamp);

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl From<Timestamp> for Instant {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

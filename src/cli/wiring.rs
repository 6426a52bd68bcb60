//! The command line meets the rest of the program: the engine, the screen, the practice office.
//!
//! Owns the handing over and nothing else.

use std::path::Path;

use jiff::Timestamp;

use super::{Failure, Opening, Wiring, json, office::Office};
use crate::{config::settings::Account, domain::confidential::Confidential};

/// The program as it is shipped.
pub struct Program;

impl Wiring for Program {
    fn open(&self, _: Opening) -> Result<Box<dyn Office>, Failure> {
        Err(Failure::refused("the engine is not part of this build"))
    }

    fn screen(&self, _: Opening) -> Result<(), Failure> {
        Err(Failure::refused("the engine is not part of this build"))
    }

    fn demo(&self, _: bool, _: Option<&Path>, _: Option<Timestamp>) -> Result<(), Failure> {
        Err(Failure::refused("the engine is not part of this build"))
    }

    fn probe(&self, _: &Account, _: &Confidential<String>) -> Vec<json::Check> {
        Vec::new()
    }
}

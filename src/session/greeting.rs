//! Makes sure that the other side is an agent that can be understood: its first event has to be a hello.

use super::Error;
use nntop_core::event::Kind;

/// Whether the other side has introduced itself.
#[derive(Debug, Default)]
pub(super) struct Greeting {
    met: bool,
}

impl Greeting {
    /// Looks at the next event.
    pub(super) fn check(&mut self, kind: &Kind) -> Result<(), Error> {
        match kind {
            Kind::Hello(hello) => {
                hello.protocol.check().map_err(Error::Version)?;
                self.met = true;
                Ok(())
            }
            _ if self.met => Ok(()),
            Kind::Log(line) => Err(Error::NoAgent { said: Some(line.text.clone()) }),
            _ => Err(Error::NoAgent { said: None }),
        }
    }
}

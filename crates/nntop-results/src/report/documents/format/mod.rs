//! What a report is written in.

mod csv;
mod fold;
mod html;
mod json;
mod markdown;
mod page;
mod text;

pub use self::csv::csv;
pub use html::html;
pub use json::{SCHEMA, json};
pub use markdown::{Picture, markdown};
pub use text::text;

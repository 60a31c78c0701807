//! What a model is fed with: shapes for its free axes, made-up values or the user's own.

mod assumed;
mod error;
mod families;
mod files;
mod images;
mod picture;
mod random;
mod shapes;

pub use assumed::{ATTEMPTS, Assumed, sizes};
pub use error::WorkloadError;
pub use families::values;
pub use files::{from_file, shapes_of_file};
pub use images::{holds_images, images};
pub use picture::{Filter, Picture};
pub use random::random;
pub use shapes::resolve_shapes;

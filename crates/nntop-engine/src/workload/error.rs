//! Why inputs cannot be made, and which option to type.

use crate::tensor::{TensorError, join};
use std::path::PathBuf;

/// Inputs that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    /// The model leaves axes open, and nobody has given them a size.
    #[error("no size for {}", axes.join(", "))]
    FreeAxes {
        /// Each axis with the inputs that have it.
        axes: Vec<String>,
        /// The options that would settle it.
        options: Vec<String>,
    },
    /// `--dim` with a name that no input has.
    #[error("--dim {name}: no input has a free axis of that name")]
    UnknownDim {
        /// The name as given.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// `--shape` for an input that the model does not have.
    #[error("--shape {name}: the model has no input of that name")]
    UnknownInput {
        /// The name as given.
        name: String,
        /// The inputs that there are.
        known: Vec<String>,
    },
    /// `--shape` with too few or too many axes, or another size where the model is fixed.
    #[error("--shape {name}:{given} does not fit: the model takes {takes}")]
    ShapeMismatch {
        /// The input.
        name: String,
        /// The shape as given.
        given: String,
        /// What the model takes.
        takes: String,
    },
    /// Two options give one axis two sizes.
    #[error("axis \"{axis}\" has two sizes: {} from {}, {} from {}", first.0, first.1, second.0, second.1)]
    TwoSizes {
        /// The axis.
        axis: String,
        /// One size, and where it comes from.
        first: (u64, String),
        /// The other, and where it comes from.
        second: (u64, String),
    },
    /// The model was exported with a fixed batch.
    #[error("--batch-size {asked}: the model's batch is fixed: axis 0 is {}", fixed(takes))]
    FixedBatch {
        /// The batch as given.
        asked: u64,
        /// The size of each input's first axis, with the input; `None` is an input without axes.
        takes: Vec<(Option<u64>, String)>,
    },
    /// More than memory can hold.
    #[error("input \"{name}\" of shape [{shape}] does not fit into memory")]
    TooLarge {
        /// The input.
        name: String,
        /// The shape.
        shape: String,
    },
    /// A file that holds tensors, but cannot be read.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// A file of a kind that holds no tensors.
    #[error("{}: not a kind of file that inputs are read from", path.display())]
    UnknownFile {
        /// The path as given.
        path: PathBuf,
    },
    /// One tensor, but several inputs, or the other way round.
    #[error("{}: the file holds {held}, but the model takes {} inputs: {}", path.display(), inputs.len(), inputs.join(", "))]
    Count {
        /// The path as given.
        path: PathBuf,
        /// What it holds, in words.
        held: String,
        /// The model's inputs.
        inputs: Vec<String>,
    },
    /// An input that the file does not hold.
    #[error("{}: nothing for input \"{input}\"; it holds {held}", path.display())]
    MissingInput {
        /// The path as given.
        path: PathBuf,
        /// The input.
        input: String,
        /// What it holds, in words.
        held: String,
    },
    /// A folder of images for a model that takes none.
    #[error("{}: no input is a picture: {}", path.display(), inputs.join(", "))]
    NoPicture {
        /// The folder.
        path: PathBuf,
        /// The model's inputs.
        inputs: Vec<String>,
    },
    /// A folder without images.
    #[error("{}: no .jpg, .jpeg or .png file in it", path.display())]
    NoImages {
        /// The folder.
        path: PathBuf,
    },
    /// An image, or a folder on the way to it, that cannot be read.
    #[error("{}: the image cannot be read: {reason}", path.display())]
    BrokenImage {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A tensor of another type or shape.
    #[error("{}: input \"{input}\" takes {takes}, but the file holds {held}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// The input.
        input: String,
        /// What the model takes.
        takes: String,
        /// What the file holds.
        held: String,
        /// The element type to convert to, when only that is wrong.
        convert: Option<&'static str>,
    },
}

/// `1 in ids: int64[1,128], 1 in mask: int64[1,128]`
fn fixed(takes: &[(Option<u64>, String)]) -> String {
    let one = |(size, input): &(Option<u64>, String)| match size {
        Some(n) => format!("{n} in {input}"),
        None => format!("not there in {input}"),
    };
    takes.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl WorkloadError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::FreeAxes { options, .. } => format!("add {}, with a number for each N", options.join(" ")),
            Self::UnknownDim { known, .. } if known.is_empty() => "no axis of this model has a name; use --shape INPUT:1,2,3".into(),
            Self::UnknownDim { known, .. } => format!("the names are: {}", known.join(", ")),
            Self::UnknownInput { known, .. } => format!("its inputs are: {}", known.join(", ")),
            Self::ShapeMismatch { .. } => "give every axis, and the model's own size where it has one".into(),
            Self::TwoSizes { .. } => "leave one of the two out".into(),
            Self::FixedBatch { .. } => {
                "leave --batch-size out, or export the model with a free first axis (dynamic_axes in torch.onnx.export)".into()
            }
            Self::TooLarge { .. } => "choose smaller sizes".into(),
            Self::Tensor(error) => return error.hint(),
            Self::UnknownFile { .. } => {
                "give a .npy or .pb file, a .npz file with one array per input, a folder of images, or a folder with input_0.pb, input_1.pb …".into()
            }
            Self::Count { .. } => {
                "give a .npz file with one array per input, or a folder with input_0.pb, input_1.pb …".into()
            }
            Self::NoPicture { .. } => "images go into inputs of 1 or 3 channels, [N,3,H,W] or [N,H,W,3]; leave the folder out for random values".into(),
            Self::NoImages { .. } => "name a folder with images, or leave it out for random values".into(),
            Self::BrokenImage { .. } => "take it out of the folder, or save it again as PNG or baseline JPEG".into(),
            Self::MissingInput { path, .. } if path.is_dir() => {
                "a folder holds images, or input_0.pb, input_1.pb … in the order of the model's inputs".into()
            }
            Self::MissingInput { input, .. } => {
                format!("name the array like the input: numpy.savez(path, **{{\"{input}\": array}})")
            }
            Self::Unfit { convert: Some(dtype), .. } => format!("convert it with array.astype('{dtype}') and save it again"),
            Self::Unfit { .. } => "save the array with that shape; ? and names stand for any size".into(),
        })
    }

    pub(super) fn too_large(name: &str, shape: &[u64]) -> Self {
        Self::TooLarge { name: name.into(), shape: join(shape) }
    }
}

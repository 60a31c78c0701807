//! Tensors as files and models know them: element types, shapes with free axes, values, `.npy`, `.npz`, `.pb`.

mod data_type;
mod error;
pub mod npy;
mod numbers;
pub mod pb;

pub use data_type::DataType;
pub use error::TensorError;

/// The shape of a tensor that exists: no free axes.
pub type Shape = Vec<u64>;

/// One axis of an input as the model declares it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Dim {
    /// Always this size; 0 is legal and means that the tensor is empty.
    Fixed(u64),
    /// Free, with a name. Given by its name, all axes of that name get the size; a shape that is given whole may have
    /// several: names are no constraint of a runtime.
    Named(String),
    /// Free, without a name.
    Unknown,
    /// Any number of axes: the model leaves the rank open. It stands alone.
    Rest,
}

impl Dim {
    /// Whether its size is for the caller to choose.
    pub const fn is_free(&self) -> bool {
        !matches!(self, Self::Fixed(_))
    }
}

impl std::fmt::Display for Dim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fixed(n) => write!(f, "{n}"),
            Self::Named(name) => f.write_str(name),
            Self::Unknown => f.write_str("?"),
            Self::Rest => f.write_str("..."),
        }
    }
}

/// What a model takes at one input: `input: float32[N,3,224,224]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// The input's name.
    pub name: String,
    /// Its element type.
    pub dtype: DataType,
    /// Its axes; none for a scalar, [`Dim::Rest`] for an input whose rank the model leaves open.
    pub dims: Vec<Dim>,
}

impl TensorSpec {
    /// Whether the model leaves open how many axes it has.
    pub fn is_rank_open(&self) -> bool {
        self.dims.contains(&Dim::Rest)
    }

    /// Type and axes: `float32[N,3,224,224]`.
    pub fn describe(&self) -> String {
        format!("{}[{}]", self.dtype, join(&self.dims))
    }
}

impl std::fmt::Display for TensorSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.describe())
    }
}

/// The values of a tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Dense, row-major, little-endian; types under 8 bits are packed, the first element lowest.
    Bytes(Vec<u8>),
    /// Elements of [`DataType::String`], row-major.
    Strings(Vec<Vec<u8>>),
}

/// A tensor with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// The input or output that it belongs to; empty where a file does not say.
    pub name: String,
    /// Its element type.
    pub dtype: DataType,
    /// Its shape; empty for a scalar.
    pub shape: Shape,
    /// Its values.
    pub data: Data,
}

impl Tensor {
    /// How many elements its shape has.
    pub fn elements(&self) -> u64 {
        elements(&self.shape).unwrap_or(u64::MAX)
    }

    /// Type and shape: `float32[1,3,224,224]`.
    pub fn describe(&self) -> String {
        format!("{}[{}]", self.dtype, join(&self.shape))
    }
}

/// The number of elements of a shape; `None` beyond 64 bits.
pub fn elements(shape: &[u64]) -> Option<u64> {
    // An empty axis empties the tensor, however large the others are.
    if shape.contains(&0) { Some(0) } else { shape.iter().try_fold(1u64, |product, &n| product.checked_mul(n)) }
}

/// Axes separated by commas, as `--shape` takes them.
pub fn join<T: std::fmt::Display>(axes: &[T]) -> String {
    axes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_read_like_the_option_that_sets_them() {
        let dims = vec![Dim::Named("N".into()), Dim::Fixed(3), Dim::Unknown];
        let spec = TensorSpec { name: "input".into(), dtype: DataType::F32, dims };
        assert_eq!(spec.to_string(), "input: float32[N,3,?]");
        assert!(spec.dims[0].is_free() && !spec.dims[1].is_free());
    }

    #[test]
    fn element_counts_never_overflow() {
        assert_eq!(elements(&[]), Some(1));
        assert_eq!(elements(&[2, 3]), Some(6));
        assert_eq!(elements(&[u64::MAX, 2]), None);
        assert_eq!(elements(&[u64::MAX, 2, 0]), Some(0));
    }
}

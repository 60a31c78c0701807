//! A model's inputs and outputs, as OpenVINO declares them.

use super::core::Core;
use super::sys::{Model, PortFacts, Side};
use crate::tensor::{DataType, Dim, TensorSpec};

/// An input or output.
pub(super) struct Port {
    pub(super) spec: TensorSpec,
    /// Whether the model leaves open even how many axes it has.
    pub(super) open: bool,
}

/// All inputs or outputs of a model. Their element types may be ones that nntop does not have.
///
/// # Errors
/// OpenVINO's words.
pub(super) fn of(core: &Core, model: &Model, side: Side) -> Result<Vec<Result<Port, String>>, String> {
    let ports = model.ports(side)?;
    Ok(ports.into_iter().enumerate().map(|(place, facts)| port(core, facts, place, side)).collect())
}

fn port(core: &Core, facts: PortFacts, place: usize, side: Side) -> Result<Port, String> {
    let name = facts.name.unwrap_or_else(|| match side {
        Side::Input => format!("input_{place}"),
        Side::Output => format!("output_{place}"),
    });
    let open = facts.axes.is_none();
    let axis = |(min, max): (i64, i64)| match u64::try_from(min) {
        Ok(n) if min == max => Dim::Fixed(n),
        _ => Dim::Unknown,
    };
    let dims = facts.axes.map_or_else(|| vec![Dim::Rest], |axes| axes.into_iter().map(axis).collect());
    match core.elements.data_type(facts.element) {
        Some(dtype) if dtype != DataType::String => Ok(Port { spec: TensorSpec { name, dtype, dims }, open }),
        Some(_) => Err(format!("{name} (strings)")),
        None => Err(format!("{name} (element type {})", facts.element)),
    }
}

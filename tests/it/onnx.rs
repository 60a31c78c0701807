//! Small ONNX models, written byte by byte: what no exporter would write is wanted, too.

/// float32, as ONNX numbers it.
pub(crate) const FLOAT: u64 = 1;

/// An axis of an input: a size, a name, or nothing at all.
#[derive(Clone, Copy)]
pub(crate) enum Axis {
    Size(u64),
    Name(&'static str),
    Open,
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn bytes(field: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    [varint(field << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

/// A float32 input or output.
pub(crate) fn port(name: &str, axes: &[Axis]) -> Vec<u8> {
    let axis = |axis: &Axis| match axis {
        Axis::Size(n) => bytes(1, number(1, *n)),
        Axis::Name(name) => bytes(1, bytes(2, name)),
        Axis::Open => bytes(1, []),
    };
    let shape: Vec<u8> = axes.iter().flat_map(axis).collect();
    let tensor = [number(1, FLOAT), bytes(2, shape)].concat();
    [bytes(1, name), bytes(2, bytes(1, tensor))].concat()
}

/// A node that takes `inputs` and gives `output`.
pub(crate) fn node(operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs: Vec<u8> = inputs.iter().flat_map(|i| bytes(1, i)).collect();
    [inputs, bytes(2, output), bytes(4, operator)].concat()
}

/// A float32 weight of one axis whose data lies in another file.
pub(crate) fn external_weight(name: &str, size: u64, file: &str) -> Vec<u8> {
    let location = [bytes(1, "location"), bytes(2, file)].concat();
    [number(1, size), number(2, FLOAT), bytes(8, name), bytes(13, location), number(14, 1)].concat()
}

/// A model of one node; its only input is the first of `ports`, its only output the second.
pub(crate) fn model(opset: u64, node: &[u8], weight: Option<&[u8]>, ports: [&[u8]; 2]) -> Vec<u8> {
    let weight = weight.map(|w| bytes(5, w)).unwrap_or_default();
    let graph = [bytes(1, node), bytes(2, "test"), weight, bytes(11, ports[0]), bytes(12, ports[1])].concat();
    [number(1, 8), bytes(7, graph), bytes(8, number(2, opset))].concat()
}

/// `y = operator(x)` over float32 of the given axes.
pub(crate) fn unary(opset: u64, operator: &str, axes: &[Axis]) -> Vec<u8> {
    model(opset, &node(operator, &["x"], "y"), None, [&port("x", axes), &port("y", axes)])
}

/// An int64 weight of one axis.
pub(crate) fn int64_weight(name: &str, values: &[i64]) -> Vec<u8> {
    let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    [number(1, values.len() as u64), number(2, 7), bytes(8, name), bytes(9, data)].concat()
}

/// A float32 weight of zeros.
pub(crate) fn zeros(name: &str, shape: &[u64]) -> Vec<u8> {
    let dims: Vec<u8> = shape.iter().flat_map(|n| number(1, *n)).collect();
    let data = vec![0; 4 * shape.iter().product::<u64>() as usize];
    [dims, number(2, FLOAT), bytes(8, name), bytes(9, data)].concat()
}

/// The same node with a name, and attributes of integers.
pub(crate) fn with(node: &[u8], name: &str, attributes: &[(&str, &[u64])]) -> Vec<u8> {
    let attribute = |(name, values): &(&str, &[u64])| {
        let values: Vec<u8> = values.iter().flat_map(|n| number(8, *n)).collect();
        bytes(5, [bytes(1, name), values, number(20, 7)].concat())
    };
    [node.to_vec(), bytes(3, name), attributes.iter().flat_map(attribute).collect()].concat()
}

/// A model of several nodes; its only input is the first of `ports`, its only output the second.
pub(crate) fn network(opset: u64, nodes: &[Vec<u8>], weights: &[Vec<u8>], ports: [&[u8]; 2]) -> Vec<u8> {
    let nodes: Vec<u8> = nodes.iter().flat_map(|node| bytes(1, node)).collect();
    let weights: Vec<u8> = weights.iter().flat_map(|weight| bytes(5, weight)).collect();
    let graph = [nodes, bytes(2, "test"), weights, bytes(11, ports[0]), bytes(12, ports[1])].concat();
    [number(1, 8), bytes(7, graph), bytes(8, number(2, opset))].concat()
}

/// The model with one more input: a message that stands twice is merged.
pub(crate) fn with_input(model: &[u8], port: &[u8]) -> Vec<u8> {
    [model.to_vec(), bytes(7, bytes(11, port))].concat()
}

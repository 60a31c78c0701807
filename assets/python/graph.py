"""Reading, naming, counting and writing ONNX models: what all steps of optimize.py share."""

import fnmatch
import os
import zlib

import numpy as np
import onnx
from onnx import numpy_helper

# Larger ones are no single protobuf message.
LARGEST = (1 << 31) - (1 << 24)
# Below this one, weights cannot be quantized per channel, and Q and DQ have no axis.
OPSET = 13
WITH_WEIGHTS = ("Conv", "ConvTranspose", "Gemm", "MatMul")
QUANTIZING = ("QuantizeLinear", "DequantizeLinear")


class Refused(Exception):
    """What cannot be done, in one line for people, and what would help."""

    def __init__(self, reason, hint=None):
        super().__init__(reason)
        self.hint = hint


def opset_of(model):
    return max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=1)


def load(path):
    """The model with its weights in it, every node named and every constant an initializer."""
    model = onnx.load(path)
    if model.ByteSize() > LARGEST:
        raise Refused("the model is larger than 2 GB, which ONNX Runtime's tools do not take in one piece")
    # In old files weights are inputs, too, which keeps everything from taking them for constants.
    graph = model.graph
    weights = {i.name for i in graph.initializer}
    if any(i.name in weights for i in graph.input):
        inputs = [i for i in graph.input if i.name not in weights]
        del graph.input[:]
        graph.input.extend(inputs)
        model.ir_version = max(model.ir_version, 4)
    constants = [n for n in graph.node if n.op_type == "Constant" and n.attribute and n.attribute[0].name == "value"]
    for node in constants:
        tensor = graph.initializer.add()
        tensor.CopyFrom(node.attribute[0].t)
        tensor.name = node.output[0]
        graph.node.remove(node)
    # Weights that only change their shape (as old exporters write them) are weights all the same.
    tensors = {i.name: i for i in graph.initializer}
    for node in [n for n in graph.node if n.op_type == "Reshape" and len(n.input) == 2]:
        source, shape = (tensors.get(name) for name in node.input)
        if source is not None and shape is not None and source.data_type in (1, 10, 11):
            values = numpy_helper.to_array(source)
            axes = [values.shape[i] if n == 0 else int(n) for i, n in enumerate(numpy_helper.to_array(shape))]
            tensor = graph.initializer.add()
            tensor.CopyFrom(numpy_helper.from_array(values.reshape(axes), node.output[0]))
            graph.node.remove(node)
    used = {name for inner in graphs_of(graph) for n in inner.node for name in n.input} | {o.name for o in graph.output}
    unused = [i for i in graph.initializer if i.name not in used]
    for tensor in unused:
        graph.initializer.remove(tensor)
    taken = {n.name for n in graph.node if n.name}
    seen = set()
    for at, node in enumerate(graph.node):
        if not node.name or node.name in seen:
            node.name = "%s_%d" % (node.op_type, at)
            while node.name in taken:
                node.name += "_"
            taken.add(node.name)
        seen.add(node.name)
    return model


def save(model, path):
    if model.ByteSize() > LARGEST:
        raise Refused("the variant is larger than 2 GB, which is no single ONNX file")
    onnx.save(model, path)


def upgraded(model, notes):
    """In an opset whose quantization operators have an axis."""
    if opset_of(model) >= OPSET:
        return model
    from onnx import version_converter

    before = opset_of(model)
    try:
        model = version_converter.convert_version(model, OPSET)
    except Exception as e:
        raise Refused(
            "it is of opset %d, and cannot be brought to %d, which quantization takes: %s" % (before, OPSET, line(e)),
            "export it again with a newer opset",
        )
    notes.append("brought from opset %d to %d" % (before, OPSET))
    return model


def line(error):
    """The first line of an error that says something."""
    text = str(error).strip() or type(error).__name__
    return next((l.strip() for l in text.splitlines() if l.strip()), type(error).__name__)[:300]


def chosen(model, patterns):
    """Names of the nodes that the patterns name: by name or by operator, with * and ?."""
    names = set()
    for pattern in patterns:
        found = [
            n.name
            for n in model.graph.node
            if fnmatch.fnmatchcase(n.name, pattern) or fnmatch.fnmatchcase(n.op_type, pattern)
        ]
        if not found:
            kinds = sorted({n.op_type for n in model.graph.node})
            raise Refused(
                "--exclude %s: no node and no operator is called so" % pattern,
                "operators: %s; nodes: %s" % (", ".join(kinds), ", ".join(n.name for n in model.graph.node[:8])),
            )
        names.update(found)
    return names


def kept(model, exclude):
    """The nodes to leave as they are, also under the names that folding and fusing have given them."""
    names = set()
    for node in model.graph.node:
        # Times212/MatMulAddFusion, classifier_MatMul
        if node.name in exclude or any(node.name.startswith((n + "/", n + "_MatMul")) for n in exclude):
            names.add(node.name)
    return names


def weights_of(model):
    """(node, initializer) of the operators whose weights are quantized and pruned."""
    by_name = {i.name: i for i in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type in WITH_WEIGHTS and len(node.input) > 1:
            tensor = by_name.get(node.input[1])
            if tensor is not None and tensor.data_type in (1, 10, 11) and len(tensor.dims) >= 2:
                yield node, tensor


def bits(data_type):
    if onnx.TensorProto.DataType.Name(data_type) in ("INT4", "UINT4", "FLOAT4E2M1"):
        return 4
    return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(data_type)).itemsize * 8


def elements(tensor):
    return int(np.prod(tensor.dims, dtype=np.int64)) if tensor.dims else 1


def graphs_of(graph):
    """A graph and those within its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else list(attribute.graphs):
                yield from graphs_of(inner)


def weights_bytes(model):
    """What the weights take: all initializers and constants."""
    total = 0
    for graph in graphs_of(model.graph):
        tensors = list(graph.initializer)
        tensors += [n.attribute[0].t for n in graph.node if n.op_type == "Constant" and n.attribute[0].name == "value"]
        total += sum((elements(t) * bits(t.data_type) + 7) // 8 for t in tensors if t.data_type != 8)
    return total


def zero_point(tensors, name, shape, axis):
    """A zero point for a weight of this shape."""
    tensor = tensors.get(name)
    if tensor is None:
        return 0
    point = numpy_helper.to_array(tensor)
    if point.size == 1:
        return point.reshape(())
    if point.ndim == 1 and point.size == shape[axis]:
        return point.reshape([-1 if i == axis % len(shape) else 1 for i in range(len(shape))])
    return None


def sparsity(model):
    """The share of zeros among the weights of convolutions and matrix products, quantized ones included."""
    tensors = {i.name: i for i in model.graph.initializer}
    zeros = total = 0
    seen = set()
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear":
            place, point = 0, 2
        elif node.op_type in ("QLinearConv", "QLinearMatMul", "QGemm"):
            place, point = 3, 5
        elif node.op_type in ("ConvInteger", "MatMulInteger"):
            place, point = 1, 3
        elif node.op_type in WITH_WEIGHTS:
            place, point = 1, None
        else:
            continue
        if len(node.input) <= place or node.input[place] in seen:
            continue
        tensor = tensors.get(node.input[place])
        # Biases have one axis and 32 bits.
        if tensor is None or len(tensor.dims) < 2 or bits(tensor.data_type) < 8:
            continue
        seen.add(node.input[place])
        values = numpy_helper.to_array(tensor)
        zero = 0
        if point is not None and len(node.input) > point:
            axis = next((a.i for a in node.attribute if a.name == "axis"), 0 if "Conv" in node.op_type else 1)
            zero = zero_point(tensors, node.input[point], values.shape, axis)
        if zero is None:
            continue
        zeros += int(np.count_nonzero(values == zero))
        total += values.size
    return zeros / total if total else None


def figures(path):
    """What a file has, counted."""
    model = onnx.load(path)
    data = open(path, "rb").read()
    side = [f for f in external_files(model, path) if os.path.exists(f)]
    return {
        "bytes": len(data) + sum(os.path.getsize(f) for f in side),
        "compressed_bytes": len(zlib.compress(data, 6)) if not side and len(data) < 1 << 28 else None,
        "weights_bytes": weights_bytes(model),
        "sparsity": sparsity(model),
        "opset": opset_of(model),
    }


def external_files(model, path):
    raw = onnx.load(path, load_external_data=False)
    names = {e.value for t in raw.graph.initializer for e in t.external_data if e.key == "location"}
    return [os.path.join(os.path.dirname(path), n) for n in names]

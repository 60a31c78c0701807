#!/usr/bin/env python3
"""nntop's shapes and operations of ONNX models beside those of the package `onnx`.

    cargo build; pip install onnx numpy
    tests/peers/onnx_shapes.py [--nntop target/debug/nntop] [MODEL.onnx | FOLDER ...]

Free axes are 1, or 16 where that is no size that the model takes. Every shape that onnx's own inference knows must be nntop's, too.
Operations of convolutions and matrix products are counted here by their attributes and onnx's shapes, and compared node by node.
Without arguments small models are made here: one of each kind of operator. Ends with 1 where something differs.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference


def describe(nntop, model, shapes):
    """The nodes as nntop's worker tells them to its agent."""
    read, write = os.pipe()
    options = {"library": None, "threads": None, "providers": [], "graph_optimization": "all", "batch": None, "dims": {},
               "shapes": shapes, "input": None, "seed": 0}
    spec = {"task": "describe", "slot": 0, "run": 1, "clock_origin": 0, "spawned": 0,
            "variant": {"name": "net", "model": model, "engine": "onnxruntime", "options": options}}
    worker = subprocess.Popen([nntop, "worker"], stdin=subprocess.PIPE, pass_fds=[3] if write == 3 else [3, write],
                              preexec_fn=lambda: write == 3 or os.dup2(write, 3), stdout=subprocess.DEVNULL)
    os.close(write)
    worker.stdin.write((json.dumps(spec) + "\n").encode())
    worker.stdin.close()
    with os.fdopen(read) as events:
        said = [json.loads(line) for line in events]
    worker.wait()
    models = [event["model"] for event in said if event["kind"] == "model"]
    if not models:
        raise RuntimeError(f"nntop does not describe {model}: {said}")
    return models[0].get("nodes", [])


def bound(model):
    """The model's inputs with free axes of 1, and their shapes."""
    given = {i.name for i in model.graph.initializer}
    shapes = {}
    for value in model.graph.input:
        if value.name in given or not value.type.HasField("tensor_type"):
            continue
        dims = value.type.tensor_type.shape.dim
        for dim in dims:
            if not dim.HasField("dim_value") or dim.dim_value < 0:
                dim.dim_value = 1
        shapes[value.name] = [dim.dim_value for dim in dims]
    return shapes


def known(model):
    """The shapes that onnx knows, weights included."""
    inferred = shape_inference.infer_shapes(model, data_prop=True)
    shapes = {i.name: list(i.dims) for i in model.graph.initializer}
    for value in [*inferred.graph.value_info, *inferred.graph.input, *inferred.graph.output]:
        tensor = value.type.tensor_type
        if tensor.HasField("shape") and all(d.HasField("dim_value") for d in tensor.shape.dim):
            shapes[value.name] = [d.dim_value for d in tensor.shape.dim]
    return shapes


def operations(node, shapes):
    """2 for each multiplication and addition, by the definitions of the operators."""
    of = lambda at: shapes.get(node.input[at]) if at < len(node.input) else None
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    out = shapes.get(node.output[0])
    if node.op_type in ("Conv", "QLinearConv", "ConvInteger"):
        weights = of(3 if node.op_type == "QLinearConv" else 1)
        return 2 * math.prod(out) * math.prod(weights[1:]) if out and weights else None
    if node.op_type == "ConvTranspose":
        return 2 * math.prod(of(0)) * math.prod(of(1)[1:]) if of(0) and of(1) else None
    if node.op_type == "MatMul":
        return 2 * math.prod(out) * of(0)[-1] if out is not None and of(0) else None
    if node.op_type == "Gemm":
        return 2 * math.prod(out) * of(0)[0 if attributes.get("transA") else 1] if out and of(0) else None
    return None


def counted(node):
    """The same by nntop's shapes."""
    tensors = node.get("tensors")
    if tensors is None:
        return None
    inputs, outputs = ([t.get("shape", []) for t in side] for side in tensors)
    plain = {"Conv": 1, "ConvInteger": 1, "QLinearConv": 3}
    if node["op_type"] in plain:
        return 2 * math.prod(outputs[0]) * math.prod(inputs[plain[node["op_type"]]][1:])
    if node["op_type"] == "ConvTranspose":
        return 2 * math.prod(inputs[0]) * math.prod(inputs[1][1:])
    if node["op_type"] == "MatMul":
        return 2 * math.prod(outputs[0]) * inputs[0][-1]
    return None


def compare(nntop, path):
    model = onnx.load(path, load_external_data=False)
    shapes = bound(model)
    truth = known(model)
    nodes = [node for node in describe(nntop, path, shapes) if not node.get("graph")]
    wrong, same, more = [], 0, 0
    if len(nodes) != len(model.graph.node):
        return [f"{len(nodes)} nodes, {len(model.graph.node)} by onnx"], 0, 0
    for node, found in zip(model.graph.node, nodes):
        name = f"{node.op_type} {node.name or node.output[0]}"
        expected = [truth.get(output) for output in node.output]
        outputs = [t.get("shape", []) for t in found["tensors"][1]] if found.get("tensors") else None
        for at, shape in enumerate(expected):
            if shape is None or not node.output[at]:
                more += outputs is not None
            elif outputs is None or outputs[at] != shape:
                wrong.append(f"{name}: output {at} is {outputs and outputs[at]}, {shape} by onnx")
            else:
                same += 1
        a, b = operations(node, truth), counted(found)
        if a is not None and node.op_type != "Gemm" and a != b:
            wrong.append(f"{name}: {b} operations, {a} by onnx's shapes")
    return wrong, same, more


def made(folder):
    """A model of one node each, and one that computes its shapes."""
    f = TensorProto.FLOAT
    i64 = lambda name, values: numpy_helper.from_array(numpy.array(values, dtype=numpy.int64), name)
    w = lambda name, *shape: numpy_helper.from_array(numpy.zeros(shape, dtype=numpy.float32), name)
    cases = [
        ("Conv", [1, 6, 17, 19], [w("w", 8, 3, 3, 3)], dict(group=2, strides=[2, 1], pads=[1, 0, 2, 1], dilations=[1, 2])),
        ("Conv", [1, 3, 17, 19], [w("w", 8, 3, 4, 3)], dict(auto_pad="SAME_LOWER", strides=[2, 3])),
        ("ConvTranspose", [1, 4, 5, 7], [w("w", 4, 3, 3, 2)], dict(group=2, strides=[2, 3], pads=[1, 0, 0, 1], output_padding=[1, 2])),
        ("MaxPool", [1, 3, 10, 11], [], dict(kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1)),
        ("AveragePool", [1, 3, 10, 11], [], dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[3, 3])),
        ("MatMul", [2, 1, 4, 8], [w("w", 3, 8, 5)], {}),
        ("Gemm", [8, 4], [w("w", 6, 8), w("b", 6)], dict(transA=1, transB=1)),
        ("Reshape", [2, 3, 4], [i64("s", [0, -1])], {}),
        ("Slice", [10, 20], [i64("a", [9, 1]), i64("b", [-100, -2]), i64("c", [0, 1]), i64("d", [-3, 2])], {}),
        ("Pad", [2, 3], [i64("p", [0, 1, 2, 3])], {}),
        ("Tile", [2, 3], [i64("t", [2, 4])], {}),
        ("Expand", [3, 1], [i64("e", [2, 1, 6])], {}),
        ("Squeeze", [1, 3, 1], [i64("q", [-1])], {}),
        ("Unsqueeze", [3], [i64("u", [0, -1])], {}),
        ("ReduceSum", [2, 3, 4], [i64("r", [-1])], dict(keepdims=0)),
        ("ReduceMean", [2, 3, 4], [], dict(axes=[1])),
        ("ArgMax", [2, 3, 4], [], dict(axis=-1, keepdims=0)),
        ("TopK", [2, 30], [i64("k", [7])], {}),
        ("Gather", [10, 4], [i64("g", [[1, 2, 3], [4, 5, 6]])], dict(axis=0)),
        ("Transpose", [1, 2, 3], [], dict(perm=[2, 0, 1])),
        ("Flatten", [2, 3, 4], [], dict(axis=2)),
        ("DepthToSpace", [1, 8, 2, 3], [], dict(blocksize=2)),
        ("SpaceToDepth", [1, 2, 4, 6], [], dict(blocksize=2)),
        ("Softmax", [2, 3], [], {}),
        ("Add", [2, 1, 4], [w("w", 3, 1)], {}),
        ("LSTM", [7, 2, 10], [w("w", 2, 16, 10), w("r", 2, 16, 4)], dict(hidden_size=4, direction="bidirectional")),
        ("GRU", [7, 2, 10], [w("w", 1, 12, 10), w("r", 1, 12, 4)], dict(hidden_size=4)),
        ("Einsum", [2, 3, 4], [w("w", 2, 4, 5)], dict(equation="bij,bjk->bik")),
        ("GlobalAveragePool", [1, 3, 9, 9], [], {}),
        ("LayerNormalization", [2, 3, 4], [w("w", 4)], {}),
    ]
    paths = []

    def save(name, nodes, shape, weights, outputs):
        graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info("x", f, shape)],
                                  [helper.make_empty_tensor_value_info(o) for o in outputs], weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        paths.append(os.path.join(folder, f"{len(paths)}-{name}.onnx"))
        onnx.save(model, paths[-1])

    for op, shape, weights, attributes in cases:
        outputs = {"TopK": ["y", "i"], "LSTM": ["y", "h", "c"], "GRU": ["y", "h"]}.get(op, ["y"])
        save(op, [helper.make_node(op, ["x", *(t.name for t in weights)], outputs, **attributes)], shape, weights, outputs)
    weights = [i64("zero", [0]), i64("two", [2]), i64("four", [4]), i64("open", [-1])]
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Slice", ["s", "two", "four", "zero"], ["size"]),
        helper.make_node("Mul", ["size", "two"], ["twice"]),
        helper.make_node("Slice", ["s", "zero", "two", "zero"], ["front"]),
        helper.make_node("Concat", ["front", "twice"], ["sizes"], axis=0),
        helper.make_node("Resize", ["x", "", "", "sizes"], ["big"]),
        helper.make_node("Gather", ["s", "zero"], ["batch"], axis=0),
        helper.make_node("Concat", ["batch", "open"], ["flat"], axis=0),
        helper.make_node("Reshape", ["big", "flat"], ["y"]),
    ]
    save("computed", nodes, [2, 3, 8, 10], weights, ["y"])
    return paths


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--nntop", default="target/debug/nntop")
    options.add_argument("models", nargs="*")
    options = options.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        paths = made(folder)
        for path in options.models:
            walk = ((d, f) for d, _, files in os.walk(path) for f in files)
            paths += sorted(os.path.join(d, f) for d, f in walk if f.endswith(".onnx")) if os.path.isdir(path) else [path]
        for path in paths:
            try:
                wrong, same, more = compare(options.nntop, path)
            except Exception as error:  # what neither side reads is no difference
                print(f"skipped  {path}: {str(error).splitlines()[0][:120]}")
                continue
            failed += bool(wrong)
            print(f"{'DIFFERS' if wrong else 'same   '}  {os.path.relpath(path, folder) if path.startswith(folder) else path}: "
                  f"{same} shapes, {more} that onnx does not know")
            for line in wrong[:8]:
                print(f"         {line}")
        print(f"{len(paths) - failed} of {len(paths)} models without a difference")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

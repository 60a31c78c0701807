#!/usr/bin/env python3
"""What `nntop inspect` counts beside what Python packages count: parameters, MACs, operators, sizes.

    cargo build; pip install onnx onnx-tool tflite numpy
    tests/peers/inspect_onnx.py [--nntop target/debug/nntop] FOLDER | MODEL ...

Operators are counted by `onnx` (subgraphs included) and by `tflite`. Parameters are the elements of those initializers and
constants that nntop calls weights: `docs/guide/inspect.md` says which; what it leaves out is listed by its reason and must add up.
MACs are those of convolutions and matrix products: by hand from `onnx`'s own shape inference, and by `onnx_tool` where it can
profile the model. onnx_tool counts additions and activations as MACs, too: only its nodes of products are compared.
Ends with 1 where something differs.
"""

import argparse
import collections
import json
import math
import os
import subprocess
import sys

import numpy
import onnx
from onnx import numpy_helper, shape_inference

PRODUCTS = ("Conv", "ConvTranspose", "Gemm", "MatMul")


def inspect(nntop, path):
    done = subprocess.run([nntop, "inspect", path, "--format", "json", "--tensors"], capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr.strip()


def graphs(graph):
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else list(attribute.graphs):
                yield from graphs(inner)


def operators(model):
    return dict(collections.Counter(n.op_type for g in graphs(model.graph) for n in g.node))


def tensors(model):
    """Every initializer and constant: its name, type, axes and elements."""
    for graph in graphs(model.graph):
        for tensor in graph.initializer:
            yield tensor.name, tensor.data_type, list(tensor.dims)
        for node in graph.node:
            if node.op_type == "Constant":
                for attribute in node.attribute:
                    if attribute.HasField("t"):
                        yield node.output[0], attribute.t.data_type, list(attribute.t.dims)


def left_out(model, name, data_type, dims):
    """Why a tensor is no weight, by the words of the documentation; nothing where it should be one."""
    if data_type in (6, 7, 8, 9, 12, 13):
        return "an index, a shape, a label or a bias in 32 bits"
    if math.prod(dims) <= 1:
        return "a scalar"
    uses = [(n.op_type, list(n.input).index(name)) for g in graphs(model.graph) for n in g.node if name in n.input]
    if not uses:
        return "no node takes it"
    quantizing = ("QuantizeLinear", "DequantizeLinear", "Clip", "Pad", "Resize", "Upsample")
    if all(op in quantizing and at > 0 or op.startswith(("QLinear", "MatMulInteger", "ConvInteger", "QGemm")) for op, at in uses):
        return "a scale, a zero point or a limit"
    return None


def macs(model, shapes):
    """Products of the main graph, by onnx's shapes."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    for value in model.graph.input:
        for dim, size in zip(value.type.tensor_type.shape.dim, shapes.get(value.name, [])):
            dim.Clear()
            dim.dim_value = size
    try:
        inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    except shape_inference.InferenceError as e:
        print("  onnx infers nothing: %s" % str(e).splitlines()[0][:100])
        return None
    known = {i.name: list(i.dims) for i in inferred.initializer}
    for node in inferred.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].HasField("t"):
            known[node.output[0]] = list(node.attribute[0].t.dims)
    for value in list(inferred.input) + list(inferred.value_info) + list(inferred.output):
        dims = value.type.tensor_type.shape.dim
        if value.type.HasField("tensor_type") and value.type.tensor_type.HasField("shape") and all(d.HasField("dim_value") for d in dims):
            known.setdefault(value.name, [d.dim_value for d in dims])
    total = 0
    for node in inferred.node:
        if node.op_type not in PRODUCTS:
            continue
        a, b, y = (known.get(n) for n in (node.input[0], node.input[1], node.output[0]))
        if a is None or b is None or y is None:
            return None
        attributes = {x.name: x for x in node.attribute}
        if node.op_type == "Conv":
            total += math.prod(y) * math.prod(b[1:])
        elif node.op_type == "ConvTranspose":
            total += math.prod(a) * math.prod(b[1:])
        elif node.op_type == "Gemm":
            k = a[0] if "transA" in attributes and attributes["transA"].i else a[1]
            total += math.prod(y) * k
        else:
            total += math.prod(y) * a[-1]
    return total


def by_onnx_tool(path, shapes):
    """Products as onnx_tool profiles them; nothing where it cannot."""
    try:
        import onnx_tool
        model = onnx_tool.Model(path, {"verbose": False})
        model.graph.shape_infer({name: numpy.zeros(shape, numpy.float32) for name, shape in shapes.items()})
        model.graph.profile()
        nodes = [n for n in model.graph.nodemap.values() if n.op_type in PRODUCTS]
        total = sum(int(n.macs[0]) for n in nodes)
        # It adds the bias as one MAC for each output.
        bias = sum(math.prod(model.graph.tensormap[n.output[0]].get_shape()) for n in nodes if n.op_type in ("Conv", "Gemm") and len(n.input) > 2)
        return total, total - bias
    except Exception as e:
        return str(e).splitlines()[0][:80] if str(e) else type(e).__name__


def of_onnx(nntop, path):
    own = inspect(nntop, path)
    try:
        model = onnx.load(path)
    except Exception as e:
        return [] if isinstance(own, str) else ["onnx refuses it (%s), nntop does not" % type(e).__name__]
    if isinstance(own, str):
        print("  refused: %s" % own.splitlines()[0])
        return []
    wrong = []
    if own["operators"] != operators(model):
        wrong.append("operators: %s, onnx %s" % (own["operators"], operators(model)))
    weights = {w["name"]: w for w in own["tensors"]}
    for name, data_type, dims in tensors(model):
        why = left_out(model, name, data_type, dims)
        if name in weights:
            elements = weights[name]["elements"]
            if elements != math.prod(dims) and not weights[name]["dtype"].endswith("4"):
                wrong.append("%s has %d elements, onnx %d" % (name, elements, math.prod(dims)))
        elif why is None and dims:
            wrong.append("%s%s is no weight of nntop's" % (name, dims))
    if own["params"] != sum(w["elements"] for w in own["tensors"]):
        wrong.append("the tensors do not add up to %d parameters" % own["params"])
    side = {e.value for t in onnx.load(path, load_external_data=False).graph.initializer for e in t.external_data if e.key == "location"}
    size = os.path.getsize(path) + sum(os.path.getsize(os.path.join(os.path.dirname(path), f)) for f in side)
    if own["size_bytes"] != size:
        wrong.append("size %d, is %d" % (own["size_bytes"], size))
    values = {i.name: i for g in graphs(model.graph) for i in g.initializer}
    for name, weight in weights.items():
        if name in values and weight["sparsity"] is not None and weight["dtype"].startswith("float"):
            array = numpy_helper.to_array(values[name])
            if abs(weight["sparsity"] - float((array == 0).mean())) > 1e-9:
                wrong.append("%s: zeros %g, NumPy %g" % (name, weight["sparsity"], (array == 0).mean()))
    shapes = {i["name"]: i["counted_as"] for i in own["inputs"]}
    if own["macs"] is None:
        print("  no MACs: free axes")
    elif any(op in own["operators"] for op in ("If", "Loop", "Scan", "LSTM", "QLinearConv", "MatMulInteger")):
        print("  MACs of bodies and integer operators are not counted here")
    else:
        theirs = macs(model, shapes)
        tool = by_onnx_tool(path, shapes)
        print("  MACs %s; onnx %s; onnx_tool %s" % (own["macs"], theirs, tool))
        if theirs is not None and theirs != own["macs"]:
            wrong.append("MACs %d, by onnx's shapes %d" % (own["macs"], theirs))
        if isinstance(tool, tuple) and own["macs"] not in tool:
            wrong.append("MACs %d, onnx_tool %d, %d without biases" % (own["macs"], *tool))
    return wrong


def of_tflite(nntop, path):
    import tflite

    own = inspect(nntop, path)
    if isinstance(own, str):
        print("  refused: %s" % own.splitlines()[0])
        return []
    names = {v: k for k, v in vars(tflite.BuiltinOperator).items() if isinstance(v, int)}
    model = tflite.Model.GetRootAsModel(open(path, "rb").read(), 0)
    counted = collections.Counter()
    for i in range(model.SubgraphsLength()):
        graph = model.Subgraphs(i)
        for j in range(graph.OperatorsLength()):
            code = model.OperatorCodes(graph.Operators(j).OpcodeIndex())
            number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
            counted[code.CustomCode().decode() if number == 32 else names[number]] += 1
    print("  MACs %s, %d parameters" % (own["macs"], own["params"]))
    return [] if own["operators"] == dict(counted) else ["operators: %s, tflite %s" % (own["operators"], dict(counted))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nntop", default="target/debug/nntop")
    parser.add_argument("models", nargs="+")
    args = parser.parse_args()
    paths = []
    for given in args.models:
        if os.path.isdir(given):
            paths += [os.path.join(top, f) for top, _, files in os.walk(given) for f in files if f.endswith((".onnx", ".tflite"))]
        else:
            paths.append(given)
    failed = 0
    for path in sorted(paths):
        print(path)
        for line in (of_tflite if path.endswith(".tflite") else of_onnx)(args.nntop, path):
            failed += 1
            print("  DIFFERS: %s" % line)
    print("%d files, %d differences" % (len(paths), failed))
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()

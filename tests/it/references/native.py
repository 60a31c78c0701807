#!/usr/bin/env python3
"""What LiteRT's and OpenVINO's own Python packages answer to models of the test data.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install openvino==2026.4.1 ai-edge-litert==2.3.0
    NNTOP_TEST_DATA=DIR /tmp/peers/bin/python tests/it/references/native.py > tests/it/references/native.json

Each `.tflite` is asked with LiteRT's XNNPACK kernels, with its builtin ones (no delegate), and by OpenVINO in float32 on
the CPU, one thread each; so are ONNX models whose answers depend on who computes them, by OpenVINO alone. Inputs are a
pattern that needs no file, and pictures (bytes, row by row, RGB). `native_outputs.rs` asks nntop for the same.

OpenVINO's int8 answers are those of a processor with VNNI or AMX. Without (`ONEDNN_MAX_CPU_ISA=AVX2` shows it) its
16-bit sums overflow, and they are others by up to 255 of 256 steps.
"""

import glob
import importlib.metadata
import json
import os
import sys

import numpy
import openvino
from ai_edge_litert.interpreter import Interpreter, OpResolverType

DATA = os.environ["NNTOP_TEST_DATA"]
PICTURES = ["mlperf-tiny/ic01-resnet8/taxi_s_001241.bin"]
PICTURES += [f"datasets/cifar10-jpg/ic01-format/{name}_0000.bin" for name in ("airplane", "bird", "cat", "frog", "ship")]
KERNELS = {"xnnpack": OpResolverType.AUTO, "builtin": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES}
ONNX = [f"models/{name}/model.onnx" for name in ("qdq-mobilenet-edgetpu-slice",)]
# More outputs than these are thinned out evenly.
MOST = 64


def pattern(count):
    """The top bytes of multiples of a large odd number."""
    return (numpy.arange(count, dtype=numpy.uint64) * 2654435761 % (1 << 32) >> 24).astype(numpy.uint8)


def values(name, count, dtype):
    """Bytes as the input's own type: of int8 they are moved by 128, which is what these models' pictures are; a small
    pattern has numbers around 0."""
    if name == "small pattern":
        return pattern(count).astype(numpy.float32) / 16 - 8
    if name == "pattern":
        given = pattern(count)
    else:
        given = numpy.fromfile(os.path.join(DATA, name), numpy.uint8)
    if dtype == numpy.int8:
        return (given.astype(numpy.int16) - 128).astype(numpy.int8)
    return given.astype(numpy.float32)


def thinned(output):
    flat = output.ravel()
    chosen = flat[:: max(1, len(flat) // MOST)]
    return [int(v) if numpy.issubdtype(v.dtype, numpy.integer) else float(f"{v:.9g}") for v in chosen]


def litert(model, kernels, names):
    net = Interpreter(model_path=model, experimental_op_resolver_type=kernels, num_threads=1)
    net.allocate_tensors()
    given, output = net.get_input_details()[0], net.get_output_details()[0]
    for name in names:
        net.set_tensor(given["index"], values(name, numpy.prod(given["shape"]), given["dtype"]).reshape(given["shape"]))
        net.invoke()
        yield thinned(net.get_tensor(output["index"]))


def on_openvino(model, names):
    core = openvino.Core()
    net = core.read_model(model)
    shape = [d.get_length() if d.is_static else 1 for d in net.input(0).partial_shape]
    net.reshape(shape)
    compiled = core.compile_model(net, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    dtype = compiled.input(0).element_type.to_dtype()
    for name in names:
        outputs = compiled([values(name, numpy.prod(shape), dtype).reshape(shape)])
        yield thinned(outputs[len(outputs) - 1])


def processor():
    names = (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    return next(names, "unknown")


def main():
    rows = []
    for model in sorted(glob.glob(os.path.join(DATA, "mlperf-tiny", "*", "*.tflite"))):
        names = ["pattern"] + (PICTURES if "ic01" in model else [])
        answers = {kernels: litert(model, how, names) for kernels, how in KERNELS.items()}
        answers["openvino"] = on_openvino(model, names)
        for name, *each in zip(names, *answers.values()):
            rows.append({"model": os.path.relpath(model, DATA), "input": name, **dict(zip(answers, each))})
    for model in ONNX:
        answer = next(on_openvino(os.path.join(DATA, model), ["small pattern"]))
        rows.append({"model": model, "input": "small pattern", "openvino": answer})
    packages = {name: importlib.metadata.version(name) for name in ("ai-edge-litert", "openvino")}
    head = json.dumps({"made_with": packages, "processor": processor()})
    print(head[:-1] + ', "answers": [')
    print(",\n".join(json.dumps(row) for row in rows))
    print("]}")


if __name__ == "__main__":
    sys.exit(main())
